#include "media/rate_meter.h"

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;

TEST(RateMeter, KnowsTheLastSecond) {
  RateMeter meter;
  const Timestamp start{5s};
  EXPECT_EQ(meter.bytes(start), 0u);
  for (int i = 0; i < 30; ++i) meter.add(start + i * 100ms, 10);
  EXPECT_EQ(meter.bytes(start + 2900ms), 100u);
  EXPECT_EQ(meter.bytes(start + 2999ms), 100u);
  EXPECT_EQ(meter.bytes(start + 3000ms), 90u);
  EXPECT_EQ(meter.bytes(start + 3800ms), 10u);
  EXPECT_EQ(meter.bytes(start + 3900ms), 0u);
}

TEST(RateMeter, ForgetsOverAPause) {
  RateMeter meter;
  const Timestamp start{5s};
  meter.add(start, 10);
  meter.add(start + 1h, 7);
  EXPECT_EQ(meter.bytes(start + 1h), 7u);
  meter.add(start + 1h + 950ms, 1);
  EXPECT_EQ(meter.bytes(start + 1h + 950ms), 8u);
}

TEST(RateMeter, SaysTheRateSinceAPause) {
  RateMeter meter;
  const Timestamp start{5s};
  EXPECT_EQ(meter.rate(start), 0);
  meter.add(start, 100);
  EXPECT_EQ(meter.rate(start), 500);
  meter.add(start + 400ms, 100);
  EXPECT_EQ(meter.rate(start + 400ms), 500);
  for (int i = 5; i < 30; ++i) meter.add(start + i * 100ms, 10);
  EXPECT_EQ(meter.rate(start + 2900ms), 100);
  meter.add(start + 1h, 100);
  EXPECT_EQ(meter.rate(start + 1h), 500);
}

}  // namespace
}  // namespace specter::media
