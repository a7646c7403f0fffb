// Nomination: regular, aggressive, lost, refused, contested.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using stun::AttributeType;
using enum IceConnectionState;

std::optional<stun::Message> request_in(const Flight& flight) {
  auto message = stun::Message::parse(flight.bytes);
  if (!message || message->cls != stun::Class::Request) return std::nullopt;
  return std::move(*message);
}
bool nominates(const Flight& flight) {
  const auto request = request_in(flight);
  return request && request->has(AttributeType::UseCandidate);
}

// Alice has two addresses, so there are two ways to Bob; the first is the better one.
struct TwoWays : TwoAgents {
  explicit TwoWays(LinkOptions link = {.latency = 10ms}, Agent::Config config = {})
      : TwoAgents(link, config) {
    network.attach(alice, second.address);
  }
  void start_both() {
    alice.agent.add_local_endpoint(now(), a);
    alice.agent.add_local_endpoint(now(), second);
    alice.agent.end_of_local_endpoints(now());
    gather(bob, b);
    exchange_credentials();
    exchange_candidates();
  }
  Endpoint second = at("10.0.0.11:5011");
};

TEST(Nomination, IsOneFreshCheckWithUseCandidate) {
  TwoAgents two;
  int nominations = 0;
  two.network.filter = [&](Flight& flight) {
    nominations += nominates(flight) ? 1 : 0;
    return true;
  };
  ASSERT_TRUE(two.connect());
  two.network.run_for(1min);
  EXPECT_EQ(nominations, 1);
  EXPECT_TRUE(two.alice.agent.pair_stats()[0].nominated);
  EXPECT_TRUE(two.bob.agent.pair_stats()[0].nominated);
}

TEST(Nomination, OfHostCandidatesWaitsForNothing) {
  TwoAgents two({.latency = 1ms});
  ASSERT_TRUE(two.connect());
  EXPECT_LE(two.now() - kStart, 5ms);
}

// Alice only knows Bob from his check, so she waits for something better, but not for long.
TEST(Nomination, OfALearnedCandidateWaitsForABetterOneAShortTime) {
  TwoAgents two({.latency = 1ms});
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), two.alice.agent.local_candidates()[0]));
  // One of Bob's candidates that does not answer, with the best of priorities.
  Candidate dead = two.bob.agent.local_candidates()[0];
  dead.endpoint = at("10.0.0.99:1");
  dead.priority = 0x7fffffff;
  ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), dead));
  ASSERT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 20ms));
  EXPECT_TRUE(all<SelectedPathChanged>(two.alice.events).empty());
  EXPECT_EQ(all<PathUsable>(two.alice.events).size(), 1u);  // DTLS need not wait
  ASSERT_TRUE(two.network.run_until(
      [&] { return !all<SelectedPathChanged>(two.alice.events).empty(); }, 60ms));
}

// docs/failures.md row 10
TEST(Nomination, ThatIsNotAnsweredGoesToTheNextPair) {
  TwoWays two;
  std::optional<Endpoint> silent;
  two.network.filter = [&](Flight& flight) {
    if (!silent && nominates(flight)) silent = flight.from;
    return !silent || (flight.from != *silent && flight.to != *silent);
  };
  two.start_both();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s));
  ASSERT_TRUE(two.network.run_until(
      [&] { return two.both_completed() && two.alice.agent.path()->local != *silent; }, 15s));
  EXPECT_EQ(two.bob.agent.path()->remote, two.alice.agent.path()->local);
}

TEST(Nomination, IsTriedAgainWhileThereIsNoOtherPair) {
  TwoAgents two;
  two.network.filter = [&](Flight& flight) {
    return !nominates(flight) || two.now() > kStart + 6s;
  };
  two.start();
  two.network.run_for(5s);
  EXPECT_EQ(two.alice.state(), Connected);
  EXPECT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
}

// docs/failures.md row 9
TEST(Nomination, RolesSettleWhateverTheyWere) {
  for (const Role alices : {Role::Controlling, Role::Controlled}) {
    for (const Role bobs : {Role::Controlling, Role::Controlled}) {
      for (const bool equal_tiebreakers : {false, true}) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
          TwoAgents two({.latency = 10ms, .loss = 0.2, .seed = seed});
          // The same randomness gives the same tiebreaker.
          AgentHost alice({.role = alices, .local = {"alic", std::string(24, 'a')}}, seed);
          AgentHost bob({.role = bobs, .local = {"bobb", std::string(24, 'b')}},
                        equal_tiebreakers ? seed : seed + 100);
          Network network({.latency = 10ms, .loss = 0.2, .seed = seed});
          network.attach(alice, two.a.address);
          network.attach(bob, two.b.address);
          two.gather(alice, two.a);
          two.gather(bob, two.b);
          alice.agent.set_remote_credentials(kStart, bob.agent.local_credentials());
          bob.agent.set_remote_credentials(kStart, alice.agent.local_credentials());
          ASSERT_TRUE(alice.agent.add_remote_candidate(kStart, bob.agent.local_candidates()[0]));
          ASSERT_TRUE(bob.agent.add_remote_candidate(kStart, alice.agent.local_candidates()[0]));
          alice.agent.end_of_remote_candidates(kStart);
          bob.agent.end_of_remote_candidates(kStart);
          EXPECT_TRUE(network.run_until(
              [&] {
                return alice.state() == Completed && bob.state() == Completed &&
                       alice.agent.role() != bob.agent.role();
              },
              3s))
              << static_cast<int>(alices) << static_cast<int>(bobs) << equal_tiebreakers << ' '
              << seed;
        }
      }
    }
  }
}

TEST(Nomination, SetRoleCountsBeforeAndAfterTheStart) {
  TwoAgents two;
  two.alice.agent.set_role(Role::Controlled);
  two.bob.agent.set_role(Role::Controlling);
  ASSERT_TRUE(two.connect());
  EXPECT_EQ(two.bob.agent.role(), Role::Controlling);

  TwoAgents late;
  late.alice.agent.set_role(Role::Controlled);  // nobody controls
  late.start();
  late.network.run_until([&] { return late.alice.agent.role() != late.bob.agent.role(); }, 1s);
  EXPECT_TRUE(late.network.run_until([&] { return late.both_completed(); }, 1s));
}

// Aggressive nomination, RFC 5245 §8.1.1.2: every check has USE-CANDIDATE; the best pair counts.
TEST(Nomination, OfAPeerThatNominatesEverythingSelectsTheBestPair) {
  TwoWays two;
  // Bob sees every check of Alice's as if she nominated aggressively: not her doing, so rewrite.
  two.network.filter = [&](Flight& flight) {
    const auto request = request_in(flight);
    if (!request || flight.to != two.b || request->has(AttributeType::UseCandidate)) return true;
    stun::MessageWriter writer(request->cls, request->method, request->id);
    for (const auto& attribute : request->attributes) {
      if (attribute.type == AttributeType::MessageIntegrity) break;
      writer.raw(attribute);
    }
    writer.add(stun::UseCandidate{});
    writer.integrity(as_bytes(two.bob.agent.local_credentials().pwd)).fingerprint();
    flight.bytes = writer.finish();
    return true;
  };
  two.start_both();
  two.network.run_for(2s);
  EXPECT_EQ(two.bob.agent.path(), (Path{two.b, two.a}));
  EXPECT_EQ(two.bob.state(), Completed);
}

// docs/failures.md row 11: no limbo; the valid pair stays usable as long as it answers.
TEST(Nomination, ThatNeverComesLeavesTheValidPairInUse) {
  TwoAgents two;
  two.network.filter = [&](Flight& flight) { return !nominates(flight); };
  two.start();
  two.network.run_for(2min);
  EXPECT_EQ(two.bob.state(), Connected);
  EXPECT_EQ(two.bob.agent.path(), (Path{two.b, two.a}));
  // Nor do checks of what does not answer go on for ever.
  Candidate dead = two.alice.agent.local_candidates()[0];
  dead.endpoint = at("10.0.0.99:1");
  ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), dead));
  two.network.run_for(1min);
  for (const auto& pair : two.bob.agent.pair_stats()) {
    EXPECT_LE(pair.requests_sent - pair.consent_requests_sent, 4u) << to_string(pair.state);
  }
  two.alice.is_dead = true;
  two.network.run_for(40s);
  EXPECT_EQ(two.bob.state(), Failed);
  EXPECT_FALSE(two.bob.reason().empty());
}

// A valid pair that is neither nominated nor alive leaves nothing to do but wait: no timer may spin
// on it (Network throws when one does).
TEST(Nomination, OfASilentPairWaitsWithoutSpinning) {
  TwoAgents two;
  two.network.filter = [&](Flight& flight) { return !nominates(flight); };
  two.start();
  two.network.run_for(3s);
  EXPECT_EQ(two.alice.state(), Connected);
  two.bob.is_dead = true;
  EXPECT_NO_THROW(two.network.run_for(1min));
  EXPECT_EQ(two.alice.state(), Failed);
}

// docs/failures.md row 12
TEST(Nomination, SurvivesWhenALearnedCandidateIsSignalledLater) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    TwoAgents two({.latency = 10ms, .jitter = 30ms, .seed = seed});
    two.gather(two.alice, two.a);
    two.gather(two.bob, two.b);
    two.exchange_credentials();
    ASSERT_TRUE(
        two.bob.agent.add_remote_candidate(two.now(), two.alice.agent.local_candidates()[0]));
    two.network.run_for(Duration(std::chrono::milliseconds(5 * seed)));
    ASSERT_TRUE(
        two.alice.agent.add_remote_candidate(two.now(), two.bob.agent.local_candidates()[0]));
    two.alice.agent.end_of_remote_candidates(two.now());
    two.bob.agent.end_of_remote_candidates(two.now());
    ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 2s)) << seed;
    const auto stats = two.alice.agent.pair_stats();
    ASSERT_EQ(stats.size(), 1u);
    EXPECT_EQ(stats[0].remote.type, CandidateType::Host);
    EXPECT_TRUE(stats[0].nominated);
    EXPECT_EQ(all<SelectedPathChanged>(two.alice.events).size(), 1u);
  }
}

TEST(Nomination, OtherChecksEndWithIt) {
  TwoWays two;
  two.start_both();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 1s));
  const std::uint64_t before = two.network.link().sent();
  two.network.run_for(3s);
  EXPECT_LE(two.network.link().sent() - before, 8u);
}

// Both ways answer; the peer nominates one and then the other.
struct Controlled {
  Controlled() : one(Role::Controlled) {
    one.learn_credentials();
    one.learn_candidate(first);
    one.learn_candidate(second);
  }
  void pass(Duration time) {
    for (const Timestamp end = one.now + time; one.now < end; one.pass(20ms)) {
      for (const Transmit& sent : one.sent()) {
        const auto message = stun::Message::parse(sent.bytes);
        if (message->cls == stun::Class::Request && sent.path.remote != silent)
          one.receive(one.success(sent), sent.path.remote);
      }
    }
  }
  void check(const Endpoint& from, bool use_candidate = false) {
    one.receive(one.request({.use_candidate = use_candidate, .controlling = 1}), from);
  }
  OneAgent one;
  Endpoint first = at("10.0.0.2:6000"), second = at("10.0.0.3:6000");
  std::optional<Endpoint> silent;
};

// Consent goes on over the pair that was left, and its answers are no nomination.
TEST(LaterNomination, IsFollowedForGood) {
  for (const bool to_the_better : {true, false}) {
    Controlled story;
    const Endpoint from = to_the_better ? story.second : story.first;
    const Endpoint to = to_the_better ? story.first : story.second;
    for (const Endpoint& each : {from, to}) story.check(each);
    story.pass(1s);
    story.check(from, true);
    story.pass(10s);
    ASSERT_EQ(story.one.agent->path()->remote, from);
    story.check(to, true);
    story.pass(20ms);
    EXPECT_EQ(story.one.agent->path()->remote, to);
    for (int i = 0; i < 600; ++i) {
      story.pass(100ms);
      EXPECT_EQ(story.one.agent->path()->remote, to) << i;
    }
  }
}

// One that was nominated, and answers our check only after another was nominated, is too late.
TEST(LaterNomination, CountsMoreThanAnEarlierOneOfAPairThatIsValidLater) {
  Controlled story;
  story.silent = story.first;
  for (const Endpoint& each : {story.first, story.second}) story.check(each);
  story.pass(1s);
  story.check(story.first, true);
  story.pass(200ms);
  story.check(story.second, true);
  story.pass(200ms);
  ASSERT_EQ(story.one.agent->path()->remote, story.second);
  story.silent.reset();
  story.check(story.first);
  for (int i = 0; i < 200; ++i) {
    story.pass(100ms);
    EXPECT_TRUE(story.one.agent->is_validated({story.one.base, story.first}));
    EXPECT_EQ(story.one.agent->path()->remote, story.second) << i;
  }
}

// The same where neither is valid yet: the later one is the one that counts.
TEST(LaterNomination, OfAPairThatIsNotValidYetWaitsForIt) {
  Controlled story;
  story.silent = story.second;
  for (const Endpoint& each : {story.first, story.second}) story.check(each);
  story.pass(1s);
  story.check(story.second, true);
  story.pass(200ms);
  EXPECT_EQ(story.one.agent->path()->remote, story.first);
  story.silent.reset();
  story.check(story.second);
  story.pass(1s);
  EXPECT_EQ(story.one.agent->path()->remote, story.second);
}

// libwebrtc: both have USE-CANDIDATE at first; then it checks one without, and nominates that.
TEST(LaterNomination, IsFollowedToAPairThatWasNominatedAtFirstLikeAllOthers) {
  Controlled story;
  for (const Endpoint& each : {story.first, story.second}) story.check(each, true);
  story.pass(1s);
  ASSERT_EQ(story.one.agent->path()->remote, story.first);
  story.check(story.second);
  story.pass(1s);
  ASSERT_EQ(story.one.agent->path()->remote, story.first);
  story.check(story.second, true);
  for (int i = 0; i < 200; ++i) {
    story.pass(100ms);
    ASSERT_EQ(story.one.agent->path()->remote, story.second) << i;
  }
}

// Its answer was late. What is to be nominated in its place, and was not asked yet, is not any
// more.
TEST(Nomination, ThatIsAnsweredAfterAllEndsTheNextOne) {
  OneAgent one(Role::Controlling);
  const Endpoint second = at("10.0.0.3:6000");
  one.learn_credentials();
  one.learn_candidate();
  one.learn_candidate(second);
  const auto first_checks = one.sent();
  ASSERT_EQ(first_checks.size(), 2u);
  for (const Transmit& check : first_checks) one.receive(one.success(check), check.path.remote);
  std::optional<Transmit> nomination;
  for (const Timestamp end = one.now + 600ms; one.now < end; one.pass(20ms)) {
    for (const Transmit& sent : one.sent()) {
      if (!nomination) nomination = sent;
    }
  }
  ASSERT_TRUE(nomination);
  ASSERT_EQ(nomination->path.remote, kPeer);
  ASSERT_TRUE(stun::Message::parse(nomination->bytes)->has(AttributeType::UseCandidate));
  one.receive(one.request({.controlled = 1}), second);  // now that is to be nominated
  one.receive(one.success(*nomination));
  for (const Timestamp end = one.now + 10s; one.now < end; one.pass(20ms)) {
    for (const Transmit& sent : one.sent()) {
      const auto message = stun::Message::parse(sent.bytes);
      if (message->cls != stun::Class::Request) continue;
      EXPECT_FALSE(message->has(AttributeType::UseCandidate)) << sent.path.remote.to_string();
      one.receive(one.success(sent), sent.path.remote);
    }
    one.receive(one.request({.controlled = 1}), second);
  }
  EXPECT_EQ(one.agent->path()->remote, kPeer);
}

}  // namespace
}  // namespace specter::ice
