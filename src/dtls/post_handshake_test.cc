// What comes after the handshake, of peers that do what ours never does. RFC 8446 §4.6, RFC 9147
// §8; RFC 5746.
#include "dtls/testing/insider.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Of the next message: after ServerHello … Finished, and ClientHello … Finished.
std::uint16_t next_seq(Role from) { return from == Role::Server ? 6 : 4; }
Buffer key_update(Role from, bool requested, std::uint16_t later = 0) {
  return whole(HandshakeType::KeyUpdate, static_cast<std::uint16_t>(next_seq(from) + later),
               body_of(KeyUpdate{requested}));
}

void expect_data_both_ways(Ends& ends) {
  ends.pair.events_a.clear();
  ends.pair.events_b.clear();
  ASSERT_TRUE(ends.client.send(as_bytes("to server")));
  ASSERT_TRUE(ends.server.send(as_bytes("to client")));
  ends.pair.run_for(1s);
  EXPECT_THAT(texts(ends.pair.events_a), ElementsAre("to client"));
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("to server"));
}

class EachRole : public ::testing::TestWithParam<Role> {};
INSTANTIATE_TEST_SUITE_P(Roles, EachRole, ::testing::Values(Role::Client, Role::Server),
                         [](const auto& parameter) {
                           return parameter.param == Role::Client ? "Client" : "Server";
                         });

// ---- key updates

TEST(KeyUpdates, TenThousandRecordsRenewTheKeysAHundredTimes) {
  for (const double loss : {0.0, 0.2}) {
    auto client = config_for(Role::Client, Version::Dtls13);
    client.records_a_key = 100;
    Ends ends({.latency = 1ms, .jitter = loss > 0 ? 4ms : 0ms, .loss = 0, .seed = 5}, 1, client,
              config_for(Role::Server, Version::Dtls13));
    ASSERT_TRUE(ends.connect());
    ends.pair.to_b().options().loss = ends.pair.to_a().options().loss = loss;
    for (int i = 0; i < 10'000; ++i) {
      ASSERT_TRUE(ends.client.send(as_bytes(std::to_string(i))));
      if (i % 10 == 9) ends.pair.run_for(2ms);
    }
    ends.pair.run_for(5s);
    const std::size_t received = texts(ends.pair.events_b).size();
    if (loss > 0) {
      // What was lost is lost; nothing else is.
      EXPECT_GT(received, 7'800u);
    } else {
      EXPECT_EQ(received, 10'000u);
    }
    EXPECT_LE(ends.server.counters().records_dropped, 100u);
    ends.pair.to_b().options().loss = ends.pair.to_a().options().loss = 0;
    expect_data_both_ways(ends);
  }
}

TEST(KeyUpdates, BothMayRenewAtTheSameTime) {
  auto client = config_for(Role::Client, Version::Dtls13);
  auto server = config_for(Role::Server, Version::Dtls13);
  client.records_a_key = server.records_a_key = 50;
  Ends ends({.latency = 5ms, .jitter = 3ms, .seed = 3}, 1, client, server);
  ASSERT_TRUE(ends.connect());
  ends.pair.run_for(100ms);
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(ends.client.send(as_bytes("x")));
    ASSERT_TRUE(ends.server.send(as_bytes("y")));
    if (i % 10 == 9) ends.pair.run_for(5ms);
  }
  ends.pair.run_for(1s);
  EXPECT_EQ(texts(ends.pair.events_a).size(), 2'000u);
  EXPECT_EQ(texts(ends.pair.events_b).size(), 2'000u);
}

// RFC 9147 §8: the sender goes on with the old keys until it is acknowledged, and so do those who
// wait for a record that is late.
TEST(KeyUpdates, RecordsOfTheKeysBeforeAreStillRead) {
  Insider insider(Version::Dtls13);
  ASSERT_TRUE(insider.connect());
  const Buffer late = insider.forge(Role::Server, ContentType::ApplicationData, as_bytes("late"));
  insider.send_as(Role::Server, ContentType::Handshake, key_update(Role::Server, false));
  insider.send_as(Role::Server, ContentType::ApplicationData, as_bytes("new"), 4);
  insider.ends.client.handle_datagram(insider.ends.pair.now(), late);
  insider.ends.pair.settle();
  EXPECT_THAT(texts(insider.ends.pair.events_a), ElementsAre("new", "late"));
  // After another update those are gone.
  const Buffer later = insider.forge(Role::Server, ContentType::ApplicationData, as_bytes("x"));
  insider.send_as(Role::Server, ContentType::Handshake, key_update(Role::Server, false, 1), 4);
  insider.send_as(Role::Server, ContentType::ApplicationData, as_bytes("newer"), 5);
  insider.ends.client.handle_datagram(insider.ends.pair.now(), later);
  insider.ends.pair.settle();
  EXPECT_THAT(texts(insider.ends.pair.events_a), ElementsAre("new", "late", "newer"));
}

// RFC 8446 §4.6.3.
TEST_P(EachRole, RenewsItsKeysWhenThePeerAsks) {
  const Role role = GetParam(), peer = other(role);
  Insider insider(Version::Dtls13);
  ASSERT_TRUE(insider.connect());
  std::vector<Buffer> sent;
  insider.filter = [&](bool from_a, Buffer& packet) {
    if (from_a == (role == Role::Client)) sent.push_back(packet);
    return true;
  };
  insider.send_as(peer, ContentType::Handshake, key_update(peer, true));
  // An acknowledgement, and an update of its own, with the keys that it still has.
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_THAT(insider.types(role, 3, sent[0]), ElementsAre(ContentType::Ack));
  EXPECT_THAT(insider.types(role, 3, sent[1]), ElementsAre(ContentType::Handshake));
  insider.ends.pair.run_for(1s);
  sent.clear();
  ASSERT_TRUE(insider.ends.of(role).send(as_bytes("with new keys")));
  insider.ends.pair.run_for(1s);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_THAT(insider.types(role, 4, sent[0]), ElementsAre(ContentType::ApplicationData));
  EXPECT_THAT(texts(insider.ends.events_of(peer)), ElementsAre("with new keys"));
  expect_data_both_ways(insider.ends);
}

TEST_P(EachRole, SaysAnUpdateAgainUntilItIsAcknowledged) {
  const Role role = GetParam(), peer = other(role);
  auto config = Insider::logging(role, Version::Dtls13);
  config.records_a_key = 10;
  auto other_config = Insider::logging(peer, Version::Dtls13);
  Insider insider(role == Role::Client ? config : other_config,
                  role == Role::Client ? other_config : config);
  ASSERT_TRUE(insider.connect());
  int acks = 0;
  insider.filter = [&](bool from_a, Buffer&) {
    return from_a == (role == Role::Client) || ++acks > 2;  // the peer's first ACKs are lost
  };
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(insider.ends.of(role).send(as_bytes("x")));
  insider.ends.pair.run_for(5s);
  EXPECT_EQ(texts(insider.ends.events_of(peer)).size(), 15u);
  EXPECT_EQ(acks, 3);
  expect_data_both_ways(insider.ends);
}

// ---- messages with no place, or no use

// RFC 9147 §7.1: acknowledged, since it has no other answer.
TEST(PostHandshake, ATicketIsAcknowledgedAndForgotten) {
  Insider insider(Version::Dtls13);
  ASSERT_TRUE(insider.connect());
  std::vector<Buffer> sent;
  insider.filter = [&](bool from_a, Buffer& packet) {
    if (from_a) sent.push_back(packet);
    return true;
  };
  // In two pieces.
  const Buffer ticket(300, 7);
  insider.send_as(Role::Server, ContentType::Handshake,
                  fragment(4, 300, next_seq(Role::Server), 0, Bytes(ticket).first(200)));
  insider.send_as(Role::Server, ContentType::Handshake,
                  fragment(4, 300, next_seq(Role::Server), 200, Bytes(ticket).subspan(200)));
  ASSERT_EQ(sent.size(), 2u);
  for (const Buffer& packet : sent)
    EXPECT_THAT(insider.types(Role::Client, 3, packet), ElementsAre(ContentType::Ack));
  // Its number is used up: the next message is the next.
  insider.send_as(Role::Server, ContentType::Handshake, key_update(Role::Server, false, 1));
  insider.send_as(Role::Server, ContentType::ApplicationData, as_bytes("new keys"), 4);
  EXPECT_THAT(texts(insider.ends.pair.events_a), ElementsAre("new keys"));
}

TEST_P(EachRole, AMessageThatHasNoPlaceEndsTheAssociation) {
  const Role role = GetParam(), peer = other(role);
  for (const auto& [type, body] :
       {std::pair{HandshakeType::CertificateRequest,
                  body_of(CertificateRequest{{1}, {}, {0x0403}}, Version::Dtls13)},
        std::pair{HandshakeType::Finished, Buffer(32, 1)},
        std::pair{HandshakeType::ClientHello, Buffer(100, 1)},
        std::pair{HandshakeType{99}, Buffer(10, 1)}, std::pair{HandshakeType::KeyUpdate, Buffer{2}},
        std::pair{HandshakeType::KeyUpdate, Buffer{}}}) {
    SCOPED_TRACE(static_cast<int>(type));
    Insider insider(Version::Dtls13);
    ASSERT_TRUE(insider.connect());
    insider.send_as(peer, ContentType::Handshake, whole(type, next_seq(peer), body));
    EXPECT_THAT(closes(insider.ends.events_of(role)), ElementsAre(CloseReason::HandshakeFailed));
    insider.ends.pair.run_for(1s);
    EXPECT_THAT(closes(insider.ends.events_of(peer)), ElementsAre(CloseReason::PeerAlert));
  }
}

TEST_P(EachRole, AFloodOfPiecesIsBounded) {
  const Role role = GetParam(), peer = other(role);
  Insider insider(Version::Dtls13);
  ASSERT_TRUE(insider.connect());
  for (int i = 0; i < 2000; ++i) {
    insider.send_as(peer, ContentType::Handshake,
                    fragment(4, 0xffffff, static_cast<std::uint16_t>(next_seq(peer) + i % 10),
                             static_cast<std::uint32_t>(i), Buffer(50)));
  }
  EXPECT_TRUE(insider.ends.of(role).is_connected());
}

// RFC 8827 §6.5, RFC 5746 §4.5: said once, whoever asks.
TEST_P(EachRole, RenegotiationIsRefusedOver12) {
  const Role role = GetParam(), peer = other(role);
  Insider insider(Version::Dtls12);
  ASSERT_TRUE(insider.connect());
  std::vector<Buffer> sent;
  insider.filter = [&](bool from_a, Buffer& packet) {
    if (from_a != (role == Role::Client)) return true;
    sent.push_back(packet);
    return false;
  };
  const HandshakeType asks = role == Role::Client ? HandshakeType{0} : HandshakeType::ClientHello;
  for (int i = 0; i < 5; ++i)
    insider.send_as(peer, ContentType::Handshake, whole(asks, 7, Buffer(i == 0 ? 0 : 50)));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_THAT(insider.types(role, 1, sent[0]), ElementsAre(ContentType::Alert));
  insider.filter = nullptr;
  expect_data_both_ways(insider.ends);
}

// ---- alerts

TEST_P(EachRole, AlertsUnderKeysAreBelieved) {
  const Role peer = other(GetParam());
  struct Case {
    Alert alert;
    std::optional<CloseReason> over13, over12;
  };
  for (const Case& c : {Case{{false, 0}, CloseReason::CloseNotify, CloseReason::CloseNotify},
                        Case{{true, 0}, CloseReason::CloseNotify, CloseReason::CloseNotify},
                        Case{{true, 40}, CloseReason::PeerAlert, CloseReason::PeerAlert},
                        // RFC 8446 §6: a level says nothing in 1.3.
                        Case{{false, 40}, CloseReason::PeerAlert, std::nullopt},
                        Case{{false, 90}, std::nullopt, std::nullopt}}) {
    for (const Version version : {Version::Dtls13, Version::Dtls12}) {
      SCOPED_TRACE(std::string(to_string(version)) + " " + alert_name(c.alert.description));
      Insider insider(version);
      ASSERT_TRUE(insider.connect());
      insider.send_as(peer, ContentType::Alert, body_of(c.alert));
      const auto expected = version == Version::Dtls13 ? c.over13 : c.over12;
      EXPECT_EQ(closes(insider.ends.events_of(GetParam())),
                expected ? Closes{*expected} : Closes{});
    }
  }
}

TEST_P(EachRole, AMalformedAlertUnderKeysIsPassedOver) {
  for (const Version version : {Version::Dtls13, Version::Dtls12}) {
    Insider insider(version);
    ASSERT_TRUE(insider.connect());
    for (const Buffer& payload : {Buffer{}, Buffer{2}, Buffer{7, 40}, Buffer{2, 40, 0}})
      insider.send_as(other(GetParam()), ContentType::Alert, payload);
    EXPECT_THAT(closes(insider.ends.events_of(GetParam())), IsEmpty());
    expect_data_both_ways(insider.ends);
  }
}

// RFC 9147 §4.5.3 and RFC 8446 §5: of a kind that has no meaning under keys.
TEST_P(EachRole, RecordsOfOtherKindsUnderKeysAreDropped) {
  for (const Version version : {Version::Dtls13, Version::Dtls12}) {
    Insider insider(version);
    ASSERT_TRUE(insider.connect());
    const auto before = insider.ends.of(GetParam()).counters().records_dropped;
    for (const std::uint8_t type : {20, 24})
      insider.send_as(other(GetParam()), ContentType{type}, Buffer(10, 1));
    EXPECT_EQ(insider.ends.of(GetParam()).counters().records_dropped, before + 2);
    expect_data_both_ways(insider.ends);
  }
}

// Data with the handshake's keys: RFC 9147 §6.1.
TEST_P(EachRole, DataUnderTheHandshakesKeysIsDropped) {
  Insider insider(Version::Dtls13);
  ASSERT_TRUE(insider.connect());
  insider.send_as(other(GetParam()), ContentType::ApplicationData, as_bytes("no"), 2);
  EXPECT_THAT(texts(insider.ends.events_of(GetParam())), IsEmpty());
  expect_data_both_ways(insider.ends);
}

}  // namespace
}  // namespace specter::dtls
