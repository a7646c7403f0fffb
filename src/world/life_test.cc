#include "world/life.h"

#include <gtest/gtest.h>

#include "world/shrink.h"

namespace specter::world {
namespace {

const Workshop& workshop() {
  static const Workshop made = Workshop::make();
  return made;
}

std::string told(const Outcome& outcome) {
  return outcome.failure
             ? std::string(to_string(outcome.failure->verdict)) + ": " + outcome.failure->what
             : "";
}

TEST(Life, GoesWellWhateverHappens) {
  std::size_t connected = 0, messages = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Outcome outcome = live(draw(seed), workshop());
    EXPECT_FALSE(outcome.failure) << "seed " << seed << ", " << told(outcome);
    connected += outcome.was_connected ? 1 : 0;
    messages += outcome.messages;
  }
  EXPECT_GE(connected, 40u);
  EXPECT_GE(messages, 500u);
}

TEST(Life, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome one = live(draw(seed), workshop());
    const Outcome two = live(draw(seed), Workshop::make(), Tells::Trace);
    EXPECT_EQ(one.hash, two.hash) << seed;
    EXPECT_EQ(one.entries, two.entries) << seed;
  }
  EXPECT_NE(live(draw(1), workshop()).hash, live(draw(2), workshop()).hash);
}

// Nothing happens: connected, and all of it told.
TEST(Life, WithoutAnyStep) {
  const Plan plan{.seed = 7, .heals_at = 5000, .steps = {}};
  const Outcome outcome = live(plan, workshop(), Tells::Story);
  EXPECT_FALSE(outcome.failure) << told(outcome);
  EXPECT_TRUE(outcome.was_connected);
  EXPECT_GE(outcome.messages, 6u);
  EXPECT_FALSE(outcome.notes.empty());
}

// Somebody else's fingerprint: no connection, and that is right.
TEST(Life, OfAnImpostorHasNoConnection) {
  const Plan plan{.seed = 7, .heals_at = 20'000, .steps = {{.kind = Kind::Impostor}}};
  const Outcome outcome = live(plan, workshop());
  EXPECT_FALSE(outcome.failure) << told(outcome);
  EXPECT_FALSE(outcome.was_connected);
  EXPECT_EQ(outcome.messages, 0u);
}

// What may fail is excused, and what may not is a failure: two NATs that can't meet.
TEST(Excuse, IsForWhatNobodyCanMend) {
  const auto nats = [](std::int64_t mapping, std::int64_t filtering) {
    return Plan{.seed = 1,
                .heals_at = 10'000,
                .steps = {{.kind = Kind::Nat, .side = Side::A, .a = mapping, .b = 2, .c = 400},
                          {.kind = Kind::Nat, .side = Side::B, .a = 0, .b = filtering, .c = 400}}};
  };
  EXPECT_FALSE(excuse(nats(0, 2)));
  EXPECT_FALSE(excuse(nats(2, 1)));
  EXPECT_TRUE(excuse(nats(2, 2)));
  EXPECT_TRUE(live(nats(0, 2), workshop()).was_connected);
  EXPECT_TRUE(live(nats(2, 1), workshop()).was_connected);
  const Outcome outcome = live(nats(2, 2), workshop());
  EXPECT_FALSE(outcome.was_connected);
  EXPECT_FALSE(outcome.failure) << told(outcome);
}

// Two NATs of a side are as strict as the stricter, and a carrier's that does not hairpin keeps its
// own customers apart.
TEST(Excuse, KnowsCarriersNats) {
  Plan plan{.seed = 1,
            .heals_at = 10'000,
            .steps = {{.kind = Kind::Nat, .side = Side::A, .a = 0, .b = 0, .c = 400},
                      {.kind = Kind::CarrierNat, .side = Side::A, .a = 2, .b = 2, .c = 400},
                      {.kind = Kind::CarrierNat, .side = Side::B, .a = 0, .b = 0, .c = 400}}};
  EXPECT_FALSE(excuse(plan));
  EXPECT_TRUE(live(plan, workshop()).was_connected);
  plan.steps.push_back({.kind = Kind::SameCarrier});
  EXPECT_TRUE(excuse(plan));
  for (Step& step : plan.steps) step.c |= 1;
  EXPECT_FALSE(excuse(plan));
  EXPECT_TRUE(live(plan, workshop()).was_connected);
}

// Whoever has IPv6 alone meets a peer that has it too.
TEST(Life, OfAPeerWithoutIpv4) {
  const Plan plan{.seed = 5,
                  .heals_at = 5'000,
                  .steps = {{.kind = Kind::Ipv6Only, .side = Side::A, .a = 1},
                            {.kind = Kind::Nat, .side = Side::B, .a = 2, .b = 2, .c = 400}}};
  EXPECT_FALSE(excuse(plan));
  EXPECT_TRUE(live(plan, workshop()).was_connected);
}

// Each by itself at its strongest, from the beginning: it goes well.
TEST(Life, GoesWellWithEachOfTheseAlone) {
  for (const Step& step : std::initializer_list<Step>{
           {.kind = Kind::Priorities, .a = 228},
           {.kind = Kind::SmallPath, .a = 576},
           {.kind = Kind::SmallPath, .side = Side::B, .a = 576, .b = 1},
           {.kind = Kind::PortCollision, .side = Side::B, .at = 1'000, .a = 3, .b = 1'000},
           {.kind = Kind::SlowAnswer, .side = Side::B, .a = 8'000},
           {.kind = Kind::EmptyOffer, .a = 1'000},
           {.kind = Kind::NegotiatedChannel, .side = Side::B, .at = 100},
           {.kind = Kind::HangsUp, .side = Side::B, .lasts = 9'000},
           {.kind = Kind::ForgedAlerts, .lasts = 9'000, .a = 1'000},
           {.kind = Kind::ForgedAnswers, .lasts = 9'000, .a = 1'000}}) {
    const Plan plan{.seed = 9,
                    .heals_at = 10'000,
                    .steps = {{.kind = Kind::Nat, .side = Side::B, .a = 0, .b = 1, .c = 400},
                              {.kind = Kind::Channel, .side = Side::A, .at = 2'000},
                              step}};
    ASSERT_FALSE(excuse(plan)) << to_string(step);
    const Outcome outcome = live(plan, workshop());
    EXPECT_FALSE(outcome.failure) << to_string(step) << ' ' << told(outcome);
    EXPECT_TRUE(outcome.was_connected) << to_string(step);
  }
}

// Rebindings alone are none; half a minute of silence is.
TEST(Excuse, IsForALongSilence) {
  Plan plan{.seed = 3, .heals_at = 40'000, .steps = {}};
  for (std::int64_t at = 0; at < 40'000; at += 1'000)
    plan.steps.push_back({.kind = Kind::Rebinding, .at = at});
  EXPECT_FALSE(excuse(plan));
  plan.steps.push_back({.kind = Kind::Partition, .at = 3'000, .lasts = 36'000});
  EXPECT_TRUE(excuse(plan));
  EXPECT_FALSE(live(plan, workshop()).failure);
}

TEST(Shrink, KeepsWhatMattersAlone) {
  const Plan plan = draw(42);
  ASSERT_GT(plan.steps.size(), 10u);
  const Kind needed = plan.steps[plan.steps.size() / 2].kind;
  std::size_t asked = 0;
  const Shrunk shrunk = shrink(plan, [&](const Plan& smaller) {
    ++asked;
    return smaller.has(needed);
  });
  ASSERT_EQ(shrunk.plan.steps.size(), 1u);
  EXPECT_EQ(shrunk.plan.steps[0].kind, needed);
  EXPECT_EQ(shrunk.plan.steps[0].at, 0);
  EXPECT_EQ(shrunk.tries, asked);
  EXPECT_EQ(shrink(plan, [](const Plan&) { return false; }).plan, plan);
}

}  // namespace
}  // namespace specter::world
