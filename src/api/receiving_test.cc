// PeerConnection::set_receiving(), from outside and inside a handler.
#include <atomic>
#include <string>

#include <gmock/gmock.h>

#include "api/mailbox_state.h"
#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::kSoon;
using testing::TwoPeers;

struct ReceivingTest : ::testing::Test, TwoPeers {};

TEST_F(ReceivingTest, NoMessageComesAndEverythingElseDoes) {
  connect();
  b.set_receiving(false);
  ASSERT_TRUE(b.get_stats().has_value());
  ASSERT_TRUE(inbox_b.receive<event::Stats>(b, kSoon).has_value());
  ASSERT_TRUE(channel_a.send("one").has_value());
  // A channel that opens after the message was sent shows that it has come.
  const auto second = a.create_data_channel("second");
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(inbox_b.receive<event::DataChannelOpen>(b, kSoon).has_value());
  EXPECT_FALSE(inbox_b.receive<event::Message>(b, 0ms).has_value());
  b.set_receiving(true);
  const auto message = inbox_b.receive<event::Message>(b, kSoon);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->text(), "one");
}

TEST_F(ReceivingTest, ThePeerIsStoppedByItsWindow) {
  connect();
  b.set_receiving(false);
  const std::string message(100'000, 'x');
  std::size_t sent = 0;
  while (channel_a.send(message).has_value()) ++sent;
  // The whole window and the whole send buffer, and then it was told to wait.
  EXPECT_GE(sent, std::size_t{16 << 20} / message.size());
  EXPECT_LE(sent, std::size_t{36 << 20} / message.size());
  b.set_receiving(true);
  for (std::size_t i = 0; i < sent; ++i)
    ASSERT_TRUE(inbox_b.receive<event::Message>(b, kSoon).has_value());
}

// More rounds than unread BufferedAmountLow events filled a mailbox with, once.
TEST_F(ReceivingTest, MessagesAloneMayBeReceivedForEver) {
  connect();
  for (int round = 0; round < 20'000; ++round) {
    ASSERT_TRUE(channel_a.send("ping").has_value()) << round;
    ASSERT_TRUE(inbox_b.receive<event::Message>(kSoon).has_value()) << round;
    ASSERT_TRUE(channel_b.send("pong").has_value()) << round;
    ASSERT_TRUE(inbox_a.receive<event::Message>(kSoon).has_value()) << round;
  }
}

// The same with all else that comes of a busy connection, and is left.
TEST_F(ReceivingTest, MessagesComeWhateverElseIsLeft) {
  connect();
  DataChannel before;
  for (int round = 0; round < 1'500; ++round) {
    auto channel = a.create_data_channel("another");
    ASSERT_TRUE(channel.has_value());
    before.close();
    before = *channel;
    ASSERT_TRUE(a.get_stats().has_value());
    ASSERT_TRUE(b.get_stats().has_value());
    ASSERT_TRUE(b.create_answer().has_value());  // fails
    ASSERT_TRUE(channel_a.send("ping").has_value()) << round;
    ASSERT_TRUE(inbox_b.receive<event::Message>(kSoon).has_value()) << round;
    ASSERT_TRUE(channel_b.send("pong").has_value()) << round;
    ASSERT_TRUE(inbox_a.receive<event::Message>(kSoon).has_value()) << round;
  }
}

TEST_F(ReceivingTest, AllElseComesWhileMessagesFillTheMailbox) {
  connect();
  const std::string message(200'000, 'x');
  std::size_t sent = 0;
  for (; sent < 50; ++sent) ASSERT_TRUE(channel_b.send(message).has_value());
  while (a.handle()->waiting_bytes < api::MailboxState::kMaxOfConnection)
    EXPECT_FALSE(inbox_a.receive<event::Stats>(a, 1ms).has_value());
  // A state, an answer, and the news of a channel of the peer's.
  ASSERT_TRUE(a.create_offer().has_value());
  const auto offer = inbox_a.receive<event::Offer>(a, kSoon);
  ASSERT_TRUE(offer.has_value());
  while (inbox_a.receive<event::SignalingStateChange>(0s)) {
  }
  ASSERT_TRUE(a.set_local_description(offer->description).has_value());
  EXPECT_TRUE(inbox_a.receive<event::SignalingStateChange>(kSoon).has_value());
  ASSERT_TRUE(b.create_data_channel("second").has_value());
  const auto second = inbox_a.receive<event::IncomingDataChannel>(a, kSoon);
  ASSERT_TRUE(second.has_value());
  for (std::size_t i = 0; i < sent; ++i)
    ASSERT_TRUE(inbox_a.receive<event::Message>(a, kSoon).has_value()) << i;
}

// A handler that takes one message at a time: each is asked for after the one before was answered.
TEST(ReceivingInAHandler, HoldsFromTheNextEventOn) {
  constexpr int kMessages = 200;
  Specter specter(testing::on_loopback());
  auto api = testing::default_api(specter);
  Mailbox inbox;
  const auto a = api.new_peer_connection(inbox);
  const auto must = [](const auto& result) { EXPECT_TRUE(result.has_value()); };
  std::atomic<bool> is_wanted = true;
  std::atomic<int> unwanted = 0;
  const auto b = api.new_peer_connection([&](Event&& event) {
    if (const auto* message = std::get_if<event::Message>(&event)) {
      if (!is_wanted.exchange(false)) ++unwanted;
      message->connection.set_receiving(false);
      must(message->channel.send(message->text()));
    }
    testing::answer_from_handler(event, a);
  });
  const auto channel = a.create_data_channel("data");
  ASSERT_TRUE(channel.has_value());
  ASSERT_TRUE(a.create_offer().has_value());
  ASSERT_TRUE(a.set_local_description(inbox.receive<event::Offer>(a, kSoon)->description));
  ASSERT_TRUE(b.set_remote_description(testing::gathered(inbox, a)).has_value());
  ASSERT_TRUE(inbox.receive<event::DataChannelOpen>(a, kSoon).has_value());
  for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(channel->send(std::to_string(i)).has_value());
  for (int i = 0; i < kMessages; ++i) {
    const auto back = inbox.receive<event::Message>(a, kSoon);
    ASSERT_TRUE(back.has_value()) << i;
    ASSERT_EQ(back->text(), std::to_string(i));
    is_wanted = true;
    b.set_receiving(true);
  }
  EXPECT_EQ(unwanted, 0);
}

}  // namespace
}  // namespace specter
