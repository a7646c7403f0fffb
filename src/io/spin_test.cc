#include "io/spin.h"

#include <gtest/gtest.h>

namespace specter::io {
namespace {

using namespace std::chrono_literals;

// So many waits of these lengths; how many of them were spent looking.
int waits(Spin& spin, int count, Duration when_looking, Duration when_sleeping) {
  int looked = 0;
  for (int i = 0; i < count; ++i) {
    const bool looks = spin.is_worth_it();
    looked += looks;
    if (looks && when_looking <= spin.limit())
      spin.found(when_looking);
    else
      spin.slept(looks ? when_looking : when_sleeping);
  }
  return looked;
}

TEST(Spin, IsNeverWorthItWithoutALimit) {
  Spin spin(0us);
  EXPECT_EQ(waits(spin, 10'000, 0us, 1us), 0);
}

// Two cores: the answer comes before a sleeper would be awake.
TEST(Spin, GoesOnWhereLookingIsFaster) {
  Spin spin(50us);
  EXPECT_GT(waits(spin, 100'000, 6us, 50us), 99'000);
}

// One core: the other side can't run until this one sleeps.
TEST(Spin, EndsWhereSleepingIsFaster) {
  Spin spin(50us);
  EXPECT_LT(waits(spin, 100'000, 68us, 18us), 1'000);
  Spin just_so(50us);
  EXPECT_LT(waits(just_so, 100'000, 17us, 18us), 1'000);  // not by enough
}

TEST(Spin, NoticesThatItHasBecomeTheOtherWayRound) {
  Spin spin(50us);
  waits(spin, 50'000, 68us, 18us);
  waits(spin, static_cast<int>(Spin::kLongestUse), 6us, 50us);  // until the next trial
  EXPECT_GT(waits(spin, 10'000, 6us, 50us), 9'000);
}

TEST(Spin, EndsAfterAFewMissesAndBeginsAgainWhenAWaitWasShort) {
  Spin spin(50us);
  for (int i = 0; i < Spin::kMaxMisses; ++i) {
    EXPECT_TRUE(spin.is_worth_it());
    spin.slept(10ms);
  }
  EXPECT_FALSE(spin.is_worth_it());
  spin.slept(Spin::kShort * 50us + 1us);
  EXPECT_FALSE(spin.is_worth_it());
  spin.slept(Spin::kShort * 50us);
  EXPECT_TRUE(spin.is_worth_it());
}

// Hours of messages now and then are no trial: what is learnt is learnt from short waits.
TEST(Spin, LearnsNothingFromLongWaits) {
  Spin spin(50us);
  EXPECT_EQ(waits(spin, 100'000, 10ms, 10ms), Spin::kMaxMisses);
  spin.slept(30us);
  EXPECT_GT(waits(spin, 1'000, 6us, 50us), 900);
}

}  // namespace
}  // namespace specter::io
