#include "cli/bench/link/trial.h"

#include <gtest/gtest.h>

#include "cli/bench/link/runs.h"

namespace specter::cli::bench {
namespace {

using namespace std::chrono_literals;
using enum CongestionControl;

const Trial kNarrow{.path = {.round_trip = 40ms,
                             .loss = 0,
                             .rate_bits_per_second = 10'000'000,
                             .queue_bytes = 100'000},
                    .flows = {Cubic},
                    .time = 4s,
                    .seed = 3};

// Of 1228 bytes on the line some 1148 are the user's.
TEST(Trial, ALineWithoutLossIsFullOfUsersBytes) {
  const auto measured = run(kNarrow).value();
  ASSERT_EQ(measured.flows.size(), 1u);
  EXPECT_GE(measured.steady_bits_per_second(), 9.0e6);
  EXPECT_LE(measured.steady_bits_per_second(), 9.5e6);
  EXPECT_GT(measured.whole_bits_per_second(), 8.0e6);
  EXPECT_GT(measured.steady_mean_queue, 0ms);
  EXPECT_LE(measured.steady_largest_queue, 81ms);  // 100,000 bytes at that rate, and one packet
  EXPECT_EQ(measured.fairness(), 1);
  EXPECT_GE(measured.flows[0].opening, 80ms);  // two round trips at best
  EXPECT_LT(measured.flows[0].longest_silence, 500ms);
}

TEST(Trial, LossesAreSentAgain) {
  Trial lossy = kNarrow;
  lossy.path.loss = 0.05;
  lossy.flows = {Bbr};
  const auto measured = run(lossy).value();
  EXPECT_NEAR(measured.flows[0].steady_sent_again, 0.05, 0.025);
  EXPECT_GT(measured.steady_bits_per_second(), 2e6);
}

TEST(Trial, TheSameSeedGivesTheSameAndAnotherAnother) {
  Trial trial = kNarrow;
  trial.path.loss = 0.02;
  trial.flows = {Bbr, Cubic};
  const auto once = run(trial).value();
  EXPECT_EQ(run(trial).value(), once);
  trial.seed = 4;
  EXPECT_NE(run(trial).value(), once);
}

TEST(Trial, TwoFlowsShareTheLine) {
  Trial trial = kNarrow;
  trial.flows = {Cubic, Cubic};
  trial.time = 12s;
  const auto measured = run(trial).value();
  EXPECT_GE(measured.fairness(), 0.8);
  EXPECT_GE(measured.steady_bits_per_second(), 9.0e6);
  EXPECT_LE(measured.steady_bits_per_second(), 9.5e6);
}

TEST(Trial, WithoutARoundTripItEndsToo) {
  Trial trial = kNarrow;
  trial.path.round_trip = 0ms;
  trial.time = 1s;
  EXPECT_GE(run(trial).value().steady_bits_per_second(), 8.0e6);
}

TEST(Trial, APathThatCarriesNothingIsAnError) {
  Trial dead = kNarrow;
  dead.path.loss = 1;
  EXPECT_FALSE(run(dead));
}

TEST(Fairness, IsJainsIndex) {
  const auto index = [](double one, double other) {
    return Measured{.flows = {{.steady_bits_per_second = one}, {.steady_bits_per_second = other}}}
        .fairness();
  };
  EXPECT_DOUBLE_EQ(index(5, 5), 1);
  EXPECT_DOUBLE_EQ(index(5, 0), 0.5);
  EXPECT_DOUBLE_EQ(index(3, 1), 0.8);
  EXPECT_EQ(index(0, 0), 0);
}

TEST(Runs, NeitherTheirOrderNorTheirThreadsShow) {
  const Matrix matrix{.round_trips_ms = {0, 20},
                      .losses_percent = {1},
                      .rates_mbit_per_s = {1, 4},
                      .queues = {{.products = 2}},
                      .controls = {Cubic, Bbr}};
  const auto cases = cases_of_one(matrix, 1, 1);
  const auto alone = run_all(cases, 1), together = run_all(cases, 3);
  ASSERT_EQ(alone.size(), cases.size());
  ASSERT_EQ(together.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(alone[i].tried.name(), cases[i].name());
    EXPECT_EQ(together[i].tried.name(), cases[i].name());
    EXPECT_EQ(alone[i].measured, together[i].measured);
  }
}

}  // namespace
}  // namespace specter::cli::bench
