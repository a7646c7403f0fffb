// Which relays there are, and what becomes of each server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ways/testing/world.h"

namespace specter::ways {
namespace {

using stun::Method;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr Options kOneFamily{.wants_both_families = false};

TEST(Gathering, GivesARelayOfEachBaseAndServer) {
  World world(kOneFamily);
  world.sites[kServer];
  world.sites[kOther].options.relayed = at("198.51.100.8:50000");
  world.add_base(kBase);
  world.ways.add_server(world.now, udp(kServer));
  world.ways.add_server(world.now, tcp(kOther));
  world.add_base(kOtherBase);
  EXPECT_FALSE(world.ways.is_settled());
  world.run(1s);
  EXPECT_TRUE(world.ways.is_settled());
  EXPECT_THAT(world.all<Relayed>(), SizeIs(4));
  for (const Endpoint& base : {kBase, kOtherBase}) {
    int of_udp = 0, of_tcp = 0;
    for (const Relayed& one : world.all<Relayed>()) {
      of_udp += one.base == base && one.protocol == RelayProtocol::Udp && one.url == udp().url;
      of_tcp += one.base == base && one.protocol == RelayProtocol::Tcp && one.url == "turn:tcp";
    }
    EXPECT_EQ(of_udp, 1);
    EXPECT_EQ(of_tcp, 1);
  }
  EXPECT_THAT(world.all<ServerFailed>(), IsEmpty());
}

// The address at which a server sees a base is a candidate for nothing; that of a stream is no UDP
// port of ours, nor is that of a base without a NAT another address.
TEST(Gathering, TellsWhereAServerSeesTheBase) {
  World world(kOneFamily);
  world.sites[kServer];
  world.sites[kOther].options.mapped = kBase;
  world.add_base(kBase);
  world.ways.add_server(world.now, udp(kServer));
  world.ways.add_server(world.now, udp(kOther));
  world.ways.add_server(world.now, tcp(kServer));
  world.run(1s);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(3));
  EXPECT_THAT(world.all<Reflexive>(),
              ElementsAre(Reflexive{at("203.0.113.5:40000"), kBase, udp().url}));
}

TEST(Gathering, OfOneServerDoesNotWaitForAnother) {
  World world(kOneFamily);
  world.sites[kServer].is_deaf = true;
  world.sites[kOther];
  world.add_base(kBase);
  world.ways.add_server(world.now, udp(kServer));
  world.ways.add_server(world.now, udp(kOther));
  world.run(100ms);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
  EXPECT_FALSE(world.ways.is_settled());
  world.run(5s);
  EXPECT_TRUE(world.ways.is_settled());
  EXPECT_THAT(world.all<ServerFailed>(),
              ElementsAre(ServerFailed{udp().url, kBase, 701, "The server did not answer."}));
}

TEST(Gathering, TriesASilentServerAFewTimesAndTellsItOnce) {
  World world(kOneFamily);
  world.sites[kServer].is_deaf = true;
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1h);
  EXPECT_THAT(world.all<ServerFailed>(), SizeIs(1));
  EXPECT_LE(world.transmits, 4 * Relay::kMaxTries);
  EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
  // The same one again is another chance.
  world.sites[kServer].is_deaf = false;
  world.ways.add_server(world.now, udp());
  world.run(1s);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
}

TEST(Gathering, OfAServerThatComesBackIsLateAndNoLess) {
  World world(kOneFamily);
  world.sites[kServer].is_deaf = true;
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(6s);
  EXPECT_THAT(world.all<ServerFailed>(), SizeIs(1));
  world.sites[kServer].is_deaf = false;
  world.run(10s);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
}

TEST(Gathering, EndsWithWrongCredentialsAtOnce) {
  World world(kOneFamily);
  world.sites[kServer].options.password = "another";
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1h);
  EXPECT_THAT(world.all<ServerFailed>(),
              ElementsAre(ServerFailed{udp().url, kBase, 401,
                                       "The server does not take these credentials."}));
  EXPECT_LE(world.transmits, 3);
  EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
}

// RFC 8656 §7.4: not within a minute.
TEST(Gathering, AsksAgainAMinuteAfterAQuota) {
  for (const std::uint16_t code : {486, 508}) {
    World world(kOneFamily);
    world.sites[kServer].tricks[Method::Allocate] = {.code = code, .times = 1};
    world.add_base(kBase);
    world.ways.add_server(world.now, udp());
    world.run(59s);
    EXPECT_THAT(
        world.all<ServerFailed>(),
        ElementsAre(AllOf(Field(&ServerFailed::code, code), Field(&ServerFailed::url, udp().url))));
    EXPECT_THAT(world.all<Relayed>(), IsEmpty());
    world.run(20s);
    EXPECT_THAT(world.all<Relayed>(), SizeIs(1)) << code;
  }
}

TEST(Gathering, AsksAgainSomeSecondsAfterAServerError) {
  World world(kOneFamily);
  world.sites[kServer].tricks[Method::Allocate] = {.code = 500, .times = 1};
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1s);
  EXPECT_THAT(world.all<ServerFailed>(), ElementsAre(Field(&ServerFailed::code, 500)));
  world.run(4s);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
}

// RFC 8489 §10.
TEST(Redirection, IsFollowed) {
  World world(kOneFamily);
  world.sites[kServer].tricks[Method::Allocate] = {.code = 300, .times = 0, .alternate = kOther};
  world.sites[kOther];
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1s);
  EXPECT_THAT(world.all<Relayed>(), ElementsAre(Field(&Relayed::url, udp(kServer).url)));
  EXPECT_THAT(world.allocations(), SizeIs(1));
  EXPECT_EQ(world.allocations()[0]->site, kOther);
}

TEST(Redirection, OfTlsStaysWithinTlsAndItsName) {
  World world(kOneFamily);
  world.sites[kServer].tricks[Method::Allocate] = {.code = 300, .times = 0, .alternate = kOther};
  world.sites[kOther];
  world.add_base(kBase);
  world.ways.add_server(world.now, tls());
  world.run(1s);
  EXPECT_THAT(world.asked<OpenStream>(),
              ElementsAre(OpenStream{SocketId{1}, kBase, kServer, "turn.example.org"},
                          OpenStream{SocketId{2}, kBase, kOther, "turn.example.org"}));
  EXPECT_THAT(world.asked<CloseStream>(), ElementsAre(CloseStream{SocketId{1}}));
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
}

TEST(Redirection, ToNowhereFails) {
  const struct {
    Endpoint alternate;
    const char* sentence;
  } table[] = {
      {at("127.0.0.1:3478"), "The server named an address that can not be used."},
      {at("224.0.0.1:3478"), "The server named an address that can not be used."},
      {at("[2001:db8::1]:3478"), "The server named an address that can not be used."},
      {kServer, "The servers send from one to the other."},
  };
  for (const auto& row : table) {
    World world(kOneFamily);
    world.sites[kServer].tricks[Method::Allocate] = {
        .code = 300, .times = 0, .alternate = row.alternate};
    world.add_base(kBase);
    world.ways.add_server(world.now, udp());
    world.run(10min);
    EXPECT_THAT(world.all<ServerFailed>(),
                ElementsAre(ServerFailed{udp().url, kBase, 300, row.sentence}))
        << row.alternate.to_string();
    EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
  }
}

TEST(Redirection, InACircleEnds) {
  World world(kOneFamily);
  world.sites[kServer].tricks[Method::Allocate] = {.code = 300, .times = 0, .alternate = kOther};
  world.sites[kOther].tricks[Method::Allocate] = {.code = 300, .times = 0, .alternate = kServer};
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(10min);
  EXPECT_THAT(world.all<ServerFailed>(), SizeIs(1));
  EXPECT_LE(world.transmits, 4);
}

// RFC 8656 §7.4: another allocation has this 5-tuple.
TEST(Mismatch, IsCuredByANewPort) {
  World world(kOneFamily);
  world.sites[kServer].tricks[Method::Allocate] = {.code = 437, .is_signed = false, .times = 0};
  world.add_base(kBase);
  // Only the first 5-tuple is taken.
  world.ways.add_server(world.now, udp());
  world.run(30ms);
  world.sites[kServer].tricks.clear();
  world.run(3s);
  EXPECT_THAT(world.asked<OpenPort>(), ElementsAre(OpenPort{SocketId{1}, kBase}));
  EXPECT_THAT(world.all<Relayed>(), ElementsAre(Field(&Relayed::base, kBase)));
  EXPECT_THAT(world.all<ServerFailed>(), IsEmpty());
  // The port is no base: where it is seen is nobody's candidate.
  EXPECT_THAT(world.all<Reflexive>(), IsEmpty());
}

// docs/failures.md row 165: what one port was told is no use on another, and is not tried there.
TEST(Nonce, IsOfOnePortAlone) {
  World world(kOneFamily);
  world.sites[kServer];
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(50ms);  // the challenge has come, and the signed request is on its way
  ASSERT_THAT(world.sessions, SizeIs(1));
  world.sessions[0]->server.tricks[Method::Allocate] = {.code = 437, .is_signed = true, .times = 0};
  world.run(3s);
  ASSERT_THAT(world.sessions, SizeIs(2));
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
  auto& refusals = world.sessions[1]->server.refusals;
  EXPECT_EQ(refusals[401], 1);  // it came without a user's name, as a first request does
  EXPECT_EQ(refusals[438], 0);
}

TEST(Mismatch, EachTimeEnds) {
  World world(kOneFamily);
  world.sites[kServer].tricks[Method::Allocate] = {.code = 437, .is_signed = true, .times = 0};
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1h);
  EXPECT_THAT(world.all<ServerFailed>(), ElementsAre(Field(&ServerFailed::code, 437)));
  EXPECT_LE(world.asked<OpenPort>().size(), 2u * Relay::kMaxNewPorts);
  EXPECT_EQ(world.ports.size(), 0u);
}

TEST(Mismatch, WithoutASocketEndsToo) {
  World world(kOneFamily);
  world.refuses_ports = true;
  world.sites[kServer].tricks[Method::Allocate] = {.code = 437, .is_signed = true, .times = 0};
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1h);
  EXPECT_THAT(world.all<ServerFailed>(),
              ElementsAre(ServerFailed{udp().url, kBase, 701, "No socket can be opened."}));
  EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
}

// RFC 8656 §7: one allocation a 5-tuple, so the second family has a port of its own.
TEST(Families, AreBothAskedForWhereTheServerHasThem) {
  World world;
  world.sites[kServer].options.relayed_v6 = at("[2001:db8:7::7]:49152");
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1s);
  ASSERT_THAT(world.all<Relayed>(), SizeIs(2));
  EXPECT_TRUE(world.relayed()[0].address.is_v4());
  EXPECT_TRUE(world.relayed()[1].address.is_v6());
  EXPECT_EQ(world.all<Relayed>()[1].base, kBase);
  EXPECT_THAT(world.asked<OpenPort>(), SizeIs(1));
}

TEST(Families, ThatAServerHasNotAreNoFailure) {
  for (const auto& server : {udp(), tcp()}) {
    World world;
    world.sites[kServer].options.knows_families = true;
    world.add_base(kBase);
    world.ways.add_server(world.now, server);
    world.run(1h);
    EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
    EXPECT_THAT(world.all<ServerFailed>(), IsEmpty());
    EXPECT_TRUE(world.ways.is_settled());
    EXPECT_THAT(world.ports, IsEmpty());
    EXPECT_LE(world.streams.size(), 1u);
  }
}

// A server may answer IPv6 to who asks for nothing.
TEST(Families, ComeFromTheAnswer) {
  World world;
  world.sites[kServer].options.relayed = at("[2001:db8:7::7]:49152");
  world.add_base(kBase);
  world.ways.add_server(world.now, udp());
  world.run(1s);
  ASSERT_THAT(world.sessions, SizeIs(2));
  const auto asked =
      stun::Message::parse(world.sessions[1]->server.request_bytes[Method::Allocate]);
  ASSERT_TRUE(asked.has_value());
  const auto family = asked->get<stun::RequestedAddressFamily>();
  ASSERT_TRUE(family.has_value());
  EXPECT_EQ(family->family, stun::AddressFamily::Ipv4);
}

TEST(Servers, AreAskedFromBasesOfTheirFamily) {
  World world(kOneFamily);
  const Endpoint v6 = at("[2001:db8::53]:3478");
  world.sites[kServer];
  world.sites[v6];
  world.add_base(kBase);
  world.add_base(at("[2001:db8::1]:5000"));
  world.add_base(at("127.0.0.1:5000"));
  world.add_base(at("[fe80::1]:5000"));
  Server both = udp(kServer);
  both.endpoints = {v6, kServer};
  world.ways.add_server(world.now, both);
  world.run(1s);
  EXPECT_THAT(world.sessions, SizeIs(2));
  for (const auto& session : world.sessions)
    EXPECT_EQ(session->path.local.address.is_v6(), session->site.address.is_v6());
}

TEST(Servers, UnderTwoNamesAreOne) {
  World world(kOneFamily);
  world.sites[kServer];
  world.add_base(kBase);
  Server other_name = udp();
  other_name.url = "turn:another.example.org";
  const ServerId id = world.ways.add_server(world.now, udp());
  EXPECT_NE(world.ways.add_server(world.now, other_name), id);
  EXPECT_EQ(world.ways.add_server(world.now, udp()), id);
  world.run(1s);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
}

// RFC 8656 §7.2: another user on an allocation is 441, so new credentials are a new allocation,
// beside the old one until that is not needed.
TEST(Servers, WithNewCredentialsAreANewAllocation) {
  World world(kOneFamily);
  world.sites[kServer];
  world.add_base(kBase);
  const ServerId old_id = world.ways.add_server(world.now, udp());
  world.run(1s);
  world.sites[kServer].options.username = "user2";
  world.sites[kServer].options.password = "secret2";
  Server renewed = udp();
  renewed.username = "user2";
  renewed.password = "secret2";
  world.ways.add_server(world.now, renewed);
  world.run(1s);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(2));
  EXPECT_THAT(world.allocations(), SizeIs(2));
  world.ways.remove_server(world.now, old_id);
  world.run(1s);
  ASSERT_THAT(world.allocations(), SizeIs(1));
  EXPECT_EQ(world.allocations()[0]->server.options.username, "user2");
  EXPECT_THAT(world.all<Lost>(), IsEmpty());
}

// A server could make us announce an address that is ours already.
TEST(Relays, AreNotABaseOfOurs) {
  World world(kOneFamily);
  world.has_own_relays = false;
  world.sites[kServer].options.relayed = kOtherBase;
  world.add_base(kBase);
  world.add_base(kOtherBase);
  world.ways.add_server(world.now, udp());
  world.run(1min);
  EXPECT_THAT(world.all<Relayed>(), IsEmpty());
  const auto failed = [](const Endpoint& base) {
    return ServerFailed{udp().url, base, 701, "The server named an address that can not be used."};
  };
  EXPECT_THAT(world.all<ServerFailed>(), UnorderedElementsAre(failed(kBase), failed(kOtherBase)));
  EXPECT_THAT(world.allocations(), IsEmpty());
  EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
}

TEST(Relays, AreNotThoseOfAnotherServer) {
  World world(kOneFamily);
  world.has_own_relays = false;
  world.sites[kServer];
  world.sites[kOther];
  world.add_base(kBase);
  world.ways.add_server(world.now, udp(kServer));
  world.run(1s);
  world.ways.add_server(world.now, udp(kOther));
  world.run(1min);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(1));
  EXPECT_THAT(world.all<ServerFailed>(), ElementsAre(Field(&ServerFailed::url, udp(kOther).url)));
  ASSERT_THAT(world.allocations(), SizeIs(1));
  EXPECT_EQ(world.allocations()[0]->site, kServer);
}

TEST(Limits, AreReachedAndHold) {
  World world(kOneFamily);
  for (std::uint16_t i = 0; i < Ways::kMaxBases + 3; ++i)
    world.add_base({kBase.address, static_cast<std::uint16_t>(1000 + i)});
  EXPECT_EQ(world.ways.counters().refused, 3u);
  for (std::uint16_t i = 0; i < Ways::kMaxServers + 2; ++i) {
    const Endpoint server{kServer.address, static_cast<std::uint16_t>(3000 + i)};
    world.sites[server].options.relayed.port = static_cast<std::uint16_t>(20000 + 200 * i);
    world.ways.add_server(world.now, udp(server));
  }
  for (std::uint8_t i = 0; i < Ways::kMaxPeers + 1; ++i)
    world.ways.permit(world.now, IpAddress::v4({203, 0, 113, i}));
  world.run(1s);
  EXPECT_THAT(world.all<Relayed>(), SizeIs(Ways::kMaxRelays));
  EXPECT_EQ(world.ways.counters().refused,
            3 + 2 + 1 + Ways::kMaxBases * Ways::kMaxServers - Ways::kMaxRelays);
  world.ways.close(world.now);
  world.run(1s);
  EXPECT_TRUE(world.ways.is_over());
  EXPECT_THAT(world.allocations(), IsEmpty());
}

}  // namespace
}  // namespace specter::ways
