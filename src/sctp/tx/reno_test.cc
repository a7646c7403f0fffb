#include "sctp/tx/reno.h"

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSegment = 1000;

TEST(Reno, SlowStartGrowsByWhatIsAcknowledged) {  // RFC 9260 §7.2.1
  Reno reno(kSegment);
  EXPECT_EQ(reno.window_bytes(), 10'000u);
  reno.on_acknowledged({.bytes = 2000, .is_window_limited = true});
  EXPECT_EQ(reno.window_bytes(), 12'000u);
  reno.on_acknowledged({.bytes = 2000, .is_window_limited = false});
  EXPECT_EQ(reno.window_bytes(), 12'000u) << "not while it is not used";
  reno.on_acknowledged({.bytes = 2000, .is_window_limited = true, .in_recovery = true});
  EXPECT_EQ(reno.window_bytes(), 12'000u) << "not in fast recovery";
  reno.on_acknowledged({.bytes = 1'000'000, .is_window_limited = true});
  EXPECT_EQ(reno.window_bytes(), 76'000u) << "L segments for one SACK";
}

TEST(Reno, LossHalves) {  // §7.2.3
  Reno reno(kSegment);
  reno.on_congestion({});
  EXPECT_EQ(reno.window_bytes(), 5000u);
  reno.on_congestion({});
  EXPECT_EQ(reno.window_bytes(), 4000u) << "four segments at least";
}

TEST(Reno, WhatWasNotLostIsUndone) {
  Reno reno(kSegment);
  reno.on_congestion({});
  reno.on_spurious();
  EXPECT_EQ(reno.window_bytes(), 10'000u);
  EXPECT_GT(reno.slow_start_threshold_bytes(), 1'000'000u);
  reno.on_spurious();
  EXPECT_EQ(reno.window_bytes(), 10'000u) << "once";
}

TEST(Reno, AvoidanceGrowsByASegmentAWindow) {  // §7.2.2
  Reno reno(kSegment);
  reno.on_congestion({});
  // Up to the threshold: slow start.
  reno.on_acknowledged({.bytes = 5000, .is_window_limited = true});
  EXPECT_EQ(reno.window_bytes(), 10'000u);
  for (int i = 0; i < 9; ++i) reno.on_acknowledged({.bytes = 1000, .is_window_limited = true});
  EXPECT_EQ(reno.window_bytes(), 10'000u);
  reno.on_acknowledged({.bytes = 1000, .is_window_limited = true});
  EXPECT_EQ(reno.window_bytes(), 11'000u);
}

TEST(Reno, ATimeoutLeavesOneSegment) {
  Reno reno(kSegment);
  reno.on_timeout({}, false);
  EXPECT_EQ(reno.window_bytes(), 1000u);
  EXPECT_EQ(reno.slow_start_threshold_bytes(), 5000u);
  reno.on_timeout({}, true);  // RFC 5681 §3.1
  EXPECT_EQ(reno.slow_start_threshold_bytes(), 5000u);
}

TEST(Reno, IdlenessHalvesPerTimeout) {  // §7.2.1
  Reno reno(kSegment);
  reno.on_acknowledged({.bytes = 10'000, .is_window_limited = true});
  reno.on_idle(1);
  EXPECT_EQ(reno.window_bytes(), 10'000u);
  EXPECT_EQ(reno.slow_start_threshold_bytes(), 20'000u);
  reno.on_idle(30);
  EXPECT_EQ(reno.window_bytes(), 4000u);
}

TEST(Reno, PacesAtTwiceTheWindowInSlowStart) {
  Reno reno(kSegment);
  EXPECT_FALSE(reno.pacing_rate()) << "no round trip is known";
  reno.on_acknowledged({.bytes = 1000, .smoothed = 100ms});
  EXPECT_DOUBLE_EQ(*reno.pacing_rate(), 200'000);
  reno.on_congestion({});
  EXPECT_DOUBLE_EQ(*reno.pacing_rate(), 60'000);
}

}  // namespace
}  // namespace specter::sctp
