// One forged datagram from the peer's own address, at every step: RFC 6347 §4.1.2.7.
#include <utility>

#include "dtls/ends.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Forgery {
  const char* name;
  Buffer datagram;
};

std::vector<Forgery> forgeries() {
  const Buffer body(40, 1);
  return {
      {"fatal alert", record(21, Buffer{2, 40}, 1)},
      {"fatal alert, numbered far ahead", record(21, Buffer{2, 40}, 0xffff'ffff'ffff)},
      {"close_notify", record(21, Buffer{1, 0}, 1)},
      {"empty alert", record(21, Buffer{}, 1)},
      {"early application data", record(23, Buffer(100, 1), 1)},
      {"unknown handshake type", record(22, message(99, 0, 20), 1)},
      {"HelloRequest", record(22, message(0, 0, 0), 1)},
      {"the other role's first message, as server", record(22, message(1, 4, 100), 1)},
      {"the other role's first message, as client", record(22, message(2, 4, 100), 1)},
      {"NewSessionTicket", record(22, message(4, 5, 100), 1)},
      {"Finished in the clear", record(22, message(20, 4, 12), 1)},
      {"message far ahead", record(22, message(11, 9, 100), 1)},
      {"message of 16 MiB", record(22, fragment(11, 0xffffff, 1, 0, body), 1)},
      {"fragment of no size", record(22, fragment(11, 300, 1, 0, {}), 1)},
      {"fragment over the end", record(22, fragment(11, 30, 1, 0, body), 1)},
      {"certificate of another size", record(22, fragment(11, 301, 1, 0, body), 1)},
      {"key exchange of another size", record(22, fragment(16, 99, 2, 0, body), 1)},
      {"ChangeCipherSpec", record(20, Buffer{1}, 1)},
      {"ChangeCipherSpec, numbered far ahead", record(20, Buffer{1}, 0xffff'ffff'ffff)},
      {"ChangeCipherSpec of two bytes", record(20, Buffer{1, 1}, 1)},
      {"junk for a Finished", record(22, Buffer(40, 1), 0, 1)},
      {"junk for an alert", record(21, Buffer(26, 1), 0, 1)},
      {"junk for data", record(23, Buffer(60, 1), 0, 1)},
      {"an epoch to come", record(22, Buffer(40, 1), 0, 2)},
      {"another version", record(22, message(1, 0, 100), 1, 0, 0x0303)},
      {"unknown content type", record(99, Buffer(40, 1), 1)},
      {"DTLS 1.3 record", Buffer(60, 0x2f)},
      {"half a record", Buffer{22, 0xfe, 0xfd, 0, 0}},
      {"length beyond the end", Buffer{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 1, 2}},
      {"nothing", Buffer{}},
      {"zeros", Buffer(1200, 0)},
  };
}

// A clean handshake has four datagrams; forged ones come before each of them leaves, and after.
TEST(Forgery, NoSimpleOneHurtsAHandshakeAtAnyStep) {
  for (const Forgery& forgery : forgeries()) {
    for (int step = 0; step < 4; ++step) {
      for (const Role target : {Role::Client, Role::Server}) {
        SCOPED_TRACE(std::string(forgery.name) + ", step " + std::to_string(step) + ", at the " +
                     (target == Role::Client ? "client" : "server"));
        Ends ends;
        int seen = 0;
        ends.pair.filter = [&](bool, Buffer&) {
          if (seen++ == step) ends.of(target).handle_datagram(ends.pair.now(), forgery.datagram);
          return true;
        };
        ASSERT_TRUE(ends.connect(1s));
        EXPECT_EQ(ends.pair.now() - testing::kStart, 40ms);  // nor delays it
        ASSERT_TRUE(ends.client.send(as_bytes("to server")));
        ASSERT_TRUE(ends.server.send(as_bytes("to client")));
        ends.of(target).handle_datagram(ends.pair.now(), forgery.datagram);
        ends.pair.run_for(10s);
        EXPECT_THAT(texts(ends.pair.events_a), ElementsAre("to client"));
        EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("to server"));
        EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected());
      }
    }
  }
}

// All of them at once, at every step, to both.
TEST(Forgery, NorDoAllTogether) {
  Ends ends;
  ends.pair.filter = [&](bool, Buffer&) {
    for (const Forgery& forgery : forgeries()) {
      ends.client.handle_datagram(ends.pair.now(), forgery.datagram);
      ends.server.handle_datagram(ends.pair.now(), forgery.datagram);
    }
    return true;
  };
  ASSERT_TRUE(ends.connect(10s));
  EXPECT_GT(ends.client.counters().records_dropped, 40u);
  EXPECT_GT(ends.server.counters().records_dropped, 40u);
}

// A forger's records in front of the peer's in one datagram, and behind them.
TEST(Forgery, NorOnesGluedToTheGenuine) {
  for (const Forgery& forgery : forgeries()) {
    if (forgery.datagram.size() < 13 || forgery.datagram.size() == 1200) continue;
    SCOPED_TRACE(forgery.name);
    Ends ends;
    bool whole = forgery.datagram[1] == 0xfe && forgery.datagram[11] != 0xff;
    ends.pair.filter = [&](bool, Buffer& packet) {
      packet.insert(packet.end(), forgery.datagram.begin(), forgery.datagram.end());
      if (whole) packet.insert(packet.begin(), forgery.datagram.begin(), forgery.datagram.end());
      return true;
    };
    ASSERT_TRUE(ends.connect(1s));
    ends.pair.run_for(1s);
    EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected());
  }
}

TEST(Forgery, AThousandDatagramsOfEachKindChangeNothingOnceConnected) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  for (const Forgery& forgery : forgeries()) {
    for (int i = 0; i < 1000; ++i) {
      ends.client.handle_datagram(ends.pair.now(), forgery.datagram);
      ends.server.handle_datagram(ends.pair.now(), forgery.datagram);
    }
  }
  EXPECT_EQ(ends.client.poll_transmit(ends.pair.now()), std::nullopt);  // and no answer
  EXPECT_EQ(ends.server.poll_transmit(ends.pair.now()), std::nullopt);
  ASSERT_TRUE(ends.client.send(as_bytes("still here")));
  ends.pair.run_for(1s);
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("still here"));
  EXPECT_THAT(closes(ends.pair.events_a), IsEmpty());
}

TEST(Forgery, AReplayedSessionDeliversNothingTwice) {
  Ends ends;
  std::vector<std::pair<bool, Buffer>> tape;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    tape.emplace_back(from_a, packet);
    return true;
  };
  ASSERT_TRUE(ends.connect());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(ends.client.send(as_bytes(std::to_string(i))));
  ends.pair.run_for(1s);
  ends.pair.filter = nullptr;
  const auto before = texts(ends.pair.events_b);
  ASSERT_EQ(before.size(), 50u);
  for (int round = 0; round < 3; ++round) {
    for (const auto& [from_a, packet] : tape)
      (from_a ? ends.server : ends.client).handle_datagram(ends.pair.now(), packet);
  }
  ends.pair.run_for(1s);
  EXPECT_EQ(texts(ends.pair.events_b), before);
  EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected());
}

// ---- fragments

std::vector<std::size_t> sizes_to_try() { return {1, 7, 40, 100, 500}; }

// Browsers' ClientHellos come in two datagrams.
TEST(Fragments, EveryFlightMayComeInPiecesInAnyOrder) {
  for (const std::size_t size : sizes_to_try()) {
    for (int order = 0; order < 4; ++order) {
      SCOPED_TRACE(std::to_string(size) + " bytes, order " + std::to_string(order));
      Ends ends;
      std::uint64_t sequence_a = 0, sequence_b = 0;
      testing::SeededRandom random(9);
      ends.pair.filter = [&](bool from_a, Buffer& packet) {
        if (packet[0] == 23) return true;
        auto pieces = refragment(packet, size, from_a ? sequence_a : sequence_b);
        if (order == 1) std::ranges::reverse(pieces);
        if (order == 2) {
          for (std::size_t i = pieces.size(); i > 1; --i)
            std::swap(pieces[i - 1], pieces[random.below(static_cast<std::uint32_t>(i))]);
        }
        for (const Buffer& piece : pieces) {
          for (int copy = 0; copy < (order == 3 ? 3 : 1); ++copy)
            (from_a ? ends.pair.to_b() : ends.pair.to_a()).send(ends.pair.now(), piece);
        }
        return false;
      };
      ASSERT_TRUE(ends.connect(1s));
      EXPECT_EQ(ends.pair.now() - testing::kStart, 40ms);
      if (order != 3) {
        EXPECT_EQ(ends.client.counters().records_dropped, 0u);
      }
    }
  }
}

// The second time a flight is cut elsewhere, and pieces are lost each time.
TEST(Fragments, RetransmissionsMayBeCutDifferently) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Ends ends({.loss = 0.1, .seed = seed}, seed);
    testing::SeededRandom random(seed);
    std::uint64_t sequence_a = 0, sequence_b = 0;
    ends.pair.filter = [&](bool from_a, Buffer& packet) {
      for (const Buffer& piece :
           refragment(packet, 20 + random.below(200), from_a ? sequence_a : sequence_b))
        (from_a ? ends.pair.to_b() : ends.pair.to_a()).send(ends.pair.now(), piece);
      return false;
    };
    ASSERT_TRUE(ends.connect()) << seed;
  }
}

// ---- mutated datagrams

Buffer mutate(Buffer packet, testing::SeededRandom& random) {
  const auto at = [&] { return random.below(static_cast<std::uint32_t>(packet.size())); };
  for (std::uint32_t changes = 1 + random.below(4); changes > 0 && !packet.empty(); --changes) {
    switch (random.below(6)) {
      case 0: packet[at()] ^= static_cast<std::uint8_t>(1 << random.below(8)); break;
      case 1: packet[at()] = static_cast<std::uint8_t>(random.u32()); break;
      case 2: packet.resize(at()); break;
      case 3: packet.insert(packet.begin() + at(), static_cast<std::uint8_t>(random.u32())); break;
      case 4: packet.erase(packet.begin() + at()); break;
      case 5:
        packet[random.below(static_cast<std::uint32_t>(std::min<std::size_t>(packet.size(), 40)))] =
            static_cast<std::uint8_t>(random.u32());
        break;
    }
  }
  return packet;
}

// Pair throws when a machine would make its driver spin. Mutants of a handshake may end it (a
// changed key is well-formed, and comes first), but never otherwise than by the book.
TEST(Fuzz, MutatedDatagramsKeepTheContract) {
  int connected = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Ends ends({.loss = 0.05, .seed = seed}, seed);
    testing::SeededRandom random(seed);
    std::vector<Buffer> tape;
    ends.pair.filter = [&](bool, Buffer& packet) {
      tape.push_back(packet);
      for (std::uint32_t i = random.below(seed % 2 ? 2 : 8); i > 0; --i) {
        const Buffer mutant =
            mutate(tape[random.below(static_cast<std::uint32_t>(tape.size()))], random);
        Connection& target = random.below(2) ? ends.client : ends.server;
        target.handle_datagram(ends.pair.now(), mutant);
      }
      return true;
    };
    const bool both = ends.connect(60s);
    connected += both;
    if (both) {
      EXPECT_TRUE(ends.client.send(as_bytes("data")));
      EXPECT_EQ(ends.client.export_keying_material("x", 16),
                ends.server.export_keying_material("x", 16));
    }
    ends.pair.run_for(1s);
    for (const Role role : {Role::Client, Role::Server}) {
      const auto& events = ends.events_of(role);
      EXPECT_LE(only<Connected>(events).size(), 1u);
      EXPECT_LE(only<Closed>(events).size(), 1u);
      for (const std::string& text : texts(events)) EXPECT_EQ(text, "data");
      if (!only<Closed>(events).empty()) {
        EXPECT_TRUE(std::holds_alternative<Closed>(events.back()));
        EXPECT_EQ(ends.of(role).next_timeout(), std::nullopt);
      }
    }
  }
  RecordProperty("connected_of_300", connected);
  EXPECT_GT(connected, 60);
}

TEST(Fuzz, OnceConnectedNoMutantMatters) {
  Ends ends;
  ASSERT_TRUE(ends.connect());
  testing::SeededRandom random(5);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(ends.client.send(as_bytes("payload")));
    const Buffer packet = *ends.client.poll_transmit(ends.pair.now());
    const Buffer mutant = mutate(packet, random);
    if (mutant != packet) ends.server.handle_datagram(ends.pair.now(), mutant);
    ends.server.handle_datagram(ends.pair.now(), packet);
  }
  ends.pair.settle();
  EXPECT_TRUE(ends.server.is_connected());
  const auto received = texts(ends.pair.events_b);
  EXPECT_EQ(received.size(), 3000u);
  EXPECT_THAT(received, ::testing::Each("payload"));
}

}  // namespace
}  // namespace specter::dtls
