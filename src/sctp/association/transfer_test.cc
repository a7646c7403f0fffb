// User data from end to end, over paths that lose, repeat and reorder.
#include <map>

#include <gtest/gtest.h>

#include "sctp/packet/data_chunk.h"
#include "sctp/packet/sack_chunk.h"
#include "sctp/testing/duo.h"

namespace specter::sctp {
namespace {

constexpr StreamId kStream{1};

TEST(Transfer, DeliversAMessage) {
  Duo duo;
  duo.connect();
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, Ppid{51}, pattern(100, 1)));
  duo.pair.run_for(1s);
  const auto got = all<MessageReceived>(duo.pair.events_b);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].stream, kStream);
  EXPECT_EQ(got[0].ppid, Ppid{51});
  EXPECT_FALSE(got[0].unordered);
  EXPECT_EQ(got[0].bytes, pattern(100, 1));
}

TEST(Transfer, TakesMessagesBeforeTheAssociationIsThere) {
  Duo duo;
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(5000, 1)));
  duo.connect();
  duo.pair.run_for(1s);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 1u);
}

// RFC 9260 §5.1 C: DATA may go with the COOKIE ECHO: the first message needs one round trip and a
// half.
TEST(Transfer, TheFirstMessageGoesWithTheCookieEcho) {
  Duo duo({.latency = 50ms});
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, 1)));
  duo.a.connect(duo.now());
  EXPECT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 1; }, 150ms));
}

TEST(Transfer, BundlesSmallMessagesIntoOnePacket) {
  Duo duo;
  duo.connect();
  duo.pair.run_for(100ms);
  const std::uint64_t before = duo.pair.to_b().sent();
  for (std::uint64_t i = 0; i < 8; ++i)
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, i)));
  duo.pair.run_for(1s);
  EXPECT_EQ(duo.pair.to_b().sent() - before, 1u);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 8u);
}

TEST(Transfer, NoPacketIsLargerThanAgreed) {
  for (const std::size_t limit : {300u, 1135u, 4001u}) {
    Association::Config config;
    config.max_packet_bytes = limit;
    Duo duo({.loss = 0.1}, config, config);
    std::size_t largest = 0;
    duo.pair.filter = [&](bool, Buffer& packet) {
      largest = std::max(largest, packet.size());
      return true;
    };
    duo.connect();
    for (std::uint64_t i = 0; i < 20; ++i)
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(10'000, i)));
    duo.pair.run_for(20s);
    EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 20u);
    EXPECT_LE(largest, limit);
    EXPECT_GT(largest, limit - 60) << "packets are to be filled";
  }
}

TEST(Transfer, StreamsTakeTurnsByMessage) {
  Duo duo;
  duo.connect();
  for (std::uint64_t i = 0; i < 3; ++i)
    ASSERT_TRUE(duo.a.send(duo.now(), StreamId{1}, kPpid, pattern(3000, i)));
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{2}, kPpid, pattern(3000, 9)));
  duo.pair.run_for(1s);
  std::vector<int> order;
  for (const auto& message : all<MessageReceived>(duo.pair.events_b))
    order.push_back(static_cast<int>(message.stream));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 1, 1}));
}

TEST(Transfer, SendRefusesWhatCanNotBe) {
  Association::Config config;
  config.data.send_buffer_bytes = 10'000;
  config.max_outgoing_streams = 10;
  simulation::SeededRandom random(1);
  Association association(config, random);
  const Timestamp now = simulation::kStart;
  const auto code = [&](StreamId stream, std::size_t size) {
    const auto result = association.send(now, stream, kPpid, pattern(size, 1));
    return result ? std::optional<ErrorCode>() : result.error().code;
  };
  EXPECT_EQ(code(StreamId{0}, 0), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(StreamId{10}, 5), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(StreamId{0}, 10'001), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(StreamId{0}, 6000), std::nullopt);
  EXPECT_EQ(code(StreamId{0}, 6000), ErrorCode::WouldBlock);
  association.abort(now, "enough");
  EXPECT_EQ(code(StreamId{0}, 1), ErrorCode::Closed);
}

// docs/failures.md row 106: whatever is offered to a dead peer, no more than the buffer is kept.
TEST(Transfer, TheSendBufferHasALimit) {
  Association::Config config;
  config.data.send_buffer_bytes = 100'000;
  Duo duo({}, config);
  duo.connect();
  duo.pair.filter = [](bool, Buffer&) { return false; };
  int taken = 0;
  for (int i = 0; i < 1000; ++i) {
    if (duo.a.send(duo.now(), kStream, kPpid, pattern(1000, 1))) ++taken;
    duo.pair.run_for(100ms);
    ASSERT_LE(duo.a.counters().send_buffered_bytes, 100'000u);
  }
  EXPECT_EQ(taken, 100);
  duo.pair.filter = nullptr;
  duo.pair.run_for(10s);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 100u);
  EXPECT_EQ(duo.a.counters().send_buffered_bytes, 0u);
}

// What is sent and how, drawn from a seed.
struct Mix {
  int messages = 60;
  std::size_t max_size = 20'000;
  bool partial = false;
};

// Sends a mix both ways and says what must hold whatever the path does: ordered messages of a
// stream come in order, reliable ones all and once, partial ones whole or not at all.
void exchange(Duo& duo, std::uint64_t seed, const Mix& mix) {
  struct Sent {
    StreamId stream;
    bool unordered, reliable;
    std::size_t size;
  };
  simulation::SeededRandom random(seed);
  std::map<std::uint64_t, Sent> sent[2];
  std::uint64_t number = seed << 20;
  for (int i = 0; i < mix.messages; ++i) {
    for (int side = 0; side < 2; ++side) {
      SendOptions options;
      const StreamId stream{static_cast<std::uint16_t>(random.below(4))};
      options.unordered = random.chance(0.4);
      const bool partial = mix.partial && random.chance(0.6);
      if (partial && random.chance(0.5))
        options.max_retransmits = static_cast<std::uint16_t>(random.below(3));
      else if (partial)
        options.lifetime = Duration(1ms) * (1 + random.below(300));
      const std::size_t size =
          8 + random.below(random.chance(0.5) ? 300 : static_cast<std::uint32_t>(mix.max_size));
      Buffer bytes = pattern(size, ++number);
      for (std::size_t k = 0; k < 8; ++k) bytes[k] = static_cast<std::uint8_t>(number >> (8 * k));
      sent[side][number] = {stream, options.unordered, !partial, size};
      ASSERT_TRUE((side == 0 ? duo.a : duo.b).send(duo.now(), stream, kPpid, bytes, options));
    }
    if (random.chance(0.5)) duo.pair.run_for(Duration(1ms) * random.below(60));
  }
  const auto idle = [&] {
    return duo.a.counters().send_buffered_bytes == 0 && duo.b.counters().send_buffered_bytes == 0;
  };
  ASSERT_TRUE(duo.pair.run_until(idle, 600s)) << "stuck";
  duo.pair.run_for(30s);  // what was given up last is skipped

  for (int side = 0; side < 2; ++side) {
    std::map<std::uint64_t, int> seen;
    std::map<StreamId, std::uint64_t> last_ordered;
    for (const auto& got :
         all<MessageReceived>(side == 0 ? duo.pair.events_b : duo.pair.events_a)) {
      ASSERT_GE(got.bytes.size(), 8u);
      std::uint64_t id = 0;
      for (std::size_t k = 8; k-- > 0;) id = id << 8 | got.bytes[k];
      const auto original = sent[side].find(id);
      ASSERT_NE(original, sent[side].end()) << "a message that was never sent";
      Buffer expected = pattern(original->second.size, id);
      std::copy_n(got.bytes.begin(), 8, expected.begin());
      ASSERT_EQ(got.bytes, expected) << "half a message, or a wrong one";
      ASSERT_EQ(got.stream, original->second.stream);
      ASSERT_EQ(++seen[id], 1) << "twice";
      if (!original->second.unordered) {
        ASSERT_GT(id, last_ordered[got.stream]) << "out of order";
        last_ordered[got.stream] = id;
      }
    }
    for (const auto& [id, message] : sent[side])
      ASSERT_TRUE(!message.reliable || seen.contains(id)) << "a reliable message is missing";
  }
  ASSERT_EQ(duo.a.counters().receive_buffered_bytes, 0u) << "the window leaks";
  ASSERT_EQ(duo.b.counters().receive_buffered_bytes, 0u) << "the window leaks";
  ASSERT_EQ(duo.a.counters().flight_bytes, 0u);
  ASSERT_EQ(count<Closed>(duo.pair.events_a) + count<Closed>(duo.pair.events_b), 0u);
}

TEST(Transfer, ReliableMessagesArriveWhateverThePathDoes) {
  for (const double loss : {0.0, 0.02, 0.1, 0.2, 0.4}) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      SCOPED_TRACE("loss " + std::to_string(loss) + " seed " + std::to_string(seed));
      Association::Config config;
      if (seed % 2 == 0) config.initial_tsn = 0xfffffff0;  // docs/failures.md row 88
      config.data.interleaving = seed % 4 < 2;
      Duo duo({.latency = 20ms, .jitter = 15ms, .loss = loss, .duplicate = 0.05, .seed = seed},
              config, config);
      duo.connect();
      exchange(duo, seed, {});
      if (HasFatalFailure()) return;
    }
  }
}

// RFC 3758; docs/failures.md rows 83, 101: never half a message, and no window eaten by pieces.
TEST(Transfer, PartialMessagesArriveWholeOrNotAtAll) {
  std::uint64_t abandoned = 0;
  for (const double loss : {0.02, 0.1, 0.25, 0.4}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      SCOPED_TRACE("loss " + std::to_string(loss) + " seed " + std::to_string(seed));
      Association::Config config;
      config.data.interleaving = seed % 2 == 0;
      Duo duo({.latency = 15ms, .jitter = 25ms, .loss = loss, .duplicate = 0.05, .seed = seed},
              config);
      duo.connect();
      exchange(duo, seed, {.messages = 50, .max_size = 40'000, .partial = true});
      if (HasFatalFailure()) return;
      abandoned += duo.a.counters().messages_abandoned;
    }
  }
  EXPECT_GT(abandoned, 100u) << "or nothing was tried";
}

// docs/failures.md rows 84, 86: no size of buffer and message may stop it for good.
TEST(Transfer, GetsOnWithAnyReceiveBuffer) {
  for (const std::size_t buffer : {4096u, 10'000u, 65'536u, 1u << 20}) {
    for (const std::size_t size : {1u, 700u, 4096u, 9'999u, 60'000u}) {
      if (size > buffer) continue;
      for (const double loss : {0.0, 0.1}) {
        SCOPED_TRACE(std::to_string(buffer) + " " + std::to_string(size) + " " +
                     std::to_string(loss));
        for (const bool interleaving : {false, true}) {
          Association::Config config;
          config.data.receive_buffer_bytes = buffer;
          config.data.interleaving = interleaving;
          Duo duo({.latency = 5ms, .jitter = 2ms, .loss = loss, .seed = buffer + size}, config,
                  config);
          duo.connect();
          for (std::uint64_t i = 0; i < 12; ++i) {
            SendOptions options;
            options.unordered = i % 3 == 0;
            ASSERT_TRUE(duo.a.send(duo.now(), StreamId(static_cast<std::uint16_t>(i % 3)), kPpid,
                                   pattern(size, i), options));
          }
          ASSERT_TRUE(duo.pair.run_until(
              [&] { return count<MessageReceived>(duo.pair.events_b) == 12; }, 120s));
        }
      }
    }
  }
}

// docs/failures.md row 107.
TEST(Transfer, ABlackoutOf25SecondsIsForgottenWithinFive) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Duo duo({.latency = 20ms, .seed = seed});
    duo.connect();
    for (std::uint64_t i = 0; i < 64; ++i)
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(16'384, i)));
    duo.pair.run_for(30ms);
    duo.pair.filter = [](bool, Buffer&) { return false; };
    duo.pair.run_for(25s);
    ASSERT_LT(count<MessageReceived>(duo.pair.events_b), 64u);
    duo.pair.filter = nullptr;
    EXPECT_TRUE(
        duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 64; }, 5s));
  }
}

// RFC 9260 §6.6: a stream's numbers have 16 bits.
TEST(Transfer, StreamSequenceNumbersWrap) {
  Association::Config config;
  config.data.interleaving = false;
  Duo duo({.latency = 1ms}, config);
  duo.connect();
  constexpr std::uint32_t kMessages = 70'000;
  std::uint32_t next = 0, expected = 0;
  while (expected < kMessages) {
    for (int i = 0; i < 2000 && next < kMessages; ++i, ++next) {
      const Buffer bytes = {static_cast<std::uint8_t>(next >> 16),
                            static_cast<std::uint8_t>(next >> 8), static_cast<std::uint8_t>(next)};
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, bytes));
    }
    duo.pair.run_for(20ms);
    for (const auto& got : all<MessageReceived>(std::exchange(duo.pair.events_b, {}))) {
      ASSERT_EQ(got.bytes[0] << 16 | got.bytes[1] << 8 | got.bytes[2], static_cast<int>(expected));
      ++expected;
    }
  }
}

// A receiver that stops polling stops the sender, and goes on when polled: RFC 9260 §6.2.
TEST(Transfer, TheWindowClosesAndOpensWithPolling) {
  simulation::SeededRandom random_a(1), random_b(2);
  Association::Config config;
  config.data.receive_buffer_bytes = 20'000;
  Association a({}, random_a), b(config, random_b);
  Timestamp now = simulation::kStart;
  const auto turn = [&](bool polls) {
    std::size_t polled = 0;
    for (int i = 0; i < 2000; ++i) {
      bool busy = false;
      while (auto packet = a.poll_transmit(now)) b.handle_packet(now, *packet), busy = true;
      while (auto packet = b.poll_transmit(now)) a.handle_packet(now, *packet), busy = true;
      while (a.poll_event()) {
      }
      while (polls) {
        const auto event = b.poll_event();
        if (!event) break;
        polled += std::holds_alternative<MessageReceived>(*event);
        busy = true;
      }
      if (busy) continue;
      now += 10ms;
      a.handle_timeout(now);
      b.handle_timeout(now);
    }
    return polled;
  };
  a.connect(now);
  turn(true);
  for (std::uint64_t i = 0; i < 100; ++i)
    ASSERT_TRUE(a.send(now, kStream, kPpid, pattern(1000, i)));
  EXPECT_EQ(turn(false), 0u);
  EXPECT_LE(b.counters().receive_buffered_bytes, 21'200u);
  EXPECT_GT(b.counters().receive_buffered_bytes, 18'000u);
  EXPECT_EQ(turn(true), 100u);
  EXPECT_EQ(b.counters().receive_buffered_bytes, 0u);
}

// docs/failures.md row 105.
TEST(BufferedAmount, LowComesOncePerCrossing) {
  Duo duo;
  duo.connect();
  duo.a.set_buffered_amount_low_threshold(kStream, 5000);
  EXPECT_EQ(duo.a.buffered_amount(kStream), 0u);
  for (int round = 1; round <= 3; ++round) {
    for (std::uint64_t i = 0; i < 40; ++i)
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(3000, i)));
    EXPECT_EQ(duo.a.buffered_amount(kStream), 120'000u);
    duo.pair.run_for(5s);
    EXPECT_EQ(duo.a.buffered_amount(kStream), 0u);
    EXPECT_EQ(count<BufferedAmountLow>(duo.pair.events_a), static_cast<std::size_t>(round));
  }
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(5000, 1)));  // never above
  duo.pair.run_for(1s);
  EXPECT_EQ(count<BufferedAmountLow>(duo.pair.events_a), 3u);
}

// RFC 9260 §6.2: every second packet at least, and after a delay; RFC 7053: at once when asked.
TEST(Acknowledgement, IsDelayedByTwentyMillisecondsAtMost) {
  Duo duo({.latency = 10ms});
  duo.connect();
  duo.pair.run_for(1s);
  const Timestamp start = duo.now();
  ASSERT_TRUE(duo.a.send(start, kStream, kPpid, pattern(100, 1)));
  ASSERT_TRUE(duo.pair.run_until([&] { return duo.a.counters().send_buffered_bytes == 0; }, 1s));
  EXPECT_EQ(duo.now() - start, 40ms);
}

TEST(Acknowledgement, OneDrainAfterManyPacketsMakesOneSack) {
  simulation::SeededRandom random_a(1), random_b(2);
  Association a({}, random_a), b({}, random_b);
  const Timestamp now = simulation::kStart;
  a.connect(now);
  for (int i = 0; i < 10; ++i) {
    while (auto packet = a.poll_transmit(now)) b.handle_packet(now, *packet);
    while (auto packet = b.poll_transmit(now)) a.handle_packet(now, *packet);
  }
  ASSERT_TRUE(a.is_established() && b.is_established());
  ASSERT_TRUE(a.send(now, kStream, kPpid, pattern(9000, 1)));
  int data = 0;
  while (auto packet = a.poll_transmit(now)) {
    b.handle_packet(now, *packet);
    ++data;
  }
  EXPECT_EQ(data, 9);
  ASSERT_TRUE(b.poll_transmit(now));
  EXPECT_FALSE(b.poll_transmit(now));
}

// RFC 9260 §7.2.4: a lost packet is sent again after three reports, well before T3-rtx.
TEST(Retransmission, IsFastWhenLaterPacketsArrive) {
  Duo duo({.latency = 100ms});
  duo.connect();
  duo.pair.run_for(1s);
  const Timestamp start = duo.now();
  int packets = 0;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    return !from_a || !carries_data(packet) || ++packets != 2;
  };
  ASSERT_TRUE(duo.a.send(start, kStream, kPpid, pattern(10'000, 1)));
  ASSERT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 1; }, 10s));
  EXPECT_EQ(duo.now() - start, 300ms);  // there, back, there again
  EXPECT_EQ(duo.a.counters().retransmissions, 1u);
}

// RFC 6928 and RFC 9260 §7.2.1: ten packets, then twice as many each round trip.
TEST(CongestionWindow, OpensByTenAndDoubles) {
  Duo duo({.latency = 50ms});
  duo.connect();
  duo.pair.run_for(1s);
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(256 * 1024, 1)));
  std::vector<std::uint64_t> sent = {duo.pair.to_b().sent()};
  duo.pair.run_for(50ms);
  sent[0] = duo.pair.to_b().sent() - sent[0];
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t before = duo.pair.to_b().sent();
    duo.pair.run_for(100ms);
    sent.push_back(duo.pair.to_b().sent() - before);
  }
  EXPECT_GE(sent[0], 10u);
  EXPECT_LE(sent[0], 12u);
  EXPECT_GE(sent[1], 18u);
  EXPECT_LE(sent[1], 24u);
  EXPECT_GE(sent[2], 36u);
  EXPECT_LE(sent[2], 48u);
}

// docs/failures.md row 85: while something is outstanding there is a timer for it.
TEST(Retransmission, ATimerRunsWhileAnythingIsOutstanding) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Duo duo({.latency = 10ms, .jitter = 10ms, .loss = 0.3, .seed = seed});
    duo.connect();
    for (std::uint64_t i = 0; i < 20; ++i)
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(5000, i)));
    for (int step = 0; step < 20'000; ++step) {
      duo.pair.run_for(5ms);
      if (duo.a.counters().send_buffered_bytes == 0) break;
      ASSERT_TRUE(duo.a.next_timeout());
      ASSERT_LE(*duo.a.next_timeout() - duo.now(), 10s);
    }
    EXPECT_EQ(duo.a.counters().send_buffered_bytes, 0u);
  }
}

TEST(Limits, ATooLargeMessageEndsTheAssociation) {
  Association::Config config;
  config.data.max_message_bytes = 10'000;
  Duo duo({}, {}, config);
  duo.connect();
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(10'001, 1)));
  duo.pair.run_for(5s);
  ASSERT_EQ(count<Closed>(duo.pair.events_b), 1u);
  EXPECT_EQ(all<Closed>(duo.pair.events_b)[0].reason, CloseReason::ProtocolViolation);
  ASSERT_EQ(count<Closed>(duo.pair.events_a), 1u);
  EXPECT_EQ(all<Closed>(duo.pair.events_a)[0].reason, CloseReason::PeerAborted);
}

// docs/failures.md row 104: streams cost nothing before they are used, and little then.
TEST(Limits, AllStreamsMayBeUsed) {
  Duo duo({.latency = 1ms});
  duo.connect();
  for (std::uint32_t id = 0; id < 65535; ++id) {
    const Buffer bytes = {static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
    ASSERT_TRUE(duo.a.send(duo.now(), StreamId{static_cast<std::uint16_t>(id)}, kPpid, bytes));
    if (id % 4096 == 0) duo.pair.run_for(20ms);
  }
  EXPECT_TRUE(duo.pair.run_until([&] { return duo.a.counters().send_buffered_bytes == 0; }, 60s));
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 65535u);
}

}  // namespace
}  // namespace specter::sctp
