// Our checks, their answers, and role conflicts, with a scripted peer. RFC 8445 §7.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using stun::AttributeType;
using ::testing::ElementsAre;
using enum IceConnectionState;

// ---- requests of ours

// RFC 8445 §7.1, §7.2.2
TEST(Checks, HaveWhatRfc8445Asks) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.learn_candidate();
  const auto sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].path.local, one.base);
  EXPECT_EQ(sent[0].path.remote, kPeer);
  const auto message = stun::Message::parse(sent[0].bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->get<stun::Username>(),
            stun::Username{"peer:" + one.agent->local_credentials().ufrag});
  EXPECT_EQ(message->get<stun::Priority>(),
            stun::Priority{candidate_priority(CandidateType::PeerReflexive, 65'534, 1)});
  EXPECT_TRUE(message->has(AttributeType::IceControlling));
  EXPECT_FALSE(message->has(AttributeType::IceControlled));
  EXPECT_FALSE(message->has(AttributeType::UseCandidate));
  EXPECT_TRUE(message->has(AttributeType::Fingerprint));
  EXPECT_TRUE(stun::has_integrity(sent[0].bytes, stun::short_term_key(one.peer.pwd)));
}

// RFC 8863: a path may start to work at any time.
TEST(Checks, AreRepeatedAtAFallingRateUntilTheEnd) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  one.agent->end_of_remote_candidates(one.now);
  std::vector<Duration> times;
  while (true) {
    if (!one.sent().empty()) times.push_back(one.now - kStart);
    const CandidatePairState state = one.agent->pair_stats()[0].state;
    if (one.now < kStart + 9s) {
      EXPECT_EQ(state, CandidatePairState::InProgress);
    }
    if (one.now > kStart + 15s && one.now < kStart + 39s) {
      EXPECT_EQ(state, CandidatePairState::Failed) << (one.now - kStart) / 1ms;
    }
    const Deadline next = one.agent->next_timeout();
    if (!next) break;
    ASSERT_GT(*next, one.now);
    one.pass(*next - one.now);
  }
  ASSERT_GE(times.size(), 8u);
  EXPECT_THAT(std::vector(times.begin(), times.begin() + 6),
              ElementsAre(0ms, 100ms, 300ms, 700ms, 1200ms, 1700ms));
  for (std::size_t i = 5; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], 500ms);
  EXPECT_EQ(one.now - kStart, 39'500ms);
  EXPECT_EQ(one.agent->connection_state(), Failed);
}

// Paths that open late, and how soon they are in use.
TEST(Checks, FindAPathThatOpensLate) {
  for (const Duration late : {8s, 15s, 25s, 38s}) {
    for (const bool is_ended : {true, false}) {
      for (std::uint8_t extra = 0; extra < 3; ++extra) {
        TwoAgents two;
        for (std::uint8_t i = 1; i <= extra; ++i) {
          two.alice.agent.add_local_endpoint(two.now(), {IpAddress::v4({10, 1, i, 1}), 5000});
          two.bob.agent.add_local_endpoint(two.now(), {IpAddress::v4({10, 1, i, 2}), 5000});
        }
        two.network.filter = [&](Flight&) { return two.now() >= kStart + late; };
        two.gather(two.alice, two.a);
        two.gather(two.bob, two.b);
        two.exchange_credentials();
        for (const Candidate& c : two.bob.agent.local_candidates())
          ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), c));
        for (const Candidate& c : two.alice.agent.local_candidates())
          ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), c));
        if (is_ended) {
          two.alice.agent.end_of_remote_candidates(two.now());
          two.bob.agent.end_of_remote_candidates(two.now());
        }
        two.network.run_for(late);
        EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s))
            << late / 1s << ' ' << int{extra};
      }
    }
  }
}

// Both behind one NAT that hairpins and has another port for each destination: each check comes
// from an address that is new, and is asked back at once, without an end. The path between their
// own addresses opens late, and must have its turn.
TEST(Checks, ThatCallEachOtherLeaveTurnsToTheRest) {
  const IpAddress outside = IpAddress::v4({203, 0, 113, 1});
  TwoAgents two;
  std::uint16_t port = 40'000;
  two.network.filter = [&](Flight& flight) {
    if (flight.to.address != outside) return two.now() >= kStart + 16s;
    flight.to = flight.from == two.a ? two.b : two.a;
    flight.from = {outside, ++port};
    return two.now() >= kStart + 8s;
  };
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  Candidate candidate = two.bob.agent.local_candidates()[0];
  for (std::uint8_t i = 0; i < 60; ++i) {
    candidate.endpoint = Endpoint{i == 30 ? outside : IpAddress::v4({198, 18, i, 1}), 6000};
    candidate.host = candidate.endpoint.address.to_string();
    ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), candidate));
  }
  two.exchange_candidates();
  two.network.run_for(16s);
  EXPECT_GT(port, 40'100) << "they do not call each other";
  EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 8s));
}

// With and without a way for the other side's checks before it.
TEST(Checks, AnAnswer35SecondsLateConnects) {
  for (const Role offerers : {Role::Controlling, Role::Controlled}) {
    for (const bool is_reachable : {true, false}) {
      TwoAgents two;
      two.network.filter = [&](Flight&) { return is_reachable || two.now() >= kStart + 35s; };
      two.alice.agent.set_role(offerers);
      two.bob.agent.set_role(offerers == Role::Controlling ? Role::Controlled : Role::Controlling);
      two.gather(two.alice, two.a);
      two.gather(two.bob, two.b);
      two.bob.agent.set_remote_credentials(two.now(), two.alice.agent.local_credentials());
      ASSERT_TRUE(
          two.bob.agent.add_remote_candidate(two.now(), two.alice.agent.local_candidates()[0]));
      two.bob.agent.end_of_remote_candidates(two.now());
      two.network.run_for(35s);
      EXPECT_EQ(two.alice.state(), New);
      EXPECT_EQ(two.bob.is_connected(), is_reachable);
      two.alice.agent.set_remote_credentials(two.now(), two.bob.agent.local_credentials());
      ASSERT_TRUE(
          two.alice.agent.add_remote_candidate(two.now(), two.bob.agent.local_candidates()[0]));
      EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s));
    }
  }
}

// There are peers that give all their candidates the same foundation.
TEST(Checks, OfOneFoundationWaitForEachOtherAShortTimeOnly) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  Candidate candidate = two.bob.agent.local_candidates()[0];
  for (std::uint8_t i = 1; i <= 8; ++i) {
    Candidate dead = candidate;
    dead.priority += i;
    dead.endpoint.address = IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(100 + i)});
    ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), dead));
  }
  ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), candidate));
  EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s));
}

// ---- responses

// docs/failures.md row 3
TEST(Responses, ThatAreForgedMakeNoPairValid) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  const std::string before = snapshot(*one.agent);

  one.receive(one.success(sent[0], "wrong password wrong password"));
  EXPECT_EQ(one.agent->counters().dropped_integrity, 1u);

  stun::MessageWriter stranger(stun::Class::SuccessResponse, stun::Method::Binding,
                               stun::TransactionId::generate(one.random));
  stranger.add(stun::XorMappedAddress{one.base});
  stranger.integrity(stun::short_term_key(one.peer.pwd)).fingerprint();
  one.receive(stranger.finish());

  stun::MessageWriter bare(stun::Class::SuccessResponse, stun::Method::Binding,
                           stun::Message::parse(sent[0].bytes)->id);
  one.receive(bare.add(stun::XorMappedAddress{one.base}).fingerprint().finish());

  // An error without integrity: RFC 8489 §9.1.4
  stun::MessageWriter error(stun::Class::ErrorResponse, stun::Method::Binding,
                            stun::Message::parse(sent[0].bytes)->id);
  one.receive(error.add(stun::ErrorCode{400, ""}).fingerprint().finish());

  EXPECT_EQ(snapshot(*one.agent), before);
  EXPECT_FALSE(one.agent->is_validated({one.base, kPeer}));
  one.receive(one.success(sent[0]));
  EXPECT_TRUE(one.agent->is_validated({one.base, kPeer}));
}

// RFC 8445 §7.2.5.2.1
TEST(Responses, FromElsewhereFailThePair) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto sent = one.sent();
  one.receive(one.success(sent.at(0)), kStranger);
  EXPECT_EQ(one.agent->pair_stats()[0].state, CandidatePairState::Failed);
  one.receive(one.success(sent.at(0)));
  EXPECT_FALSE(one.agent->path());
}

TEST(Responses, ReplayedFromElsewhereDoNotEndAValidPair) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  auto sent = one.sent();
  one.receive(one.success(sent.at(0)));
  EXPECT_TRUE(one.agent->path());
  one.sent();
  one.pass(6s);
  sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);  // for consent
  one.receive(one.success(sent[0]), kStranger);
  EXPECT_TRUE(one.agent->path());
  EXPECT_FALSE(one.agent->is_validated({one.base, kStranger}));
}

TEST(Responses, WithAnErrorFailThePair) {
  for (const std::uint16_t code : {400, 401, 420, 500}) {
    OneAgent one(Role::Controlled);
    one.learn_credentials();
    one.learn_candidate();
    one.receive(one.error(one.sent().at(0), code));
    EXPECT_EQ(one.agent->pair_stats()[0].state, CandidatePairState::Failed) << code;
  }
}

TEST(Responses, WithoutAMappedAddressAreNone) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                             stun::Message::parse(one.sent().at(0).bytes)->id);
  one.receive(writer.integrity(stun::short_term_key(one.peer.pwd)).fingerprint().finish());
  EXPECT_FALSE(one.agent->path());
  EXPECT_EQ(one.agent->pair_stats()[0].state, CandidatePairState::InProgress);
}

// RFC 8445 §7.3.1.4: the first check's answer still counts after a second one was triggered.
TEST(Responses, ToASupersededCheckCount) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto first = one.sent();
  ASSERT_EQ(first.size(), 1u);
  one.receive(one.request({.controlling = 1}));
  EXPECT_EQ(requests_in(one.sent()).size(), 1u);
  one.receive(one.success(first[0]));
  EXPECT_EQ(one.agent->connection_state(), Connected);
}

// ---- role conflicts, RFC 8445 §7.3.1.1 and §7.2.5.1

TEST(RoleConflict, TheLargerTiebreakerKeepsControlling) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.receive(one.request({.controlling = 0}));
  EXPECT_EQ(error_in(one.sent()), 487);
  EXPECT_EQ(one.agent->role(), Role::Controlling);
  one.receive(one.request({.controlling = ~std::uint64_t{0}}));
  EXPECT_EQ(error_in(one.sent()), std::nullopt);
  EXPECT_EQ(one.agent->role(), Role::Controlled);
}

TEST(RoleConflict, TheSmallerTiebreakerStaysControlled) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.receive(one.request({.controlled = ~std::uint64_t{0}}));
  EXPECT_EQ(error_in(one.sent()), 487);
  EXPECT_EQ(one.agent->role(), Role::Controlled);
  one.receive(one.request({.controlled = 0}));
  EXPECT_EQ(error_in(one.sent()), std::nullopt);
  EXPECT_EQ(one.agent->role(), Role::Controlling);
}

// W3C §5.6.3: from New an agent goes to Checking, though all that it has done is to refuse.
TEST(RoleConflict, WhoRefusesIsChecking) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    TwoAgents two({.latency = 10ms, .seed = seed});
    two.bob.agent.set_role(Role::Controlling);
    two.gather(two.alice, two.a);
    two.gather(two.bob, two.b);
    two.exchange_credentials();
    ASSERT_TRUE(
        two.alice.agent.add_remote_candidate(two.now(), two.bob.agent.local_candidates()[0]));
    int requests = 0;  // of Alice's only the first comes through
    two.network.filter = [&](Flight& flight) {
      return flight.from != two.a ||
             stun::Message::parse(flight.bytes)->cls != stun::Class::Request || requests++ == 0;
    };
    ASSERT_TRUE(two.network.run_until([&] { return two.bob.is_connected(); }, 5s)) << seed;
    two.network.filter = nullptr;
    ASSERT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 5s)) << seed;
    EXPECT_EQ(two.alice.states.front(), Checking) << seed;
    EXPECT_EQ(two.bob.states.front(), Checking) << seed;
  }
}

// webrtc-stats: totalRoundTripTime divided by responsesReceived is the average, whatever was sent
// twice before it was answered.
TEST(Checks, TheTotalOfRoundTripsIsThatOfAllAnswers) {
  TwoAgents two;
  int lost = 0;
  two.network.filter = [&](Flight& flight) {
    const bool is_lost = flight.from == two.a && lost < 3;
    lost += is_lost ? 1 : 0;
    return !is_lost;
  };
  ASSERT_TRUE(two.connect());
  two.network.run_for(1min);
  EXPECT_EQ(lost, 3);
  for (const AgentHost* host : {&two.alice, &two.bob}) {
    const auto pair = host->agent.pair_stats().at(0);
    EXPECT_GT(pair.responses_received, 5u);
    EXPECT_EQ(pair.total_round_trip_time / pair.responses_received, 20ms);
  }
}

TEST(RoleConflict, A487SwitchesTheRoleAndRepeatsTheCheck) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto first = one.sent();
  const auto before = stun::Message::parse(first.at(0).bytes)->get<stun::IceControlled>();
  one.receive(one.error(first[0], 487));
  EXPECT_EQ(one.agent->role(), Role::Controlling);
  const auto again = requests_in(one.sent());
  ASSERT_EQ(again.size(), 1u);
  const auto after = again[0].get<stun::IceControlling>();
  ASSERT_TRUE(before && after);
  EXPECT_NE(after->tiebreaker, before->tiebreaker);
}

TEST(RoleConflict, ANominationThatWasInTheWayIsMadeAgainAfterTheSwitchBack) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.learn_candidate();
  one.receive(one.success(one.sent().at(0)));
  auto sent = one.sent();
  ASSERT_TRUE(requests_in(sent).at(0).has(AttributeType::UseCandidate));
  one.receive(one.error(sent[0], 487));
  EXPECT_EQ(one.agent->role(), Role::Controlled);
  sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(requests_in(sent)[0].has(AttributeType::UseCandidate));
  one.receive(one.error(sent[0], 487));
  EXPECT_EQ(one.agent->role(), Role::Controlling);
  sent = one.sent();
  ASSERT_GE(sent.size(), 1u);
  EXPECT_TRUE(requests_in(sent).back().has(AttributeType::UseCandidate));
}

}  // namespace
}  // namespace specter::ice
