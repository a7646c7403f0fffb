// What an association costs.
#include <fmt/format.h>

#include "dtls/testing/ends.h"
#include "testing/counting_allocator.h"

namespace specter::dtls {
namespace {

using testing::allocations;
using testing::live_bytes;
using testing::openssl_counts;

class Memory : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, Memory, kBothVersions, version_name);

TEST(Memory, OpenSslIsCountedToo) {
  ASSERT_TRUE(openssl_counts);
  const std::int64_t before = live_bytes;
  void* const memory = OPENSSL_malloc(1000);
  EXPECT_GE(live_bytes - before, 1000);
  OPENSSL_free(memory);
  EXPECT_EQ(live_bytes, before);
}

// Two ends whose handshake is over long since, driven by hand.
struct Two {
  explicit Two(Version version, Duration age = 61s)
      : client_random(1),
        server_random(2),
        client(std::make_unique<Connection>(config_for(Role::Client, version), client_random,
                                            test_cipher())),
        server(std::make_unique<Connection>(config_for(Role::Server, version), server_random,
                                            test_cipher())) {
    client->start(now);
    server->start(now);
    run(age);
  }
  void exchange() {
    for (bool busy = true; busy;) {
      busy = false;
      while (auto datagram = client->poll_transmit(now)) {
        busy = true;
        server->handle_datagram(now, *datagram);
      }
      while (auto datagram = server->poll_transmit(now)) {
        busy = true;
        client->handle_datagram(now, *datagram);
      }
      while (client->poll_event()) busy = true;
      while (server->poll_event()) busy = true;
    }
  }
  void run(Duration time) {
    const Timestamp end = now + time;
    exchange();
    for (;;) {
      const Deadline next = soonest(client->next_timeout(), server->next_timeout());
      if (!next || *next > end) break;
      now = *next;
      client->handle_timeout(now);
      server->handle_timeout(now);
      exchange();
    }
    now = end;
  }

  Timestamp now = simulation::kStart;
  simulation::SeededRandom client_random, server_random;
  std::unique_ptr<Connection> client, server;
};

TEST_P(Memory, AnEstablishedAssociationHasAtMostSixKilobytes) {
  Two warm_up(GetParam());  // what the library fetches once and keeps
  for (const Role role : {Role::Client, Role::Server}) {
    Two two(GetParam());
    ASSERT_TRUE(two.client->is_connected() && two.server->is_connected());
    ASSERT_TRUE(two.client->send(as_bytes("x")));  // tells a server of 1.2 that all is well
    two.exchange();
    const std::int64_t before = live_bytes;
    (role == Role::Client ? two.client : two.server).reset();
    const std::int64_t held = before - live_bytes;
    fmt::print("{} {}: {} bytes of heap\n", to_string(GetParam()),
               role == Role::Client ? "client" : "server", held);
    EXPECT_LE(held, 6144);
    EXPECT_GT(held, 1000);
  }
}

TEST(Memory, AnAcknowledgedClientHasNoKeysOfTheHandshakeAnyMore) {
  Two warm_up(Version::Dtls13);
  const auto held_at = [](Duration age) {
    Two two(Version::Dtls13, age);
    EXPECT_TRUE(two.client->is_connected() && two.server->is_connected());
    const std::int64_t before = live_bytes;
    two.client.reset();
    return before - live_bytes;
  };
  // But for certificates, which are a byte longer or shorter; a key is some 900.
  EXPECT_NEAR(static_cast<double>(held_at(0s)), static_cast<double>(held_at(61s)), 100);
}

TEST_P(Memory, NoRecordCostsAnAllocation) {
  Two two(GetParam());
  ASSERT_TRUE(two.client->is_connected() && two.server->is_connected());
  const RecordRoom room = two.client->record_room();
  Buffer datagram(room.total() + 1100);
  const auto round = [&] {
    two.client->seal(datagram, datagram.size());
    MutableBytes rest = datagram;
    const auto opened = two.server->open(two.now, rest);
    return opened && opened->size() == 1100;
  };
  // Builds with assertions remember the last nonces: the memory for that has its size by then.
  bool all = true;
  for (int i = 0; i < 1100; ++i) all &= round();
  const std::int64_t before = allocations;
  for (int i = 0; i < 1000; ++i) all &= round();
  const std::int64_t after = allocations;
  EXPECT_TRUE(all);
  EXPECT_EQ(after - before, 0);
}

// Nor do those that are forged.
TEST_P(Memory, NoForgedRecordCostsAnAllocation) {
  Two two(GetParam());
  const RecordRoom room = two.client->record_room();
  Buffer datagram(room.total() + 1100);
  two.client->seal(datagram, datagram.size());
  datagram.back() ^= 1;
  MutableBytes first = datagram;
  EXPECT_FALSE(two.server->open(two.now, first));
  const std::int64_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    MutableBytes rest = datagram;
    two.server->open(two.now, rest);
  }
  EXPECT_EQ(allocations - before, 0);
}

// docs/failures.md row 43: a hundred thousand pieces of huge messages, in every state.
TEST_P(Memory, AFloodOfPiecesHoldsLittle) {
  for (const Role role : {Role::Client, Role::Server}) {
    simulation::SeededRandom random(1);
    Connection target(config_for(role, GetParam()), random, test_cipher());
    target.start(simulation::kStart);
    const std::int64_t before = live_bytes;
    std::int64_t most = 0;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
      const std::uint32_t size = i % 3 == 0 ? 0xff'ffff : 16'384 - i % 7;
      const std::uint8_t type = i % 2 == 0 ? 11 : static_cast<std::uint8_t>(1 + i % 4);
      target.handle_datagram(simulation::kStart,
                             record(22,
                                    fragment(type, size, static_cast<std::uint16_t>(i / 7 % 10),
                                             i % 16'000, Buffer(64)),
                                    i));
      while (target.poll_transmit(simulation::kStart)) {
      }
      most = std::max<std::int64_t>(most, live_bytes - before);
    }
    fmt::print("{} {}: {} bytes at most\n", to_string(GetParam()),
               role == Role::Client ? "client" : "server", most);
    EXPECT_LT(most, 256 * 1024);
  }
}

}  // namespace
}  // namespace specter::dtls
