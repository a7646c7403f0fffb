#include "cli/bench/statistics.h"

#include <gtest/gtest.h>

namespace specter::cli::bench {
namespace {

TEST(Percentiles, AreZeroOfNothing) { EXPECT_EQ(percentiles({}), Percentiles{}); }

TEST(Percentiles, OfOneValueAreThatValue) {
  EXPECT_EQ(percentiles({7}), (Percentiles{.count = 1, .p50 = 7, .p90 = 7, .p99 = 7, .max = 7}));
}

TEST(Percentiles, AreTheNearestRanksOfValuesInAnyOrder) {
  std::vector<double> values;
  for (int i = 200; i > 0; --i) values.push_back(i);
  EXPECT_EQ(percentiles(values),
            (Percentiles{.count = 200, .p50 = 100, .p90 = 180, .p99 = 198, .max = 200}));
  EXPECT_EQ(percentiles({3, 1, 2}),
            (Percentiles{.count = 3, .p50 = 2, .p90 = 3, .p99 = 3, .max = 3}));
}

}  // namespace
}  // namespace specter::cli::bench
