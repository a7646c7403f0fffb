#include "channel/closed_channels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace specter::channel {
namespace {

using ::testing::SizeIs;

ChannelStats channel(std::uint64_t number, std::string label = "label") {
  return {.channel = ChannelId{number}, .info = {std::move(label), {}}, .state = {}};
}

TEST(ClosedChannels, AreClosedAndKeepWhatTheyHad) {
  ClosedChannels closed;
  closed.add(channel(1), 200'000);
  ASSERT_THAT(closed.all(), SizeIs(1));
  EXPECT_EQ(closed.all()[0].state, DataChannelState::Closed);
  EXPECT_EQ(closed.buffered_amount(ChannelId{1}), 200'000u);
  EXPECT_EQ(closed.buffered_amount(ChannelId{2}), std::nullopt);
}

TEST(ClosedChannels, EndAtKMaxChannels) {
  ClosedChannels closed;
  for (std::uint64_t i = 1; i <= ClosedChannels::kMaxChannels + 10; ++i) closed.add(channel(i), 0);
  ASSERT_THAT(closed.all(), SizeIs(ClosedChannels::kMaxChannels));
  EXPECT_EQ(closed.all()[0].channel, ChannelId{11});
}

TEST(ClosedChannels, EndAtKMaxNameBytes) {
  ClosedChannels closed;
  for (std::uint64_t i = 1; i <= 32; ++i) closed.add(channel(i, std::string(65'535, 'x')), 0);
  EXPECT_THAT(closed.all(), SizeIs(ClosedChannels::kMaxNameBytes / 65'535));
  EXPECT_EQ(closed.all().back().channel, ChannelId{32});
}

}  // namespace
}  // namespace specter::channel
