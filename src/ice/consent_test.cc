// RFC 7675: no consent, no sending; and what the application sees of it.
#include <map>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/one_agent.h"
#include "stun/message.h"

namespace specter::ice {
namespace {

using enum IceConnectionState;

TEST(Consent, RequestsAreFreshSpreadAndNotRepeated) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.run_for(1s);
  std::vector<Timestamp> times;
  std::set<stun::TransactionId> ids;
  two.network.filter = [&](Flight& flight) {
    const auto message = stun::Message::parse(flight.bytes);
    if (flight.from == two.a && message->cls == stun::Class::Request) {
      times.push_back(flight.sent);
      ids.insert(message->id);
    }
    return true;
  };
  two.network.run_for(10min);
  EXPECT_EQ(ids.size(), times.size());
  ASSERT_GT(times.size(), 100u);
  Duration shortest = 1h;
  Duration longest = 0s;
  for (std::size_t i = 1; i < times.size(); ++i) {
    shortest = std::min(shortest, times[i] - times[i - 1]);
    longest = std::max(longest, times[i] - times[i - 1]);
  }
  EXPECT_GE(shortest, 4s);
  EXPECT_LE(longest, 6s);
  EXPECT_GT(longest - shortest, 1s);
}

// A wake-up of either side costs more than a request: there is one for all pairs.
TEST(Consent, AllValidPairsAreAskedAtOneTime) {
  TwoAgents two;
  const Endpoint second = at("192.0.2.3:5003");
  two.network.attach(two.alice, second.address);
  two.alice.agent.start_gathering(two.now());
  for (const Endpoint& base : {two.a, second}) two.alice.agent.add_local_endpoint(two.now(), base);
  two.alice.agent.end_of_local_endpoints(two.now());
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  two.exchange_candidates();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 5s));
  two.network.run_for(10s);
  std::map<Endpoint, std::vector<Timestamp>> times;
  two.network.filter = [&](Flight& flight) {
    const auto message = stun::Message::parse(flight.bytes);
    if (flight.to == two.b && message->cls == stun::Class::Request)
      times[flight.from].push_back(flight.sent);
    return true;
  };
  two.network.run_for(10min);
  EXPECT_GE(times[two.a].size(), 100u);
  EXPECT_LE(times[two.a].size(), 150u);
  EXPECT_EQ(times[two.a], times[second]);
}

// RFC 7675 §5.2: with integrity, "403" takes consent back at once; of this pair alone.
TEST(Consent, IsTakenBackByAForbidden) {
  const Endpoint second = at("10.0.0.3:6000");
  for (const bool is_there_another : {true, false}) {
    OneAgent one(Role::Controlling);
    one.learn_credentials();
    one.learn_candidate();
    if (is_there_another) one.learn_candidate(second);
    std::optional<Endpoint> refuses;
    bool is_refused = false;
    const auto pass = [&](Duration time) {
      for (const Timestamp end = one.now + time; one.now < end && !is_refused; one.pass(20ms)) {
        for (const Transmit& sent : one.sent()) {
          if (stun::Message::parse(sent.bytes)->cls != stun::Class::Request) continue;
          is_refused = sent.path.remote == refuses;
          one.receive(is_refused ? one.error(sent, 403) : one.success(sent), sent.path.remote);
          if (is_refused) return;
        }
      }
    };
    pass(1s);
    ASSERT_EQ(one.agent->path(), (Path{one.base, kPeer}));
    refuses = kPeer;
    pass(10s);
    ASSERT_TRUE(is_refused);
    one.sent();
    if (is_there_another) {
      EXPECT_EQ(one.agent->path(), (Path{one.base, second}));
      EXPECT_EQ(one.agent->connection_state(), Connected);
      continue;
    }
    EXPECT_FALSE(one.agent->path());
    EXPECT_EQ(one.agent->connection_state(), Failed);
    const auto changes = all<ConnectionStateChanged>(one.events);
    ASSERT_FALSE(changes.empty());
    EXPECT_THAT(changes.back().reason, ::testing::HasSubstr("refuses"));
  }
}

TEST(Consent, EndsThirtySecondsAfterTheLastResponse) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.run_for(20s);
  Timestamp last_response;
  two.network.filter = [&](Flight& flight) {
    if (flight.to == two.a) last_response = flight.sent + 10ms;
    return true;
  };
  two.network.run_for(20s);
  two.bob.is_dead = true;
  two.network.filter = nullptr;
  two.network.run_until([&] { return !two.alice.agent.path(); }, 60s);
  EXPECT_EQ(two.now(), last_response + 30s);
  EXPECT_EQ(two.alice.state(), Failed);
  EXPECT_THAT(two.alice.reason(), ::testing::HasSubstr("not answered for 30 s"));
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Connected, Completed, Disconnected, Failed));
}

// A machine that slept hears of what came meanwhile before any timer runs.
TEST(Consent, HasRunOutAfterASleep) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.run_for(20s);
  two.alice.is_dead = true;
  two.network.run_for(20s);
  EXPECT_TRUE(two.alice.agent.path(two.now()));
  two.network.run_for(20s);
  EXPECT_FALSE(two.alice.agent.path(two.now()));
}

// What had waited for the process to run says nothing of the path.
TEST(Consent, AnAnswerThatWaitedForUsIsNoRoundTrip) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  std::optional<Flight> answer;
  two.network.filter = [&](Flight& flight) {
    if (flight.to != two.a || answer ||
        stun::Message::parse(flight.bytes)->cls != stun::Class::SuccessResponse)
      return true;
    answer = flight;
    return false;
  };
  ASSERT_TRUE(two.network.run_until([&] { return answer.has_value(); }, 10s));
  two.alice.is_dead = true;
  two.network.run_for(10s);
  two.alice.is_dead = false;
  two.alice.agent.handle_datagram(two.now(), {answer->to, answer->from}, answer->bytes);
  EXPECT_EQ(two.alice.agent.round_trip_time(), 20ms);
}

TEST(Consent, SilenceIsToldEarlyAndTakenBack) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.run_for(20s);
  bool cut = true;
  const Timestamp cut_at = two.now();
  two.network.filter = [&](Flight&) { return !cut; };
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Disconnected; }, 30s));
  EXPECT_LE(two.now() - cut_at, 11s + 100ms);
  EXPECT_TRUE(two.alice.agent.path());  // consent is not over yet
  cut = false;
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Completed; }, 7s));
  two.network.run_for(2min);
  EXPECT_TRUE(two.both_completed());
}

TEST(Consent, OneLostRequestIsNoDisconnection) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  int lost = 0;
  two.network.filter = [&](Flight& flight) { return !(flight.from == two.a && lost++ == 0); };
  two.network.run_for(1min);
  EXPECT_GE(lost, 1);
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Connected, Completed));
}

TEST(Consent, ProvenTrafficIsASignOfLifeButNoConsent) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.bob.is_dead = true;
  for (int i = 0; i < 35; ++i) {
    two.alice.agent.handle_activity(two.now(), {two.a, two.b});
    two.network.run_for(1s);
  }
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Connected, Completed, Failed));
}

TEST(Consent, RequestsOfThePeersAreNoConsent) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  // Bob's requests come through, his responses don't.
  two.network.filter = [&](Flight& flight) {
    return flight.to != two.a || stun::Message::parse(flight.bytes)->cls == stun::Class::Request;
  };
  two.network.run_for(31s);
  EXPECT_EQ(two.alice.state(), Failed);
  EXPECT_FALSE(two.alice.agent.path());
}

// A NAT that forgets its mapping every few seconds: only right after a request of the peer's does
// anything reach the peer.
TEST(Consent, IsAskedForWhenThePeerHasOpenedTheWay) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.run_for(10s);
  Timestamp opened = two.now();
  std::vector<Timestamp> asked;
  two.network.filter = [&](Flight& flight) {
    if (flight.from == two.b) opened = flight.sent;
    if (flight.from == two.a && stun::Message::parse(flight.bytes)->cls == stun::Class::Request)
      asked.push_back(flight.sent);
    return flight.from == two.b || flight.sent < opened + 100ms;
  };
  two.network.run_for(5min);
  EXPECT_THAT(two.alice.states, ::testing::Not(::testing::Contains(Failed)));
  EXPECT_TRUE(two.alice.agent.path(two.now()));
  EXPECT_LE(asked.size(), 5 * 60 / 2);  // of its own each five seconds, and one for each of Bob's
}

TEST(Consent, ResponsesWithAWrongPasswordAreNone) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.filter = [&](Flight& flight) {
    if (flight.to == two.a) flight.bytes[30] ^= 1;
    return true;
  };
  two.network.run_for(31s);
  EXPECT_EQ(two.alice.state(), Failed);
}

// A path that dies while another pair is alive.
TEST(Consent, AnotherValidPairTakesOver) {
  TwoAgents two;
  const Endpoint second = at("10.0.0.11:5011");
  two.network.attach(two.alice, second.address);
  two.alice.agent.add_local_endpoint(two.now(), two.a);
  two.alice.agent.add_local_endpoint(two.now(), second);
  two.alice.agent.end_of_local_endpoints(two.now());
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  two.exchange_candidates();
  ASSERT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 1s));
  const Endpoint dead = two.alice.agent.path()->local;
  two.network.filter = [&](Flight& flight) { return flight.from != dead && flight.to != dead; };
  ASSERT_TRUE(two.network.run_until(
      [&] { return two.alice.agent.path()->local != dead && two.alice.is_connected(); }, 15s));
  ASSERT_TRUE(two.network.run_until(
      [&] {
        return two.bob.agent.path() && two.bob.agent.path()->remote != dead && two.both_completed();
      },
      30s));
  two.network.run_for(1min);
  EXPECT_TRUE(two.both_completed());
  for (const IceConnectionState state : two.alice.states) EXPECT_NE(state, Failed);
}

TEST(Consent, ARemovedAddressMovesToAnother) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.alice.agent.remove_local_endpoint(two.now(), two.a);
  two.network.settle();
  EXPECT_EQ(two.alice.state(), Disconnected);
  EXPECT_FALSE(two.alice.agent.path());
  const Endpoint second = at("10.0.0.11:5011");
  two.network.detach(two.a.address);
  two.network.attach(two.alice, second.address);
  two.alice.agent.add_local_endpoint(two.now(), second);
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.is_connected(); }, 1s));
  EXPECT_EQ(two.alice.agent.path(), (Path{second, two.b}));
  ASSERT_TRUE(two.network.run_until([&] { return two.bob.agent.path()->remote == second; }, 31s));
}

// RFC 7675 §5.1, W3C RTCIceTransportState: not with these credentials, whoever comes back.
TEST(Consent, FailedIsTheEndOfTheGeneration) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.run_for(20s);
  bool is_cut = true;
  two.network.filter = [&](Flight& flight) { return !is_cut || flight.from != two.b; };
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Failed; }, 40s));
  is_cut = false;
  int sent = 0;
  two.network.filter = [&](Flight& flight) {
    sent += flight.from == two.a ? 1 : 0;
    return true;
  };
  EXPECT_TRUE(two.bob.is_connected());
  // Not answered any more, the other side fails too.
  ASSERT_TRUE(two.network.run_until([&] { return two.bob.state() == Failed; }, 40s));
  two.network.run_for(1min);
  EXPECT_EQ(sent, 0);
  EXPECT_EQ(two.alice.state(), Failed);
  EXPECT_FALSE(two.alice.agent.path());
  EXPECT_FALSE(two.alice.agent.is_validated({two.a, two.b}));
  EXPECT_EQ(two.alice.agent.next_timeout(), std::nullopt);
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Connected, Completed, Disconnected, Failed));
}

TEST(Consent, AnAgentThatFailedTakesWhatItIsToldAndDoesNothing) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.exchange_credentials();
  two.alice.agent.end_of_remote_candidates(two.now());
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Failed; }, 1min));
  two.gather(two.bob, two.b);
  two.exchange_candidates();
  two.alice.agent.add_local_endpoint(two.now(), at("10.0.0.1:5001"));
  two.alice.agent.add_stun_server(two.now(), at("192.0.2.53:3478"));
  two.network.run_for(1min);
  EXPECT_EQ(two.alice.state(), Failed);
  EXPECT_EQ(two.bob.state(), Failed);
}

}  // namespace
}  // namespace specter::ice
