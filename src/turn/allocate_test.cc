// How an allocation begins, or does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "turn/testing/pair.h"

namespace specter::turn {
namespace {

using stun::Method;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Fault refused(std::uint16_t code) { return {Reason::Refused, code}; }

TEST(Allocate, TakesTwoRoundTrips) {
  Pair pair;
  pair.client.start(pair.now);
  pair.run(80ms);
  const Allocated right{at("198.51.100.7:49152"), at("203.0.113.5:40000"), 600s};
  EXPECT_THAT(pair.events, ElementsAre(Client::Event(right)));
  EXPECT_EQ(pair.client.relayed(), right.relayed);
  EXPECT_EQ(pair.server.requests[Method::Allocate], 2);
  EXPECT_EQ(pair.transmits, 2);
}

TEST(Allocate, AsksForAFamilyOnlyWhereOneIsWanted) {
  for (const auto family :
       {std::optional<stun::AddressFamily>(), std::optional(stun::AddressFamily::Ipv6)}) {
    Pair pair({.relayed = at("[2001:db8::7]:49152")}, {.family = family});
    EXPECT_TRUE(pair.allocate());  // Without a wish, what came is taken
    const auto request = stun::Message::parse(pair.server.request_bytes[Method::Allocate]);
    EXPECT_EQ(request->get<stun::RequestedTransport>()->protocol, 17);
    const auto asked = request->get<stun::RequestedAddressFamily>();
    EXPECT_EQ(asked.has_value(), family.has_value());
    if (asked) {
      EXPECT_EQ(asked->family, *family);
    }
  }
}

TEST(Allocate, WorksWithEachAlgorithmAndHiddenNames) {
  using enum TestServer::Algorithms;
  for (const auto algorithms : {None, Md5, Sha256}) {
    for (const bool hides : {false, true}) {
      Pair pair({.algorithms = algorithms, .hides_usernames = hides});
      EXPECT_TRUE(pair.allocate());
      const auto request = stun::Message::parse(pair.server.request_bytes[Method::Allocate]);
      EXPECT_EQ(request->has(stun::AttributeType::MessageIntegritySha256), algorithms != None);
      EXPECT_EQ(request->has(stun::AttributeType::Username), !hides);
    }
  }
}

// An answer is lost: the request is sent again under the same transaction, RFC 8489 §6.2.1, so the
// server has one allocation and says so again.
TEST(Allocate, IsSentAgainAsTheSameTransaction) {
  Pair pair;
  pair.client.start(pair.now);
  pair.run(60ms);  // the second request has arrived
  ASSERT_TRUE(pair.server.allocation_until);
  pair.flying.clear();
  pair.run(2s);
  EXPECT_EQ(pair.client.state(), Client::State::Allocated);
  EXPECT_EQ(pair.server.refusals[437], 0);
}

TEST(Allocate, WithoutAnAnswerFailsAfterRfc8489sTime) {
  Pair pair;
  pair.server.is_deaf = true;
  pair.client.start(pair.now);
  pair.run(39s);
  EXPECT_THAT(pair.events, IsEmpty());
  EXPECT_EQ(pair.server.requests[Method::Allocate], 7);
  pair.run(1s);
  EXPECT_THAT(pair.all<Failed>(), ElementsAre(Failed{{Reason::Silent, 0}}));
  EXPECT_EQ(pair.client.next_timeout(), std::nullopt);
}

TEST(Allocate, OverAStreamIsSentOnce) {
  Pair pair({}, {.path = {.protocol = Protocol::Tcp}});
  pair.server.is_deaf = true;
  pair.client.start(pair.now);
  pair.run(7800ms);
  EXPECT_THAT(pair.events, IsEmpty());
  pair.run(200ms);
  EXPECT_THAT(pair.all<Failed>(), ElementsAre(Failed{{Reason::Silent, 0}}));
  EXPECT_EQ(pair.server.requests[Method::Allocate], 1);
}

// The owner's budget for a dead server may be shorter.
TEST(Allocate, FollowsTheOwnersSchedule) {
  Pair pair({}, {.schedule = {500ms, 4, 2}});
  pair.server.is_deaf = true;
  pair.client.start(pair.now);
  pair.run(5s);
  EXPECT_THAT(pair.all<Failed>(), ElementsAre(Failed{{Reason::Silent, 0}}));
}

TEST(Allocate, EachRefusalHasItsCodeASentenceAndACure) {
  const std::map<std::uint16_t, Cure> cures{
      {403, Cure::None},  {420, Cure::None},  {437, Cure::NewPort}, {440, Cure::None},
      {441, Cure::None},  {442, Cure::None},  {443, Cure::None},    {486, Cure::Later},
      {500, Cure::Again}, {508, Cure::Later}, {699, Cure::Again}};
  for (const auto& [code, cure] : cures) {
    Pair pair;
    pair.server.tricks[Method::Allocate] = {.code = code};
    EXPECT_FALSE(pair.allocate());
    ASSERT_THAT(pair.events, ElementsAre(Client::Event(Failed{refused(code)}))) << code;
    EXPECT_FALSE(refused(code).sentence().empty());
    EXPECT_EQ(refused(code).cure(), cure) << code;
    EXPECT_EQ(pair.client.state(), Client::State::Over);
  }
}

// A port that has an allocation already, as coturn says it, without integrity.
TEST(Allocate, OnAPortWithAnAllocationNeedsANewPort) {
  Pair pair;
  pair.server.allocation_until = pair.now + 600s;
  EXPECT_FALSE(pair.allocate());
  EXPECT_THAT(pair.all<Failed>(), ElementsAre(Failed{refused(437)}));
  EXPECT_EQ(refused(437).cure(), Cure::NewPort);
}

TEST(Allocate, WithWrongCredentialsFailsOnce) {
  Pair pair({}, {.password = "wrong"});
  pair.client.start(pair.now);
  pair.run(10s);
  EXPECT_THAT(pair.events, ElementsAre(Client::Event(Failed{refused(401)})));
  // Once more before the refusal was believed: the request goes on while a signed answer may come.
  EXPECT_LE(pair.server.requests[Method::Allocate], 3);
}

// A server that asks nobody is one for whoever has no password; whoever has one wants its proof.
TEST(Allocate, WithoutAnyPasswordIsForThoseWhoHaveNone) {
  Pair open({.asks_nobody = true});
  ASSERT_TRUE(open.allocate());
  ASSERT_TRUE(open.client.bind(open.now, kPeer));
  open.run(1h);
  EXPECT_EQ(open.all<ChannelBound>().size(), 1u);

  Pair wary;
  wary.server.options.asks_nobody = true;
  wary.client.start(wary.now);
  wary.run(60s);
  EXPECT_THAT(wary.all<Failed>(), ElementsAre(Failed{{Reason::Forged, 0}}));
}

// A server that names another realm each time leads nobody on for ever.
TEST(Allocate, FollowsAFewRealmsAndNoMore) {
  Pair pair({}, {.password = "wrong"});
  int count = 0;
  pair.on_request = [&](Bytes) { pair.server.options.realm = "realm" + std::to_string(++count); };
  pair.client.start(pair.now);
  pair.run(60s);
  EXPECT_EQ(pair.all<Failed>().size(), 1u);
  EXPECT_EQ(pair.client.counters().requests.challenges, Requests::kMaxChallenges);
}

TEST(Allocate, WithoutANonceInTheChallengeFails) {
  Pair pair;
  pair.server.tricks[Method::Allocate] = {};
  pair.server.is_deaf = true;
  pair.on_request = [&](Bytes bytes) {
    const auto request = stun::Message::parse(bytes);
    pair.server.out.push_back(
        stun::MessageWriter(stun::Class::ErrorResponse, Method::Allocate, request->id)
            .add(stun::ErrorCode{401, ""})
            .add(stun::Realm{"r"})
            .finish());
  };
  pair.client.start(pair.now);
  pair.run(1s);
  EXPECT_THAT(pair.all<Failed>(), ElementsAre(Failed{{Reason::Malformed, 401}}));
}

// RFC 8489 §10, as an event; where to go is the owner's decision.
TEST(Allocate, TellsOfAnAlternateServer) {
  Pair pair;
  pair.server.tricks[Method::Allocate] = {.code = 300, .alternate = at("192.0.2.54:3479")};
  EXPECT_FALSE(pair.allocate());
  EXPECT_THAT(pair.events, ElementsAre(Client::Event(Redirected{at("192.0.2.54:3479")})));
  EXPECT_EQ(pair.client.state(), Client::State::Over);
}

// docs/failures.md row 31
TEST(Allocate, DoesNotGoInCirclesOrNowhere) {
  struct Row {
    std::optional<Endpoint> alternate;
    std::vector<Endpoint> visited;
    Reason reason;
  };
  const std::vector<Row> rows{
      {kServerAt, {}, Reason::TooManyHops},
      {at("192.0.2.54:1"), {at("192.0.2.54:1")}, Reason::TooManyHops},
      {at("192.0.2.54:1"),
       {at("192.0.2.55:1"), at("192.0.2.56:1"), at("192.0.2.57:1")},  // kMaxHops
       Reason::TooManyHops},
      {at("[2001:db8::1]:1"), {}, Reason::BadAddress},  // another family
      {at("127.0.0.1:3478"), {}, Reason::BadAddress},
      {at("192.0.2.54:0"), {}, Reason::BadAddress},
      {std::nullopt, {}, Reason::Malformed},
  };
  for (const Row& row : rows) {
    Pair pair({}, {.visited = row.visited});
    pair.server.tricks[Method::Allocate] = {.code = 300, .alternate = row.alternate};
    EXPECT_FALSE(pair.allocate());
    EXPECT_THAT(pair.events, ElementsAre(Client::Event(Failed{{row.reason, 300}})));
  }
}

// A server could make us announce anything. RFC 8656 §7.3 for the family.
TEST(Allocate, RefusesRelayedAddressesThatNobodyCouldUse) {
  struct Row {
    Endpoint relayed;
    std::optional<stun::AddressFamily> family;
  };
  const std::vector<Row> rows{{at("0.0.0.0:9"), {}},
                              {at("224.0.0.1:9"), {}},
                              {at("255.255.255.255:9"), {}},
                              {at("127.0.0.1:9"), {}},
                              {at("[::1]:9"), {}},
                              {at("[::ffff:192.0.2.1]:9"), {}},
                              {at("198.51.100.7:0"), {}},
                              {kClientAt, {}},
                              {at("203.0.113.5:40000"), {}},  // where the server sees us
                              {at("198.51.100.7:9"), stun::AddressFamily::Ipv6},
                              {at("[2001:db8::7]:9"), stun::AddressFamily::Ipv4},
                              {at("[::198.51.100.7]:9"), stun::AddressFamily::Ipv6}};
  for (const Row& row : rows) {
    Pair pair({.relayed = row.relayed}, {.family = row.family});
    EXPECT_FALSE(pair.allocate());
    EXPECT_THAT(pair.events, ElementsAre(Client::Event(Failed{{Reason::BadAddress, 0}}),
                                         Client::Event(Closed{})))
        << row.relayed.to_string();
    EXPECT_EQ(pair.server.releases, 1);  // it is given back
  }
  Pair pair({.relayed = at("127.0.0.1:9")}, {.loopback = net::LoopbackPolicy::Allow});
  EXPECT_TRUE(pair.allocate());
}

TEST(Allocate, DoesWithoutAMappedAddressThatIsNone) {
  Pair pair({.mapped = at("0.0.0.0:0")});
  ASSERT_TRUE(pair.allocate());
  EXPECT_EQ(pair.all<Allocated>().front().mapped, std::nullopt);
}

TEST(Allocate, OfNoTimeIsNone) {
  Pair pair({.lifetime = 0});
  EXPECT_FALSE(pair.allocate());
  EXPECT_EQ(pair.all<Failed>().front().fault.reason, Reason::Malformed);
}

// What is told to people has neither names nor addresses in it.
TEST(Allocate, SentencesAreOurs) {
  for (std::uint16_t code = 300; code < 700; ++code) {
    const std::string_view sentence = refused(code).sentence();
    EXPECT_TRUE(sentence.ends_with(".")) << code;
    EXPECT_EQ(sentence.find("user"), code == 486 ? sentence.find("user") : std::string::npos);
  }
  for (int reason = 0; reason <= static_cast<int>(Reason::Disconnected); ++reason) {
    const Fault fault{static_cast<Reason>(reason), 0};
    EXPECT_TRUE(fault.sentence().ends_with("."));
  }
}

TEST(Allocate, EndsWithTheConnection) {
  Pair pair({}, {.path = {.protocol = Protocol::Tcp}});
  pair.client.start(pair.now);
  pair.client.handle_disconnect(pair.now);
  pair.run(10s);
  EXPECT_THAT(pair.events, ElementsAre(Client::Event(Failed{{Reason::Disconnected, 0}})));
}

}  // namespace
}  // namespace specter::turn
