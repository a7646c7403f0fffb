// set_receiving() and the end of what carries the association: messages come first, or wait.
#include <gmock/gmock.h>

#include "channel/testing/two_sides.h"

namespace specter::channel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Receiving : ::testing::Test {
  TwoSides two;
  ChannelId here{}, there{};

  void SetUp() override {
    two.establish();
    std::tie(here, there) = two.channel();
    two.b.set_receiving(false);
  }
};

TEST_F(Receiving, MessagesWait) {
  ASSERT_TRUE(two.send_text(two.a, here, "one"));
  ASSERT_TRUE(two.send_text(two.a, here, "two"));
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(), IsEmpty());
  two.b.set_receiving(true);
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(), ElementsAre("text 1 one", "text 1 two"));
}

TEST_F(Receiving, NewChannelsOpenBothWays) {
  ASSERT_TRUE(two.send_text(two.a, here, "one"));
  two.pair.run_for(1s);
  ASSERT_TRUE(two.a.create(two.pair.now(), "theirs", {}));
  ASSERT_TRUE(two.b.create(two.pair.now(), "ours", {}));
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(), ElementsAre("incoming 3 theirs", "opened 3", "opened 2"));
}

TEST_F(Receiving, ThePeersCloseComesBehindItsMessages) {
  ASSERT_TRUE(two.send_text(two.a, here, "one"));
  two.a.close(two.pair.now(), here);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_b(), IsEmpty());
  two.b.set_receiving(true);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_b(), ElementsAre("text 1 one", "closing 1", "closed 1"));
}

TEST_F(Receiving, AChannelWithoutMessagesClosesMeanwhile) {
  two.a.close(two.pair.now(), here);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_b(), ElementsAre("closing 1", "closed 1"));
}

TEST_F(Receiving, AShutDownOfOursDropsWhatWaits) {
  ASSERT_TRUE(two.send_text(two.a, here, "one"));
  two.pair.run_for(1s);
  two.b.shut_down(two.pair.now(), std::nullopt);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_b(), ElementsAre("closed 1", "ended"));
}

TEST_F(Receiving, TheTransportsEndComesBehindTheMessages) {
  ASSERT_TRUE(two.send_text(two.a, here, "one"));
  two.pair.run_for(1s);
  two.b.handle_transport_closed(two.pair.now(), Error{ErrorCode::Network, "gone", std::nullopt});
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(), IsEmpty());
  two.b.set_receiving(true);
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(),
              ElementsAre("text 1 one", "failed 1 NetworkError", "closed 1", "ended by an error"));
}

// What was sent on a negotiated channel before b makes it waits for it; then for its application.
TEST_F(Receiving, MessagesThatWaitedForTheirChannelWaitOn) {
  DataChannelOptions options;
  options.negotiated = true;
  options.id = 9;
  const auto channel = two.a.create(two.pair.now(), "n", options);
  ASSERT_TRUE(channel);
  two.b.set_receiving(true);
  ASSERT_TRUE(two.send_text(two.a, *channel, "one"));
  ASSERT_TRUE(two.send_text(two.a, *channel, "two"));
  two.pair.run_for(1s);
  two.b.set_receiving(false);
  ASSERT_TRUE(two.b.create(two.pair.now(), "n", options));
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(), ElementsAre("opened 2"));
  two.b.set_receiving(true);
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(), ElementsAre("text 2 one", "text 2 two"));
}

}  // namespace
}  // namespace specter::channel
