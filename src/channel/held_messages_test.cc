#include "channel/held_messages.h"

#include <gtest/gtest.h>

namespace specter::channel {
namespace {

sctp::MessageReceived message(std::uint16_t stream, std::size_t size, std::uint8_t fill = 0) {
  return {sctp::StreamId{stream}, sctp::Ppid{53}, false, Buffer(size, fill)};
}

TEST(HeldMessages, ComeBackByStreamInTheirOrder) {
  HeldMessages held;
  EXPECT_TRUE(held.hold(message(1, 1, 10)));
  EXPECT_TRUE(held.hold(message(2, 1, 20)));
  EXPECT_TRUE(held.hold(message(1, 1, 11)));
  const auto first = held.release(1);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].bytes, Buffer{10});
  EXPECT_EQ(first[1].bytes, Buffer{11});
  EXPECT_TRUE(held.release(1).empty());
  EXPECT_EQ(held.release(2).size(), 1u);
}

TEST(HeldMessages, EndAtKMaxMessages) {
  HeldMessages held;
  for (std::size_t i = 0; i < HeldMessages::kMaxMessages; ++i)
    EXPECT_TRUE(held.hold(message(static_cast<std::uint16_t>(i), 1)));
  EXPECT_FALSE(held.hold(message(9, 1)));
  EXPECT_EQ(held.release(9).size(), 1u);
  EXPECT_TRUE(held.hold(message(9, 1)));
}

TEST(HeldMessages, EndAtKMaxBytes) {
  HeldMessages held;
  EXPECT_TRUE(held.hold(message(1, HeldMessages::kMaxBytes - 1)));
  EXPECT_FALSE(held.hold(message(2, 2)));
  EXPECT_TRUE(held.hold(message(2, 1)));
  EXPECT_FALSE(held.hold(message(2, 1)));
  held.clear();
  EXPECT_TRUE(held.hold(message(2, HeldMessages::kMaxBytes)));
}

}  // namespace
}  // namespace specter::channel
