#include "dtls/connection.h"

#include <array>
#include <thread>

#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EachConnection : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, EachConnection, kBothVersions, version_name);

// RFC 9147 §5.6, figure 6: the client is done after one round trip, the server after one and a
// half.
TEST(Connection, OneAndAHalfRoundTripsConnectOver13) {
  Ends ends({.latency = 40ms});
  ends.start();
  ASSERT_TRUE(ends.pair.run_until([&] { return ends.client.is_connected(); }, 1s));
  EXPECT_EQ(ends.pair.now() - simulation::kStart, 80ms);
  ASSERT_TRUE(ends.pair.run_until([&] { return ends.server.is_connected(); }, 1s));
  EXPECT_EQ(ends.pair.now() - simulation::kStart, 120ms);
  EXPECT_FALSE(ends.client.is_handshake_confirmed());
  ends.pair.run_for(40ms);
  EXPECT_TRUE(ends.client.is_handshake_confirmed());
  EXPECT_TRUE(ends.server.is_handshake_confirmed());
  // A flight each, and the server's acknowledgement.
  EXPECT_EQ(ends.client.counters().datagrams_sent, 2u);
  EXPECT_EQ(ends.server.counters().datagrams_sent, 2u);
  // Until then the handshake's keys are kept, to hear what the peer repeats.
  ends.pair.run_for(61s);
  EXPECT_EQ(ends.client.next_timeout(), std::nullopt);
  EXPECT_EQ(ends.server.next_timeout(), std::nullopt);
  EXPECT_EQ(ends.pair.events_a.size(), 1u);
  EXPECT_EQ(ends.pair.events_b.size(), 1u);
}

// RFC 6347 §4.2.4, figure 1.
TEST(Connection, TwoRoundTripsConnectOver12) {
  Ends ends(Version::Dtls12, {.latency = 40ms});
  ends.start();
  ASSERT_TRUE(ends.pair.run_until([&] { return ends.server.is_connected(); }, 1s));
  EXPECT_EQ(ends.pair.now() - simulation::kStart, 120ms);
  EXPECT_FALSE(ends.client.is_connected());
  ASSERT_TRUE(ends.pair.run_until([&] { return ends.client.is_connected(); }, 1s));
  EXPECT_EQ(ends.pair.now() - simulation::kStart, 160ms);
  EXPECT_EQ(ends.pair.events_a.size(), 1u);
  EXPECT_EQ(ends.pair.events_b.size(), 1u);
  EXPECT_EQ(ends.client.counters().datagrams_sent, 2u);
  EXPECT_EQ(ends.server.counters().datagrams_sent, 2u);
  EXPECT_EQ(ends.client.next_timeout(), std::nullopt);
  EXPECT_EQ(ends.server.next_timeout(), std::nullopt);
}

TEST_P(EachConnection, AgreesOnWhatWebRtcAsks) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.connect());
  for (const Connection* end : {&ends.client, &ends.server}) {
    EXPECT_EQ(end->version(), is13() ? "DTLS 1.3" : "DTLS 1.2");
    EXPECT_EQ(end->cipher_suite(),
              is13() ? "TLS_AES_128_GCM_SHA256" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    EXPECT_EQ(end->group(), "x25519");
    EXPECT_EQ(end->srtp_profile(), SrtpProfile::AeadAes128Gcm);
  }
  EXPECT_EQ(ends.client.peer_certificate(), to_buffer(server_certificate()->der()));
  EXPECT_EQ(ends.server.peer_certificate(), to_buffer(client_certificate()->der()));
}

TEST_P(EachConnection, BothEndsExportTheSameKeys) {
  Ends ends(GetParam());
  ends.start();
  EXPECT_EQ(ends.client.export_keying_material("EXTRACTOR-dtls_srtp", 60), std::nullopt);
  ASSERT_TRUE(ends.connect());
  const auto keys = ends.client.export_keying_material("EXTRACTOR-dtls_srtp", 60);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 60u);
  EXPECT_EQ(ends.server.export_keying_material("EXTRACTOR-dtls_srtp", 60), keys);
  EXPECT_NE(ends.client.export_keying_material("EXPORTER-other", 60), keys);

  Ends others(GetParam(), {}, 2);
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

TEST_P(EachConnection, CarriesDataBothWaysOneRecordADatagram) {
  Ends ends(GetParam());
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
  const std::size_t overhead = is13() ? 22 : 37;
  EXPECT_EQ(ends.client.record_room().total(), overhead);
  EXPECT_THAT(sizes, ElementsAre(3 + overhead, 3 + overhead, 5 + overhead, 4 + overhead));
}

TEST_P(EachConnection, CarriesTheLargestRecord) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.connect());
  const Buffer large(16'384, 0x42);
  ASSERT_TRUE(ends.client.send(large));
  ends.pair.run_for(1s);
  const auto received = only<DataReceived>(ends.pair.events_b);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].bytes, large);
}

TEST_P(EachConnection, ADatagramMayHoldManyRecords) {
  Ends ends(GetParam());
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

TEST_P(EachConnection, DataInTheSameDatagramAsTheLastFlightArrives) {
  Ends ends(GetParam());
  Connection& early = ends.of(finisher());
  Connection& late = ends.of(other(finisher()));
  Buffer last_flight;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    if (from_a != (finisher() == Role::Client) || !early.is_connected()) return true;
    last_flight = packet;
    return false;
  };
  ends.start();
  ASSERT_TRUE(ends.pair.run_until([&] { return !last_flight.empty(); }, 50ms));
  ASSERT_TRUE(early.send(as_bytes("early bird")));
  const auto data = early.poll_transmit(ends.pair.now());
  ASSERT_TRUE(data);
  last_flight.insert(last_flight.end(), data->begin(), data->end());
  late.handle_datagram(ends.pair.now(), last_flight);
  ends.pair.settle();
  EXPECT_TRUE(late.is_connected());
  EXPECT_THAT(texts(ends.events_of(other(finisher()))), ElementsAre("early bird"));
}

TEST_P(EachConnection, DataBeforeTheLastFlightWaitsForIt) {
  Ends ends(GetParam());
  Connection& early = ends.of(finisher());
  Connection& late = ends.of(other(finisher()));
  std::vector<Buffer> held;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    if (from_a != (finisher() == Role::Client) || !early.is_connected()) return true;
    held.push_back(packet);
    return false;
  };
  ends.start();
  ASSERT_TRUE(ends.pair.run_until([&] { return early.is_connected(); }, 50ms));
  for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(early.send(as_bytes(text)));
  ends.pair.settle();
  ASSERT_EQ(held.size(), 4u);
  for (const std::size_t i : {2u, 1u, 3u, 0u}) late.handle_datagram(ends.pair.now(), held[i]);
  ends.pair.settle();
  EXPECT_TRUE(late.is_connected());
  EXPECT_THAT(texts(ends.events_of(other(finisher()))),
              ::testing::UnorderedElementsAre("one", "two", "three"));
}

TEST_P(EachConnection, DuplicatesAreDeliveredOnce) {
  Ends ends(GetParam(), {.duplicate = 1});
  ASSERT_TRUE(ends.connect());
  ASSERT_TRUE(ends.client.send(as_bytes("once")));
  ends.pair.run_for(1s);
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("once"));
}

TEST_P(EachConnection, WhatCannotBeSentIsRefused) {
  Ends ends(GetParam());
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

TEST_P(EachConnection, HoldsABoundedNumberOfEvents) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.connect());
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(ends.client.send(as_bytes("x")));
    ends.server.handle_datagram(ends.pair.now(), *ends.client.poll_transmit(ends.pair.now()));
  }
  EXPECT_EQ(ends.server.counters().records_dropped, 5000u - 4096u);
  ends.pair.settle();
  EXPECT_EQ(texts(ends.pair.events_b).size(), 4096u);
}

// The caller's own datagrams, sealed where they stand, and opened without a copy.
TEST_P(EachConnection, SealsAndOpensInTheCallersMemory) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.connect());
  const RecordRoom room = ends.client.record_room();
  const Bytes text = as_bytes("in place");
  Buffer datagram(room.total() + text.size()), both;
  for (int i = 0; i < 2; ++i) {
    std::ranges::copy(text, datagram.begin() + static_cast<std::ptrdiff_t>(room.before));
    ends.client.seal(datagram, datagram.size());
    both.insert(both.end(), datagram.begin(), datagram.end());
  }
  MutableBytes rest = both;
  for (int i = 0; i < 2; ++i) {
    const auto opened = ends.server.open(ends.pair.now(), rest);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->data(),
              both.data() + static_cast<std::size_t>(i) * datagram.size() + room.before);
    EXPECT_EQ(as_text(*opened), "in place");
  }
  EXPECT_FALSE(ends.server.open(ends.pair.now(), rest));
  EXPECT_TRUE(rest.empty());
}

// A Random that runs dry is the owner's trouble: the exception goes out to the edge that drops this
// connection, and nothing else breaks.
TEST_P(EachConnection, WithoutRandomnessTheExceptionPasses) {
  struct Dry final : Random {
    explicit Dry(int fills) : left(fills) {}
    void fill(MutableBytes out) override {
      if (left-- <= 0) throw std::runtime_error("no entropy");
      std::ranges::fill(out, std::uint8_t{0x42});
    }
    int left;
  };
  int survived = 0, thrown = 0;
  for (const Role dry_role : {Role::Client, Role::Server}) {
    for (int fills = 0; fills < 12; ++fills) {
      Dry dry(fills);
      simulation::SeededRandom other_random(1);
      Connection client(config_for(Role::Client, GetParam()),
                        dry_role == Role::Client ? static_cast<Random&>(dry) : other_random,
                        test_cipher());
      Connection server(config_for(Role::Server, GetParam()),
                        dry_role == Role::Server ? static_cast<Random&>(dry) : other_random,
                        test_cipher());
      testing::Pair<Connection> pair(client, server);
      try {
        server.start(pair.now());
        client.start(pair.now());
        pair.run_for(1s);
        survived += client.is_connected() && server.is_connected();
      } catch (const std::exception&) {
        ++thrown;
        Connection& broken = dry_role == Role::Client ? client : server;
        for (int i = 0; i < 3; ++i) {
          try {
            broken.handle_timeout(pair.now() + 10s);
            broken.handle_datagram(pair.now() + 10s, record(22, message(1, 0, 100)));
            while (broken.poll_transmit(pair.now() + 10s)) {
            }
          } catch (const std::exception&) {
            ++thrown;
          }
        }
        broken.close(pair.now());
        EXPECT_EQ(broken.next_timeout(), std::nullopt);
      }
    }
  }
  EXPECT_GT(thrown, 4);
  EXPECT_GT(survived, 4);
}

// ---- before start()

TEST(Connection, DatagramsBeforeStartAreKept) {
  Ends ends;
  const Timestamp begin = ends.pair.now();
  ends.client.start(begin);
  ends.pair.run_for(15ms);  // the ClientHello is there
  ends.server.start(ends.pair.now());
  EXPECT_TRUE(ends.pair.run_until([&] { return ends.client.is_connected(); }, 1s));
  EXPECT_EQ(ends.pair.now() - begin, 25ms);
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

TEST_P(EachConnection, CloseTellsThePeerAndIsSilentThen) {
  Ends ends(GetParam());
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
  EXPECT_EQ(ends.server.version(), to_string(GetParam()));
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

std::vector<Buffer> transcript(Version version, std::uint64_t seed) {
  Ends ends(version, {.jitter = 5ms, .loss = 0.2, .duplicate = 0.1, .seed = seed}, seed);
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

TEST_P(EachConnection, TheSameSeedsGiveTheSameBytes) {
  const Version version = GetParam();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto once = transcript(version, seed);
    EXPECT_EQ(once, transcript(version, seed)) << seed;
    EXPECT_NE(once, transcript(version, seed + 100)) << seed;
  }
}

TEST_P(EachConnection, TheSameSeedsGiveTheSameBytesOnEveryThread) {
  const Version version = GetParam();
  const auto here = transcript(version, 3);
  std::array<std::vector<Buffer>, 4> elsewhere;
  std::array<std::thread, 4> threads;
  for (std::size_t i = 0; i < threads.size(); ++i)
    threads[i] = std::thread([&elsewhere, version, i] {
      for (std::uint64_t seed = 10 * i; seed < 10 * i + 5; ++seed) transcript(version, seed);
      elsewhere[i] = transcript(version, 3);
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& there : elsewhere) EXPECT_EQ(there, here);
}

}  // namespace
}  // namespace specter::dtls
