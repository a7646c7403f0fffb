#include "sctp/tx/cubic.h"

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSegment = 1000;
constexpr Timestamp kStart{1h};

// A window of `segments`, grown to in slow start.
Cubic grown_to(std::size_t segments) {
  Cubic cubic(kSegment);
  cubic.on_acknowledged({.now = kStart,
                         .bytes = (segments - CongestionController::kInitialSegments) * kSegment,
                         .is_window_limited = true,
                         .smoothed = 100ms});
  EXPECT_EQ(cubic.window_bytes(), segments * kSegment);
  return cubic;
}

void acknowledge(Cubic& cubic, Timestamp now, std::size_t bytes, Duration smoothed = 100ms) {
  cubic.on_acknowledged(
      {.now = now, .bytes = bytes, .is_window_limited = true, .smoothed = smoothed});
}

TEST(Cubic, ALossLeavesSevenTenths) {  // RFC 9438 §4.6
  Cubic cubic = grown_to(100);
  EXPECT_TRUE(cubic.in_slow_start());
  cubic.on_congestion({});
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 70'000, 1);
  EXPECT_FALSE(cubic.in_slow_start());
}

// §4.2, Figures 1 and 2: W_max 100, cwnd_epoch 70: K = cbrt(30 / 0.4) = 4.217 s.
TEST(Cubic, FollowsTheCurve) {
  Cubic cubic = grown_to(100);
  cubic.on_congestion({});
  acknowledge(cubic, kStart, 0);  // the epoch begins
  // Two seconds on, with a whole window acknowledged at once: W_cubic(2.1 s) = 96.204.
  acknowledge(cubic, kStart + 2s, 70'000);
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 96'204, 2);
  // Beyond K it grows past W_max: W_cubic(6.1 s) = 102.670.
  acknowledge(cubic, kStart + 6s, cubic.window_bytes());
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 102'670, 2);
}

TEST(Cubic, NeverGrowsFasterThanHalfAWindowARoundTrip) {  // §4.2's target
  Cubic cubic = grown_to(100);
  cubic.on_congestion({});
  acknowledge(cubic, kStart, 0);
  acknowledge(cubic, kStart + 60s, 70'000);
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 105'000, 2);
}

TEST(Cubic, ASecondLossBelowTheFirstGivesRoom) {  // §4.7
  Cubic cubic = grown_to(100);
  cubic.on_congestion({});
  acknowledge(cubic, kStart, 0);
  cubic.on_congestion({});  // at 70: W_max is 70 · 0.85 = 59.5, the window 49
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 49'000, 1);
  acknowledge(cubic, kStart, 0);
  // K = cbrt(10.5 / 0.4) = 2.972 s; there the curve is flat at 59.5.
  acknowledge(cubic, kStart + 2872ms, 49'000);
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 59'500, 2);
}

// §4.3: W_est grows by 0.529 segments a window until it is where it had been, then by one.
TEST(Cubic, IsNoSlowerThanRenoOnShortPaths) {
  Cubic cubic(kSegment);
  acknowledge(cubic, kStart, 0, 10ms);
  cubic.on_congestion({});  // 10 -> 7
  for (int i = 0; i < 50; ++i) acknowledge(cubic, kStart + i * 10ms, cubic.window_bytes(), 10ms);
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 54'176, 60);
}

TEST(Cubic, TimeWithoutUseOfTheWindowDoesNotCount) {  // §4.2, §5.8
  Cubic cubic = grown_to(100);
  cubic.on_congestion({});
  acknowledge(cubic, kStart, 0);
  for (int i = 1; i <= 100; ++i)
    cubic.on_acknowledged({.now = kStart + i * 1s, .bytes = 1000, .smoothed = 100ms});
  acknowledge(cubic, kStart + 102s, 70'000);  // two seconds of use
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 96'204, 2);
}

TEST(Cubic, WhatWasNotLostIsUndone) {  // §4.9.2
  Cubic cubic = grown_to(100);
  cubic.on_congestion({});
  cubic.on_spurious();
  EXPECT_EQ(cubic.window_bytes(), 100'000u);
  EXPECT_TRUE(cubic.in_slow_start());
}

TEST(Cubic, ATimeoutLeavesOneSegmentAndTheThreshold) {  // §4.8
  Cubic cubic = grown_to(100);
  cubic.on_timeout({}, false);
  EXPECT_EQ(cubic.window_bytes(), kSegment);
  cubic.on_timeout({}, true);  // RFC 5681 §3.1: not again
  acknowledge(cubic, kStart, 500'000);
  EXPECT_NEAR(static_cast<double>(cubic.window_bytes()), 70'000, 1);
  EXPECT_FALSE(cubic.in_slow_start());
}

TEST(Cubic, APauseDoesNotEndTheFirstSlowStart) {
  Cubic cubic = grown_to(40);
  cubic.on_idle(1);
  EXPECT_EQ(cubic.window_bytes(), 20'000u);
  cubic.on_idle(30);
  EXPECT_EQ(cubic.window_bytes(), 10'000u) << "RFC 6928's, which a new association has too";
  acknowledge(cubic, kStart, 50'000);
  EXPECT_EQ(cubic.window_bytes(), 60'000u);
}

}  // namespace
}  // namespace specter::sctp
