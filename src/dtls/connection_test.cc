#include "dtls/connection.h"

#include <array>
#include <thread>

#include "dtls/ends.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Connection, ConnectsInTwoRoundTrips) {
  Ends ends({.latency = 50ms});
  const Timestamp begin = ends.pair.now();
  ASSERT_TRUE(ends.connect());
  EXPECT_EQ(ends.pair.now() - begin, 200ms);
  EXPECT_EQ(ends.pair.events_a.size(), 1u);
  EXPECT_EQ(ends.pair.events_b.size(), 1u);
  EXPECT_EQ(ends.client.counters().datagrams_sent, 2u);
  EXPECT_EQ(ends.server.counters().datagrams_sent, 2u);
  EXPECT_EQ(ends.client.next_timeout(), std::nullopt);
  EXPECT_EQ(ends.server.next_timeout(), std::nullopt);
}

TEST(Connection, AgreesOnWhatWebRtcAsks) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  for (const Connection* end : {&ends.client, &ends.server}) {
    EXPECT_EQ(end->version(), "DTLS 1.2");
    EXPECT_EQ(end->cipher_suite(), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    EXPECT_EQ(end->srtp_profile(), "SRTP_AEAD_AES_128_GCM");
  }
  EXPECT_EQ(ends.client.peer_certificate(), to_buffer(server_certificate()->der()));
  EXPECT_EQ(ends.server.peer_certificate(), to_buffer(client_certificate()->der()));
}

TEST(Connection, BothEndsExportTheSameKeys) {
  Ends ends;
  ends.start();
  EXPECT_EQ(ends.client.export_keying_material("EXTRACTOR-dtls_srtp", 60), std::nullopt);
  ASSERT_TRUE(ends.connect());
  const auto keys = ends.client.export_keying_material("EXTRACTOR-dtls_srtp", 60);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 60u);
  EXPECT_EQ(ends.server.export_keying_material("EXTRACTOR-dtls_srtp", 60), keys);
  EXPECT_NE(ends.client.export_keying_material("EXPORTER-other", 60), keys);

  Ends others({}, 2);
  ASSERT_TRUE(others.connect());
  EXPECT_NE(others.client.export_keying_material("EXTRACTOR-dtls_srtp", 60), keys);
}

TEST(Connection, SaysNothingOfItselfBeforeItIsConnected) {
  Ends ends;
  EXPECT_FALSE(ends.client.is_connected());
  EXPECT_EQ(ends.client.version(), "");
  EXPECT_EQ(ends.client.cipher_suite(), "");
  EXPECT_EQ(ends.client.srtp_profile(), std::nullopt);
  EXPECT_THAT(ends.client.peer_certificate(), IsEmpty());
  EXPECT_EQ(ends.client.export_keying_material("EXTRACTOR-dtls_srtp", 60), std::nullopt);
}

TEST(Connection, CarriesDataBothWaysOneRecordADatagram) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  std::vector<std::size_t> sizes;
  ends.pair.filter = [&](bool, Buffer& packet) {
    sizes.push_back(packet.size());
    return true;
  };
  for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(ends.client.send(as_bytes(text)));
  ASSERT_TRUE(ends.server.send(as_bytes("four")));
  ends.pair.run_for(1s);
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("one", "two", "three"));
  EXPECT_THAT(texts(ends.pair.events_a), ElementsAre("four"));
  EXPECT_THAT(sizes, ElementsAre(3 + 37, 3 + 37, 5 + 37, 4 + 37));
}

TEST(Connection, CarriesTheLargestRecord) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  const Buffer large(16'384, 0x42);
  ASSERT_TRUE(ends.client.send(large));
  ends.pair.run_for(1s);
  const auto received = only<DataReceived>(ends.pair.events_b);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].bytes, large);
}

TEST(Connection, ADatagramMayHoldManyRecords) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  Buffer together;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(ends.client.send(Buffer(1000, std::uint8_t(i))));
  while (auto datagram = ends.client.poll_transmit(ends.pair.now()))
    together.insert(together.end(), datagram->begin(), datagram->end());
  ends.server.handle_datagram(ends.pair.now(), together);
  ends.pair.settle();
  const auto received = only<DataReceived>(ends.pair.events_b);
  ASSERT_EQ(received.size(), 50u);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(received[std::size_t(i)].bytes, Buffer(1000, std::uint8_t(i)));
}

TEST(Connection, DataInTheSameDatagramAsTheFinishedArrives) {
  Ends ends;
  Buffer last_flight;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    if (from_a || packet[0] != 20) return true;
    last_flight = packet;
    return false;
  };
  ends.start();
  ASSERT_TRUE(ends.pair.run_until([&] { return !last_flight.empty(); }, 50ms));
  ASSERT_TRUE(ends.server.send(as_bytes("early bird")));
  const auto data = ends.server.poll_transmit(ends.pair.now());
  ASSERT_TRUE(data);
  last_flight.insert(last_flight.end(), data->begin(), data->end());
  ends.client.handle_datagram(ends.pair.now(), last_flight);
  ends.pair.settle();
  EXPECT_TRUE(ends.client.is_connected());
  EXPECT_THAT(texts(ends.pair.events_a), ElementsAre("early bird"));
}

TEST(Connection, DuplicatesAreDeliveredOnce) {
  Ends ends({.duplicate = 1});
  ASSERT_TRUE(ends.connect());
  ASSERT_TRUE(ends.client.send(as_bytes("once")));
  ends.pair.run_for(1s);
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("once"));
}

TEST(Connection, WhatCannotBeSentIsRefused) {
  Ends ends;
  const auto code = [&](Bytes data) {
    const auto result = ends.client.send(data);
    return result ? std::nullopt : std::optional(result.error().code);
  };
  EXPECT_EQ(code(as_bytes("x")), ErrorCode::InvalidState);
  ends.start();
  EXPECT_EQ(code(as_bytes("x")), ErrorCode::InvalidState);
  ASSERT_TRUE(ends.connect());
  EXPECT_EQ(code({}), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(Buffer(16'385)), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(as_bytes("x")), std::nullopt);
  ends.client.close(ends.pair.now());
  EXPECT_EQ(code(as_bytes("x")), ErrorCode::Closed);
}

TEST(Connection, HoldsABoundedNumberOfDatagramsToSend) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  for (int i = 0; i < 1024; ++i) ASSERT_TRUE(ends.client.send(as_bytes("x")));
  const auto result = ends.client.send(as_bytes("x"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::WouldBlock);
  ASSERT_TRUE(ends.client.poll_transmit(ends.pair.now()));
  EXPECT_TRUE(ends.client.send(as_bytes("x")));
}

TEST(Connection, HoldsABoundedNumberOfEvents) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(ends.client.send(as_bytes("x")));
    ends.server.handle_datagram(ends.pair.now(), *ends.client.poll_transmit(ends.pair.now()));
  }
  EXPECT_EQ(ends.server.counters().records_dropped, 5000u - 4096u);
  ends.pair.settle();
  EXPECT_EQ(texts(ends.pair.events_b).size(), 4096u);
}

// ---- before start()

TEST(Connection, DatagramsBeforeStartAreKept) {
  Ends ends;
  const Timestamp begin = ends.pair.now();
  ends.client.start(begin);
  ends.pair.run_for(15ms);  // the ClientHello is there
  ends.server.start(ends.pair.now());
  EXPECT_TRUE(ends.pair.run_until([&] { return ends.client.is_connected(); }, 1s));
  EXPECT_EQ(ends.pair.now() - begin, 45ms);
  EXPECT_EQ(ends.client.counters().retransmissions, 0u);
}

TEST(Connection, DatagramsBeforeStartAreBounded) {
  Ends ends;
  for (int i = 0; i < 8; ++i) ends.server.handle_datagram(ends.pair.now(), Buffer(100, 0));
  EXPECT_EQ(ends.server.counters().records_dropped, 0u);
  ends.server.handle_datagram(ends.pair.now(), Buffer(100, 0));
  EXPECT_EQ(ends.server.counters().records_dropped, 1u);
  ends.client.handle_datagram(ends.pair.now(), Buffer(16'385, 0));
  EXPECT_EQ(ends.client.counters().records_dropped, 1u);
  EXPECT_TRUE(ends.connect());
}

// ---- the end

TEST(Connection, CloseTellsThePeerAndIsSilentThen) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  ASSERT_TRUE(ends.client.send(as_bytes("last words")));
  ends.client.close(ends.pair.now());
  ends.client.close(ends.pair.now());
  ends.pair.run_for(1s);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::LocalClose));
  EXPECT_THAT(closes(ends.pair.events_b), ElementsAre(CloseReason::CloseNotify));
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("last words"));
  EXPECT_FALSE(ends.client.is_connected());
  EXPECT_FALSE(ends.server.is_connected());
  EXPECT_EQ(ends.client.poll_transmit(ends.pair.now()), std::nullopt);
  EXPECT_EQ(ends.server.poll_transmit(ends.pair.now()), std::nullopt);
  EXPECT_EQ(ends.client.export_keying_material("EXTRACTOR-dtls_srtp", 60), std::nullopt);
  // What it learned stays to be asked.
  EXPECT_EQ(ends.server.version(), "DTLS 1.2");
  EXPECT_EQ(ends.server.peer_certificate(), to_buffer(client_certificate()->der()));
}

TEST(Connection, CanBeClosedInEveryState) {
  Ends idle;
  idle.client.close(idle.pair.now());
  idle.client.start(idle.pair.now());
  idle.pair.run_for(1s);
  EXPECT_THAT(closes(idle.pair.events_a), ElementsAre(CloseReason::LocalClose));
  EXPECT_EQ(idle.client.counters().datagrams_sent, 0u);

  Ends handshaking;
  handshaking.start();
  handshaking.pair.run_for(15ms);
  handshaking.client.close(handshaking.pair.now());
  handshaking.pair.run_for(60s);
  EXPECT_THAT(closes(handshaking.pair.events_a), ElementsAre(CloseReason::LocalClose));
  EXPECT_THAT(closes(handshaking.pair.events_b), ElementsAre(CloseReason::TimedOut));
  EXPECT_THAT(only<Connected>(handshaking.pair.events_b), IsEmpty());
}

TEST(Connection, ACloseReasonHasAName) {
  EXPECT_EQ(to_string(CloseReason::BadFingerprint), "bad fingerprint");
  EXPECT_EQ(to_string(CloseReason::CloseNotify), "close_notify");
}

// ---- determinism

std::vector<Buffer> transcript(std::uint64_t seed) {
  Ends ends({.jitter = 5ms, .loss = 0.2, .duplicate = 0.1, .seed = seed}, seed);
  std::vector<Buffer> out;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    out.push_back(packet);
    out.back().push_back(from_a ? 1 : 0);
    return true;
  };
  EXPECT_TRUE(ends.connect());
  EXPECT_TRUE(ends.client.send(as_bytes("data")));
  ends.client.close(ends.pair.now());
  ends.pair.run_for(1s);
  return out;
}

TEST(Connection, TheSameSeedsGiveTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto once = transcript(seed);
    EXPECT_EQ(once, transcript(seed)) << seed;
    EXPECT_NE(once, transcript(seed + 100)) << seed;
  }
}

TEST(Connection, TheSameSeedsGiveTheSameBytesOnEveryThread) {
  const auto here = transcript(3);
  std::array<std::vector<Buffer>, 4> elsewhere;
  std::array<std::thread, 4> threads;
  for (std::size_t i = 0; i < threads.size(); ++i)
    threads[i] = std::thread([&elsewhere, i] {
      for (std::uint64_t seed = 10 * i; seed < 10 * i + 5; ++seed) transcript(seed);
      elsewhere[i] = transcript(3);
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& there : elsewhere) EXPECT_EQ(there, here);
}

}  // namespace
}  // namespace specter::dtls
