#include "cli/bench/link/matrix.h"

#include <gmock/gmock.h>

namespace specter::cli::bench {
namespace {

using namespace std::chrono_literals;
using enum CongestionControl;
using ::testing::HasSubstr;

TEST(QueueSize, IsBandwidthDelayProductsOrBytes) {
  EXPECT_EQ(QueueSize::parse("0.5"), (QueueSize{.products = 0.5}));
  EXPECT_EQ(QueueSize::parse("2"), (QueueSize{.products = 2}));
  EXPECT_EQ(QueueSize::parse("1500B"), (QueueSize{.bytes = 1500}));
  EXPECT_EQ(QueueSize::parse("256kB"), (QueueSize{.bytes = 256'000}));
  EXPECT_EQ(QueueSize::parse("1.5MB"), (QueueSize{.bytes = 1'500'000}));
}

TEST(QueueSize, RefusesWhatIsNeitherAndSaysWhatIs) {
  for (const char* text : {"", "x", "0", "-1", "101", "2x", "1499B", "1001MB", "256KB", "256 kB",
                           "inf", "nan", "1e400"}) {
    const auto parsed = QueueSize::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(parsed.error().message, HasSubstr("such as 0.5"));
  }
}

TEST(QueueSize, FollowsThePathButForAtLeastTwentyPackets) {
  const QueueSize half{.products = 0.5}, two{.products = 2}, fixed{.bytes = 256'000};
  EXPECT_EQ(half.on(100'000'000, 50ms), 312'500u);
  EXPECT_EQ(two.on(100'000'000, 50ms), 1'250'000u);
  EXPECT_EQ(half.on(1'000'000'000, 0ms), 10u * 1228);
  EXPECT_EQ(two.on(10'000'000, 12ms), 40u * 1228);
  EXPECT_EQ(fixed.on(10'000'000, 12ms), 256'000u);
}

TEST(QueueSize, HasANameForPeople) {
  EXPECT_EQ((QueueSize{.products = 0.5}.name()), "½ BDP");
  EXPECT_EQ((QueueSize{.products = 2}.name()), "2 BDP");
  EXPECT_EQ((QueueSize{.bytes = 1500}.name()), "1500 B");
  EXPECT_EQ((QueueSize{.bytes = 256'000}.name()), "256 kB");
  EXPECT_EQ((QueueSize{.bytes = 1'000'000}.name()), "1 MB");
}

const Matrix kSmall{.round_trips_ms = {12, 200},
                    .losses_percent = {0, 1},
                    .rates_mbit_per_s = {10, 0.5},
                    .queues = {{.products = 2}},
                    .controls = {Cubic, Bbr}};

TEST(Matrix, HasEachPlaceOnce) {
  const auto cases = cases_of_one(kSmall, 0, 7);
  ASSERT_EQ(cases.size(), 16u);
  EXPECT_EQ(cases.front().name(), "12 ms, 0 % lost, 10 Mbit/s, queue 2 BDP, cubic");
  EXPECT_EQ(cases.back().name(), "200 ms, 1 % lost, 0.5 Mbit/s, queue 2 BDP, bbr");
  EXPECT_EQ(cases.back().trial, (Trial{.path = {.round_trip = 200ms,
                                                .loss = 0.01,
                                                .rate_bits_per_second = 500'000,
                                                .queue_bytes = 2 * QueueSize::kLeastProductBytes},
                                       .flows = {Bbr},
                                       .time = 20s,
                                       .seed = 7}));
}

TEST(Matrix, ATrialIsTenSecondsOrAHundredRoundTripsUnlessItIsSaid) {
  EXPECT_EQ(cases_of_one(kSmall, 0, 1).front().trial.time, 10s);
  EXPECT_EQ(cases_of_one(kSmall, 2.5, 1).back().trial.time, 2500ms);
  EXPECT_EQ(cases_of_two(kSmall, 0, 1).front().trial.time, 30s);
  EXPECT_EQ(cases_of_two(kSmall, 0, 1).back().trial.time, 60s);
}

TEST(Matrix, TwoFlowsAreOfEachKindAndOfEachTwo) {
  Matrix one_place{.round_trips_ms = {12},
                   .losses_percent = {0},
                   .rates_mbit_per_s = {10},
                   .queues = {{.products = 2}},
                   .controls = {Cubic, Bbr, Reno}};
  std::vector<std::vector<CongestionControl>> flows;
  for (const Case& each : cases_of_two(one_place, 0, 1)) flows.push_back(each.trial.flows);
  EXPECT_EQ(
      flows,
      (std::vector<std::vector<CongestionControl>>{
          {Cubic, Cubic}, {Bbr, Bbr}, {Reno, Reno}, {Cubic, Bbr}, {Cubic, Reno}, {Bbr, Reno}}));
}

}  // namespace
}  // namespace specter::cli::bench
