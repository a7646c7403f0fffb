// RFC 8831 §6.4, RFC 8832 §5.1: priorities, from create() and the peer's OPEN to the association.
#include <gtest/gtest.h>

#include "channel/dcep.h"
#include "channel/testing/two_sides.h"

namespace specter::channel {
namespace {

TEST(Priority, IsOneOfFourNumbersInTheOpen) {
  const std::pair<Priority, int> table[] = {{Priority::VeryLow, 128},
                                            {Priority::Low, 256},
                                            {Priority::Medium, 512},
                                            {Priority::High, 1024}};
  for (const auto& [priority, number] : table) {
    const OpenMessage message = OpenMessage::from("data", {.priority = priority});
    EXPECT_EQ(message.priority, number);
    EXPECT_EQ(message.options().priority, priority);
  }
  EXPECT_EQ(OpenMessage::from("data", {}).priority, 256);
}

TEST(Priority, ANumberInBetweenIsTheNextOne) {
  const std::pair<std::uint16_t, Priority> table[] = {
      {0, Priority::VeryLow},  {127, Priority::VeryLow}, {129, Priority::Low},
      {257, Priority::Medium}, {513, Priority::High},    {1025, Priority::High},
      {65'535, Priority::High}};
  for (const auto& [number, priority] : table)
    EXPECT_EQ(OpenMessage{.priority = number}.options().priority, priority) << number;
}

TEST(Priority, IsToldWithTheIncomingChannel) {
  TwoSides sides;
  sides.establish();
  const auto [here, there] = sides.channel({.priority = Priority::High});
  EXPECT_EQ(sides.a.info(here)->options.priority, Priority::High);
  EXPECT_EQ(sides.b.info(there)->options.priority, Priority::High);
}

// What has been sent of each channel when the first of them is done.
double ratio(DataChannels& from, TwoSides& sides, ChannelId high, ChannelId low) {
  const Buffer message(100'000, 1);
  for (int i = 0; i < 20; ++i)
    for (const ChannelId channel : {low, high})
      EXPECT_TRUE(from.send(sides.pair.now(), channel, MessageKind::Binary, message));
  sides.pair.run_until([&] { return from.buffered_amount(high) == 0; }, 60s);
  return 2'000'000.0 / (2'000'000.0 - static_cast<double>(from.buffered_amount(low)));
}

TEST(Priority, DecidesOnBothSides) {
  for (const bool interleaving : {false, true}) {
    DataChannels::Config config;
    config.association.data.interleaving = interleaving;
    TwoSides sides({.latency = 10ms, .rate_bits_per_second = 50'000'000}, config, config);
    sides.establish();
    const auto high = sides.channel({.priority = Priority::High});
    const auto low = sides.channel({.priority = Priority::Low});
    EXPECT_NEAR(ratio(sides.a, sides, high.first, low.first), 4, 0.4);
    sides.pair.run_for(10s);
    EXPECT_NEAR(ratio(sides.b, sides, high.second, low.second), 4, 0.4);
  }
}

}  // namespace
}  // namespace specter::channel
