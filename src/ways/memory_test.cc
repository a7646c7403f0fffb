// What a packet through a relay allocates, and what a flood leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/counting_allocator.h"
#include "ways/testing/world.h"

namespace specter::ways {
namespace {

using specter::testing::allocations;
using specter::testing::live_bytes;

struct Up : World {
  explicit Up(const Server& server) : World({.wants_both_families = false}) {
    sites[kServer];
    add_base(kBase);
    ways.add_server(now, server);
    ways.permit(now, kPeer.address);
    run(1s);
    path = {relayed().front(), kPeer};
    ways.bind(now, path);
    run(1s);
  }
  Path path;
};

TEST(Memory, IsNotAllocatedForPacketsOverUdp) {
  Up world(udp());
  Buffer memory(64 * 1204);
  Buffer in(1204);
  const std::uint16_t number = world.sessions[0]->server.channels.begin()->first;
  int received = 0, sent = 0;
  const std::int64_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    const turn::Room room = world.ways.room(world.now, world.path);
    memory.resize(64 * 1204);
    auto out = world.ways.dress(world.now, {world.path, std::move(memory), 1204}, room);
    if (!out) break;
    sent += out->segment_size == 1204;
    memory = std::move(out->bytes);
    turn::write_channel_header(in, number, 1200);
    received += world.ways.undress(world.now, Datagram{{kBase, kServer}, in}).has_value();
    while (world.ways.poll_event() || world.ways.poll_transmit(world.now)) {
    }
    (void)world.ways.next_timeout();
  }
  EXPECT_EQ(allocations - before, 0);
  EXPECT_EQ(sent, 1000);
  EXPECT_EQ(received, 1000);
}

TEST(Memory, IsNotAllocatedForPacketsOverStreams) {
  Up world(tcp());
  Buffer memory(8 * 1207);
  Buffer in(1204);
  const std::uint16_t number = world.sessions[0]->server.channels.begin()->first;
  int received = 0, sent = 0;
  std::int64_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    if (i == 10) before = allocations;  // from then on memory is there
    const turn::Room room = world.ways.room(world.now, world.path);
    memory.resize(8 * 1207);
    (void)world.ways.dress(world.now, {world.path, std::move(memory), 1207}, room);
    while (auto command = world.ways.poll_command(world.now)) {
      memory = std::move(std::get<SendBytes>(*command).bytes);
      ++sent;
    }
    turn::write_channel_header(in, number, 1200);
    world.ways.handle_bytes(world.now, SocketId{1}, in);
    while (world.ways.poll_datagram(world.now)) ++received;
  }
  EXPECT_EQ(allocations - before, 0);
  EXPECT_EQ(sent, 1000);
  EXPECT_EQ(received, 1000);
}

TEST(Memory, OfAFloodIsNone) {
  Up world(udp());
  const Endpoint stranger = at("203.0.113.99:9");
  const Buffer data = TestServer::data_indication(stranger, Buffer(500));
  const std::int64_t before = live_bytes;
  for (int i = 0; i < 10'000; ++i) {
    Buffer bytes = data;
    (void)world.ways.undress(world.now, Datagram{{kBase, kServer}, bytes});
    Buffer binding = {0x40, static_cast<std::uint8_t>(i), 0, 0};
    (void)world.ways.undress(world.now, Datagram{{kBase, kServer}, binding});
  }
  EXPECT_LE(live_bytes - before, 0);
}

// An idle relay, with its peers.
TEST(Memory, OfARelayIsAFewKilobytes) {
  const std::int64_t before = live_bytes;
  simulation::SeededRandom random(1);
  Ways ways({}, random);
  EXPECT_LE(live_bytes - before, 1024);
  ways.add_base(Timestamp(1s), kBase);
  ways.add_server(Timestamp(1s), udp());
  while (ways.poll_transmit(Timestamp(1s))) {
  }
  EXPECT_LE(live_bytes - before, 8 * 1024);
}

}  // namespace
}  // namespace specter::ways
