// A handshake in Binding messages from end to end: two agents and their owners on the simulated
// network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/embedding_agents.h"

namespace specter::ice {
namespace {

using stun::AttributeType;
using enum EmbeddingState;

// ---- when it is not to be

TEST(EmbeddedHandshake, IsNotToBeUnlessBothWantIt) {
  for (const auto& [alice, bob] : {std::pair(false, false), {true, false}, {false, true}}) {
    for (const bool alice_is_client : {false, true}) {
      EmbeddingAgents two(
          {.latency = 100ms},
          {.alice_is_client = alice_is_client, .alice_embeds = alice, .bob_embeds = bob});
      bool any = false;
      two.network.filter = [&](Flight& flight) {
        const auto message = stun::Message::parse(flight.bytes);
        any = any || (message && (message->has(AttributeType::DtlsInStunAck) ||
                                  message->has(AttributeType::DtlsInStunData)));
        return true;
      };
      two.start();
      ASSERT_TRUE(two.finish());
      EXPECT_EQ(two.time(), 500ms);
      EXPECT_FALSE(any);
      for (const EmbeddingHost* host : {&two.alice, &two.bob}) {
        EXPECT_EQ(host->agent.embedding_state(), Off);
        EXPECT_FALSE(host->agent.counters().embedding_used);
      }
    }
  }
}

// Its description has the option, its checks do not: §3.3.4 has us fall back at its first message.
TEST(EmbeddedHandshake, FallsBackWhenThePeerTurnsOutNotToKnowOfIt) {
  for (const bool alice_is_client : {false, true}) {
    EmbeddingAgents two({.latency = 100ms},
                        {.alice_is_client = alice_is_client, .bob_embeds = false});
    two.tell_bob();
    two.tell(two.alice, two.bob, true);
    ASSERT_TRUE(two.finish());
    EXPECT_EQ(two.time(), 500ms);
    EXPECT_EQ(two.alice.agent.embedding_state(), Off);
    two.network.run_for(1s);
    two.network.filter = [&](Flight& flight) {
      if (net::kind_of(flight.bytes) == net::DatagramKind::Stun) {
        EXPECT_EQ(said(flight.bytes), std::nullopt);
      }
      return true;
    };
    two.network.run_for(10s);
  }
}

// ---- the whole of it

// The first request carries the ClientHello, its response the server's flight, and with that the
// client is done: one round trip. The path is valid as early as without it.
TEST(EmbeddedHandshake, TakesOneRoundTripForTheClientAndAHalfMoreForTheServer) {
  for (const bool alice_is_client : {false, true}) {
    EmbeddingAgents two({.latency = 100ms}, {.alice_is_client = alice_is_client});
    two.start();
    ASSERT_TRUE(two.finish());
    const EmbeddingHost& client = alice_is_client ? two.alice : two.bob;
    const EmbeddingHost& server = alice_is_client ? two.bob : two.alice;
    EXPECT_EQ(*client.done_at - kStart, 200ms);
    EXPECT_EQ(*server.done_at - kStart, 300ms);
    EXPECT_EQ(*client.usable_at - kStart, 200ms);
    for (const EmbeddingHost* host : {&two.alice, &two.bob})
      EXPECT_TRUE(host->agent.counters().embedding_used);
    two.network.run_for(10s);
    EXPECT_EQ(client.agent.embedding_state(), Complete);
    EXPECT_EQ(server.agent.embedding_state(), Complete);
    two.network.filter = [&](Flight& flight) {
      EXPECT_EQ(said(flight.bytes), std::nullopt);
      return true;
    };
    two.network.run_for(10s);
  }
}

TEST(EmbeddedHandshake, OfFourFlightsTakesTwoRoundTrips) {
  EmbeddingAgents two({.latency = 100ms}, {.flights = 4});
  two.start();
  ASSERT_TRUE(two.finish());
  EXPECT_EQ(two.time(), 400ms);
}

// A post-quantum ClientHello: its second datagram is 5 ms behind the first, not Ta.
TEST(EmbeddedHandshake, OfTwoDatagramsAFlightTakesLittleLonger) {
  EmbeddingAgents two({.latency = 100ms}, {.datagrams = 2, .bytes = 900});
  two.start();
  ASSERT_TRUE(two.finish());
  EXPECT_LE(two.time(), 320ms);
}

// Bob answers, embeds at once, and Alice hears of his answer later: she understands him before.
TEST(EmbeddedHandshake, BeginsBeforeTheAnswerArrives) {
  EmbeddingAgents two({.latency = 100ms});
  two.tell_bob();
  two.network.run_for(150ms);
  EXPECT_FALSE(two.alice.came_embedded.empty());
  EXPECT_EQ(two.alice.agent.embedding_state(), Confirmed);
  two.network.run_for(60ms);
  // The server's flight came back in the response; Bob, the client, is done before Alice knows him.
  EXPECT_TRUE(two.bob.done_at);
  two.tell_alice();
  ASSERT_TRUE(two.finish());
  // His last flight came directly as well, over a path that her checks have not proved yet;
  // embedded it counts at once.
  EXPECT_LE(two.time(), 350ms);
}

// An answer without the option from a peer whose checks have shown it: the checks are believed.
TEST(EmbeddedHandshake, GoesOnWhateverALateAnswerSays) {
  EmbeddingAgents two({.latency = 100ms});
  two.tell_bob();
  two.network.run_for(150ms);
  two.tell(two.alice, two.bob, false);
  ASSERT_TRUE(two.finish());
  EXPECT_LE(two.time(), 400ms);
}

Duration percentile(std::vector<Duration> times, std::size_t percent) {
  std::ranges::sort(times);
  return times[times.size() * percent / 100];
}

// draft-hancke-webrtc-sped appendix A.2 has 750 ms for it, with some 250 ms of signalling before.
TEST(EmbeddedHandshake, IsDoneInThreeQuartersOfASecondAtTwentyFivePercentLoss) {
  for (const bool alice_is_client : {false, true}) {
    for (const std::uint8_t datagrams : {1, 2}) {
      std::vector<Duration> times;
      for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        EmbeddingAgents two(
            {.latency = 100ms, .loss = 0.25, .seed = seed},
            {.alice_is_client = alice_is_client, .datagrams = datagrams, .bytes = 900});
        two.start();
        ASSERT_TRUE(two.finish()) << seed;
        times.push_back(two.time());
      }
      EXPECT_LE(percentile(times, 50), datagrams == 1 ? 350ms : 450ms);
      EXPECT_LE(percentile(times, 95), datagrams == 1 ? 500ms : 650ms);
      EXPECT_LE(percentile(times, 100 - 1), 900ms);
    }
  }
}

// Whatever a path does, it ends, and soon.
TEST(EmbeddedHandshake, SurvivesLossDuplicationAndReorderingTogether) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    EmbeddingAgents two(
        {.latency = 60ms, .jitter = 100ms, .loss = 0.4, .duplicate = 0.2, .seed = seed},
        {.alice_is_client = seed % 2 == 0,
         .flights = static_cast<std::uint8_t>(3 + seed % 3 / 2),
         .datagrams = static_cast<std::uint8_t>(1 + seed % 5),
         .bytes = 700});
    two.start();
    EXPECT_TRUE(two.finish(8s)) << seed;
    two.network.link().options().loss = 0;
    two.network.run_for(15s);
    for (const EmbeddingHost* host : {&two.alice, &two.bob})
      EXPECT_EQ(host->agent.embedding_state(), Complete) << seed;
  }
}

TEST(EmbeddedHandshake, TheSameSeedGivesTheSamePackets) {
  const auto run = [] {
    EmbeddingAgents two({.latency = 50ms, .jitter = 10ms, .loss = 0.2, .seed = 5},
                        {.datagrams = 2});
    std::vector<Flight> flights;
    two.network.filter = [&](Flight& flight) { return flights.push_back(flight), true; };
    two.start();
    two.network.run_for(5s);
    return flights;
  };
  EXPECT_EQ(run(), run());
}

TEST(EmbeddedHandshake, CostsFewMorePacketsThanItSavesTime) {
  std::size_t packets[2] = {};
  for (const bool embeds : {false, true}) {
    EmbeddingAgents two({.latency = 100ms}, {.alice_embeds = embeds, .bob_embeds = embeds});
    two.network.filter = [&](Flight&) { return ++packets[embeds], true; };
    two.start();
    ASSERT_TRUE(two.finish());
    two.network.run_for(1s);
  }
  EXPECT_LE(packets[1], packets[0] + 14);
}

// Where an answer comes sooner than Ta, no check is sent for a flight's sake.
TEST(EmbeddedHandshake, AddsNoCheckOnAFastPath) {
  for (const bool alice_is_client : {false, true}) {
    EmbeddingAgents two({.latency = 10ms}, {.alice_is_client = alice_is_client});
    two.start();
    ASSERT_TRUE(two.finish());
    EXPECT_EQ(two.time(), 30ms);
    two.network.run_for(1s);
    EXPECT_LE(two.alice.agent.counters().extra_checks_sent, 1u);
    EXPECT_LE(two.bob.agent.counters().extra_checks_sent, 1u);
  }
}

}  // namespace
}  // namespace specter::ice
