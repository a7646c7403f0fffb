#include "io/timer_watch.h"

#include <gtest/gtest.h>

namespace specter::io {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow{1h};

TEST(TimerWatch, NamesTheTimerThatAsksAgainAtOnce) {
  TimerWatch watch;
  for (int i = 1; i < TimerWatch::kTurns; ++i)
    ASSERT_EQ(watch.see(kNow + i * 1ms, {kNow, "sctp t3"}), "") << i;
  EXPECT_EQ(watch.see(kNow + 1s, {kNow, "sctp t3"}), "sctp t3");
  EXPECT_EQ(watch.see(kNow + 1s, {kNow, "sctp t3"}), "");
}

TEST(TimerWatch, IsContentWithWhoWaits) {
  TimerWatch watch;
  for (int i = 0; i < 3 * TimerWatch::kTurns; ++i) {
    const bool is_late = i % TimerWatch::kTurns != 0;
    ASSERT_EQ(watch.see(kNow, {is_late ? kNow : kNow + 1ns, "sctp t3"}), "") << i;
  }
  EXPECT_EQ(watch.see(kNow, {}), "");
}

}  // namespace
}  // namespace specter::io
