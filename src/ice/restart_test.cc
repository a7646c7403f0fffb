// ICE restarts: RFC 8445 §9, RFC 8839 §4.4.1.1; W3C RTCIceTransportState for what is told.
#include <gmock/gmock.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

struct Restarting : TwoAgents {
  using TwoAgents::TwoAgents;

  Credentials draw() { return Credentials::generate(random); }

  // What an offer of `host` with new credentials does to it.
  void offer(AgentHost& host) {
    host.agent.set_local_credentials(now(), draw());
    host.agent.end_of_local_endpoints(now());
  }
  // The answer: `host` takes the offer's credentials and has new ones of its own.
  void answer(AgentHost& host, const AgentHost& offerer) {
    host.agent.set_local_credentials(now(), draw());
    host.agent.end_of_local_endpoints(now());
    host.agent.set_remote_credentials(now(), offerer.agent.local_credentials());
  }
  void accept(AgentHost& offerer, const AgentHost& answerer) {
    offerer.agent.set_remote_credentials(now(), answerer.agent.local_credentials());
  }
  // All that signalling has to say, at once.
  void restart(AgentHost& offerer, AgentHost& answerer) {
    offer(offerer);
    answer(answerer, offerer);
    accept(offerer, answerer);
    exchange_candidates();
  }
  SeededRandom random{99};
};

std::vector<Path> selected(const AgentHost& host) {
  std::vector<Path> paths;
  for (const auto& changed : all<SelectedPathChanged>(host.events)) paths.push_back(changed.path);
  return paths;
}

TEST(Restart, TheSameCredentialsAreNoRestart) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  two.alice.events.clear();
  two.alice.agent.set_local_credentials(two.now(), two.alice.agent.local_credentials());
  two.network.run_for(1s);
  EXPECT_THAT(all<GatheringStateChanged>(two.alice.events), ::testing::IsEmpty());
  EXPECT_EQ(two.alice.state(), Completed);
}

TEST(Restart, GathersAnewFromTheSameSockets) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  two.alice.events.clear();
  two.alice.agent.set_local_credentials(two.now(), two.draw());
  two.network.run_for(10ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Gathering);
  const auto told = all<LocalCandidateFound>(two.alice.events);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].candidate.endpoint, two.a);
  two.alice.agent.end_of_local_endpoints(two.now());
  two.network.run_for(10ms);
  const auto states = all<GatheringStateChanged>(two.alice.events);
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].state, IceGatheringState::Gathering);
  EXPECT_EQ(states[1].state, IceGatheringState::Complete);
}

TEST(Restart, ServersAreToldAndAskedAgain) {
  OneAgent one(Role::Controlling);
  const Endpoint server = at("192.0.2.1:3478");
  one.sent();
  one.agent->set_local_credentials(one.now, Credentials::generate(one.peer_random));
  one.agent->add_stun_server(one.now, server);
  const auto asked = one.sent();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].path.remote, server);
}

// The path in use stays until the new generation has nominated, on both sides, and nothing changes
// for the owner where it leads to the same place.
TEST(Restart, TheOldPathCarriesOnUntilTheNewOneIsNominated) {
  for (const bool by_controlling : {true, false}) {
    Restarting two({.latency = 50ms});
    ASSERT_TRUE(two.connect());
    AgentHost& offerer = by_controlling ? two.alice : two.bob;
    AgentHost& answerer = by_controlling ? two.bob : two.alice;
    two.network.run_for(1s);
    two.alice.events.clear();
    two.bob.events.clear();
    two.offer(offerer);
    for (int i = 0; i < 20; ++i) {
      two.network.run_for(10ms);
      EXPECT_TRUE(offerer.agent.path(two.now()));
      EXPECT_TRUE(offerer.is_connected());
    }
    two.answer(answerer, offerer);
    two.accept(offerer, answerer);
    two.exchange_candidates();
    const Timestamp agreed = two.now();
    bool was_without_path = false;
    ASSERT_TRUE(two.network.run_until(
        [&] {
          was_without_path = was_without_path || !two.alice.agent.path(two.now()) ||
                             !two.bob.agent.path(two.now());
          return two.both_completed();
        },
        5s));
    EXPECT_FALSE(was_without_path);
    EXPECT_LE(two.now() - agreed, 400ms);
    EXPECT_THAT(two.alice.states,
                ElementsAre(Checking, Connected, Completed, Connected, Completed));
    EXPECT_EQ(two.alice.agent.role(), Role::Controlling);
    EXPECT_EQ(two.bob.agent.role(), Role::Controlled);
    EXPECT_THAT(selected(two.alice), ::testing::IsEmpty());
    EXPECT_THAT(selected(two.bob), ::testing::IsEmpty());
  }
}

TEST(Restart, ChecksOfTheNewGenerationNameIt) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.learn_candidate();
  one.sent();
  const Credentials ours = Credentials::generate(one.peer_random);
  const Credentials theirs{"other", "otherpasswordotherpassword"};
  one.agent->set_local_credentials(one.now, ours);
  one.agent->set_remote_credentials(one.now, theirs);
  one.learn_candidate();
  const auto asked = requests_in(one.sent());
  ASSERT_FALSE(asked.empty());
  for (const stun::Message& request : asked)
    EXPECT_EQ(request.get<stun::Username>()->text, "other:" + ours.ufrag);
}

// RFC 8445 §7.3: the peer may be ahead of its answer.
TEST(Restart, AnOfferedGenerationAnswersChecks) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.learn_candidate();
  one.sent();
  const Credentials old = one.agent->local_credentials();
  const Credentials ours = Credentials::generate(one.peer_random);
  one.agent->set_local_credentials(one.now, ours);
  one.peer = {"other", "otherpasswordotherpassword"};
  one.sent();
  one.receive(one.request({.controlled = 5}));
  const auto sent = one.sent();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(stun::Message::parse(sent[0].bytes)->cls, stun::Class::SuccessResponse);
  EXPECT_TRUE(stun::has_integrity(sent[0].bytes, stun::short_term_key(ours.pwd)));
  // And the old one still answers for itself.
  one.receive(one.request({.controlled = 5, .username = old.ufrag + ":peer", .password = old.pwd}));
  const auto more = one.sent();
  ASSERT_FALSE(more.empty());
  EXPECT_TRUE(stun::has_integrity(more[0].bytes, stun::short_term_key(old.pwd)));
}

// Whoever offered a restart answers checks before the answer is there, and Firefox forgets a
// nomination that comes before it.
TEST(Restart, NothingIsNominatedBeforeThePeerHasChecked) {
  for (const bool is_lite : {false, true}) {
    OneAgent one(Role::Controlling);
    const auto answer_checks = [&] {
      bool nominates = false;
      for (int i = 0; i < 50; ++i) {
        one.pass(20ms);
        for (const Transmit& check : one.sent()) {
          const auto message = stun::Message::parse(check.bytes);
          if (message->cls != stun::Class::Request) continue;
          nominates = nominates || message->has(stun::AttributeType::UseCandidate);
          one.receive(one.success(check));
        }
      }
      return nominates;
    };
    one.learn_credentials();
    one.learn_candidate();
    EXPECT_TRUE(answer_checks());
    one.agent->set_local_credentials(one.now, Credentials::generate(one.peer_random));
    one.peer = {"other", "otherpasswordotherpassword"};
    one.agent->set_remote_credentials(
        one.now, one.peer, is_lite ? Agent::Implementation::Lite : Agent::Implementation::Full);
    one.learn_candidate();
    EXPECT_EQ(answer_checks(), is_lite);
    one.receive(one.request({.controlled = 5}));
    EXPECT_EQ(answer_checks(), !is_lite);
  }
}

TEST(Restart, ARollbackTakesBackWhatWasOffered) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  const Credentials before = two.alice.agent.local_credentials();
  two.offer(two.alice);
  const Credentials offered = two.alice.agent.local_credentials();
  EXPECT_NE(offered, before);
  two.network.run_for(100ms);
  two.alice.agent.set_local_credentials(two.now(), before);
  EXPECT_EQ(two.alice.agent.local_credentials(), before);
  two.network.run_for(60s);
  EXPECT_TRUE(two.both_completed());
  // A restart afterwards goes as if there had been none before.
  two.restart(two.bob, two.alice);
  two.network.run_for(1s);
  EXPECT_TRUE(two.both_completed());
}

TEST(Restart, TheOldGenerationIsLeftAfterTenSeconds) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  const Credentials old = two.alice.agent.local_credentials();
  two.restart(two.alice, two.bob);
  two.network.run_for(1s);
  ASSERT_TRUE(two.both_completed());
  const auto answers_to_old = [&] {
    stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                               stun::TransactionId::generate(two.random));
    writer.add(stun::Username{old.ufrag + ":x"}).add(stun::Priority{1});
    writer.integrity(stun::short_term_key(old.pwd)).fingerprint();
    const auto dropped = two.alice.agent.counters().dropped_integrity;
    two.alice.agent.handle_datagram(two.now(), {two.a, two.b}, writer.finish());
    two.network.run_for(1ms);
    return two.alice.agent.counters().dropped_integrity == dropped;
  };
  // Its remote half is asked for, too: this one is dropped by the old generation.
  EXPECT_FALSE(answers_to_old());
  EXPECT_EQ(two.alice.agent.pair_stats().size(), 1U);
  two.network.run_for(10s);
  EXPECT_TRUE(two.both_completed());
  two.network.run_for(10min);
  EXPECT_TRUE(two.both_completed());
}

TEST(Restart, AfterFailedItChecksAndConnects) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  two.network.detach(two.a.address);
  ASSERT_TRUE(two.network.run_until(
      [&] { return two.alice.state() == Failed && two.bob.state() == Failed; }, 60s));
  two.network.attach(two.alice, two.a.address);
  two.alice.states.clear();
  two.restart(two.alice, two.bob);
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Connected, Completed));
  EXPECT_TRUE(two.alice.agent.path(two.now()));
}

TEST(Restart, WhileDisconnectedItIsChecking) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  two.network.detach(two.a.address);
  ASSERT_TRUE(two.network.run_until(
      [&] { return two.alice.state() == Disconnected && two.bob.state() == Disconnected; }, 30s));
  two.alice.states.clear();
  two.restart(two.alice, two.bob);
  EXPECT_EQ(two.alice.state(), Checking);
  two.network.attach(two.alice, two.a.address);
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
}

TEST(Restart, OneThatFailsLeavesThePathInUse) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  two.offer(two.alice);
  // An answer of somebody whom no check reaches.
  two.alice.agent.set_remote_credentials(two.now(), two.draw());
  two.alice.agent.end_of_remote_candidates(two.now());
  two.network.run_for(5min);
  EXPECT_TRUE(two.alice.is_connected());
  EXPECT_TRUE(two.alice.agent.path(two.now()));
  EXPECT_THAT(selected(two.alice), ::testing::SizeIs(1));
  // Another one may go well.
  two.restart(two.alice, two.bob);
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
}

// The reason for restarts: another network.
TEST(Restart, MovesToAnAddressThatIsNew) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  const Endpoint moved = at("10.0.9.9:7000");
  two.network.attach(two.alice, moved.address);
  two.network.detach(two.a.address);
  two.alice.agent.remove_local_endpoint(two.now(), two.a);
  two.alice.events.clear();
  two.offer(two.alice);
  two.alice.agent.add_local_endpoint(two.now(), moved);
  two.answer(two.bob, two.alice);
  two.accept(two.alice, two.bob);
  two.exchange_candidates();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
  EXPECT_EQ(two.alice.agent.path(), (Path{moved, two.b}));
  EXPECT_EQ(two.bob.agent.path(), (Path{two.b, moved}));
  EXPECT_THAT(selected(two.alice), ::testing::SizeIs(1));
}

TEST(Restart, DuringARestart) {
  Restarting two({.latency = 50ms});
  ASSERT_TRUE(two.connect());
  two.restart(two.alice, two.bob);
  two.network.run_for(30ms);  // no answer to any check yet
  two.restart(two.bob, two.alice);
  const Credentials last = two.alice.agent.local_credentials();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
  EXPECT_EQ(two.alice.agent.local_credentials(), last);
  two.network.run_for(2min);
  EXPECT_TRUE(two.both_completed());
}

// Found by specter sim, seed 1585. Bob answers checks as the offerer of the second restart, and
// would for ever, so that Alice takes herself for connected; but the answer that Bob needs was
// lost, and of the first restart Alice keeps nothing.
TEST(Restart, ThatThePeerNeverTakesUpEndsBothSides) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  const Endpoint moved = at("10.0.9.9:7000");
  two.network.detach(two.b.address);
  two.bob.agent.remove_local_endpoint(two.now(), two.b);
  two.bob.agent.add_local_endpoint(two.now(), moved);
  two.restart(two.bob, two.alice);
  two.offer(two.bob);
  two.answer(two.alice, two.bob);
  for (const Candidate& candidate : two.bob.agent.local_candidates())
    ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), candidate));
  two.network.attach(two.bob, moved.address);
  two.network.run_for(35s);
  EXPECT_TRUE(two.alice.is_connected());
  ASSERT_TRUE(two.network.run_until(
      [&] { return two.alice.state() == Failed && two.bob.state() == Failed; }, 90s));
  EXPECT_THAT(two.alice.reason(), ::testing::StartsWith("the peer answers checks"));
  EXPECT_FALSE(two.alice.agent.path(two.now()));
}

TEST(Restart, CandidatesGoToTheGenerationThatTheyName) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  const std::string first = one.peer.ufrag;
  one.sent();
  one.receive(one.request({.controlled = 5}));
  for (const Transmit& check : one.sent()) {
    if (stun::Message::parse(check.bytes)->cls == stun::Class::Request)
      one.receive(one.success(check));
  }
  ASSERT_TRUE(one.agent->path());
  one.agent->set_local_credentials(one.now, Credentials::generate(one.peer_random));
  one.agent->set_remote_credentials(one.now, {"second", "otherpasswordotherpassword"});
  const auto add = [&](const std::string& ufrag, const std::string& address) {
    const auto candidate = Candidate::parse("candidate:1 1 udp 2130706431 " + address +
                                            " 7000 typ host ufrag " + ufrag);
    ASSERT_TRUE(candidate);
    ASSERT_TRUE(one.agent->add_remote_candidate(one.now, *candidate));
  };
  add("second", "10.0.0.7");
  add(first, "10.0.0.8");
  add("unknown", "10.0.0.9");
  one.sent();
  std::vector<std::string> remotes;
  for (const auto& pair : one.agent->pair_stats())
    remotes.push_back(pair.remote.endpoint.address.to_string());
  EXPECT_THAT(remotes, ::testing::UnorderedElementsAre("10.0.0.2", "10.0.0.7", "10.0.0.8"));
}

// Fifty in a minute, from either side, over a path that loses a fifth.
TEST(Restart, AStormOfThemEndsConnected) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Restarting two({.latency = 20ms, .loss = 0.2, .seed = seed});
    ASSERT_TRUE(two.connect(30s));
    for (int i = 0; i < 50; ++i) {
      two.network.run_for(1200ms);
      AgentHost& offerer = i % 3 == 0 ? two.bob : two.alice;
      AgentHost& answerer = i % 3 == 0 ? two.alice : two.bob;
      two.restart(offerer, answerer);
      EXPECT_LE(two.alice.agent.pair_stats().size(), 3U);
      EXPECT_TRUE(two.alice.agent.path(two.now())) << "seed " << seed << ", restart " << i;
      EXPECT_TRUE(two.bob.agent.path(two.now())) << "seed " << seed << ", restart " << i;
    }
    EXPECT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 20s)) << seed;
    two.network.run_for(2min);
    EXPECT_TRUE(two.alice.agent.path(two.now())) << seed;
  }
}

TEST(Restart, BothSidesEndOnTheSameGenerationThoughOneAnswerIsLate) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Restarting two({.latency = 30ms, .jitter = 20ms, .loss = 0.3, .seed = seed});
    ASSERT_TRUE(two.connect(30s)) << seed;
    two.offer(two.alice);
    two.network.run_for(200ms);
    two.answer(two.bob, two.alice);
    for (const Candidate& c : two.alice.agent.local_candidates())
      ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), c));
    two.network.run_for(3s);  // the answer is on its way
    two.accept(two.alice, two.bob);
    for (const Candidate& c : two.bob.agent.local_candidates())
      ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), c));
    const auto have_left_the_old_one = [&] {
      return two.both_connected() && two.alice.agent.pair_stats().size() == 1 &&
             two.bob.agent.pair_stats().size() == 1;
    };
    ASSERT_TRUE(two.network.run_until(have_left_the_old_one, 30s)) << seed;
    EXPECT_TRUE(two.alice.agent.pair_stats()[0].selected) << seed;
    EXPECT_TRUE(two.bob.agent.pair_stats()[0].selected) << seed;
  }
}

TEST(Restart, BeforeAnythingWasAnsweredReplacesTheOffer) {
  Restarting two;
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.offer(two.alice);
  two.exchange_credentials();
  two.exchange_candidates();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
  EXPECT_EQ(two.alice.states, (std::vector{Checking, Connected, Completed}));
}

TEST(Restart, ThatIsAgreedBeforeThereWasAPathTakesOver) {
  Restarting two;
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.alice.agent.set_remote_credentials(two.now(), {"nobody", "nobodynobodynobodynobody"});
  two.bob.agent.set_remote_credentials(two.now(), {"nobody", "nobodynobodynobodynobody"});
  two.network.run_for(5s);
  two.restart(two.alice, two.bob);
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
}

TEST(Restart, NothingIsSentOrToldAfterClose) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  two.offer(two.alice);
  two.alice.agent.close();
  two.alice.events.clear();
  two.offer(two.alice);
  EXPECT_FALSE(two.alice.agent.poll_event());
  EXPECT_FALSE(two.alice.agent.poll_transmit(two.now()));
  EXPECT_FALSE(two.alice.agent.next_timeout());
  EXPECT_EQ(two.alice.state(), Closed);
}

// RFC 8838 §13: the end is that of the generation that the peer knows, not of ours that it does
// not.
TEST(Restart, AnEndOfCandidatesThatWasUnderWayIsTheFormerGenerations) {
  Restarting two;
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  for (const Candidate& candidate : two.bob.agent.local_candidates())
    ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), candidate));
  ASSERT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 5s));
  const Credentials before = two.alice.agent.local_credentials();
  two.offer(two.alice);
  two.alice.agent.end_of_remote_candidates(two.now());
  two.alice.agent.set_local_credentials(two.now(), before);  // a rollback
  two.alice.agent.end_of_local_endpoints(two.now());
  two.network.run_for(1s);
  EXPECT_EQ(two.alice.state(), Completed);
}

TEST(Restart, AnEndOfCandidatesIsThatOfItsUserFragment) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.agent->end_of_remote_candidates(one.now, "another");
  one.pass(60s);
  EXPECT_EQ(one.agent->connection_state(), New);
  one.agent->end_of_remote_candidates(one.now, one.peer.ufrag);
  one.pass(1s);
  EXPECT_EQ(one.agent->connection_state(), Checking);
}

// A base that is not to be used any more, as of a TURN server that the configuration has left out.
TEST(Restart, ARetiredBaseGoesWithTheGenerationThatUsesIt) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  Agent& alice = two.alice.agent;
  const Endpoint other{two.a.address, 5999};
  two.offer(two.alice);
  alice.retire_local_endpoint(two.now(), two.a);
  alice.add_local_endpoint(two.now(), other);
  for (const Candidate& candidate : alice.local_candidates()) EXPECT_NE(candidate.endpoint, two.a);
  two.network.run_for(1s);
  ASSERT_TRUE(alice.path(two.now()));
  EXPECT_EQ(alice.path(two.now())->local, two.a);
  two.answer(two.bob, two.alice);
  two.accept(two.alice, two.bob);
  two.exchange_candidates();
  ASSERT_TRUE(two.network.run_until(
      [&] { return alice.path(two.now()) && alice.path(two.now())->local == other; }, 5s));
  two.network.run_for(11s);
  EXPECT_FALSE(alice.has_local_endpoint(two.a));
  EXPECT_TRUE(alice.has_local_endpoint(other));
  EXPECT_TRUE(two.both_completed());
}

TEST(Restart, ARetiredBaseIsInUseAgainWhenTheRestartIsTakenBack) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  Agent& alice = two.alice.agent;
  const Credentials before = alice.local_credentials();
  two.offer(two.alice);
  alice.retire_local_endpoint(two.now(), two.a);
  alice.set_local_credentials(two.now(), before);
  two.network.run_for(20s);
  EXPECT_TRUE(alice.has_local_endpoint(two.a));
  ASSERT_TRUE(alice.path(two.now()));
  EXPECT_EQ(alice.path(two.now())->local, two.a);
}

// It is used as what it is, and told of again once it belongs to the newest generation again.
TEST(Restart, ARetiredBaseKeepsItsCandidate) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  Agent& alice = two.alice.agent;
  const Credentials before = alice.local_credentials();
  const auto is_told = [&] {
    const auto found = all<LocalCandidateFound>(std::exchange(two.alice.events, {}));
    return std::ranges::any_of(found, [&](const auto& one) {
      return one.candidate.endpoint == two.a && one.candidate.type == CandidateType::Host;
    });
  };
  const auto is_listed = [&] {
    return std::ranges::any_of(alice.local_candidates(),
                               [&](const auto& one) { return one.endpoint == two.a; });
  };
  for (const bool is_taken_back : {true, false}) {
    two.offer(two.alice);
    alice.retire_local_endpoint(two.now(), two.a);
    two.network.settle();
    EXPECT_FALSE(is_listed());
    for (const auto& pair : alice.pair_stats()) {
      if (pair.selected) {
        EXPECT_EQ(pair.local.type, CandidateType::Host);
      }
    }
    two.alice.events.clear();
    if (is_taken_back)
      alice.set_local_credentials(two.now(), before);
    else
      two.offer(two.alice);
    two.network.settle();
    EXPECT_TRUE(is_told());
    EXPECT_TRUE(is_listed());
  }
  two.network.run_for(20s);
  EXPECT_TRUE(alice.has_local_endpoint(two.a));
}

TEST(Restart, ARetiredBaseOfNoOtherGenerationGoesAtOnce) {
  Restarting two;
  ASSERT_TRUE(two.connect());
  two.alice.agent.retire_local_endpoint(two.now(), two.a);
  EXPECT_FALSE(two.alice.agent.has_local_endpoint(two.a));
}

}  // namespace
}  // namespace specter::ice
