#include "world/plan.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "world/ledger.h"

namespace specter::world {
namespace {

TEST(Plan, ComesBackFromItsText) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Plan plan = draw(seed);
    EXPECT_EQ(parse_plan(to_text(plan)), plan) << seed;
  }
  EXPECT_EQ(parse_plan("# a comment\nseed 5\nheals 1000\nloss side=b at=3 a=7 c=1\n"),
            (Plan{.seed = 5,
                  .heals_at = 1000,
                  .steps = {{.kind = Kind::Loss, .side = Side::B, .at = 3, .a = 7, .c = 1}}}));
}

TEST(Plan, OfNonsenseIsNone) {
  for (const char* text : {"seed x", "heals -1", "heals 9999999", "nothing side=a", "loss side=c",
                           "loss at", "loss at=", "loss q=1", "loss a=1x"})
    EXPECT_FALSE(parse_plan(text)) << text;
}

// What is drawn for one kind is the same whatever else may be drawn.
TEST(Plan, OfSomeKindsIsAPartOfThePlanOfAll) {
  const Kinds kinds = *parse_kinds("nat,path");
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Plan all = draw(seed);
    const Plan some = draw(seed, kinds);
    std::erase_if(all.steps, [&](const Step& step) {
      return std::ranges::find(kinds, step.kind) == kinds.end();
    });
    EXPECT_EQ(all, some) << seed;
  }
  EXPECT_FALSE(parse_kinds("nat,nonsense"));
}

TEST(Plan, HasEachKindAsOftenAsItsRowSays) {
  std::vector<int> lives(rows().size());
  constexpr int kSeeds = 1000;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::set<Kind> kinds;
    for (const Step& step : draw(seed).steps) kinds.insert(step.kind);
    for (const Kind kind : kinds) ++lives[static_cast<std::size_t>(kind)];
  }
  for (const Row& row : rows()) {
    if (is_of_sctp_alone(row.kind)) continue;
    // What no mild life has is in a quarter.
    const int often = kSeeds * 2 / row.one_in;
    EXPECT_GE(lives[static_cast<std::size_t>(row.kind)], often / 5) << row.name;
    EXPECT_LE(lives[static_cast<std::size_t>(row.kind)], often * 3 / 4) << row.name;
  }
}

TEST(Plan, IsToldInSentences) {
  EXPECT_EQ(to_string({.kind = Kind::Loss, .side = Side::B, .at = 1500, .lasts = 250, .a = 70}),
            "b's line up loses 70 of 1,000, 1.500 s to 1.750 s.");
  for (const Row& row : rows()) {
    const std::string sentence = to_string(Step{.kind = row.kind});
    EXPECT_EQ(sentence.find('{'), std::string::npos) << sentence;
    EXPECT_TRUE(sentence.ends_with('.')) << sentence;
  }
}

constexpr Timestamp kNow{std::chrono::hours(1)};

TEST(Ledger, TakesWhatWasSentAndNothingElse) {
  Ledger ledger(1, {});
  const Buffer first = ledger.next(100);
  ledger.sent(kNow, first.size());
  const Buffer second = ledger.next(3);
  ledger.sent(kNow, second.size());
  EXPECT_TRUE(ledger.receive(kNow, second)) << "the second before the first";
  EXPECT_FALSE(ledger.receive(kNow, first));
  EXPECT_TRUE(ledger.receive(kNow, first)) << "twice";
  Buffer damaged = second;
  damaged[2] ^= 1;
  EXPECT_TRUE(ledger.receive(kNow, damaged));
  EXPECT_EQ(ledger.missing(), 1u);
  EXPECT_FALSE(ledger.receive(kNow, second));
  EXPECT_TRUE(ledger.receive(kNow, second)) << "nobody sent a third";
  EXPECT_EQ(ledger.missing_bytes(), 0u);
}

TEST(Ledger, OfAnUnorderedChannelTakesThemInAnyOrderOnce) {
  Ledger ledger(1, {.ordered = false, .max_retransmits = {}, .lifetime = {}});
  std::vector<Buffer> messages;
  for (int i = 0; i < 3; ++i) {
    messages.push_back(ledger.next(10));
    ledger.sent(kNow, messages.back().size());
  }
  EXPECT_FALSE(ledger.receive(kNow, messages[2]));
  EXPECT_FALSE(ledger.receive(kNow, messages[0]));
  EXPECT_TRUE(ledger.receive(kNow, messages[2]));
  EXPECT_EQ(ledger.missing(), 1u);
}

}  // namespace
}  // namespace specter::world
