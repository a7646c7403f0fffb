// Permissions, channels and what goes through them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/hex.h"
#include "turn/testing/pair.h"

namespace specter::turn {
namespace {

using specter::testing::hex;
using stun::Method;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

IpAddress peer_number(int n) {
  return IpAddress::v4(
      {203, 0, static_cast<std::uint8_t>(n / 256 + 1), static_cast<std::uint8_t>(n)});
}

TEST(Permissions, OfSeveralPeersAreOneRequest) {
  Pair pair;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(pair.client.permit(pair.now, peer_number(i)));
  ASSERT_TRUE(pair.allocate());
  EXPECT_EQ(pair.all<Permitted>().size(), 5u);
  EXPECT_EQ(pair.server.requests[Method::CreatePermission], 1);
  EXPECT_EQ(pair.server.permissions.size(), 5u);
}

// Renewed before five minutes are over, for as long as the allocation lives.
TEST(Permissions, AreRenewedInTime) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  for (int i = 0; i < 3600; ++i) {
    pair.run(1s);
    ASSERT_TRUE(pair.server.permissions.contains(kPeer.address)) << i;
  }
  EXPECT_LE(pair.server.requests[Method::CreatePermission], 20);
  EXPECT_EQ(pair.all<Permitted>().size(), 1u);
}

TEST(Permissions, EndWhenThePeerIsForgotten) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  pair.client.forget(kPeer.address);
  pair.relay(kPeer, hex("01"));
  pair.run(400s);
  EXPECT_THAT(pair.heard, IsEmpty());
  EXPECT_EQ(pair.client.counters().refused_data, 1u);
  EXPECT_FALSE(pair.server.permissions.contains(kPeer.address));
}

// One peer that is refused is that peer's affair: the others get theirs, one by one.
TEST(Permissions, OfOnePeerMayBeRefused) {
  Pair pair;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pair.client.permit(pair.now, peer_number(i)));
  pair.server.tricks[Method::CreatePermission] = {
      .code = 403, .times = 0, .only_for = std::set{peer_number(2)}};
  ASSERT_TRUE(pair.allocate());
  EXPECT_EQ(pair.all<Permitted>().size(), 3u);
  EXPECT_THAT(pair.all<PermissionRefused>(),
              ElementsAre(PermissionRefused{peer_number(2), {Reason::Refused, 403}}));
  EXPECT_EQ(pair.client.state(), Client::State::Allocated);
}

// One family an allocation, so no request can be mixed.
TEST(Permissions, AreOfTheRelayedAddresssFamily) {
  const IpAddress v6 = *IpAddress::parse("2001:db8::9");
  Pair pair;
  ASSERT_TRUE(pair.client.permit(pair.now, v6));  // not known yet
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  ASSERT_TRUE(pair.allocate());
  EXPECT_THAT(pair.all<PermissionRefused>(),
              ElementsAre(PermissionRefused{v6, {Reason::Refused, 443}}));
  EXPECT_EQ(pair.server.refusals[443], 0);
  EXPECT_EQ(pair.client.permit(pair.now, v6), std::unexpected(Refusal::WrongFamily));
  EXPECT_EQ(pair.client.permit(pair.now, *IpAddress::parse("0.0.0.0")),
            std::unexpected(Refusal::BadAddress));
}

TEST(Permissions, AreAsManyAsTheirLimit) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  for (std::size_t i = 0; i < Permissions::kMaxPeers; ++i)
    ASSERT_TRUE(pair.client.permit(pair.now, peer_number(static_cast<int>(i))));
  EXPECT_EQ(pair.client.permit(pair.now, peer_number(999)), std::unexpected(Refusal::TooMany));
  EXPECT_EQ(pair.client.bind(pair.now, kPeer), std::unexpected(Refusal::TooMany));
  pair.run(5s);
  EXPECT_EQ(pair.server.permissions.size(), Permissions::kMaxPeers);
  // Each was asked for as it came, as long as there was room; the rest in requests of sixteen.
  EXPECT_LE(pair.server.requests[Method::CreatePermission],
            static_cast<int>(Requests::kMaxOpen +
                             Permissions::kMaxPeers / Permissions::kMaxPeersPerRequest));
  pair.client.forget(peer_number(0));
  EXPECT_TRUE(pair.client.permit(pair.now, peer_number(999)));
}

TEST(Requests, AreSixteenAtATime) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  pair.server.is_deaf = true;
  const int before = pair.transmits;
  for (std::size_t i = 0; i < 2 * Requests::kMaxOpen; ++i)
    ASSERT_TRUE(pair.client.permit(pair.now, peer_number(static_cast<int>(i))));
  pair.settle();
  EXPECT_EQ(pair.transmits - before, static_cast<int>(Requests::kMaxOpen));
}

// Bound again before ten minutes are over.
TEST(Channels, AreBoundAndRenewed) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
  pair.run(1s);
  EXPECT_THAT(pair.all<ChannelBound>(), ElementsAre(ChannelBound{kPeer, 0x4000}));
  EXPECT_THAT(pair.all<Permitted>(), ElementsAre(Permitted{kPeer.address}));
  for (int i = 0; i < 3600; ++i) {
    pair.run(1s);
    ASSERT_TRUE(pair.server.channels.contains(0x4000)) << i;
    ASSERT_TRUE(pair.server.permissions.contains(kPeer.address)) << i;
  }
  EXPECT_EQ(pair.server.refusals[400], 0);
  EXPECT_EQ(pair.all<ChannelBound>().size(), 1u);
}

// docs/failures.md row 26: a number and its peer stay together until five minutes
// after the end.
TEST(Channels, KeepNumberAndPeerTogether) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
  pair.run(1s);
  pair.client.unbind(kPeer);
  pair.run(700s);  // it has ended, and rests
  EXPECT_THAT(pair.server.channels, IsEmpty());
  ASSERT_TRUE(pair.client.bind(pair.now, kOtherPeer));
  ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
  pair.run(1s);
  EXPECT_EQ(pair.server.refusals[400], 0);
  EXPECT_EQ(pair.server.channels[0x4000].peer, kPeer);
  EXPECT_EQ(pair.server.channels[0x4001].peer, kOtherPeer);
}

TEST(Channels, AreAsManyAsTheirLimitWithThoseThatRest) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  const auto channel = [](std::size_t i) {
    return Endpoint{kPeer.address, static_cast<std::uint16_t>(1000 + i)};
  };
  for (std::size_t i = 0; i < Channels::kMaxChannels; ++i)
    ASSERT_TRUE(pair.client.bind(pair.now, channel(i)));
  EXPECT_EQ(pair.client.bind(pair.now, channel(99)), std::unexpected(Refusal::TooMany));
  pair.run(5s);
  EXPECT_EQ(pair.server.channels.size(), Channels::kMaxChannels);
  pair.client.unbind(channel(0));
  EXPECT_EQ(pair.client.bind(pair.now, channel(99)), std::unexpected(Refusal::TooMany));
  pair.run(900s);
  EXPECT_EQ(pair.client.bind(pair.now, channel(99)), std::unexpected(Refusal::TooMany));
  pair.run(61s);
  EXPECT_TRUE(pair.client.bind(pair.now, channel(99)));
  EXPECT_EQ(pair.client.bind(pair.now, {kPeer.address, 0}), std::unexpected(Refusal::BadAddress));
}

TEST(Channels, ThatAreRefusedLeaveIndications) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  pair.server.tricks[Method::ChannelBind] = {.code = 403, .times = 0};
  ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
  pair.run(20s);
  EXPECT_THAT(pair.all<ChannelRefused>(),
              ElementsAre(ChannelRefused{kPeer, {Reason::Refused, 403}}));
  EXPECT_EQ(pair.server.requests[Method::ChannelBind], 1);
  // Whoever sends asks for the channel with each batch.
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
    pair.say(kPeer, hex("01 02"));
    pair.run(1s);
  }
  EXPECT_EQ(pair.server.requests[Method::ChannelBind], 1);
  EXPECT_EQ(pair.server.sent.size(), 50u);
  EXPECT_EQ(pair.server.sent.back(), (TestServer::Sent{kPeer, hex("01 02")}));
  // Servers are given other rules now and then.
  pair.server.tricks.clear();
  pair.run(5min);
  EXPECT_EQ(pair.server.requests[Method::ChannelBind], 2);
}

// Data go both ways, in indications first and over the channel then, by UDP and by a stream.
TEST(Data, GoBothWays) {
  for (const Protocol protocol : {Protocol::Udp, Protocol::Tcp}) {
    Pair pair({}, {.path = {.protocol = protocol}});
    ASSERT_TRUE(pair.allocate());
    ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
    pair.run(1s);
    std::vector<TestServer::Sent> right;
    for (const bool is_bound : {false, true}) {
      if (is_bound) {
        ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
      }
      pair.run(1s);
      const std::size_t after = is_bound && protocol == Protocol::Udp ? 0 : 3;
      EXPECT_EQ(pair.client.room(pair.now, kPeer), (Room{is_bound ? 4u : 36u, after}));
      for (std::size_t size = 0; size < 6; ++size) {
        right.push_back({kPeer, Buffer(size, static_cast<std::uint8_t>(size))});
        pair.say(kPeer, right.back().data);
        pair.relay(kPeer, right.back().data);
        pair.run(100ms);
      }
    }
    EXPECT_EQ(pair.server.sent, right);
    EXPECT_EQ(pair.heard, right);
    EXPECT_EQ(pair.server.nonsense, 0);
    EXPECT_EQ(pair.client.counters().sent, 12u);
    EXPECT_EQ(pair.client.counters().sent_bytes, 30u);
    EXPECT_EQ(pair.client.counters().received_bytes, 30u);
  }
}

TEST(Data, OfAnIpv6PeerTakeTwelveBytesMore) {
  Pair pair({.relayed = at("[2001:db8::7]:49152")}, {.family = stun::AddressFamily::Ipv6});
  ASSERT_TRUE(pair.allocate());
  const Endpoint peer = at("[2001:db8::9]:7000");
  ASSERT_TRUE(pair.client.permit(pair.now, peer.address));
  pair.run(1s);
  EXPECT_EQ(pair.client.room(pair.now, peer), (Room{48, 3}));
  pair.say(peer, hex("01"));
  pair.run(1s);
  EXPECT_THAT(pair.server.sent, ElementsAre(TestServer::Sent{peer, hex("01")}));
}

// Room that was asked for before the channel was bound is more than it takes.
TEST(Data, AreDressedInPlaceWithinTheRoomThatWasLeft) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
  pair.run(1s);
  Buffer segment(36 + 5 + 3, 0xaa);
  const auto dressed = pair.client.dress(pair.now, kPeer, segment, {36, 3});
  ASSERT_TRUE(dressed);
  EXPECT_EQ(dressed->data(), segment.data() + 32);
  EXPECT_EQ(to_buffer(*dressed), hex("40 00 00 05 aa aa aa aa aa"));
  EXPECT_FALSE(pair.client.dress(pair.now, kPeer, segment, {3, 3}));
  EXPECT_FALSE(pair.client.dress(pair.now, kPeer, segment, {40, 30}));
  EXPECT_FALSE(pair.client.dress(pair.now, kOtherPeer, segment, {36, 3}));  // no permission
  Buffer large(4 + kMaxPayloadBytes + 1);
  EXPECT_FALSE(pair.client.dress(pair.now, kPeer, large, {4, 0}));
  EXPECT_TRUE(
      pair.client.dress(pair.now, kPeer, MutableBytes(large).first(4 + kMaxPayloadBytes), {4, 0}));
  EXPECT_EQ(pair.client.counters().unsent, 4u);
}

// Nobody sends through us but those who were permitted, and nothing over numbers of nobody.
TEST(Data, OfStrangersAreRefused) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  pair.inject(TestServer::data_indication(kOtherPeer, hex("01")));
  pair.inject(pair.server.channel_data(0x4000, hex("01")));
  EXPECT_EQ(pair.client.counters().refused_data, 2u);
  pair.inject(TestServer::data_indication(kPeer, hex("01")), at("192.0.2.53:3479"));
  pair.inject(TestServer::data_indication(kPeer, hex("01")), at("192.0.2.66:3478"));
  EXPECT_EQ(pair.client.counters().strangers, 2u);
  pair.inject(hex("40 00 00 09 01"));
  pair.inject(hex("80 00 00 00"));
  pair.inject({});
  EXPECT_EQ(pair.client.counters().nonsense, 3u);
  EXPECT_THAT(pair.heard, IsEmpty());
}

// What comes over a number that was just asked for may overtake the answer.
TEST(Data, MayOvertakeTheAnswer) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
  pair.inject(pair.server.channel_data(0x4000, hex("07")));
  pair.inject(TestServer::data_indication(kPeer, hex("08")));
  EXPECT_THAT(pair.heard,
              ElementsAre(TestServer::Sent{kPeer, hex("07")}, TestServer::Sent{kPeer, hex("08")}));
}

}  // namespace
}  // namespace specter::turn
