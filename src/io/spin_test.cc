#include "io/spin.h"

#include <gtest/gtest.h>

namespace specter::io {
namespace {

using namespace std::chrono_literals;

TEST(Spin, IsNeverWorthItWithoutALimit) {
  Spin spin(0us);
  spin.slept(0us);
  EXPECT_FALSE(spin.is_worth_it());
}

TEST(Spin, EndsAfterAFewMissesAndBeginsAgainWhenASleepWasShort) {
  Spin spin(50us);
  for (int i = 0; i < Spin::kMaxMisses; ++i) {
    EXPECT_TRUE(spin.is_worth_it());
    spin.missed();
  }
  EXPECT_FALSE(spin.is_worth_it());
  spin.slept(51us);
  EXPECT_FALSE(spin.is_worth_it());
  spin.slept(50us);
  EXPECT_TRUE(spin.is_worth_it());
}

TEST(Spin, GoesOnWhileItFindsWork) {
  Spin spin(50us);
  for (int i = 0; i < 100; ++i) {
    spin.missed();
    spin.found();
  }
  EXPECT_TRUE(spin.is_worth_it());
}

}  // namespace
}  // namespace specter::io
