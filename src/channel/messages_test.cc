#include <numeric>

#include <gmock/gmock.h>

#include "channel/testing/two_sides.h"

namespace specter::channel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Buffer pattern(std::size_t size, std::uint32_t seed) {
  simulation::SeededRandom random(seed);
  Buffer bytes(size);
  random.fill(bytes);
  return bytes;
}

std::vector<Buffer> messages(const std::vector<DataChannels::Event>& events) {
  std::vector<Buffer> all;
  for (const auto& event : events) {
    if (const auto* message = std::get_if<Message>(&event)) all.push_back(message->data);
  }
  return all;
}

TEST(Messages, KeepTheirKindAndBytesWhateverTheirSize) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  for (const std::size_t size : {0u, 1u, 2u, 1000u, 1200u, 65536u, 262144u}) {
    for (const MessageKind kind : {MessageKind::Text, MessageKind::Binary}) {
      const Buffer sent = pattern(size, 5);
      ASSERT_TRUE(two.a.send(two.pair.now(), here, kind, sent));
      two.pair.run_for(5s);
      ASSERT_THAT(two.pair.events_b, SizeIs(1)) << size;
      const auto& received = std::get<Message>(two.pair.events_b[0]);
      EXPECT_EQ(received.channel, there);
      EXPECT_EQ(received.kind, kind);
      EXPECT_EQ(received.data, sent) << size;
      two.take_b();
    }
  }
  two.take_a();
  const ChannelStats sent = two.a.stats()[0], received = two.b.stats()[0];
  EXPECT_EQ(sent.messages_sent, 14u);
  EXPECT_EQ(sent.bytes_sent, 2u * (1 + 2 + 1000 + 1200 + 65536 + 262144));
  EXPECT_EQ(received.messages_received, sent.messages_sent);
  EXPECT_EQ(received.bytes_received, sent.bytes_sent);
  EXPECT_EQ(received.messages_sent, 0u);
}

TEST(Messages, AreTakenAlongWhenMovedInAndLeftWhenRefused) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  for (Buffer sent : {Buffer{}, pattern(1, 1), pattern(70'000, 2)}) {
    const Buffer expected = sent;
    ASSERT_TRUE(two.a.send(two.pair.now(), here, MessageKind::Binary, std::move(sent)));
    two.pair.run_for(5s);
    ASSERT_THAT(messages(two.pair.events_b), ElementsAre(expected));
    two.take_b();
  }
  Buffer kept = pattern(100, 3);
  const Buffer before = kept;
  EXPECT_FALSE(two.a.send(two.pair.now(), ChannelId{99}, MessageKind::Binary, std::move(kept)));
  EXPECT_EQ(kept, before);  // NOLINT: that is the point
}

// A single zero byte is a message too: only its PPID tells it from an empty one.
TEST(Messages, OfOneZeroByteAreNotEmpty) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  const Buffer zero{0};
  ASSERT_TRUE(two.send_bytes(two.a, here, zero));
  ASSERT_TRUE(two.send_bytes(two.a, here, {}));
  two.pair.run_for(2s);
  EXPECT_THAT(messages(two.pair.events_b), ElementsAre(zero, Buffer{}));
}

// RFC 8841 §6.1, docs/failures.md row 100.
TEST(Messages, EndAtWhatThePeerTakes) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  const auto too_long = two.send_bytes(two.a, here, Buffer(kPeerLimit + 1));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error(),
            (Error{ErrorCode::InvalidArgument,
                   "a message of 262145 bytes is more than the 262144 bytes that the peer takes",
                   std::nullopt}));
  // A later description may say another limit, or none.
  two.a.connect(two.pair.now(), Parity::Even, 10, 5000);
  EXPECT_FALSE(two.send_bytes(two.a, here, Buffer(11)));
  EXPECT_TRUE(two.send_bytes(two.a, here, Buffer(10)));
  two.a.connect(two.pair.now(), Parity::Even, 0, 5000);
  EXPECT_TRUE(two.send_bytes(two.a, here, Buffer(200'000)));
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_b(), ElementsAre("binary 1 of 10 bytes", "binary 1 of 200000 bytes"));
}

TEST(Messages, AreRefusedUnlessTheChannelIsOpen) {
  TwoSides two;
  EXPECT_EQ(two.send_text(two.a, ChannelId{1}, "x").error().code, ErrorCode::NotFound);
  EXPECT_EQ(two.send_text(two.a, ChannelId{0}, "x").error().code, ErrorCode::NotFound);
  const ChannelId id = *two.a.create(two.pair.now(), "", {});
  EXPECT_EQ(
      two.send_text(two.a, id, "x").error(),
      (Error{ErrorCode::InvalidState, "the data channel is connecting, not open", std::nullopt}));
  two.establish();
  EXPECT_TRUE(two.send_text(two.a, id, "x"));
  two.a.close(two.pair.now(), id);
  EXPECT_EQ(two.send_text(two.a, id, "x").error().code, ErrorCode::InvalidState);
  two.pair.run_for(2s);
  EXPECT_EQ(two.send_text(two.a, id, "x").error().code, ErrorCode::Closed);
}

TEST(Messages, KeepTheirOrderUnderLossAndReordering) {
  TwoSides two({.latency = 20ms, .jitter = 20ms, .loss = 0.1, .duplicate = 0.05, .seed = 6});
  two.establish();
  const auto [here, there] = two.channel();
  std::vector<Buffer> sent;
  for (std::uint32_t i = 0; i < 300; ++i) {
    sent.push_back(pattern(i * 13 % 4000, i));
    ASSERT_TRUE(two.send_bytes(two.a, here, sent.back()));
  }
  EXPECT_TRUE(
      two.pair.run_until([&] { return messages(two.pair.events_b).size() == sent.size(); }, 300s));
  EXPECT_EQ(messages(two.pair.events_b), sent);
}

TEST(Messages, ComeOnceEachOnAnUnorderedChannel) {
  TwoSides two({.latency = 20ms, .jitter = 20ms, .loss = 0.1, .duplicate = 0.05, .seed = 7});
  two.establish();
  const auto [here, there] = two.channel({.ordered = false});
  std::vector<Buffer> sent;
  for (std::uint32_t i = 0; i < 300; ++i) {
    sent.push_back(pattern(4 + i * 13 % 4000, i));
    ASSERT_TRUE(two.send_bytes(two.a, here, sent.back()));
  }
  EXPECT_TRUE(
      two.pair.run_until([&] { return messages(two.pair.events_b).size() == sent.size(); }, 300s));
  two.pair.run_for(10s);
  auto received = messages(two.pair.events_b);
  EXPECT_NE(received, sent);
  std::ranges::sort(received);
  std::ranges::sort(sent);
  EXPECT_EQ(received, sent);
}

// RFC 8831 §6.4, RFC 3758: given up as a whole, and what comes is whole and in order. The OPEN and
// the ACK are reliable whatever the channel is (docs/failures.md row 99).
TEST(Messages, AreGivenUpOnAPartiallyReliableChannel) {
  for (const DataChannelOptions& options :
       {DataChannelOptions{.max_retransmits = 0}, DataChannelOptions{.max_packet_life_time = 100ms},
        DataChannelOptions{.ordered = false, .max_retransmits = 0}}) {
    TwoSides two({.latency = 20ms, .loss = 0.3, .seed = 8});
    two.establish();
    const auto [here, there] = two.channel(options);
    std::vector<Buffer> sent;
    for (std::uint32_t i = 0; i < 200; ++i) {
      sent.push_back(pattern(2500, i));
      ASSERT_TRUE(two.send_bytes(two.a, here, sent.back()));
      two.pair.run_for(50ms);
    }
    two.pair.run_for(60s);
    const auto received = messages(two.pair.events_b);
    EXPECT_GT(received.size(), 5u);
    EXPECT_LT(received.size(), sent.size());
    std::size_t at = 0;
    for (const Buffer& message : received) {
      const auto found = std::find(sent.begin(), sent.end(), message);
      ASSERT_NE(found, sent.end());
      const auto index = static_cast<std::size_t>(found - sent.begin());
      EXPECT_TRUE(!options.ordered || index >= at) << index;
      at = index + 1;
    }
    EXPECT_EQ(two.b.state(there), DataChannelState::Open);
  }
}

// ---- how much waits (docs/failures.md row 105)

TEST(BufferedAmount, IsWhatSendTookAndNoPacketCarries) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  EXPECT_EQ(two.a.buffered_amount(here), 0u);
  ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(1000)));
  EXPECT_EQ(two.a.buffered_amount(here), 1000u);
  ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(500)));
  EXPECT_EQ(two.a.buffered_amount(here), 1500u);
  two.pair.run_for(2s);
  EXPECT_EQ(two.a.buffered_amount(here), 0u);
  EXPECT_EQ(two.a.buffered_amount(ChannelId{99}), 0u);
}

// Only user data counts: neither the OPEN here nor the ACK there is any.
TEST(BufferedAmount, KnowsNothingOfDcep) {
  TwoSides two;
  two.show_low = true;
  two.establish();
  const ChannelId here = *two.a.create(two.pair.now(), std::string(10'000, 'x'), {});
  EXPECT_EQ(two.a.buffered_amount(here), 0u);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), ElementsAre("opened 1"));
  EXPECT_THAT(two.take_b(), SizeIs(2));
}

// W3C row 83. Whatever stands before and behind them.
TEST(BufferedAmount, KnowsNothingOfEmptyMessages) {
  TwoSides two;
  two.show_low = true;
  two.establish();
  const auto [here, there] = two.channel();
  std::size_t sum = 0;
  for (const std::size_t size : {0u, 40'000u, 0u, 0u, 60'000u, 0u}) {
    ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(size)));
    EXPECT_EQ(two.a.buffered_amount(here), sum += size);
  }
  std::size_t before = sum;
  (void)two.pair.run_until(
      [&] {
        EXPECT_LE(two.a.buffered_amount(here), before);
        before = two.a.buffered_amount(here);
        return false;
      },
      5s);
  EXPECT_EQ(before, 0u);
  EXPECT_THAT(two.take_a(), ElementsAre("low 1"));
  EXPECT_THAT(two.take_b(), SizeIs(6));
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(two.send_bytes(two.a, here, Buffer()));
  EXPECT_EQ(two.a.buffered_amount(here), 0u);
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_a(), IsEmpty());
}

TEST(BufferedAmount, SaysOnceThatItFellToItsThreshold) {
  TwoSides two;
  two.show_low = true;
  two.establish();
  const auto [here, there] = two.channel();
  for (const std::size_t threshold : {0u, 20'000u}) {
    two.a.set_buffered_amount_low_threshold(here, threshold);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(10'000)));
    EXPECT_TRUE(two.pair.run_until([&] { return !two.pair.events_a.empty(); }, 10s));
    EXPECT_LE(two.a.buffered_amount(here), threshold);
    two.pair.run_for(10s);
    EXPECT_THAT(two.take_a(), ElementsAre("low 1"));
    // Below it all the time: nothing to say.
    if (threshold > 0) {
      ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(10'000)));
      two.pair.run_for(10s);
      EXPECT_THAT(two.take_a(), IsEmpty());
    }
  }
}

TEST(BufferedAmount, TakesItsThresholdBeforeTheStreamIsKnown) {
  TwoSides two;
  two.show_low = true;
  const ChannelId here = *two.a.create(two.pair.now(), "", {});
  two.a.set_buffered_amount_low_threshold(here, 5000);
  two.a.set_buffered_amount_low_threshold(ChannelId{9}, 5000);  // nobody: nothing happens
  two.establish();
  ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(4000)));
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), IsEmpty());
  ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(100'000)));
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_a(), ElementsAre("low 1"));
}

TEST(SendBuffer, SaysWouldBlockWhenItIsFullAndLowWhenItIsNot) {
  DataChannels::Config small;
  small.association.data.send_buffer_bytes = 100'000;
  TwoSides two({}, small);
  two.show_low = true;
  two.establish();
  const auto [here, there] = two.channel();
  int taken = 0;
  Result<> sent;
  while ((sent = two.send_bytes(two.a, here, Buffer(10'000)))) ASSERT_LT(++taken, 20);
  EXPECT_EQ(sent.error().code, ErrorCode::WouldBlock);
  EXPECT_GE(taken, 9);
  EXPECT_TRUE(two.pair.run_until([&] { return !two.pair.events_a.empty(); }, 10s));
  EXPECT_THAT(two.take_a(), ElementsAre("low 1"));
  two.pair.run_for(10s);
  EXPECT_TRUE(two.send_bytes(two.a, here, Buffer(10'000)));
  EXPECT_EQ(two.send_bytes(two.a, here, Buffer(100'001)).error().code, ErrorCode::InvalidArgument);
}

TEST(SendBuffer, WakesAChannelThatOthersBlocked) {
  DataChannels::Config small;
  small.association.data.send_buffer_bytes = 100'000;
  TwoSides two({}, small);
  two.show_low = true;
  two.establish();
  const auto [greedy, greedy_there] = two.channel();
  const auto [modest, modest_there] = two.channel();
  while (two.send_bytes(two.a, greedy, Buffer(10'000))) continue;
  EXPECT_EQ(two.send_bytes(two.a, modest, Buffer(20'000)).error().code, ErrorCode::WouldBlock);
  two.pair.run_for(10s);
  const auto events = two.take_a();
  EXPECT_EQ(std::ranges::count(events, "low 2"), 1);
  EXPECT_TRUE(two.send_bytes(two.a, modest, Buffer(20'000)));
}

// A full send buffer does not lose an OPEN: it goes when there is room.
TEST(SendBuffer, LetsChannelsOpenLater) {
  DataChannels::Config small;
  small.association.data.send_buffer_bytes = 100'000;
  TwoSides two({}, small, small);
  two.establish();
  const auto [here, there] = two.channel();
  while (two.send_bytes(two.a, here, Buffer(1'000))) continue;
  while (two.send_bytes(two.b, there, Buffer(1'000))) continue;
  const ChannelId late = *two.a.create(two.pair.now(), std::string(3'000, 'x'), {});
  const ChannelId never = *two.a.create(two.pair.now(), std::string(3'000, 'y'), {});
  two.a.close(two.pair.now(), never);  // its OPEN has not left: nobody need know
  EXPECT_EQ(two.a.state(never), std::nullopt);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(late) == DataChannelState::Open; }, 20s));
  EXPECT_THAT(two.take_a(), Contains("closed 3"));
  two.pair.run_for(5s);
  EXPECT_EQ(two.b.totals().accepted, 2u);
}

// docs/failures.md row 133: who does not listen closes the peer's window, and nothing is lost.
TEST(Backpressure, HoldsThePeerUntilTheApplicationListens) {
  DataChannels::Config small;
  small.association.data.receive_buffer_bytes = 100'000;
  TwoSides two({}, small, small);
  two.establish();
  const auto [here, there] = two.channel();
  two.listener_b.paused = true;
  std::vector<Buffer> sent;
  for (std::uint32_t i = 0; i < 500; ++i) {
    sent.push_back(pattern(2'000, i));
    ASSERT_TRUE(two.send_bytes(two.a, here, sent.back()));
  }
  two.pair.run_for(30s);
  EXPECT_THAT(two.pair.events_b, IsEmpty());
  EXPECT_LE(two.b.association().counters().receive_buffered_bytes, 100'000u);
  EXPECT_GT(two.a.buffered_amount(here), 700'000u);
  // Who takes one message makes room for one.
  const auto waiting = [&] { return two.b.association().counters().receive_buffered_bytes; };
  const std::size_t before = waiting();
  two.pair.events_b.push_back(*two.b.poll_event());
  EXPECT_GE(waiting() + 2'000, before);
  two.listener_b.paused = false;
  EXPECT_TRUE(two.pair.run_until([&] { return two.pair.events_b.size() == sent.size(); }, 120s));
  EXPECT_EQ(messages(two.pair.events_b), sent);
}

}  // namespace
}  // namespace specter::channel
