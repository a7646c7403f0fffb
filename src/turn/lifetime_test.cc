// How an allocation lives and ends, and who cannot end it.
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

Fault refused(std::uint16_t code) { return {Reason::Refused, code}; }

// Before the end, and not much more often than that.
TEST(Refresh, ComesBeforeTheEnd) {
  for (const std::uint32_t lifetime : {1u, 2u, 10u, 120u, 600u, 3600u}) {
    Pair pair({.lifetime = lifetime});
    ASSERT_TRUE(pair.allocate()) << lifetime;
    pair.run(std::chrono::seconds(20 * lifetime));
    EXPECT_EQ(pair.client.state(), Client::State::Allocated) << lifetime;
    EXPECT_TRUE(pair.server.allocation_until) << lifetime;
    EXPECT_LE(pair.server.requests[Method::Refresh], 65) << lifetime;
  }
}

// A server that grants a hundred years may forget us sooner.
TEST(Refresh, ComesEachHourHoweverLongTheLifetime) {
  Pair pair({.lifetime = 0xffffffff});
  ASSERT_TRUE(pair.allocate());
  pair.run(10h);
  EXPECT_GE(pair.server.requests[Method::Refresh], 10);
  EXPECT_LE(pair.server.requests[Method::Refresh], 12);
}

TEST(Refresh, IsTriedAgainUntilTheEnd) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  pair.server.is_deaf = true;
  pair.run(594s);
  EXPECT_EQ(pair.client.state(), Client::State::Allocated);
  pair.run(2s);
  EXPECT_THAT(pair.all<Lost>(), ElementsAre(Lost{{Reason::Silent, 0}}));
  EXPECT_GT(pair.server.requests[Method::Refresh], 12);
  EXPECT_EQ(pair.client.next_timeout(), std::nullopt);
}

TEST(Refresh, ThatIsRefusedForAWhileIsTriedAgain) {
  for (const std::uint16_t code : {403, 500, 486}) {
    Pair pair;
    ASSERT_TRUE(pair.allocate());
    pair.server.tricks[Method::Refresh] = {.code = code, .times = 5};
    pair.run(1h);
    EXPECT_EQ(pair.client.state(), Client::State::Allocated) << code;
    EXPECT_EQ(pair.server.refusals[code], 5);
  }
}

// 437 to a refresh.
TEST(Refresh, OfWhatIsGoneSaysSo) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  pair.server.allocation_until.reset();
  pair.run(10min);
  EXPECT_THAT(pair.all<Lost>(), ElementsAre(Lost{refused(437)}));
}

// A server that was started anew knows neither nonces nor allocations. Whichever request meets it
// first, a refresh follows, and the loss is told in seconds.
TEST(Restart, IsNoticedByTheNextRequest) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  pair.server.restart();
  ASSERT_TRUE(pair.client.bind(pair.now, kOtherPeer));
  pair.run(10s);
  EXPECT_THAT(pair.all<Lost>(), ElementsAre(Lost{refused(437)}));
}

// Some servers are silent then: the loss is told when the lifetime is over.
TEST(Restart, OfASilentServerIsNoticedAtTheEnd) {
  Pair pair({.silent_without_allocation = true});
  ASSERT_TRUE(pair.allocate());
  pair.server.restart();
  pair.run(601s);
  EXPECT_EQ(pair.all<Lost>().size(), 1u);
}

// docs/failures.md row 27: at whatever message the server restarts, there is one word about it, and
// a new machine on a new port has an allocation again.
TEST(Restart, AtEachMessageEndsInOneEvent) {
  for (int k = 1; k < 40; ++k) {
    Pair pair({}, {}, static_cast<std::uint64_t>(k));
    int seen = 0;
    pair.on_request = [&](Bytes) {
      if (++seen == k) pair.server.restart();
    };
    pair.client.start(pair.now);
    EXPECT_TRUE(pair.client.bind(pair.now, kPeer));
    pair.run(2h);
    const std::size_t ends = pair.all<Lost>().size() + pair.all<Failed>().size();
    const bool lives = pair.client.state() == Client::State::Allocated;
    EXPECT_EQ(ends, lives ? 0u : 1u) << k;
  }
}

// A NAT that has given us another port: the server does not know who speaks, and what peers send
// goes where we were.
TEST(Silence, FindsOutThatNobodyKnowsUs) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  pair.server.restart();
  for (int i = 0; i < 11; ++i) {
    pair.say(kPeer, hex("01"));
    pair.run(100ms);
  }
  pair.run(10s);  // as any unsigned refusal
  EXPECT_THAT(pair.all<Lost>(), ElementsAre(Lost{refused(437)}));
}

TEST(Silence, IsBrokenByEachPeer) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  ASSERT_TRUE(pair.client.permit(pair.now, kOtherPeer.address));
  pair.run(1s);
  for (int i = 0; i < 100; ++i) {
    pair.say(kPeer, hex("01"));
    if (i % 5 == 0) pair.relay(kOtherPeer, hex("02"));
    pair.run(100ms);
  }
  EXPECT_EQ(pair.server.requests[Method::Refresh], 0);
  // Nor does anything follow from having nothing to say.
  pair.run(60s);
  EXPECT_EQ(pair.server.requests[Method::Refresh], 1);  // of what was said last
}

// Whose peer is gone asks ever more rarely.
TEST(Silence, OfAPeerThatIsGoneCostsFewRequests) {
  Pair pair({.lifetime = 3600});
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  for (int i = 0; i < 600; ++i) {
    pair.say(kPeer, hex("01"));
    pair.run(1s);
  }
  EXPECT_EQ(pair.client.state(), Client::State::Allocated);
  EXPECT_GT(pair.server.requests[Method::Refresh], 5);
  EXPECT_LT(pair.server.requests[Method::Refresh], 18);
}

TEST(Close, SaysGoodbyeFirst) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.client.close(pair.now);
  const auto first = pair.client.poll_transmit(pair.now);
  ASSERT_TRUE(first);
  const auto message = stun::Message::parse(first->bytes);
  EXPECT_EQ(message->method, Method::Refresh);
  EXPECT_EQ(message->get<stun::Lifetime>(), stun::Lifetime{0});
  EXPECT_FALSE(pair.client.poll_transmit(pair.now));
  pair.fly(first->bytes, true);
  pair.run(1s);
  EXPECT_EQ(pair.server.releases, 1);
  EXPECT_FALSE(pair.server.allocation_until);
  EXPECT_EQ(pair.all<Closed>().size(), 1u);
  pair.client.close(pair.now);
  EXPECT_EQ(pair.client.permit(pair.now, kPeer.address), std::unexpected(Refusal::Over));
}

// docs/failures.md row 28: three times at most, and nobody waits.
TEST(Close, IsSaidThreeTimesAtMost) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  pair.server.is_deaf = true;
  pair.client.close(pair.now);
  pair.run(3s);
  EXPECT_EQ(pair.server.requests[Method::Refresh], 3);
  EXPECT_EQ(pair.all<Closed>().size(), 1u);
  EXPECT_EQ(pair.client.next_timeout(), std::nullopt);
}

TEST(Close, GoesOnUnderANewNonce) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  pair.server.options.nonce_life = 1s;
  pair.run(2s);
  pair.client.close(pair.now);
  pair.settle();
  pair.run(1s);
  EXPECT_EQ(pair.server.refusals[438], 1);
  EXPECT_FALSE(pair.server.allocation_until);
}

// Whenever it is closed, nothing is left on the server.
TEST(Close, LeavesNothingWheneverItComes) {
  for (int k = 0; k < 120; ++k) {
    Pair pair;
    pair.client.start(pair.now);
    pair.run(k * 1ms);
    pair.client.close(pair.now);
    pair.settle();
    pair.run(60s);
    EXPECT_FALSE(pair.server.allocation_until) << k;
    EXPECT_EQ(pair.all<Closed>().size(), 1u) << k;
    EXPECT_EQ(pair.client.next_timeout(), std::nullopt) << k;
  }
}

TEST(Close, BeforeTheStartIsAllThereIs) {
  Pair pair;
  pair.client.close(pair.now);
  pair.run(1s);
  EXPECT_THAT(pair.events, ElementsAre(Client::Event(Closed{})));
  EXPECT_EQ(pair.transmits, 0);
}

TEST(Disconnect, LosesTheAllocation) {
  Pair pair({}, {.path = {.protocol = Protocol::Tcp}});
  ASSERT_TRUE(pair.allocate());
  pair.client.handle_disconnect(pair.now);
  pair.run(1s);
  EXPECT_THAT(pair.all<Lost>(), ElementsAre(Lost{{Reason::Disconnected, 0}}));
}

// Over UDP a NAT hears something each twenty seconds; a stream needs nothing.
TEST(Keepalive, IsForUdpAlone) {
  Pair udp, tcp({}, {.path = {.protocol = Protocol::Tcp}});
  ASSERT_TRUE(udp.allocate() && tcp.allocate());
  udp.run(300s);
  tcp.run(300s);
  EXPECT_GE(udp.server.keepalives, 13);
  EXPECT_LE(udp.server.keepalives, 15);
  EXPECT_EQ(tcp.server.keepalives, 0);
  EXPECT_EQ(udp.server.nonsense, 0);
}

// docs/failures.md row 24: each of the four kinds of requests, in whichever
// the nonce has become stale.
TEST(StaleNonce, IsFollowedInEveryRequest) {
  Pair pair({.stale_each_time = true});
  ASSERT_TRUE(pair.allocate());
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  ASSERT_TRUE(pair.client.bind(pair.now, kOtherPeer));
  pair.run(2h);
  EXPECT_EQ(pair.all<ChannelBound>().size(), 1u);
  EXPECT_EQ(pair.all<Permitted>().size(), 2u);
  EXPECT_TRUE(pair.server.allocation_until);
  EXPECT_GT(pair.server.refusals[438], 40);
  pair.client.close(pair.now);
  pair.settle();
  pair.run(1s);
  EXPECT_FALSE(pair.server.allocation_until);
}

// A count a request, and none of them a loop.
TEST(StaleNonce, TooOftenEndsTheRequestAlone) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  pair.server.options.nonce_life = 1ns;  // none lives until it comes back
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  const int before = pair.transmits;
  pair.run(30s);
  EXPECT_LE(pair.transmits - before, 20);
  EXPECT_EQ(pair.client.state(), Client::State::Allocated);
  pair.server.options.nonce_life = 600s;
  pair.run(60s);
  EXPECT_EQ(pair.all<Permitted>().size(), 1u);
}

stun::Message parsed(Bytes request) { return *stun::Message::parse(request); }

Buffer forged_challenge(const stun::Message& request, std::uint16_t code,
                        const std::string& nonce) {
  return stun::MessageWriter(stun::Class::ErrorResponse, request.method, request.id)
      .add(stun::ErrorCode{code, "forged"})
      .add(stun::Realm{"example.org"})
      .add(stun::Nonce{nonce})
      .finish();
}

// Somebody on the path answers each request before the server does, without the password. None of
// his refusals ends what is good.
TEST(Forger, WithEveryRefusalEndsNothing) {
  for (const std::uint16_t code : {300, 400, 401, 403, 437, 438, 441, 486, 508}) {
    Pair pair({}, {}, code);
    ASSERT_TRUE(pair.allocate());
    ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
    int count = 0;
    pair.on_request = [&](Bytes bytes) {
      const auto message = stun::Message::parse(bytes);
      if (!message || message->cls != stun::Class::Request) return;
      pair.inject(forged_challenge(*message, code, "forged" + std::to_string(++count)));
    };
    pair.run(3h);
    EXPECT_EQ(pair.client.state(), Client::State::Allocated) << code;
    EXPECT_EQ(pair.all<ChannelBound>().size(), 1u) << code;
    EXPECT_THAT(pair.all<ChannelRefused>(), IsEmpty()) << code;
    EXPECT_THAT(pair.all<PermissionRefused>(), IsEmpty()) << code;
    EXPECT_TRUE(pair.server.allocation_until) << code;
  }
}

// He has the nonces on his side: those of the server go stale, his are never any good.
TEST(Forger, WithStaleNoncesEndsNothing) {
  for (const std::uint16_t code : {401, 438}) {
    Pair pair({.nonce_life = 100s}, {}, code);
    ASSERT_TRUE(pair.allocate());
    ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
    int count = 0;
    pair.on_request = [&](Bytes bytes) {
      const auto message = stun::Message::parse(bytes);
      if (!message || message->cls != stun::Class::Request) return;
      pair.inject(forged_challenge(*message, code, "forged" + std::to_string(++count)));
    };
    pair.run(3h);
    EXPECT_EQ(pair.client.state(), Client::State::Allocated) << code;
    EXPECT_TRUE(pair.server.channels.contains(0x4000)) << code;
  }
}

// What a signed answer was asked with is used on, not what somebody said in between.
TEST(Forger, LeavesNoNonceBehind) {
  Pair pair;
  ASSERT_TRUE(pair.allocate());
  pair.on_request = [&](Bytes bytes) {
    pair.inject(forged_challenge(parsed(bytes), 438, "forged"));
  };
  ASSERT_TRUE(pair.client.permit(pair.now, kPeer.address));
  pair.run(1s);
  pair.on_request = {};
  const auto before = pair.client.counters().requests.challenges;
  ASSERT_TRUE(pair.client.permit(pair.now, kOtherPeer.address));
  pair.run(1s);
  EXPECT_EQ(pair.all<Permitted>().size(), 2u);
  EXPECT_EQ(pair.client.counters().requests.challenges, before);
}

TEST(Forger, OfSuccessesIsNotBelieved) {
  Pair pair;
  pair.on_request = [&](Bytes bytes) {
    const auto request = parsed(bytes);
    if (!request.has(stun::AttributeType::MessageIntegrity)) return;
    stun::MessageWriter bare(stun::Class::SuccessResponse, request.method, request.id);
    bare.add(stun::XorRelayedAddress{at("6.6.6.6:6")}).add(stun::Lifetime{600});
    pair.inject(bare.finish());
    stun::MessageWriter wrong(stun::Class::SuccessResponse, request.method, request.id);
    wrong.add(stun::XorRelayedAddress{at("6.6.6.6:6")}).add(stun::Lifetime{600});
    pair.inject(wrong.integrity(hex("00 01 02")).finish());
  };
  ASSERT_TRUE(pair.allocate());
  EXPECT_EQ(pair.client.relayed(), pair.server.options.relayed);
  EXPECT_EQ(pair.client.counters().requests.bad_answers, 2u);
}

// RFC 8489 §9.2.5: when nothing but forgeries came, that is what is said; over a stream at once.
TEST(Forger, WhoIsTheOnlyOneToAnswerIsNamed) {
  for (const Protocol protocol : {Protocol::Udp, Protocol::Tcp}) {
    Pair pair({}, {.path = {.protocol = protocol}});
    pair.on_request = [&](Bytes bytes) {
      const auto request = parsed(bytes);
      if (!request.has(stun::AttributeType::MessageIntegrity)) return;
      pair.server.is_deaf = true;
      pair.inject(stun::MessageWriter(stun::Class::SuccessResponse, request.method, request.id)
                      .integrity(hex("00"))
                      .finish());
    };
    pair.client.start(pair.now);
    pair.run(protocol == Protocol::Udp ? 60s : 1s);
    EXPECT_THAT(pair.all<Failed>(), ElementsAre(Failed{{Reason::Forged, 0}}));
  }
}

TEST(Liar, WithOtherTransactionsMethodsOrAddressesIsNotHeard) {
  Pair pair;
  pair.server.is_deaf = true;
  pair.on_request = [&](Bytes bytes) {
    auto request = parsed(bytes);
    pair.inject(forged_challenge(request, 401, "n"), at("192.0.2.53:3479"));
    pair.inject(forged_challenge(request, 401, "n"), at("192.0.2.99:3478"));
    auto other = request;
    other.method = Method::Refresh;
    pair.inject(forged_challenge(other, 401, "n"));
    other = request;
    other.id.bytes[0] ^= 1;
    pair.inject(forged_challenge(other, 401, "n"));
  };
  pair.client.start(pair.now);
  pair.run(2s);
  EXPECT_EQ(pair.client.counters().requests.challenges, 0u);
  EXPECT_EQ(pair.client.state(), Client::State::Allocating);
}

// docs/failures.md row 25 and more: a day on one allocation over a bad path, with nonces that go
// stale each five minutes. Nothing that was permitted is ever refused once it was granted.
TEST(Day, WithThirtyPercentLossAndReordering) {
  Pair pair({.nonce_life = 300s}, {}, 7);
  pair.loss = 0.3;
  pair.latency = 40ms;
  pair.jitter = 200ms;
  pair.client.start(pair.now);
  ASSERT_TRUE(pair.client.bind(pair.now, kPeer));
  ASSERT_TRUE(pair.client.permit(pair.now, kOtherPeer.address));
  pair.run(60s);
  ASSERT_EQ(pair.client.state(), Client::State::Allocated);
  int missing = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    pair.run(60s);
    missing += !pair.server.permissions.contains(kPeer.address) ||
               !pair.server.permissions.contains(kOtherPeer.address) ||
               !pair.server.channels.contains(0x4000);
    ASSERT_EQ(pair.client.state(), Client::State::Allocated) << minute;
  }
  EXPECT_EQ(missing, 0);
  EXPECT_GT(pair.server.refusals[438], 200);
  EXPECT_EQ(pair.server.refusals[400], 0);
  EXPECT_LT(pair.transmits, 24 * 3600 / 8);
}

// The same inputs and seed, the same bytes.
TEST(Day, IsTheSameTwice) {
  const auto run = [] {
    Pair pair({.nonce_life = 100s}, {}, 3);
    pair.loss = 0.2;
    std::vector<Buffer> seen;
    pair.on_request = [&](Bytes bytes) { seen.push_back(to_buffer(bytes)); };
    pair.client.start(pair.now);
    (void)pair.client.bind(pair.now, kPeer);
    pair.run(1h);
    return seen;
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace specter::turn
