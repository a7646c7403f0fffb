// Two agents meet: what an application sees of it.
#include "ice/agent.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/test_agents.h"
#include "stun/attributes.h"
#include "stun/integrity.h"

namespace specter::ice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum IceConnectionState;

TEST(Credentials, LeaveNoPasswordBehind) {
  constexpr std::string_view kPassword = "a-secret-of-ice";  // short: it lies in the string itself
  alignas(Credentials) std::array<unsigned char, sizeof(Credentials)> place{};
  const auto has_password = [&] {
    const std::string text(place.begin(), place.end());
    return text.find(kPassword) != std::string::npos;
  };
  auto* const credentials = std::construct_at(reinterpret_cast<Credentials*>(place.data()));
  credentials->pwd = kPassword;
  ASSERT_TRUE(has_password());
  std::destroy_at(credentials);
  EXPECT_FALSE(has_password());
}

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

TEST(Agent, AnAnswerThatComesLateCostsOneRoundTrip) {
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

// docs/failures.md row 13, for both sides: whatever comes in whatever order.
TEST(Agent, ConnectsInEveryOrderOfSignalling) {
  std::vector<int> steps{0, 1, 2, 3, 4, 5};
  int orders = 0;
  do {
    TwoAgents two({.latency = 1ms});
    const Endpoint a = two.a;
    const Endpoint b = two.b;
    const auto candidate = [](const Endpoint& endpoint) {
      Candidate found;
      found.foundation = "1";
      found.priority = candidate_priority(CandidateType::Host, 65'534, 1);
      found.endpoint = endpoint;
      return found;
    };
    for (const int step : steps) {
      const Timestamp now = two.now();
      switch (step) {
        case 0: two.gather(two.alice, a); break;
        case 1: two.gather(two.bob, b); break;
        case 2:
          two.alice.agent.set_remote_credentials(now, two.bob.agent.local_credentials());
          break;
        case 3:
          two.bob.agent.set_remote_credentials(now, two.alice.agent.local_credentials());
          break;
        case 4: ASSERT_TRUE(two.alice.agent.add_remote_candidate(now, candidate(b))); break;
        default: ASSERT_TRUE(two.bob.agent.add_remote_candidate(now, candidate(a))); break;
      }
      two.network.run_for(40ms);
    }
    EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s))
        << ::testing::PrintToString(steps);
    ++orders;
  } while (std::ranges::next_permutation(steps).found);
  EXPECT_EQ(orders, 720);
}

// One candidate each way is not needed either: one that one side knows is enough.
TEST(Agent, OneCandidateOfOneSideIsEnough) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), two.alice.agent.local_candidates()[0]));
  ASSERT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s));
  EXPECT_EQ(two.alice.agent.path()->remote, two.b);
}

// A browser that hides its address behind a name: its check shows it.
TEST(Agent, APeerThatTellsOnlyANameConnectsByItsOwnChecks) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.exchange_credentials();
  ASSERT_TRUE(two.alice.agent.add_remote_candidate(
      two.now(), *Candidate::parse("1 1 udp 2113937151 a-b-c.local 6000 typ host")));
  two.alice.agent.end_of_remote_candidates(two.now());
  two.network.run_for(10s);
  EXPECT_EQ(two.alice.state(), Checking);
  two.gather(two.bob, two.b);
  ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), two.alice.agent.local_candidates()[0]));
  EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 1s));
}

TEST(Agent, TwentyPercentLossIsNoHindrance) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    TwoAgents two({.latency = 20ms, .jitter = 5ms, .loss = 0.2, .duplicate = 0.02, .seed = seed});
    two.start();
    EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 5s)) << seed;
    EXPECT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 10s)) << seed;
  }
}

TEST(Agent, FortyPercentLossTakesTenSecondsAtMost) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    TwoAgents two({.latency = 20ms, .loss = 0.4, .seed = seed});
    two.start();
    EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 10s)) << seed;
  }
}

TEST(Agent, SixtyPercentLossIsNoneForLong) {
  int connected = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    TwoAgents two({.latency = 20ms, .loss = 0.6, .seed = seed});
    two.start();
    connected += two.network.run_until([&] { return two.both_connected(); }, 20s) ? 1 : 0;
  }
  EXPECT_GE(connected, 99);
}

TEST(Agent, TheSameSeedGivesTheSamePacketsAndEvents) {
  const auto run = [] {
    TwoAgents two({.latency = 20ms, .jitter = 10ms, .loss = 0.3, .seed = 3});
    std::vector<Flight> flights;
    two.network.filter = [&](Flight& flight) {
      flights.push_back(flight);
      return true;
    };
    two.start();
    two.network.run_for(1min);
    return flights;
  };
  EXPECT_EQ(run(), run());
}

// ---- failing, with a reason

TEST(AgentFailure, APeerThatIsNotThere) {
  TwoAgents two;
  two.bob.is_dead = true;
  two.gather(two.bob, two.b);
  two.start();
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Failed; }, 40s));
  EXPECT_EQ(two.now() - kStart, 39'500ms);  // RFC 8863 §4
  EXPECT_THAT(two.alice.reason(), HasSubstr("firewall"));
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Failed));
  EXPECT_EQ(two.alice.agent.next_timeout(), std::nullopt);
}

// W3C RTCIceTransportState: "disconnected" when all was tried and more candidates may come. Row 221
// of the project's list of what browsers' tests expect.
TEST(AgentFailure, APeerThatMayHaveMoreToTell) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  Candidate dead = two.bob.agent.local_candidates()[0];
  dead.endpoint = at("10.0.0.99:1");
  ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), dead));
  two.network.run_for(39s);
  EXPECT_EQ(two.alice.state(), Checking);
  two.network.run_for(6s);
  EXPECT_EQ(two.alice.state(), Disconnected);
  two.network.run_for(60s);
  EXPECT_EQ(two.alice.state(), Disconnected);
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Failed; }, 1min));
  EXPECT_EQ(two.now() - kStart, 2min);
  EXPECT_THAT(two.alice.states, ElementsAre(Checking, Disconnected, Failed));
}

TEST(AgentFailure, WhatIsToldWhileDisconnectedConnects) {
  for (const Duration late : {42s, 80s, 118s}) {
    TwoAgents two;
    two.gather(two.alice, two.a);
    two.gather(two.bob, two.b);
    two.exchange_credentials();
    Candidate dead = two.bob.agent.local_candidates()[0];
    dead.endpoint = at("10.0.0.99:1");
    ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), dead));
    ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), dead));
    two.network.run_for(late);
    EXPECT_EQ(two.alice.state(), Disconnected);
    ASSERT_TRUE(
        two.alice.agent.add_remote_candidate(two.now(), two.bob.agent.local_candidates()[0]));
    EXPECT_TRUE(two.network.run_until([&] { return two.both_connected(); }, 100ms)) << late / 1s;
  }
}

TEST(AgentFailure, TheEndOfCandidatesThatComesLateIsTheEnd) {
  TwoAgents two;
  two.bob.is_dead = true;
  two.gather(two.bob, two.b);
  two.gather(two.alice, two.a);
  two.exchange_credentials();
  ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), two.bob.agent.local_candidates()[0]));
  two.network.run_for(50s);
  EXPECT_EQ(two.alice.state(), Disconnected);
  two.alice.agent.end_of_remote_candidates(two.now());
  ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Failed; }, 10s));
}

TEST(AgentFailure, NothingUsableFromThePeer) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.exchange_credentials();
  ASSERT_TRUE(two.alice.agent.add_remote_candidate(
      two.now(), *Candidate::parse("1 1 udp 2113937151 a-b-c.local 6000 typ host")));
  two.alice.agent.end_of_remote_candidates(two.now());
  two.network.run_for(40s);
  EXPECT_EQ(two.alice.state(), Failed);
  EXPECT_THAT(two.alice.reason(), HasSubstr("none of the peer's 1 candidates"));
}

// No limbo: from its credentials on a peer has two minutes, whatever it tells.
TEST(AgentFailure, NoCandidateAtAll) {
  for (const bool is_ended : {false, true}) {
    TwoAgents two;
    two.gather(two.alice, two.a);
    two.network.run_for(10min);
    EXPECT_EQ(two.alice.state(), New);  // nobody has answered our offer
    const Timestamp known = two.now();
    two.exchange_credentials();
    two.network.run_for(1min);
    EXPECT_EQ(two.alice.state(), New);  // some may come yet
    if (is_ended) two.alice.agent.end_of_remote_candidates(two.now());
    ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Failed; }, 61s));
    EXPECT_EQ(two.now() - known, is_ended ? 99'500ms : 2min);
    EXPECT_THAT(two.alice.reason(), HasSubstr("no candidate of the peer was received"));
  }
}

// A peer that stops after any number of packets: no limbo, in either role, whatever it has told.
TEST(AgentFailure, APeerThatStopsAnywhereIsTheEndInTime) {
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    for (const bool is_ended : {true, false}) {
      for (int packets = 0; packets <= 20; ++packets) {
        TwoAgents two;
        two.alice.agent.set_role(role);
        two.bob.agent.set_role(role == Role::Controlling ? Role::Controlled : Role::Controlling);
        int seen = 0;
        two.network.filter = [&](Flight&) {
          if (++seen > packets) two.bob.is_dead = true;
          return seen <= packets;
        };
        two.gather(two.alice, two.a);
        two.gather(two.bob, two.b);
        two.exchange_credentials();
        for (const Candidate& c : two.bob.agent.local_candidates())
          ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), c));
        for (const Candidate& c : two.alice.agent.local_candidates())
          ASSERT_TRUE(two.bob.agent.add_remote_candidate(two.now(), c));
        if (is_ended) two.alice.agent.end_of_remote_candidates(two.now());
        const Duration limit = is_ended ? 40s : 2min;
        ASSERT_TRUE(two.network.run_until([&] { return two.alice.state() == Failed; },
                                          packets == 0 ? limit : limit + 1min))
            << packets << ' ' << is_ended;
        EXPECT_FALSE(two.alice.reason().empty());
        EXPECT_EQ(two.alice.agent.next_timeout(), std::nullopt);
      }
    }
  }
}

TEST(AgentFailure, NoLocalAddress) {
  TwoAgents two;
  two.gather(two.bob, two.b);
  two.exchange_credentials();
  ASSERT_TRUE(two.alice.agent.add_remote_candidate(two.now(), two.bob.agent.local_candidates()[0]));
  two.network.run_for(2min);
  EXPECT_THAT(two.alice.reason(), HasSubstr("no local address"));
}

// Both sides count the same: each request that left, and each pair that one left on.
TEST(AgentFailure, NamesTheRequestsAndThePairsThatTheStatisticsHave) {
  TwoAgents two;
  two.network.filter = [](Flight&) { return false; };
  two.start();
  two.network.run_for(2min);
  for (auto* agent : {&two.alice, &two.bob}) {
    EXPECT_EQ(agent->state(), Failed);
    std::uint64_t requests = 0, pairs = 0;
    for (const CandidatePairStats& pair : agent->agent.pair_stats()) {
      requests += pair.requests_sent;
      pairs += pair.requests_sent > 0;
    }
    EXPECT_GT(requests, 10u);
    EXPECT_THAT(agent->reason(),
                HasSubstr("none of our " + std::to_string(requests) + " Binding requests on " +
                          std::to_string(pairs) + " candidate pairs was answered"));
  }
}

TEST(AgentFailure, ChecksThatComeInButAreNotAnswered) {
  TwoAgents two;
  two.network.filter = [&](Flight& flight) { return flight.to == two.a; };
  two.start();
  two.network.run_for(40s);
  EXPECT_EQ(two.alice.state(), Failed);
  EXPECT_THAT(two.alice.reason(), HasSubstr("the peer's checks arrive"));
}

TEST(AgentFailure, CredentialsOfAnotherDescription) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.gather(two.bob, two.b);
  Credentials stale = two.bob.agent.local_credentials();
  stale.pwd = std::string(24, 'x');
  two.alice.agent.set_remote_credentials(two.now(), stale);
  two.bob.agent.set_remote_credentials(two.now(), stale);
  two.exchange_candidates();
  two.network.run_for(40s);
  EXPECT_EQ(two.alice.state(), Failed);
  EXPECT_THAT(two.alice.reason(), HasSubstr("other credentials"));
  EXPECT_FALSE(two.alice.agent.path());
}

// ---- closing

TEST(Agent, IsSilentOnceClosed) {
  TwoAgents two;
  ASSERT_TRUE(two.connect());
  two.alice.agent.close();
  two.alice.agent.close();
  EXPECT_EQ(two.alice.agent.connection_state(), Closed);
  EXPECT_FALSE(two.alice.agent.path());
  EXPECT_FALSE(two.alice.agent.is_validated({two.a, two.b}));
  const std::size_t events = two.alice.events.size();
  int sent = 0;
  two.network.filter = [&](Flight& flight) {
    sent += flight.from == two.a ? 1 : 0;
    return true;
  };
  two.network.run_for(1min);
  two.alice.agent.add_local_endpoint(two.now(), at("10.0.0.1:5001"));
  two.alice.agent.set_remote_credentials(two.now(), {"x", "y"});
  two.alice.agent.end_of_remote_candidates(two.now());
  two.network.run_for(1min);
  EXPECT_EQ(sent, 0);
  EXPECT_EQ(two.alice.events.size(), events);
  EXPECT_EQ(two.alice.agent.next_timeout(), std::nullopt);
}

TEST(Agent, CredentialsHaveTheStrengthOfRfc8445) {
  SeededRandom random(1);
  const Credentials one = Credentials::generate(random);
  EXPECT_GE(one.ufrag.size(), 4u);  // of 6 bits each: at least 24
  EXPECT_GE(one.pwd.size(), 22u);   // at least 128
  EXPECT_NE(one, Credentials::generate(random));
}

// ---- nonsense

// In each state an agent gets garbage and mutations of the real traffic. It keeps the contract of a
// machine (Network throws when it does not) and is not moved to an address that proved nothing.
TEST(AgentFuzz, GarbageAndMutationsMoveNothing) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    TwoAgents two({.latency = 10ms, .loss = seed % 2 ? 0.0 : 0.2, .seed = seed});
    SeededRandom random(seed);
    std::vector<Flight> seen;
    std::size_t to_stranger = 0;
    const Endpoint stranger = at("10.6.6.6:666");
    two.network.filter = [&](Flight& flight) {
      if (seen.size() < 64) seen.push_back(flight);
      if (flight.to == stranger) to_stranger += flight.bytes.size();
      return true;
    };
    std::size_t from_stranger = 0;
    const auto attack = [&] {
      for (int i = 0; i < 20; ++i) {
        Buffer bytes(random.below(120));
        random.fill(bytes);
        if (!seen.empty() && random.chance(0.8)) {
          bytes = seen[random.below(static_cast<std::uint32_t>(seen.size()))].bytes;
          const auto size = static_cast<std::uint32_t>(bytes.size());
          for (std::uint32_t k = 1 + random.below(4); k > 0; --k)
            bytes[random.below(size)] = static_cast<std::uint8_t>(random.u32());
          if (random.chance(0.2)) bytes.resize(random.below(size));
          // Make the fingerprint right again, so that more than the CRC is tried.
          auto message = stun::Message::parse(bytes);
          if (message) {
            stun::MessageWriter writer(message->cls, message->method, message->id);
            for (const auto& attribute : message->attributes) {
              if (attribute.type != stun::AttributeType::Fingerprint) writer.raw(attribute);
            }
            bytes = writer.fingerprint().finish();
          }
          if (message &&
              stun::has_integrity(bytes, as_bytes(two.alice.agent.local_credentials().pwd)))
            continue;  // it hit nothing that counts: a replay, which is another test
          if (message &&
              stun::has_integrity(bytes, as_bytes(two.bob.agent.local_credentials().pwd)))
            continue;
        }
        const Endpoint to = random.chance(0.5) ? two.a : two.b;
        const Endpoint spoofed = to == two.a ? two.b : two.a;
        const Endpoint from = random.chance(0.5) ? stranger : spoofed;
        if (from == stranger) from_stranger += bytes.size();
        two.network.inject(from, to, bytes);
      }
    };
    attack();
    two.network.run_for(15ms);
    two.gather(two.alice, two.a);
    two.gather(two.bob, two.b);
    attack();
    two.network.run_for(15ms);
    two.exchange_credentials();
    attack();
    two.network.run_for(15ms);
    two.exchange_candidates();
    for (int i = 0; i < 10; ++i) {
      attack();
      two.network.run_for(5ms);
    }
    EXPECT_TRUE(two.network.run_until([&] { return two.both_completed(); }, 10s)) << seed;
    for (int i = 0; i < 10; ++i) {
      attack();
      two.network.run_for(3s);
    }
    EXPECT_TRUE(two.both_connected()) << seed;
    EXPECT_EQ(two.alice.agent.path(), (Path{two.a, two.b}));
    EXPECT_EQ(two.bob.agent.path(), (Path{two.b, two.a}));
    EXPECT_LE(to_stranger, from_stranger);
    for (const AgentHost* host : {&two.alice, &two.bob})
      EXPECT_EQ(host->agent.pair_stats().size(), 1u);
    two.alice.agent.close();
    attack();
    two.network.run_for(1s);
  }
}

}  // namespace
}  // namespace specter::ice
