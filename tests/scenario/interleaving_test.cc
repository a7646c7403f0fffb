// RFC 8260 between two whole peers: what a small message waits for, what channels get by their
// priorities, and peers that do without.
#include <map>

#include <gtest/gtest.h>

#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::PeerHost;
using testing::PeerPair;

ConnectionOptions configuration(bool interleaving, std::size_t max_message_bytes = 16 << 20) {
  ConnectionOptions out;
  out.data.interleaving = interleaving;
  out.data.max_message_bytes = max_message_bytes;
  return out;
}

bool agreed(const PeerHost& host) { return host.connection.stats().sctp.interleaving; }

// 50 Mbit/s; a packet takes 0.2 ms.
simulation::LinkOptions line(double loss = 0, std::uint64_t seed = 1) {
  return {.latency = 10ms,
          .loss = loss,
          .seed = seed,
          .rate_bits_per_second = 50'000'000,
          .queue_bytes = 60'000,
          .overhead_bytes = 28};
}

TEST(Interleaving, EitherSideMayDoWithout) {
  for (const bool at_a : {false, true}) {
    for (const bool at_b : {false, true}) {
      SCOPED_TRACE(::testing::Message() << at_a << " " << at_b);
      PeerPair pair({}, configuration(at_a), configuration(at_b));
      const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
      ASSERT_TRUE(pair.connect());
      ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<core::DataChannelOpen>(); }, 5s));
      ASSERT_TRUE(
          pair.a.connection.send(pair.now(), channel, MessageKind::Binary, Buffer(100'000, 7)));
      pair.network.run_for(2s);
      EXPECT_EQ(pair.b.all<core::Message>().size(), 1u);
      EXPECT_EQ(agreed(pair.a), at_a && at_b);
      EXPECT_EQ(agreed(pair.b), at_a && at_b);
    }
  }
}

struct Meeting {
  Duration latency{};
  std::vector<std::size_t> order;  // of the messages' sizes
};

// A message of 64 bytes on a channel of high priority while ten megabytes go out on another.
Meeting meet(bool interleaving, std::uint64_t seed = 1, double loss = 0) {
  PeerPair pair(line(loss, seed), configuration(interleaving));
  auto& a = pair.a.connection;
  const auto bulk = a.create_data_channel(pair.now(), "bulk").value();
  const auto control =
      a.create_data_channel(pair.now(), "control", {.priority = Priority::High}).value();
  EXPECT_TRUE(pair.connect());
  EXPECT_TRUE(
      pair.network.run_until([&] { return pair.a.all<core::DataChannelOpen>().size() == 2; }, 10s));
  EXPECT_TRUE(a.send(pair.now(), bulk, MessageKind::Binary, Buffer(10'000'000, 1)));
  pair.network.run_for(500ms);
  const Timestamp sent_at = pair.now();
  EXPECT_TRUE(a.send(pair.now(), control, MessageKind::Binary, Buffer(64, 2)));
  const auto sizes = [&] {
    std::vector<std::size_t> out;
    for (const auto* message : pair.b.all<core::Message>()) out.push_back(message->data.size());
    return out;
  };
  const auto has_come = [&] {
    const auto all = sizes();
    return std::ranges::find(all, 64u) != all.end();
  };
  EXPECT_TRUE(pair.network.run_until(has_come, 60s));
  Meeting meeting{pair.now() - sent_at, {}};
  EXPECT_TRUE(pair.network.run_until([&] { return sizes().size() == 2; }, 60s));
  meeting.order = sizes();
  return meeting;
}

// The path's 10 ms, the packets in its queue (60 kB take 10 ms) and a few of ours.
TEST(Interleaving, ASmallMessageNeedNotWaitForALargeOne) {
  const Meeting with = meet(true);
  EXPECT_EQ(with.order, (std::vector<std::size_t>{64, 10'000'000}));
  EXPECT_LT(with.latency, 25ms);
  const Meeting without = meet(false);
  EXPECT_EQ(without.order, (std::vector<std::size_t>{10'000'000, 64}));
  EXPECT_GT(without.latency, 1s);
}

TEST(Interleaving, IsTheSameForTheSameSeed) {
  const Meeting first = meet(true, 7, 0.001), second = meet(true, 7, 0.001);
  EXPECT_EQ(first.latency, second.latency);
  EXPECT_EQ(first.order, second.order);
}

// RFC 8831 §6.4: 128, 256, 512, 1024.
TEST(Interleaving, ChannelsShareByTheirPriorities) {
  for (const bool interleaving : {true, false}) {
    for (const double loss : {0.0, 0.001}) {
      PeerPair pair(line(loss), configuration(interleaving));
      auto& a = pair.a.connection;
      std::map<ChannelId, double> due;
      for (const Priority priority :
           {Priority::VeryLow, Priority::Low, Priority::Medium, Priority::High})
        due[a.create_data_channel(pair.now(), "data", {.priority = priority}).value()] =
            static_cast<double>(priority) / 1920;
      ASSERT_TRUE(pair.connect());
      ASSERT_TRUE(pair.network.run_until(
          [&] { return pair.a.all<core::DataChannelOpen>().size() == 4; }, 10s));
      const Buffer message(16 << 10, 1);
      for (const Timestamp end = pair.now() + 4s; pair.now() < end;) {
        for (const auto& [channel, share] : due)
          while (a.buffered_amount(channel) < 16 * message.size() &&
                 a.send(pair.now(), channel, MessageKind::Binary, message)) {
          }
        pair.network.run_for(5ms);
      }
      std::map<ChannelId, double> sent;
      double total = 0;
      for (const auto& [channel, share] : due) {
        for (const auto& stats : a.stats().data_channels)
          if (stats.channel == channel) sent[channel] = static_cast<double>(stats.bytes_sent);
        sent[channel] -= static_cast<double>(a.buffered_amount(channel));
        total += sent[channel];
      }
      EXPECT_GT(total, 5'000'000);
      for (const auto& [channel, share] : due)
        EXPECT_NEAR(sent[channel] / total, share, 0.1 * share) << interleaving << " " << loss;
    }
  }
}

// The peer that did not open the channel sends by the priority that the OPEN gave.
TEST(Interleaving, TheAnswererSharesByTheOffersPriorities) {
  PeerPair pair(line(), configuration(true));
  for (const Priority priority : {Priority::VeryLow, Priority::High})
    (void)pair.a.connection.create_data_channel(pair.now(), "data", {.priority = priority});
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until(
      [&] { return pair.b.all<core::IncomingDataChannel>().size() == 2; }, 10s));
  auto& b = pair.b.connection;
  std::map<Priority, ChannelId> channels;
  for (const auto* incoming : pair.b.all<core::IncomingDataChannel>())
    channels[incoming->options.priority] = incoming->channel;
  ASSERT_EQ(channels.size(), 2u);
  const Buffer message(16 << 10, 1);
  std::map<Priority, double> sent;
  for (const Timestamp end = pair.now() + 3s; pair.now() < end;) {
    for (const auto& [priority, channel] : channels)
      while (b.buffered_amount(channel) < 16 * message.size() &&
             b.send(pair.now(), channel, MessageKind::Binary, message))
        sent[priority] += static_cast<double>(message.size());
    pair.network.run_for(5ms);
  }
  for (const auto& [priority, channel] : channels)
    sent[priority] -= static_cast<double>(b.buffered_amount(channel));
  EXPECT_NEAR(sent[Priority::High] / sent[Priority::VeryLow], 8, 0.8);
}

}  // namespace
}  // namespace specter
