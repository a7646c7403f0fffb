// How soon two peers are connected, and over which networks at all.
#include <gtest/gtest.h>

#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::PeerPair;

Duration time_to_open(PeerPair& pair, Duration limit) {
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const Timestamp start = pair.now();
  EXPECT_TRUE(pair.negotiate());
  EXPECT_TRUE(pair.network.run_until(
      [&] { return pair.a.has<core::DataChannelOpen>() && pair.b.has<core::DataChannelOpen>(); },
      limit));
  return pair.now() - start;
}

// One machine: no timer may stand in the way, only round trips.
TEST(Connect, OnOneMachineInAFewMilliseconds) {
  PeerPair pair({.latency = 50us});
  EXPECT_LE(time_to_open(pair, 1s), 3ms);
}

// ICE 1 round trip, DTLS 1.2 2, the channel's OPEN and ACK 1; SCTP none (draft-hancke-tsvwg-snap).
TEST(Connect, InFourRoundTrips) {
  PeerPair pair({.latency = 50ms});
  EXPECT_LE(time_to_open(pair, 5s), 4 * 100ms + 20ms);
}

TEST(Connect, OverLossyPathsWithEverySeed) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    PeerPair pair({.latency = 20ms, .jitter = 10ms, .loss = 0.2, .duplicate = 0.1, .seed = seed});
    EXPECT_LE(time_to_open(pair, 30s), 15s) << "seed " << seed;
  }
}

// RFC 7675 §5.1: silence for 30 s ends the connection; nothing is sent afterwards.
TEST(Connect, AConnectionWithoutConsentFailsAndFallsSilent) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  bool is_cut = true;
  int sent = 0;
  pair.network.filter = [&](testing::Flight&) {
    ++sent;
    return !is_cut;
  };
  ASSERT_TRUE(pair.network.run_until(
      [&] { return pair.a.connection.connection_state() == ConnectionState::Disconnected; }, 12s));
  ASSERT_TRUE(pair.network.run_until(
      [&] { return pair.a.connection.connection_state() == ConnectionState::Failed; }, 35s));
  pair.network.run_for(10s);
  sent = 0;
  pair.network.run_for(60s);
  EXPECT_EQ(sent, 0);
}

// docs/failures.md row 107: a blackout that ends in time loses nothing.
TEST(Connect, ABlackoutOf25SecondsLosesNothing) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<core::DataChannelOpen>(); }, 5s));
  pair.network.link().options().loss = 1;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Text, as_bytes("x")));
    pair.network.run_for(1250ms);
  }
  pair.network.link().options().loss = 0;
  pair.network.run_for(8s);
  EXPECT_EQ(pair.b.all<core::Message>().size(), 20u);
  EXPECT_TRUE(pair.both_connected());
}

}  // namespace
}  // namespace specter
