#include "api/told_channels.h"

#include <vector>

#include <gtest/gtest.h>

namespace specter::api {
namespace {

using namespace std::chrono_literals;

TEST(ToldChannels, CountUntilTheyCome) {
  ToldChannels told;
  std::vector<ToldChannels::Ticket> tickets(3);
  for (auto& ticket : tickets) told.add(ticket);
  told.add(tickets[0]);  // told again
  EXPECT_EQ(told.size(), 3U);
  told.remove(tickets[1]);
  told.remove(tickets[1]);
  EXPECT_EQ(told.size(), 2U);
  EXPECT_TRUE(told.counts(tickets[0]));
  EXPECT_FALSE(told.counts(tickets[1]));
}

TEST(ToldChannels, AreForgottenWhenTheyDoNotCome) {
  ToldChannels told;
  const Timestamp start{1h};
  told.pass(start);
  ToldChannels::Ticket first = 0, second = 0;
  told.add(first);
  told.pass(start + 99ms);
  told.add(second);
  told.pass(start + 150ms);
  EXPECT_TRUE(told.counts(first));
  EXPECT_EQ(told.size(), 2U);
  told.add(second);  // told once more, in the next round
  told.pass(start + 260ms);
  EXPECT_FALSE(told.counts(first));
  EXPECT_TRUE(told.counts(second));
  EXPECT_EQ(told.size(), 1U);
  told.remove(first);  // it comes after all
  EXPECT_EQ(told.size(), 1U);
  told.pass(start + 1h);
  EXPECT_FALSE(told.counts(second));
  told.remove(second);
  EXPECT_EQ(told.size(), 0U);
}

}  // namespace
}  // namespace specter::api
