// What a bulk transfer gets out of a path with a bottleneck, and what it leaves to others.
#include <gtest/gtest.h>

#include "sctp/testing/link_trial.h"

namespace specter::sctp {
namespace {

using enum CongestionControl;

constexpr double kMegabit = 1e6;

class EachControl : public ::testing::TestWithParam<CongestionControl> {};

INSTANTIATE_TEST_SUITE_P(LinkAims, EachControl, ::testing::Values(Cubic, Bbr, Reno),
                         [](const auto& parameter) {
                           return parameter.param == Cubic ? "Cubic"
                                  : parameter.param == Bbr ? "Bbr"
                                                           : "Reno";
                         });

TEST_P(EachControl, FillsAPathWithAShallowQueue) {
  const auto result = LinkTrial::run(
      {.round_trip = 50ms, .queue_bytes = 256'000, .flows = {{GetParam()}}, .time = 5s});
  EXPECT_GE(result.goodput_bits_per_second, 90 * kMegabit);
}

TEST_P(EachControl, FillsALongPath) {
  const auto result = LinkTrial::run({.round_trip = 100ms,
                                      .queue_bytes = 2 * 1'250'000,
                                      .flows = {{GetParam()}},
                                      .warm_up = 2s,
                                      .time = 4s});
  EXPECT_GE(result.goodput_bits_per_second, 90 * kMegabit);
}

TEST_P(EachControl, SharesWithItsOwnKind) {
  const auto result = LinkTrial::run({.round_trip = 20ms,
                                      .rate_bits_per_second = 20'000'000,
                                      .queue_bytes = 50'000,
                                      .flows = {{GetParam()}, {GetParam(), 1s}},
                                      .warm_up = 10s,
                                      .time = 20s});
  EXPECT_GE(result.fairness(), 0.9) << result.flows[0].goodput_bits_per_second << " and "
                                    << result.flows[1].goodput_bits_per_second;
  EXPECT_GE(result.goodput_bits_per_second, 17 * kMegabit);
}

TEST(LinkAims, RandomLossesDoNotSlowBbrDown) {
  const auto result = LinkTrial::run(
      {.round_trip = 50ms, .queue_bytes = 256'000, .loss = 0.01, .flows = {{Bbr}}, .time = 6s});
  EXPECT_GE(result.goodput_bits_per_second, 80 * kMegabit);
}

TEST(LinkAims, BbrKeepsTheQueueShort) {
  const auto result = LinkTrial::run({.round_trip = 50ms,
                                      .queue_bytes = 2 * 625'000,
                                      .flows = {{Bbr}},
                                      .warm_up = 1s,
                                      .time = 4s});
  EXPECT_GE(result.goodput_bits_per_second, 85 * kMegabit);
  EXPECT_LE(result.mean_queue_delay, 15ms);
}

// No one of two different kinds is left with less than a tenth.
TEST(LinkAims, DifferentKindsLeaveRoomForEachOther) {
  for (const auto& [one, other] :
       {std::pair{Cubic, Bbr}, std::pair{Reno, Bbr}, std::pair{Reno, Cubic}}) {
    const auto result = LinkTrial::run({.round_trip = 20ms,
                                        .rate_bits_per_second = 20'000'000,
                                        .queue_bytes = 50'000,
                                        .flows = {{one}, {other}},
                                        .warm_up = 5s,
                                        .time = 15s});
    for (const LinkTrial::FlowResult& flow : result.flows)
      EXPECT_GE(flow.goodput_bits_per_second, 2 * kMegabit);
  }
}

TEST(LinkAims, TheSameSeedGivesTheSame) {
  const LinkTrial::Options options{.loss = 0.01, .flows = {{Bbr}, {Cubic}}, .time = 2s};
  const auto one = LinkTrial::run(options), other = LinkTrial::run(options);
  EXPECT_EQ(one.goodput_bits_per_second, other.goodput_bits_per_second);
  EXPECT_EQ(one.packets, other.packets);
  EXPECT_EQ(one.mean_queue_delay, other.mean_queue_delay);
}

}  // namespace
}  // namespace specter::sctp
