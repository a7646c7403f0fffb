#include "world/sctp_life.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace specter::world {
namespace {

std::string told(const Outcome& outcome) {
  return outcome.failure
             ? std::string(to_string(outcome.failure->verdict)) + ": " + outcome.failure->what
             : "";
}

TEST(SctpLife, GoesWellWhateverHappens) {
  std::size_t messages = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Outcome outcome = live_sctp(draw_sctp(seed));
    EXPECT_FALSE(outcome.failure) << "seed " << seed << ", " << told(outcome);
    messages += outcome.messages;
  }
  EXPECT_GT(messages, 300u * 20);
}

TEST(SctpLife, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome one = live_sctp(draw_sctp(seed)), two = live_sctp(draw_sctp(seed));
    EXPECT_EQ(one.hash, two.hash) << seed;
    EXPECT_EQ(one.entries, two.entries) << seed;
  }
  EXPECT_NE(live_sctp(draw_sctp(1)).hash, live_sctp(draw_sctp(2)).hash);
}

// Of all kinds that there are these are drawn, and for whole peers the rest alone.
TEST(SctpLife, DrawsWhatMeansSomething) {
  std::vector<bool> drawn(rows().size()), drawn_for_peers(rows().size());
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    for (const Step& step : draw_sctp(seed).steps)
      drawn[static_cast<std::size_t>(step.kind)] = true;
    for (const Step& step : draw(seed).steps)
      drawn_for_peers[static_cast<std::size_t>(step.kind)] = true;
  }
  for (const Row& each : rows()) {
    const auto at = static_cast<std::size_t>(each.kind);
    const bool is_known = std::ranges::find(sctp_kinds(), each.kind) != sctp_kinds().end();
    EXPECT_EQ(drawn[at], is_known) << each.name;
    EXPECT_EQ(drawn_for_peers[at], !is_of_sctp_alone(each.kind)) << each.name;
  }
}

struct Case {
  const char* name;
  Tamper tamper;
  Verdict verdict;
};

// Each lie about what came is found.
TEST(SctpLife, FindsWhatIsWrong) {
  const Plan plan{.seed = 4, .heals_at = 1000, .steps = {}};
  ASSERT_FALSE(live_sctp(plan).failure);
  std::size_t count = 0;
  const Case cases[] = {
      {"another byte",
       [](Buffer& message) {
         message.back() ^= 1;
         return true;
       },
       Verdict::Content},
      {"a byte less",
       [](Buffer& message) {
         message.pop_back();
         return true;
       },
       Verdict::Content},
      {"one lost", [&](Buffer&) { return ++count != 2; }, Verdict::Content},
      {"all lost", [](Buffer&) { return false; }, Verdict::Delivery},
  };
  for (const Case& each : cases) {
    count = 0;
    const Outcome outcome = live_sctp(plan, Tells::Nothing, each.tamper);
    ASSERT_TRUE(outcome.failure) << each.name;
    EXPECT_EQ(outcome.failure->verdict, each.verdict) << each.name << told(outcome);
  }
}

}  // namespace
}  // namespace specter::world
