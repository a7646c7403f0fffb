// Two agents meet: what an application sees of it.
#include "ice/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/test_agents.h"

namespace specter::ice {
namespace {

using ::testing::ElementsAre;
using enum IceConnectionState;

TEST(Agent, TwoHostsConnect) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  EXPECT_EQ(two.alice.agent.path(), (Path{two.a, two.b}));
  EXPECT_EQ(two.bob.agent.path(), (Path{two.b, two.a}));
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Connected, Completed));
  EXPECT_THAT(two.bob.states, ElementsAre(Checking, Connected, Completed));
  for (const AgentHost* host : {&two.alice, &two.bob}) {
    EXPECT_EQ(all<PathUsable>(host->events).size(), 1u);
    EXPECT_EQ(all<SelectedPathChanged>(host->events).size(), 1u);
    EXPECT_TRUE(host->agent.is_validated(*host->agent.path()));
    EXPECT_EQ(host->agent.round_trip_time(), 20ms);
  }
}

TEST(Agent, OnOneMachineItTakesMilliseconds) {
  TwoAgents two({.latency = 100us});
  ASSERT_TRUE(two.connect());
  EXPECT_LE(*two.alice.connected_at - kStart, 5ms);
  EXPECT_LE(*two.bob.connected_at - kStart, 5ms);
  EXPECT_LE(two.now() - kStart, 5ms);  // nominated, too
}

TEST(Agent, ItTakesTwoRoundTripsAtMost) {
  TwoAgents two({.latency = 50ms});
  ASSERT_TRUE(two.connect());
  EXPECT_LE(*two.alice.connected_at - kStart, 200ms);
  EXPECT_LE(*two.bob.connected_at - kStart, 200ms);
}

TEST(Agent, AnAnswerThatComesLateCostsOneRoundTripMore) {
  TwoAgents two({.latency = 50ms});
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.bob.agent.set_remote_credentials(two.now(), two.alice.agent.local_credentials());
  for (const Candidate& c : two.alice.agent.local_candidates())
    ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), c));
  two.network.run_for(130ms);
  const Timestamp answered = two.now();
  two.alice.agent.set_remote_credentials(two.now(), two.bob.agent.local_credentials());
  ASSERT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 5s));
  EXPECT_LE(*two.alice.connected_at - answered, 100ms);
}

TEST(Agent, StaysConnectedForHours) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.network.run_for(2h);
  EXPECT_TRUE(two.both_completed());
  EXPECT_EQ(two.alice.states.size(), 3u);
  const auto stats = two.alice.agent.pair_stats();
  ASSERT_EQ(stats.size(), 1u);
  EXPECT_NEAR(static_cast<double>(stats[0].consent_requests_sent), 1440, 30);
}

}  // namespace
}  // namespace specter::ice
