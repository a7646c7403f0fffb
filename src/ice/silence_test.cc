// A path that falls silent while the owner waits for an answer, and peers that are seen elsewhere.
#include <gtest/gtest.h>

#include "ice/testing/test_agents.h"
#include "stun/attributes.h"
#include "testing/nat.h"

namespace specter::ice {
namespace {

using specter::testing::Nat;
using enum IceConnectionState;

// Alice has two addresses, so there are two ways to Bob.
struct TwoWays : TwoAgents {
  TwoWays() {
    network.attach(alice, second.address);
    alice.agent.add_local_endpoint(now(), a);
    alice.agent.add_local_endpoint(now(), second);
    alice.agent.end_of_local_endpoints(now());
    gather(bob, b);
    exchange_credentials();
    exchange_candidates();
    EXPECT_TRUE(network.run_until([&] { return both_completed(); }, 1s));
    network.run_for(20s);
    used = alice.agent.path()->local;
  }
  void cut() {
    network.filter = [&](Flight& flight) {
      sent += flight.from == used || flight.from == second ? 1 : 0;
      return flight.from != used && flight.to != used;
    };
  }
  bool both_moved() const {
    return alice.agent.path()->local != used && bob.agent.path()->remote != used;
  }
  Endpoint second = at("10.0.0.11:5011");
  Endpoint used;
  int sent = 0;
};

TEST(Silence, OfTheOneWhoWaitsMovesBoth) {
  for (const bool alice_waits : {true, false}) {
    for (const bool bob_waits : {true, false}) {
      if (!alice_waits && !bob_waits) continue;
      TwoWays two;
      two.cut();
      if (alice_waits) two.alice.agent.expect_answer(two.now(), true);
      if (bob_waits) two.bob.agent.expect_answer(two.now(), true);
      AgentHost& waits = alice_waits ? two.alice : two.bob;
      ASSERT_TRUE(two.network.run_until(
          [&] {
            return waits.agent.path()->local != two.used && waits.agent.path()->remote != two.used;
          },
          1200ms))
          << alice_waits << bob_waits;
      // What the other one receives over the new path tells it, too.
      AgentHost& other = alice_waits ? two.bob : two.alice;
      for (int i = 0; i < 30 && !two.both_moved(); ++i) {
        const Path path = *waits.agent.path();
        other.agent.handle_activity(two.now(), {path.remote, path.local});
        two.network.run_for(50ms);
      }
      EXPECT_TRUE(two.both_moved()) << alice_waits << bob_waits;
      EXPECT_TRUE(two.both_completed());
      two.network.run_for(1min);
      EXPECT_TRUE(two.both_moved());
      EXPECT_TRUE(two.both_completed());
    }
  }
}

TEST(Silence, ThatNobodyMissesIsLeftToConsent) {
  TwoWays two;
  two.alice.agent.expect_answer(two.now(), true);
  two.alice.agent.expect_answer(two.now(), false);
  two.cut();
  two.network.run_for(2s);
  EXPECT_LE(two.sent, 2);
  EXPECT_FALSE(two.both_moved());
}

// Something above ICE is stuck: that costs little.
TEST(Silence, OfAPathThatAnswersChecksIsDoubtedEverLessOften) {
  TwoWays two;
  two.alice.agent.expect_answer(two.now(), true);
  const std::uint64_t before = two.network.link().sent();
  two.network.run_for(1min);
  EXPECT_EQ(two.alice.agent.path()->local, two.used);
  // Consent of two pairs from both sides, with its answers, is 48; a doubt is four with theirs.
  EXPECT_LE(two.network.link().sent() - before, 48u + 20u * 8u);
  EXPECT_EQ(all<SelectedPathChanged>(two.alice.events).size(), 1u);
}

TEST(Silence, EndsWithTheFirstSignOfLife) {
  TwoWays two;
  two.alice.agent.expect_answer(two.now(), true);
  for (int i = 0; i < 100; ++i) {
    two.network.run_for(400ms);
    two.alice.agent.handle_activity(two.now(), *two.alice.agent.path());
  }
  EXPECT_EQ(two.alice.agent.path()->local, two.used);
  for (const auto& pair : two.alice.agent.pair_stats())
    EXPECT_LE(pair.requests_sent - pair.consent_requests_sent, 4u);
}

// The flight of a handshake proves nothing; but who waits for our answer to it may wait elsewhere.
TEST(Silence, OfAPathIsDoubtedWhenThePeerSeemsToSendOverAnother) {
  TwoWays two;
  two.cut();
  const Path other{two.b, two.a == two.used ? two.second : two.a};
  ASSERT_TRUE(two.network.run_until(
      [&] {
        two.bob.agent.note_seen(two.now(), other);
        two.network.run_for(100ms);
        return two.bob.agent.path() == other;
      },
      1500ms));
}

// A queue that was full for a minute says nothing of how long to wait on a path that is dead.
TEST(Silence, IsNoticedWithinFiveSecondsHoweverSlowThePathWas) {
  TwoWays two;
  two.network.link().options().latency = 2s;
  two.network.run_for(2min);
  two.network.link().options().latency = 10ms;
  two.network.run_for(3s);
  ASSERT_GE(two.alice.agent.round_trip_time(), 3s);
  two.cut();
  two.alice.agent.expect_answer(two.now(), true);
  EXPECT_TRUE(two.network.run_until(
      [&] { return two.alice.agent.path() && two.alice.agent.path()->local != two.used; }, 7s));
}

// Whoever saw the first nomination can send it again.
TEST(Silence, ANominationThatIsReplayedMovesNobody) {
  TwoAgents two;
  const Endpoint second = at("10.0.0.11:5011");
  two.network.attach(two.alice, second.address);
  std::vector<Flight> nominations;
  std::optional<Endpoint> dead;
  two.network.filter = [&](Flight& flight) {
    const auto message = stun::Message::parse(flight.bytes);
    if (message->has(stun::AttributeType::UseCandidate)) nominations.push_back(flight);
    return flight.from != dead && flight.to != dead;
  };
  two.alice.agent.add_local_endpoint(two.now(), two.a);
  two.gather(two.alice, second);
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  two.exchange_candidates();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 1s));
  two.network.run_for(1s);
  dead = two.alice.agent.path()->local;
  two.alice.agent.expect_answer(two.now(), true);
  ASSERT_TRUE(two.network.run_until([&] { return two.bob.agent.path()->remote != dead; }, 2s));
  dead.reset();
  two.network.run_for(1s);
  const auto path = two.bob.agent.path();
  for (const Flight& flight : nominations) two.network.inject(flight.from, flight.to, flight.bytes);
  two.network.run_for(1s);
  EXPECT_EQ(two.bob.agent.path(), path);
}

// docs/failures.md row 21: a NAT that forgets the controlling or the controlled side.
TEST(Silence, AThousandRebindingsAreFollowed) {
  for (const bool is_alice_inside : {true, false}) {
    TwoAgents two;
    Nat nat(at("203.0.113.21:1").address);
    nat.add_inside(is_alice_inside ? two.a.address : two.b.address);
    two.network.filter = [&](Flight& flight) { return nat.translate(flight); };
    two.gather(two.alice, two.a);
    two.gather(two.bob, two.b);
    two.exchange_credentials();
    AgentHost& inside = is_alice_inside ? two.alice : two.bob;
    AgentHost& outside = is_alice_inside ? two.bob : two.alice;
    ASSERT_TRUE(inside.agent.add_remote_candidate(two.now(), outside.agent.local_candidates()[0]));
    ASSERT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s));
    two.network.run_for(1s);
    for (int i = 0; i < 1000; ++i) {
      const Endpoint before = outside.agent.path()->remote;
      inside.events.clear();
      nat.rebind();
      two.alice.agent.expect_answer(two.now(), true);
      two.bob.agent.expect_answer(two.now(), true);
      ASSERT_TRUE(
          two.network.run_until([&] { return outside.agent.path()->remote != before; }, 1500ms))
          << i;
      two.alice.agent.expect_answer(two.now(), false);
      two.bob.agent.expect_answer(two.now(), false);
      two.network.run_for(500ms);
      // Inside, the path has the same name and another end.
      EXPECT_EQ(all<SelectedPathChanged>(inside.events).size(), 1u);
      inside.events.clear();
      outside.events.clear();
    }
    EXPECT_TRUE(two.both_connected());
  }
}

// The NAT before Bob forgets him just as Alice nominates the pair: its repetitions take 25 s, and
// he is heard from elsewhere meanwhile.
TEST(Silence, OfANominationGivesWayToAPairThatAnswers) {
  TwoAgents two;
  Nat nat(at("203.0.113.2:1").address);
  nat.add_inside(two.b.address);
  bool has_forgotten = false;
  two.network.filter = [&](Flight& flight) {
    const auto request = stun::Message::parse(flight.bytes);
    if (!has_forgotten && request && request->has(stun::AttributeType::UseCandidate)) {
      has_forgotten = true;
      nat.rebind();
    }
    return nat.translate(flight);
  };
  two.start();
  ASSERT_TRUE(two.network.run_until([&] { return has_forgotten; }, 1s));
  for (AgentHost* host : {&two.alice, &two.bob}) host->agent.expect_answer(two.now(), true);
  EXPECT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 4s));
  EXPECT_EQ(two.alice.agent.path()->remote, at("203.0.113.2:40001"));
}

}  // namespace
}  // namespace specter::ice
