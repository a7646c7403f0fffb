// draft-hancke-tsvwg-snap: two whole peers whose SCTP begins with the INITs of their descriptions;
// and peers that can't, or only seem to.
#include <gtest/gtest.h>

#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::PeerHost;
using testing::PeerPair;

ConnectionOptions snap(bool is_on) {
  ConnectionOptions configuration;
  configuration.data.snap = is_on;
  configuration.transport.sped = false;  // warp_test.cc has both together
  return configuration;
}

bool used(const PeerHost& host) { return host.connection.stats().sctp.snap; }

std::uint64_t sctp_packets(const PeerPair& pair) {
  return pair.a.connection.stats().sctp.packets_sent + pair.b.connection.stats().sctp.packets_sent;
}

bool run_until_open(PeerPair& pair, Duration limit = 10s) {
  return pair.network.run_until(
      [&] { return pair.a.has<core::DataChannelOpen>() && pair.b.has<core::DataChannelOpen>(); },
      limit);
}

// Offer and answer, each changed on its way.
template <class Change>
void negotiate_through(PeerPair& pair, Change&& change_answer) {
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  auto answer = pair.b.connection.create_answer().value();
  ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
  change_answer(offer.sdp, answer.sdp);
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  pair.network.settle();
  pair.trickle();
}

std::string sctp_init_line(const std::string& sdp) {
  const std::size_t at = sdp.find("a=sctp-init:");
  return at == std::string::npos ? "" : sdp.substr(at, sdp.find("\r\n", at) + 2 - at);
}

struct Opening {
  Duration took{};
  std::uint64_t packets = 0;
};

// Until a's channel is open, who offers and is the DTLS server; or b's.
Opening open_channel(bool is_on, const DataChannelOptions& options, bool at_b = false) {
  PeerPair pair({.latency = 50ms}, snap(is_on));
  (void)pair.a.connection.create_data_channel(pair.now(), "data", options);
  if (options.negotiated) (void)pair.b.connection.create_data_channel(pair.now(), "data", options);
  const Timestamp start = pair.now();
  EXPECT_TRUE(pair.negotiate());
  const PeerHost& watched = at_b ? pair.b : pair.a;
  EXPECT_TRUE(pair.network.run_until([&] { return watched.has<core::DataChannelOpen>(); }, 10s));
  EXPECT_EQ(used(watched), is_on);
  return {pair.now() - start, sctp_packets(pair)};
}

// A channel with an id needs the association alone. The DTLS client, b, would send its INIT behind
// its last flight: two round trips. The server has DTLS half a round trip later, and SCTP without
// SNAP half a one sooner.
TEST(Snap, SavesTwoRoundTripsAndTheServerOne) {
  const DataChannelOptions options{.negotiated = true, .id = 0};
  for (const bool at_b : {true, false}) {
    const Opening with = open_channel(true, options, at_b);
    const Opening without = open_channel(false, options, at_b);
    EXPECT_EQ(without.took - with.took, (at_b ? 2 : 1) * 100ms);
  }
}

// An announced one waits for its ACK; but its OPEN goes with the COOKIE ECHO when there is one.
TEST(Snap, SavesARoundTripWhenTheOpenRidesWithTheHandshake) {
  const Opening with = open_channel(true, {}), without = open_channel(false, {});
  EXPECT_EQ(without.took - with.took, 100ms);
  EXPECT_LE(with.packets, 2u) << "OPEN there, ACK back: no INIT, no COOKIE";
  EXPECT_GE(without.packets, 5u);
}

// A channel that needs no OPEN is there with DTLS.
TEST(Snap, ANegotiatedChannelOpensWithDtls) {
  PeerPair pair({.latency = 50ms});
  const DataChannelOptions options{.negotiated = true, .id = 0};
  (void)pair.a.connection.create_data_channel(pair.now(), "data", options);
  (void)pair.b.connection.create_data_channel(pair.now(), "data", options);
  ASSERT_TRUE(pair.negotiate());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.both_connected(); }, 5s));
  pair.network.settle();
  EXPECT_TRUE(pair.a.has<core::DataChannelOpen>());
  EXPECT_TRUE(pair.b.has<core::DataChannelOpen>());
  EXPECT_EQ(sctp_packets(pair), 0u);
}

TEST(Snap, EitherSideMayDoWithout) {
  for (const bool at_a : {false, true}) {
    for (const bool at_b : {false, true}) {
      SCOPED_TRACE(::testing::Message() << at_a << " " << at_b);
      PeerPair pair({}, snap(at_a), snap(at_b));
      const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
      ASSERT_TRUE(pair.connect());
      ASSERT_TRUE(run_until_open(pair));
      EXPECT_EQ(used(pair.a), at_a && at_b);
      EXPECT_EQ(used(pair.b), at_a && at_b);
      const auto text = as_bytes("hello");
      ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Text, text));
      // Either side negotiates again: nothing changes.
      ASSERT_TRUE(pair.negotiate(pair.b, pair.a));
      ASSERT_TRUE(pair.negotiate(pair.a, pair.b));
      pair.network.run_for(2s);
      EXPECT_EQ(pair.b.all<core::Message>().size(), 1u);
      EXPECT_EQ(used(pair.a), at_a && at_b);
      EXPECT_TRUE(pair.both_connected());
    }
  }
}

// With every seed, and messages that go out at the first moment.
TEST(Snap, DeliversOverLossyPaths) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    PeerPair pair({.latency = 20ms, .jitter = 20ms, .loss = 0.2, .duplicate = 0.1, .seed = seed});
    const DataChannelOptions options{.negotiated = true, .id = 0};
    const auto a = pair.a.connection.create_data_channel(pair.now(), "", options).value();
    const auto b = pair.b.connection.create_data_channel(pair.now(), "", options).value();
    ASSERT_TRUE(pair.negotiate());
    const auto send_when_open = [&](PeerHost& host, ChannelId channel) {
      ASSERT_TRUE(pair.network.run_until([&] { return host.has<core::DataChannelOpen>(); }, 30s));
      for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(host.connection.send(pair.now(), channel, MessageKind::Binary, Buffer(3000)));
    };
    send_when_open(pair.a, a);
    send_when_open(pair.b, b);
    EXPECT_TRUE(pair.network.run_until(
        [&] {
          return pair.a.all<core::Message>().size() == 20 &&
                 pair.b.all<core::Message>().size() == 20;
        },
        60s));
    EXPECT_TRUE(used(pair.a) && used(pair.b));
  }
}

// Signalling that drops what it does not know: b believes in SNAP, a was never told.
TEST(Snap, AnAttributeLostOnTheWayDelaysAndNothingElse) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  negotiate_through(pair, [](const std::string&, std::string& answer) {
    const std::string line = sctp_init_line(answer);
    ASSERT_FALSE(line.empty());
    answer.erase(answer.find(line), line.size());
  });
  EXPECT_TRUE(run_until_open(pair, 5s));
  EXPECT_FALSE(used(pair.a));
  EXPECT_FALSE(used(pair.b));
}

// A peer that sends back what it does not know, as some do, has not understood it.
TEST(Snap, AnEchoOfOurOwnIsNoAnswer) {
  PeerPair pair({}, snap(true), snap(false));
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  negotiate_through(pair, [](const std::string& offer, std::string& answer) {
    ASSERT_TRUE(sctp_init_line(answer).empty());
    answer += sctp_init_line(offer);
  });
  EXPECT_TRUE(run_until_open(pair, 5s));
  EXPECT_FALSE(used(pair.a));
}

// Nothing begins before DTLS does.
TEST(Snap, DescriptionsStartNoTimer) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  EXPECT_FALSE(sctp_init_line(offer.sdp).empty());
  EXPECT_FALSE(pair.a.connection.next_timeout());
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  EXPECT_FALSE(sctp_init_line(pair.b.connection.create_answer()->sdp).empty());
  EXPECT_FALSE(pair.b.connection.next_timeout());
  EXPECT_FALSE(pair.b.connection.poll_transmit(pair.now()));
  EXPECT_FALSE(used(pair.b));
}

}  // namespace
}  // namespace specter
