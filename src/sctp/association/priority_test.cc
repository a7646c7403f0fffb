// RFC 8831 §6.4, RFC 8260 §3.6: what streams get of the path, by their priorities.
#include <array>
#include <map>

#include <gtest/gtest.h>

#include "sctp/testing/duo.h"

namespace specter::sctp {
namespace {

// Both ways of taking turns: by fragments, and without I-DATA by messages.
class Turns : public ::testing::TestWithParam<bool> {
 protected:
  static Association::Config config(std::size_t receive_buffer_bytes = 4 << 20) {
    Association::Config out;
    out.data.interleaving = GetParam();
    out.data.receive_buffer_bytes = receive_buffer_bytes;
    return out;
  }
};

// 20 Mbit/s and 20 ms, with a queue that holds a bit more.
simulation::LinkOptions line(double loss = 0, std::uint64_t seed = 1) {
  return {.latency = 10ms,
          .loss = loss,
          .seed = seed,
          .rate_bits_per_second = 20'000'000,
          .queue_bytes = 100'000};
}

// Keeps each stream busy with messages of its size for a while, and says how many bytes came of
// each after the first second.
struct Sharing {
  struct Stream {
    std::uint16_t priority = kNormalPriority;
    std::size_t message_bytes = 16'384;
  };

  Sharing(const simulation::LinkOptions& link, const Association::Config& config,
          std::vector<Stream> all_streams)
      : duo(link, config, config), streams(std::move(all_streams)), bytes(streams.size()) {
    duo.connect();
    run(1s);  // a share is one of a queue in which all wait
    std::ranges::fill(bytes, 0);
    total = 0;
  }

  void feed() {
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const StreamId id{static_cast<std::uint16_t>(i)};
      // More than goes out between two of these, and in any stream's turn.
      const std::size_t enough = std::max(4 * streams[i].message_bytes, 1'000'000 / streams.size());
      while (duo.a.buffered_amount(id) < enough)
        if (!duo.a.send(duo.now(), id, kPpid, Buffer(streams[i].message_bytes, 1),
                        {.priority = streams[i].priority}))
          return;
    }
  }
  void run(Duration time) {
    for (const Timestamp end = duo.now() + time; duo.now() < end;) {
      feed();
      duo.pair.run_for(5ms);
      for (const auto& message : all<MessageReceived>(std::exchange(duo.pair.events_b, {}))) {
        bytes[std::to_underlying(message.stream)] += message.bytes.size();
        total += message.bytes.size();
      }
      duo.pair.events_a.clear();
    }
  }
  double share(std::size_t stream) const {
    return static_cast<double>(bytes[stream]) / static_cast<double>(total);
  }

  Duo duo;
  std::vector<Stream> streams;
  std::vector<std::size_t> bytes;
  std::size_t total = 0;
};

TEST_P(Turns, FourPrioritiesShareAsOneToTwoToFourToEight) {
  for (const double loss : {0.0, 0.002}) {
    Sharing sharing(line(loss), config(), {{128}, {256}, {512}, {1024}});
    sharing.run(5s);
    EXPECT_GT(sharing.total, 2'000'000u);
    for (std::size_t i = 0; i < 4; ++i) {
      const double due = static_cast<double>(1 << i) / 15;
      EXPECT_NEAR(sharing.share(i), due, 0.1 * due) << i << " at " << loss;
    }
  }
}

TEST_P(Turns, EqualPrioritiesShareByBytesNotByMessages) {
  Sharing sharing(line(), config(), {{256, 1000}, {256, 10'000}, {256, 100'000}});
  sharing.run(5s);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(sharing.share(i), 1.0 / 3, 0.033) << i;
}

// RFC 8831 §6.4: a low priority gets less, not nothing.
TEST_P(Turns, AThousandStreamsAllGetTheirs) {
  std::vector<Sharing::Stream> streams(1000, {256, 4000});
  for (std::size_t i = 0; i < 1000; i += 2) streams[i].priority = 1024;
  Sharing sharing(line(), config(), streams);
  sharing.run(10s);
  const auto [least, most] = std::ranges::minmax(sharing.bytes);
  EXPECT_GE(least, 4000u);
  std::size_t high = 0;
  for (std::size_t i = 0; i < 1000; i += 2) high += sharing.bytes[i];
  EXPECT_NEAR(static_cast<double>(high) / static_cast<double>(sharing.total), 0.8, 0.08);
  EXPECT_LT(most, 20 * 4000u);
}

// Were all of them begun, the receiver's buffer would be full of what can't go on.
TEST_P(Turns, ManyMessagesThatTogetherExceedTheWindowAllArrive) {
  for (const std::uint64_t seed : {1u, 2u}) {
    const Association::Config small = config(200'000);
    Duo duo({.latency = 10ms, .loss = 0.01, .seed = seed}, small, small);
    duo.connect();
    constexpr std::uint16_t kStreams = 300;
    for (std::uint16_t i = 0; i < kStreams; ++i) {
      const std::size_t size = i % 3 == 0 ? 190'000 : i % 3 == 1 ? 30'000 : 2500;
      if (i % 3 == 0 && i % 30 != 0) continue;
      ASSERT_TRUE(
          duo.a.send(duo.now(), StreamId{i}, kPpid, Buffer(size, 1), {.unordered = i % 2 == 0}));
    }
    EXPECT_TRUE(
        duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 210u; }, 120s))
        << count<MessageReceived>(duo.pair.events_b);
    EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
  }
}

// What waits for room may be given up or be followed by something else.
TEST_P(Turns, MessagesThatAreGivenUpWhileTheyWaitHoldUpNobody) {
  const Association::Config small = config(100'000);
  Duo duo(line(), small, small);
  duo.connect();
  for (std::uint16_t i = 0; i < 50; ++i) {
    const auto send = [&](std::size_t size, std::optional<Duration> lifetime) {
      ASSERT_TRUE(
          duo.a.send(duo.now(), StreamId{i}, kPpid, Buffer(size, 1), {.lifetime = lifetime}));
    };
    send(90'000, i % 2 == 1 ? std::optional<Duration>(300ms) : std::nullopt);
    send(10, std::nullopt);
    send(60'000, i % 4 == 1 ? std::optional<Duration>(300ms) : std::nullopt);
    duo.a.reset_streams(duo.now(), std::array{StreamId{i}});
  }
  duo.pair.run_for(60s);
  const auto got = all<MessageReceived>(duo.pair.events_b);
  std::map<std::size_t, int> sizes;
  for (const auto& message : got) ++sizes[message.bytes.size()];
  EXPECT_EQ(sizes[10], 50);
  EXPECT_GE(sizes[90'000], 25);
  EXPECT_LT(sizes[90'000], 40);
  std::size_t reset = 0;
  for (const auto& event : all<OutgoingStreamsReset>(duo.pair.events_a))
    reset += event.streams.size();
  EXPECT_EQ(reset, 50u);
  EXPECT_EQ(duo.a.counters().send_buffered_bytes, 0u);
  EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
}

TEST_P(Turns, TheSameSeedGivesTheSamePackets) {
  std::vector<std::uint64_t> prints;
  for (int run = 0; run < 2; ++run) {
    Sharing sharing(line(0.01, 5), config(), {{128}, {256, 700}, {512, 50'000}, {1024}, {300}});
    std::uint64_t print = 0;
    sharing.duo.pair.filter = [&](bool, Buffer& packet) {
      for (const std::uint8_t byte : packet) print = print * 1099511628211u + byte;
      return true;
    };
    sharing.run(2s);
    prints.push_back(print);
  }
  EXPECT_EQ(prints[0], prints[1]);
}

INSTANTIATE_TEST_SUITE_P(, Turns, ::testing::Bool(), [](const auto& each) {
  return each.param ? "ByFragments" : "ByMessages";
});

// RFC 8260 §1: a large message does not hold up a small one on another stream.
TEST(Priority, ASmallMessageOvertakesALargeOne) {
  const auto latency = [](bool interleaving) {
    Association::Config config;
    config.data.interleaving = interleaving;
    config.data.receive_buffer_bytes = config.data.max_message_bytes = 16 << 20;
    // 100 Mbit/s: a packet takes 92 µs, the large message 850 ms.
    Duo duo({.latency = 5ms, .rate_bits_per_second = 100'000'000, .queue_bytes = 1 << 20}, config,
            config);
    duo.connect();
    EXPECT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, Buffer(10'000'000, 1)));
    duo.pair.run_for(200ms);
    EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 0u);
    // Behind what is on the path already; the message goes with the next packet that leaves.
    EXPECT_TRUE(duo.a.send(duo.now(), StreamId{1}, kPpid, Buffer(64, 2), {.priority = 1024}));
    const std::uint64_t before = duo.pair.to_b().sent();
    std::uint64_t packets = 0;
    while (duo.a.buffered_amount(StreamId{1}) > 0) {
      duo.pair.run_until([&] { return duo.pair.to_b().sent() != before + packets; }, 1s);
      packets = duo.pair.to_b().sent() - before;
    }
    EXPECT_TRUE(duo.pair.run_until(
        [&] { return count<MessageReceived>(duo.pair.events_b) == (interleaving ? 1u : 2u); }, 5s));
    return packets;
  };
  EXPECT_LE(latency(true), 2u);
  EXPECT_GT(latency(false), 1000u);
}

}  // namespace
}  // namespace specter::sctp
