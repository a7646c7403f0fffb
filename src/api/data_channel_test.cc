#include "specter/data_channel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <future>
#include <map>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "api/mailbox_state.h"
#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kSoon;
using testing::TwoPeers;

struct DataChannelTest : ::testing::Test, TwoPeers {
  Result<event::Message> next_message() { return inbox_b.receive<event::Message>(b, kSoon); }
};

TEST_F(DataChannelTest, CarriesTextAndBinaryBothWays) {
  connect();
  ASSERT_TRUE(channel_a.send("hello").has_value());
  const Buffer bytes = {0, 1, 255};
  ASSERT_TRUE(channel_a.send(Bytes(bytes)).has_value());
  ASSERT_TRUE(channel_a.send("").has_value());
  ASSERT_TRUE(channel_b.send("and back").has_value());

  auto message = next_message();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->text(), "hello");
  EXPECT_EQ(message->kind, MessageKind::Text);
  EXPECT_EQ(message->channel, channel_b);
  message = next_message();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->data, bytes);
  EXPECT_EQ(message->kind, MessageKind::Binary);
  message = next_message();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->text(), "");
  EXPECT_EQ(inbox_a.receive<event::Message>(a, kSoon)->text(), "and back");
  EXPECT_EQ(channel_a.id(), channel_b.id());
  EXPECT_TRUE(channel_a.id().has_value());
}

TEST_F(DataChannelTest, SendsStdByte) {
  connect();
  const std::vector<std::byte> owned = {std::byte{0}, std::byte{128}, std::byte{255}};
  ASSERT_TRUE(channel_a.send(owned).has_value());
  ASSERT_TRUE(channel_a.send(std::span<const std::byte>(owned).first(2)).has_value());
  ASSERT_TRUE(channel_a.send(std::array{std::byte{7}}, MessagePart::More).has_value());
  ASSERT_TRUE(channel_a.send(std::vector<std::byte>{}, MessagePart::Last).has_value());
  for (const Buffer& bytes : {Buffer{0, 128, 255}, Buffer{0, 128}, Buffer{7}}) {
    const auto message = next_message();
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->kind, MessageKind::Binary);
    EXPECT_EQ(message->data, bytes);
  }
}

TEST_F(DataChannelTest, SaysOnTheSpotWhatItCantSend) {
  const auto channel = a.create_data_channel("early");
  ASSERT_TRUE(channel.has_value());
  EXPECT_EQ(channel->send("x").error().code, ErrorCode::InvalidState);
  connect();
  const std::string too_long(256 * 1024 + 1, 'x');
  const auto refused = channel_a.send(too_long);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("262145"));
  EXPECT_THAT(refused.error().message, HasSubstr("262144"));
  EXPECT_TRUE(channel_a.send(std::string_view(too_long).substr(1)).has_value());
  EXPECT_EQ(next_message()->data.size(), 256U * 1024);
  channel_a.close();
  EXPECT_EQ(channel_a.send("x").error().code, ErrorCode::Closed);
}

TEST_F(DataChannelTest, TakesABufferThatIsMovedInUnlessItIsRefused) {
  connect();
  Buffer bytes(100'000, 0x5a);
  ASSERT_TRUE(channel_a.send(std::move(bytes)).has_value());
  EXPECT_TRUE(bytes.empty());  // NOLINT: that it was taken is the point
  EXPECT_EQ(next_message()->data, Buffer(100'000, 0x5a));
  Buffer too_long(256 * 1024 + 1, 0x11);
  EXPECT_FALSE(channel_a.send(std::move(too_long)).has_value());
  EXPECT_EQ(too_long.size(), 256u * 1024 + 1);  // NOLINT: and that it was not, here
}

TEST_F(DataChannelTest, ClosesOnBothSidesAfterWhatWasSent) {
  connect();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(channel_a.send(std::string(10'000, 'x')).has_value());
  channel_a.close();
  channel_a.close();
  EXPECT_EQ(channel_a.state(), DataChannelState::Closing);
  int came = 0;
  for (;;) {
    const auto event = inbox_b.next(kSoon);
    ASSERT_TRUE(event.has_value());
    if (std::holds_alternative<event::Message>(*event)) ++came;
    if (std::holds_alternative<event::DataChannelClosed>(*event)) break;
  }
  EXPECT_EQ(came, 100);
  EXPECT_EQ(channel_b.state(), DataChannelState::Closed);
  EXPECT_TRUE(inbox_a.receive<event::DataChannelClosed>(a, kSoon).has_value());
  EXPECT_EQ(channel_a.state(), DataChannelState::Closed);
  EXPECT_EQ(a.connection_state(), ConnectionState::Connected) << "the connection lives on";
}

// Sends `count` messages of `size` bytes as fast as send() takes them, and receives them meanwhile;
// each carries its number. No wake-up may be lost.
void pump(TwoPeers& peers, std::size_t count, std::size_t size, std::size_t* would_block) {
  std::thread receiver([&] {
    for (std::uint32_t expected = 0; expected < count; ++expected) {
      const auto message = peers.inbox_b.receive<event::Message>(peers.b, 60s);
      ASSERT_TRUE(message.has_value()) << "message " << expected;
      ASSERT_EQ(message->data.size(), size);
      std::uint32_t number = 0;
      std::memcpy(&number, message->data.data(), sizeof number);
      ASSERT_EQ(number, expected);
    }
  });
  Buffer message(size);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::memcpy(message.data(), &i, sizeof i);
    for (;;) {
      const auto sent = peers.channel_a.send(Bytes(message));
      if (sent) break;
      ASSERT_EQ(sent.error().code, ErrorCode::WouldBlock);
      ++*would_block;
      const auto low = peers.inbox_a.receive<event::BufferedAmountLow>(peers.a, 60s);
      ASSERT_TRUE(low.has_value()) << "a wake-up was lost at message " << i;
      ASSERT_EQ(low->channel, peers.channel_a);
    }
  }
  receiver.join();
}

TEST(DataChannelFlow, Moves100MegabytesThroughASmallSendBuffer) {
  TwoPeers peers({.defaults = {.data = {.send_buffer_bytes = 1 << 20}}});
  peers.connect();
  std::size_t would_block = 0;
  pump(peers, 1600, 64 << 10, &would_block);
  EXPECT_GT(would_block, 0U);
  EXPECT_EQ(peers.channel_a.buffered_amount(), 0U);
}

// RFC 8899, as far as a record of DTLS goes: the loopback interface has 64 KiB.
TEST(DataChannelFlow, FindsThatLoopbackCarriesLargePackets) {
  TwoPeers peers;
  peers.connect();
  ASSERT_TRUE(peers.a.get_stats());
  auto stats = peers.inbox_a.receive<event::Stats>(peers.a, kSoon);
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(stats->stats.sctp.mtu, 1132U);
  const Buffer message(200'000, 0x5a);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(peers.channel_a.send(Bytes(message)).has_value());
    ASSERT_TRUE(peers.inbox_b.receive<event::Message>(peers.b, kSoon).has_value());
  }
  ASSERT_TRUE(peers.a.get_stats());
  stats = peers.inbox_a.receive<event::Stats>(peers.a, kSoon);
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(stats->stats.sctp.mtu, 16384U);
}

TEST(DataChannelFlow, MovesManySmallMessages) {
  TwoPeers peers({.defaults = {.data = {.send_buffer_bytes = 64 << 10}}});
  peers.connect();
  std::size_t would_block = 0;
  pump(peers, 50'000, 100, &would_block);
  EXPECT_GT(would_block, 0U);
}

// One message, and no memory for it anywhere: 200 MB through buffers of 1 MiB.
TEST(DataChannelFlow, MovesAMessageThatIsLargerThanAllBuffers) {
  TwoPeers peers({.defaults = {.data = {.send_buffer_bytes = 1 << 20,
                                        .receive_buffer_bytes = 1 << 20,
                                        .max_message_bytes = 0}}});
  peers.connect();
  peers.channel_b.receive_in_parts();
  constexpr std::size_t kSize = 200'000'000;
  const Buffer part = [] {
    Buffer bytes(100'000);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 / 3);
    return bytes;
  }();
  bool is_right = true;
  std::size_t received = 0, events = 0;
  std::thread receiver([&] {
    for (bool has_ended = false; !has_ended; ++events) {
      const auto told = peers.inbox_b.receive<event::Message>(peers.b, 60s);
      ASSERT_TRUE(told.has_value());
      is_right = is_right && told->begins == (events == 0) && !told->is_cut_off;
      for (std::size_t i = 0; i < told->data.size(); i += 97)
        is_right = is_right && told->data[i] == part[(received + i) % part.size()];
      received += told->data.size();
      has_ended = told->ends;
    }
  });
  for (std::size_t sent = 0; sent < kSize; sent += part.size()) {
    while (!peers.channel_a.send(Bytes(part), MessagePart::More))
      ASSERT_TRUE(peers.inbox_a.receive<event::BufferedAmountLow>(peers.a, 60s).has_value());
  }
  EXPECT_EQ(peers.channel_a.send("text", MessagePart::More).has_value(), true) << "told later";
  EXPECT_EQ(peers.inbox_a.receive<event::OperationFailed>(peers.a, kSoon)->error.code,
            ErrorCode::InvalidArgument);
  while (!peers.channel_a.send(Bytes{}, MessagePart::Last)) {
  }
  receiver.join();
  EXPECT_TRUE(is_right);
  EXPECT_EQ(received, kSize);
  EXPECT_GT(events, 100U);
}

// W3C's rows 50 and 51: who closes a channel in the handler of its announcement is not told that it
// is open, and what was sent before arrives.
TEST(DataChannelInAHandler, MayBeClosedWhenItIsAnnounced) {
  std::promise<std::vector<std::string>> told;
  std::vector<std::string> so_far;
  Specter specter(testing::on_loopback());
  const Api api = testing::default_api(specter);
  Mailbox inbox;
  const auto a = api.new_peer_connection(inbox);
  const auto b = api.new_peer_connection([&](Event&& event) {
    testing::answer_from_handler(event, a);
    if (auto* incoming = std::get_if<event::IncomingDataChannel>(&event)) {
      so_far.emplace_back("incoming");
      EXPECT_TRUE(incoming->channel.send("farewell").has_value());
      incoming->channel.close();
    }
    if (std::holds_alternative<event::DataChannelOpen>(event)) so_far.emplace_back("open");
    if (std::holds_alternative<event::DataChannelClosed>(event)) {
      so_far.emplace_back("closed");
      told.set_value(so_far);
    }
  });
  ASSERT_TRUE(a.create_data_channel("data").has_value());
  ASSERT_TRUE(a.create_offer().has_value());
  const auto offer = inbox.receive<event::Offer>(a, kSoon);
  ASSERT_TRUE(offer.has_value());
  ASSERT_TRUE(a.set_local_description(offer->description).has_value());
  ASSERT_TRUE(b.set_remote_description(testing::gathered(inbox, a)).has_value());
  const auto message = inbox.receive<event::Message>(a, kSoon);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->text(), "farewell");
  auto all = told.get_future();
  ASSERT_EQ(all.wait_for(kSoon), std::future_status::ready);
  EXPECT_THAT(all.get(), ElementsAre("incoming", "closed"));
}

TEST(DataChannelFlow, TellsOfAMessageThatWasCutOff) {
  TwoPeers peers;
  peers.connect();
  peers.channel_b.receive_in_parts();
  ASSERT_TRUE(peers.channel_a.send("the beginning", MessagePart::More).has_value());
  auto told = peers.inbox_b.receive<event::Message>(peers.b, kSoon);
  ASSERT_TRUE(told.has_value());
  EXPECT_TRUE(told->begins && !told->ends);
  peers.channel_a.close();
  told = peers.inbox_b.receive<event::Message>(peers.b, kSoon);
  ASSERT_TRUE(told.has_value());
  EXPECT_TRUE(told->is_cut_off && told->ends && told->data.empty());
  EXPECT_TRUE(peers.inbox_b.receive<event::DataChannelClosed>(peers.b, kSoon).has_value());
}

TEST(DataChannelFlow, WithOneLoopWorksAsWell) {
  TwoPeers peers({.defaults = {.data = {.send_buffer_bytes = 256 << 10}}, .loops = 1});
  peers.connect();
  std::size_t would_block = 0;
  pump(peers, 500, 64 << 10, &would_block);
}

// Channel b has nothing waiting, so nothing of its own will fall: it is told all the same.
TEST(DataChannelFlow, TellsAChannelThatWasBlockedByAnother) {
  TwoPeers peers({.defaults = {.data = {.send_buffer_bytes = 1 << 20}}});
  peers.connect();
  const auto other = peers.a.create_data_channel("other");
  ASSERT_TRUE(other.has_value());
  ASSERT_TRUE(peers.inbox_a
                  .receive_if<event::DataChannelOpen>(
                      [&](const auto& e) { return e.channel == *other; }, kSoon)
                  .has_value());
  const std::string large(200'000, 'x');
  for (int round = 0; round < 20; ++round) {
    while (peers.channel_a.send(large)) {
    }
    if (other->send(large)) continue;  // it drained in between
    ASSERT_TRUE(peers.inbox_a
                    .receive_if<event::BufferedAmountLow>(
                        [&](const auto& e) { return e.channel == *other; }, kSoon)
                    .has_value());
    while (peers.inbox_b.receive<event::Message>(peers.b, 0s)) {
    }
  }
}

// Many channels, each of which takes all the room it gets.
class BusyChannels : public ::testing::Test {
 protected:
  static constexpr std::size_t kSize = 4 << 10, kEnough = 256 << 10;

  void open(std::size_t count) {
    peers.connect();
    for (std::size_t i = 0; i < count; ++i) {
      const auto made = peers.a.create_data_channel("busy");
      ASSERT_TRUE(made.has_value());
      made->set_buffered_amount_low_threshold(kEnough / 2);
      const auto is_it = [&](const auto& e) { return e.channel == *made; };
      ASSERT_TRUE(peers.inbox_a.receive_if<event::DataChannelOpen>(is_it, kSoon).has_value());
      channels.push_back(*made);
    }
  }

  // Not for as long as there is room: what goes out meanwhile would make it one channel's for long.
  void fill(const DataChannel& channel) const {
    for (std::size_t bytes = channel.buffered_amount(); bytes < kEnough; bytes += kSize) {
      if (!channel.send(Bytes(message))) return;
    }
  }

  // Until so many messages have come: how many of each channel.
  std::map<std::uint16_t, std::size_t> run(std::size_t messages) {
    std::map<std::uint16_t, std::size_t> received;
    std::atomic<bool> is_enough = false;
    std::thread receiver([&] {
      for (std::size_t i = 0; i < messages; ++i) {
        const auto came = peers.inbox_b.receive<event::Message>(peers.b, 60s);
        if (!came) break;
        ++received[came->channel.id().value()];
      }
      is_enough = true;
    });
    while (!is_enough) {
      if (const auto low = peers.inbox_a.receive<event::BufferedAmountLow>(peers.a, 10ms))
        fill(low->channel);
    }
    receiver.join();
    return received;
  }

  const Buffer message = Buffer(kSize, 0x5a);
  TwoPeers peers{{.defaults = {.data = {.send_buffer_bytes = 1 << 20}}}};
  std::vector<DataChannel> channels;
};

// Those that came first must not keep the room. Who is told twice while its turn lasts is served
// twice, by this one thread: so no more is asked than that nobody is left behind.
TEST_F(BusyChannels, ShareTheSendBuffer) {
  constexpr std::size_t kChannels = 100, kMessages = 20'000;
  ASSERT_NO_FATAL_FAILURE(open(kChannels));
  for (const DataChannel& channel : channels) fill(channel);
  const auto received = run(kMessages);
  ASSERT_EQ(received.size(), kChannels) << "the others got no message through";
  EXPECT_GE(std::ranges::min(received | std::views::values), kMessages / kChannels / 20);
}

// One has so much waiting that the others' shares do not all fit beside it.
TEST_F(BusyChannels, TakeTurnsForTheRoomBesideAFullOne) {
  constexpr std::size_t kChannels = 240, kMessages = 10'000, kFull = 480 << 10;
  ASSERT_NO_FATAL_FAILURE(open(kChannels));
  // Nobody takes what comes, so it stays.
  const DataChannel& full = channels.front();
  while (full.buffered_amount() < kFull) {
    if (!full.send(Bytes(message))) std::this_thread::yield();
  }
  for (const DataChannel& channel : channels | std::views::drop(1)) fill(channel);
  const auto received = run(kMessages);
  ASSERT_EQ(received.size(), kChannels) << "the others got no message through";
  EXPECT_GE(std::ranges::min(received | std::views::values), kMessages / kChannels / 5);
}

TEST_F(DataChannelTest, CountsWhatIsBufferedAndTellsWhenItIsLow) {
  connect();
  channel_a.set_buffered_amount_low_threshold(50'000);
  const std::string message(100'000, 'x');
  ASSERT_TRUE(channel_a.send(message).has_value());
  const auto low = inbox_a.receive<event::BufferedAmountLow>(a, kSoon);
  ASSERT_TRUE(low.has_value());
  EXPECT_LE(channel_a.buffered_amount(), 50'000U);
  EXPECT_EQ(next_message()->data.size(), message.size());
  // From below the threshold to below it is no fall.
  ASSERT_TRUE(channel_a.send("small").has_value());
  ASSERT_TRUE(next_message().has_value());
  EXPECT_EQ(inbox_a.receive<event::BufferedAmountLow>(a, 0s).error().code, ErrorCode::Timeout);
}

TEST(DataChannelFlow, RefusesWhatTheSendBufferCanNeverHold) {
  TwoPeers peers({.defaults = {.data = {.send_buffer_bytes = 10'000}}});
  peers.connect();
  EXPECT_EQ(peers.channel_a.send(std::string(10'001, 'x')).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_TRUE(peers.channel_a.send(std::string(10'000, 'x')).has_value());
  EXPECT_TRUE(peers.inbox_b.receive<event::Message>(peers.b, kSoon).has_value());
}

// An owner that does not receive: memory stays bounded on the way, the sender is held up, and when
// it receives at last everything is there.
TEST(DataChannelFlow, ASlowOwnerSlowsItsPeerDown) {
  TwoPeers peers(
      {.defaults = {.data = {.send_buffer_bytes = 1 << 20, .receive_buffer_bytes = 256 << 10}}});
  peers.connect();
  const std::string message(64 << 10, 'x');
  std::size_t sent = 0;
  // Until nothing moves any more: a whole second without a wake-up.
  for (;;) {
    if (peers.channel_a.send(message)) {
      ++sent;
    } else if (!peers.inbox_a.receive<event::BufferedAmountLow>(peers.a, 1s)) {
      break;
    }
    ASSERT_LT(sent, 1000U) << "nothing held the sender up";
  }
  const std::size_t bound =
      api::MailboxState::kMaxOfConnection + (1 << 20) + (256 << 10) + (1 << 20);
  EXPECT_LE(sent * message.size(), bound);
  for (std::size_t i = 0; i < sent; ++i) {
    const auto came = peers.inbox_b.receive<event::Message>(peers.b, kSoon);
    ASSERT_TRUE(came.has_value()) << i << " of " << sent;
    ASSERT_EQ(came->text(), message);
  }
}

TEST(DataChannelFlow, AHandlerMaySendFromEveryMessage) {
  // Ping-pong on the loops alone: each message is answered inside its handler.
  constexpr int kRounds = 300;
  Specter specter(testing::on_loopback());
  auto api = testing::default_api(specter);
  Mailbox inbox;
  const auto a = api.new_peer_connection(inbox);
  const auto must = [](const auto& result) { EXPECT_TRUE(result.has_value()); };
  const auto b = api.new_peer_connection([&](Event&& event) {
    if (const auto* message = std::get_if<event::Message>(&event))
      must(message->channel.send(message->text()));
    testing::answer_from_handler(event, a);
  });
  const auto channel = a.create_data_channel("ping");
  ASSERT_TRUE(channel.has_value());
  ASSERT_TRUE(a.create_offer().has_value());
  ASSERT_TRUE(a.set_local_description(inbox.receive<event::Offer>(a, kSoon)->description));
  ASSERT_TRUE(b.set_remote_description(testing::gathered(inbox, a)).has_value());
  ASSERT_TRUE(inbox.receive<event::DataChannelOpen>(a, kSoon).has_value());
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = std::to_string(i);
    ASSERT_TRUE(channel->send(text).has_value());
    const auto back = inbox.receive<event::Message>(a, kSoon);
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(back->text(), text);
  }
}

// A handle of a negotiated channel outlives the peer: it says Connecting, and opens again.
TEST(DataChannelOfTwoPeers, OpensAgainWithTheNextOne) {
  const DataChannelOptions of_both{.negotiated = true, .id = 3};
  testing::TwoPeers peers;
  const auto there = peers.b.create_data_channel("data", of_both).value();
  peers.connect(of_both);
  Mailbox inbox;
  const auto next = peers.api.new_peer_connection(inbox);
  const auto here = next.create_data_channel("data", of_both).value();
  testing::negotiate(inbox, next, peers.inbox_b, peers.b);
  const auto failed = peers.inbox_b.receive<event::DataChannelError>(peers.b, kSoon);
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->channel, there);
  const auto opened = peers.inbox_b.receive<event::DataChannelOpen>(peers.b, kSoon);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->channel, there);
  EXPECT_EQ(there.state(), DataChannelState::Open);
  ASSERT_TRUE(inbox.receive<event::DataChannelOpen>(next, kSoon).has_value());
  ASSERT_TRUE(there.send("welcome").has_value());
  ASSERT_TRUE(here.send("hello").has_value());
  EXPECT_EQ(inbox.receive<event::Message>(next, kSoon)->text(), "welcome");
  EXPECT_EQ(peers.inbox_b.receive<event::Message>(peers.b, kSoon)->text(), "hello");
  EXPECT_EQ(there.buffered_amount(), 0u);
}

}  // namespace
}  // namespace specter
