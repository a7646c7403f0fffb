#include "ice/error_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

IpAddress host(int number) {
  return IpAddress::v4(
      {10, 9, static_cast<std::uint8_t>(number / 256), static_cast<std::uint8_t>(number % 256)});
}

TEST(ErrorBudget, OneAddressHasAShare) {
  ErrorBudget budget;
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += budget.take_for_stranger(kStart + i * 1ms, host(1));
  EXPECT_EQ(taken, ErrorBudget::kBurstOfOne + 1);
  EXPECT_TRUE(budget.take_for_stranger(kStart + 1s, host(2))) << "and takes nothing from others";
}

TEST(ErrorBudget, StrangersHaveABucketThatThePeerIsNotIn) {
  ErrorBudget budget;
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += budget.take_for_stranger(kStart, host(i));
  EXPECT_EQ(taken, ErrorBudget::kBurst);
  EXPECT_FALSE(budget.take_for_stranger(kStart, host(5000)));
  EXPECT_TRUE(budget.take_for_stranger(kStart + ErrorBudget::kInterval, host(5000)));
  taken = 0;
  for (int i = 0; i < 1000; ++i) taken += budget.take_for_peer(kStart);
  EXPECT_EQ(taken, ErrorBudget::kBurst);
}

// A peer whose role conflicts has to hear of it, whoever else sends nonsense meanwhile.
TEST(ErrorBudget, AFloodOfStrangersLeavesThePeerItsErrors) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.learn_candidate();
  one.sent();
  for (int i = 0; i < 500; ++i) {
    one.receive(one.request({.username = "nobody:knows"}), {host(i), 6000});
    one.receive(one.request({.username = "nobody:knows"}), kStranger);
  }
  EXPECT_EQ(one.sent().size(), static_cast<std::size_t>(ErrorBudget::kBurst));
  one.receive(one.request({.controlling = 0}));
  EXPECT_EQ(error_in(one.sent()), 487);
}

}  // namespace
}  // namespace specter::ice
