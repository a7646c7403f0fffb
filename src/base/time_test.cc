#include "specter/time.h"

#include <gtest/gtest.h>

namespace specter {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow{1h};

TEST(WakeUp, TheSoonestKeepsItsName) {
  const WakeUp soon(kNow, "soon"), late(kNow + 1s, "late"), never(std::nullopt, "never");
  EXPECT_STREQ(soonest(late, soon, never).timer, "soon");
  EXPECT_STREQ(soonest(never, late).timer, "late");
  EXPECT_EQ(soonest(late, soon), Deadline(kNow));
  EXPECT_FALSE(soonest(never, WakeUp{}));
  EXPECT_STREQ(never.timer, "");
}

TEST(WakeUp, IsADeadlineAmongDeadlines) {
  const WakeUp timer(kNow, "timer");
  const Deadline sooner = soonest(timer, Deadline(kNow - 1s));
  EXPECT_EQ(sooner, kNow - 1s);
}

}  // namespace
}  // namespace specter
