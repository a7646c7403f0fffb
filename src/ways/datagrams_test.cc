// What goes through relays, both ways, and what does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ways/testing/world.h"

namespace specter::ways {
namespace {

using stun::Method;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Options kOneFamily{.wants_both_families = false};

struct Up : World {
  explicit Up(Server server = udp(), Options options = kOneFamily) : World(options) {
    sites[kServer].options.relayed_v6 = at("[2001:db8:7::7]:49152");
    add_base(kBase);
    ways.add_server(now, std::move(server));
    run(1s);
  }
  Path path(const Endpoint& peer = kPeer) const { return {relayed().front(), peer}; }
  TestServer& server() { return session_of(relayed().front()).server; }
  void permit(const Endpoint& peer = kPeer) {
    ways.permit(now, peer.address);
    run(1s);
  }
  void bind() {
    ways.bind(now, path());
    run(1s);
  }
  Transmit batch(turn::Room room, std::initializer_list<std::size_t> sizes) const {
    Transmit out{path(), {}, room.before + *sizes.begin() + room.after};
    std::uint8_t fill = 1;
    for (const std::size_t size : sizes) {
      out.bytes.resize(out.bytes.size() + room.before, 0xee);
      out.bytes.resize(out.bytes.size() + size, fill++);
      out.bytes.resize(out.bytes.size() + room.after, 0xee);
    }
    return out;
  }
};

TEST(Room, IsAnIndicationsUntilThereIsAChannel) {
  Up world;
  EXPECT_EQ(world.ways.room(world.now, world.path()), (turn::Room{36, 3}));
  world.bind();
  EXPECT_EQ(world.ways.room(world.now, world.path()), (turn::Room{4, 0}));
  EXPECT_EQ(world.ways.room(world.now, {kBase, kPeer}), turn::Room{});
}

TEST(Path, ThroughARelayIsKnownByItsAddressAndHoldsPacketsOf1200Bytes) {
  Up world;
  EXPECT_TRUE(world.ways.is_relayed(world.path()));
  EXPECT_FALSE(world.ways.is_relayed({kBase, kPeer}));
  EXPECT_EQ(Ways::max_payload({at("198.51.100.7:1"), at("203.0.113.1:1")}), 1172u);
  EXPECT_EQ(Ways::max_payload({at("[2001:db8::7]:1"), at("[2001:db8::1]:1")}), 1152u);
}

TEST(Data, GoesOnlyToPeersThatArePermitted) {
  Up world;
  world.say(world.path(), Buffer(10));
  EXPECT_EQ(world.ways.counters().unsent, 1u);
  world.permit();
  world.say(world.path(), Buffer(10));
  world.say(world.path(kOtherPeer), Buffer(10));
  world.run(1s);
  EXPECT_EQ(world.ways.counters().unsent, 2u);
  EXPECT_THAT(world.server().sent, ElementsAre(TestServer::Sent{kPeer, Buffer(10)}));
}

TEST(Data, OfSeveralPeersComeEachOverItsPath) {
  Up world;
  for (const Endpoint& peer : {kPeer, kOtherPeer}) world.permit(peer);
  world.bind();
  world.relay(world.path().local, kPeer, Buffer{1});
  world.relay(world.path().local, kOtherPeer, Buffer{2});
  world.run(1s);
  EXPECT_THAT(world.heard, ElementsAre(World::Heard{world.path(kPeer), Buffer{1}},
                                       World::Heard{world.path(kOtherPeer), Buffer{2}}));
  const auto counters = world.ways.counters(world.path().local);
  ASSERT_TRUE(counters.has_value());
  EXPECT_EQ(counters->received_bytes, 2u);
  EXPECT_FALSE(world.ways.counters(kPeer).has_value());
}

// Peers of before the relay, of its family and of the other.
TEST(Peers, AreOfTheRelayThatHasTheirFamily) {
  World world;
  world.sites[kServer].options.relayed_v6 = at("[2001:db8:7::7]:49152");
  world.add_base(kBase);
  const Endpoint v6 = at("[2001:db8:9::9]:6000");
  world.ways.permit(world.now, kPeer.address);
  world.ways.permit(world.now, v6.address);
  world.ways.permit(world.now, v6.address);
  world.ways.add_server(world.now, udp());
  world.run(2s);
  ASSERT_THAT(world.relayed(), SizeIs(2));
  EXPECT_TRUE(world.session_of(world.relayed()[0]).server.permissions.contains(kPeer.address));
  EXPECT_TRUE(world.session_of(world.relayed()[1]).server.permissions.contains(v6.address));
  EXPECT_THAT(world.all<PeerRefused>(), IsEmpty());
  world.ways.permit(world.now, kOtherPeer.address);
  world.run(1s);
  EXPECT_TRUE(world.session_of(world.relayed()[0]).server.permissions.contains(kOtherPeer.address));
  EXPECT_THAT(world.session_of(world.relayed()[1]).server.permissions, SizeIs(1));
}

TEST(Peers, ThatAreForbiddenAreTold) {
  Up world;
  world.server().tricks[Method::CreatePermission] = {.code = 403, .times = 0};
  world.permit();
  EXPECT_THAT(world.all<PeerRefused>(),
              ElementsAre(PeerRefused{world.path().local, kPeer.address, 403}));
  EXPECT_THAT(world.all<Lost>(), IsEmpty());
}

TEST(Peers, ThatAreForgottenAreHeardNoMore) {
  Up world;
  world.permit();
  world.ways.forget(kPeer.address);
  world.relay(world.path().local, kPeer, Buffer{1});
  world.run(1s);
  EXPECT_THAT(world.heard, IsEmpty());
  // The place is free for another.
  for (std::uint8_t i = 0; i < Ways::kMaxPeers; ++i)
    world.ways.permit(world.now, IpAddress::v4({203, 0, 113, i}));
  EXPECT_EQ(world.ways.counters().refused, 0u);
}

// Segments of one size stay segments of one size, so it is still one call of UDP_SEGMENT.
TEST(Batch, OverAChannelIsDressedInItsPlace) {
  Up world;
  world.bind();
  const turn::Room room = world.ways.room(world.now, world.path());
  Transmit batch = world.batch(room, {1000, 1000, 1000, 17});
  const std::uint8_t* memory = batch.bytes.data();
  const auto out = world.ways.dress(world.now, std::move(batch), room);
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->path, (Path{kBase, kServer}));
  EXPECT_EQ(out->segment_size, 1004u);
  EXPECT_EQ(out->bytes.data(), memory);
  EXPECT_EQ(out->bytes.size(), 3 * 1004u + 21);
  world.send(*out);
  world.run(1s);
  std::vector<std::size_t> sizes;
  std::uint8_t fill = 1;
  for (const auto& sent : world.server().sent) {
    sizes.push_back(sent.data.size());
    EXPECT_THAT(sent.data, ::testing::Each(fill++));
  }
  EXPECT_THAT(sizes, ElementsAre(1000, 1000, 1000, 17));
}

// Each remainder of the padding, in the room of an indication or of none, over UDP and TCP.
TEST(Batch, InAnyRoomStaysABatch) {
  for (const auto& server : {udp(), tcp()}) {
    for (const bool is_bound : {false, true}) {
      for (const turn::Room room : {turn::Room{}, {4, 0}, {36, 3}, {80, 11}}) {
        for (const std::size_t size : {100, 101, 102, 103}) {
          Up world(server);
          world.permit();
          if (is_bound) world.bind();
          auto out = world.ways.dress(world.now, world.batch(room, {size, size, 7}), room);
          EXPECT_EQ(out.has_value(), server.protocol == RelayProtocol::Udp);
          if (out) {
            const std::size_t head = is_bound ? 4 : 36, padding = is_bound ? 0 : (4 - size % 4) % 4;
            EXPECT_EQ(out->segment_size, head + size + padding);
            world.send(std::move(*out));
          }
          world.run(1s);
          EXPECT_THAT(world.server().sent, ElementsAre(TestServer::Sent{kPeer, Buffer(size, 1)},
                                                       TestServer::Sent{kPeer, Buffer(size, 2)},
                                                       TestServer::Sent{kPeer, Buffer(7, 3)}));
        }
      }
    }
  }
}

TEST(Batch, FromABaseComesBackAsItIs) {
  Up world;
  const Transmit batch{{kBase, kPeer}, Buffer(100), 50};
  EXPECT_EQ(world.ways.dress(world.now, batch, {}), batch);
}

TEST(Batch, FromNowhereOrOfNothingIsDropped) {
  Up world;
  world.permit();
  EXPECT_EQ(world.ways.dress(world.now, {{kOtherBase, kPeer}, Buffer(100), 50}, {}), std::nullopt);
  EXPECT_EQ(world.ways.dress(world.now, {world.path(), {}, 0}, {}), std::nullopt);
  EXPECT_EQ(world.ways.dress(world.now, {world.path(), Buffer(30), 30}, {36, 3}), std::nullopt);
  // One datagram that says no size is that datagram.
  EXPECT_TRUE(world.ways.dress(world.now, {world.path(), Buffer(30), 0}, {}).has_value());
}

// A server's port is ICE's STUN server, too.
TEST(Undressing, LeavesWhatIsNotTurns) {
  Up world;
  const Path way{kBase, kServer};
  const Buffer binding = stun::MessageWriter(stun::Class::SuccessResponse, Method::Binding, {})
                             .add(stun::XorMappedAddress{kPeer})
                             .finish();
  const Buffer dtls = {22, 254, 253, 0, 0};
  for (const Path& path : {way, Path{kBase, kPeer}, Path{kOtherBase, kServer}}) {
    for (const Buffer& bytes : {binding, dtls}) {
      world.heard.clear();
      world.inject(path, bytes);
      EXPECT_THAT(world.heard, ElementsAre(World::Heard{path, bytes}));
    }
  }
  // A peer's may look like ChannelData.
  world.heard.clear();
  world.inject({kBase, kPeer}, Buffer{0x40, 0, 0, 0});
  EXPECT_THAT(world.heard, SizeIs(1));
}

TEST(Undressing, OfTurnThatIsNothingGivesNothing) {
  Up world;
  world.permit();
  const Path way{kBase, kServer};
  std::vector<Buffer> garbage = {{0x40},
                                 {0x40, 0x00, 0, 0},
                                 {0x41, 0x23, 0xff, 0xff, 1},
                                 {0x01, 0x03, 0, 0},
                                 TestServer::data_indication(kOtherPeer, Buffer{1})};
  Buffer cut = TestServer::data_indication(kPeer, Buffer(20));
  for (; cut.size() > 2; cut.pop_back()) garbage.push_back(cut);
  garbage.erase(garbage.begin() + 5);  // the whole one
  for (const Buffer& bytes : garbage) world.inject(way, bytes);
  EXPECT_THAT(world.heard, IsEmpty());
  world.inject(way, TestServer::data_indication(kPeer, Buffer{7}));
  EXPECT_THAT(world.heard, ElementsAre(World::Heard{world.path(), Buffer{7}}));
}

// From another host, as if it were the server.
TEST(Undressing, TakesNothingOfAStrangersForTheServers) {
  Up world;
  world.permit();
  world.inject({kBase, kOther}, TestServer::data_indication(kPeer, Buffer{7}));
  ASSERT_THAT(world.heard, SizeIs(1));
  EXPECT_EQ(world.heard[0].path, (Path{kBase, kOther}));
}

// A port of a relay's own is no base: ICE hears nothing of it but data of peers.
TEST(Undressing, OfAPortOfItsOwnGivesDataOnly) {
  Up world(udp(), Options{});
  ASSERT_THAT(world.ports, SizeIs(1));
  const Endpoint port = world.ports.begin()->second;
  const Buffer dtls = {22, 254, 253, 0, 0};
  for (const Endpoint& from : {kServer, kPeer}) world.inject({port, from}, dtls);
  EXPECT_THAT(world.heard, IsEmpty());
  const Endpoint peer = at("[2001:db8:9::9]:6000");
  world.permit(peer);
  world.relay(world.relayed().back(), peer, Buffer{1});
  world.run(1s);
  EXPECT_THAT(world.heard, ElementsAre(World::Heard{{world.relayed().back(), peer}, Buffer{1}}));
}

// Nobody asked for these.
TEST(Flood, OfPeersWithoutPermissionIsCountedAndNothingElse) {
  Up world;
  world.permit();
  const int transmits = world.transmits;
  for (int i = 0; i < 10'000; ++i) {
    const Endpoint peer{
        IpAddress::v4({203, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}),
        6001};
    if (peer.address == kPeer.address) continue;
    world.inject({kBase, kServer}, TestServer::data_indication(peer, Buffer(50)));
    world.inject({kBase, kServer}, Buffer{0x4f, static_cast<std::uint8_t>(i), 0, 1, 9});
  }
  EXPECT_THAT(world.heard, IsEmpty());
  EXPECT_EQ(world.transmits, transmits);
  EXPECT_GE(world.ways.counters(world.path().local)->refused_data, 19'900u);
}

}  // namespace
}  // namespace specter::ways
