// Datagrams of real sessions, changed at random.
#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

class Mutants : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, Mutants, kBothVersions, version_name);

Buffer mutate(Buffer packet, simulation::SeededRandom& random) {
  const auto at = [&] { return random.below(static_cast<std::uint32_t>(packet.size())); };
  for (std::uint32_t changes = 1 + random.below(4); changes > 0 && !packet.empty(); --changes) {
    switch (random.below(6)) {
      case 0: packet[at()] ^= static_cast<std::uint8_t>(1 << random.below(8)); break;
      case 1: packet[at()] = static_cast<std::uint8_t>(random.u32()); break;
      case 2: packet.resize(at()); break;
      case 3: packet.insert(packet.begin() + at(), static_cast<std::uint8_t>(random.u32())); break;
      case 4: packet.erase(packet.begin() + at()); break;
      default:
        packet[random.below(static_cast<std::uint32_t>(std::min<std::size_t>(packet.size(), 40)))] =
            static_cast<std::uint8_t>(random.u32());
        break;
    }
  }
  return packet;
}

// Pair throws when a machine would make its driver spin. Mutants of a handshake may end it (a
// changed key is well-formed, and comes first), but never otherwise than by the book.
TEST_P(Mutants, MutatedDatagramsKeepTheContract) {
  int connected = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Ends ends(GetParam(), {.loss = 0.05, .seed = seed}, seed);
    simulation::SeededRandom random(seed);
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

TEST_P(Mutants, OnceConnectedNoMutantMatters) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.connect());
  simulation::SeededRandom random(5);
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
