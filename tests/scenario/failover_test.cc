// The path in use dies while data flow over it: how long the silence is.
#include <gtest/gtest.h>

#include "testing/nat.h"
#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::Nat;
using testing::PeerHost;
using testing::PeerPair;

Endpoint at(std::string_view text) { return *Endpoint::parse(text); }

enum class Sends { A, B, Both };
enum class DtlsClient { Answerer, Offerer };

struct Story {
  Sends sends = Sends::Both;
  bool a_offers = true;  // and controls
  DtlsClient client = DtlsClient::Answerer;
  DtlsVersion version = DtlsVersion::Dtls13;

  std::string name() const {
    return std::string(sends == Sends::Both ? "both send"
                       : sends == Sends::A  ? "a sends"
                                            : "b sends") +
           (a_offers ? ", a offers" : ", b offers") +
           (client == DtlsClient::Answerer ? "" : ", the offerer is DTLS client") +
           (version == DtlsVersion::Dtls13 ? "" : ", DTLS 1.2");
  }
  static std::vector<Story> all() {
    std::vector<Story> stories;
    for (const Sends sends : {Sends::A, Sends::B, Sends::Both}) {
      for (const bool a_offers : {true, false}) {
        for (const DtlsClient client : {DtlsClient::Answerer, DtlsClient::Offerer})
          stories.push_back({sends, a_offers, client});
        stories.push_back({sends, a_offers, DtlsClient::Answerer, DtlsVersion::Dtls12});
      }
    }
    return stories;
  }
  ConnectionOptions configuration() const {
    ConnectionOptions configuration;
    configuration.transport.max_dtls_version = version;
    return configuration;
  }
};

// Two peers with an open channel, and what either receives when.
class Talk {
 public:
  Talk(const Story& story, std::vector<Endpoint> of_a, std::vector<Endpoint> of_b)
      : story_(story),
        pair({.latency = 20ms}, story.configuration(), story.configuration(), std::move(of_a),
             std::move(of_b)) {}

  bool open() {
    PeerHost& from = story_.a_offers ? pair.a : pair.b;
    PeerHost& to = story_.a_offers ? pair.b : pair.a;
    channel_ = from.connection.create_data_channel(pair.now(), "data").value();
    auto offer = from.connection.create_offer().value();
    if (!from.connection.set_local_description(pair.now(), offer)) return false;
    if (story_.client == DtlsClient::Offerer) {
      const std::size_t setup = offer.sdp.find("a=setup:actpass");
      offer.sdp.replace(setup, 15, "a=setup:active");
    }
    if (!to.connection.set_remote_description(pair.now(), offer)) return false;
    const auto answer = to.connection.create_answer().value();
    if (!to.connection.set_local_description(pair.now(), answer)) return false;
    if (!from.connection.set_remote_description(pair.now(), answer)) return false;
    pair.network.settle();
    pair.trickle();
    return pair.network.run_until(
        [&] {
          pair.trickle();
          return pair.a.has<core::DataChannelOpen>() && pair.b.has<core::DataChannelOpen>();
        },
        5s);
  }

  // The longest time in which somebody who is sent to receives nothing.
  Duration longest_silence(Duration time) {
    Timestamp last_at_a = pair.now(), last_at_b = pair.now();
    Duration longest{};
    for (const Timestamp end = pair.now() + time; pair.now() < end;) {
      const std::size_t at_a = count(pair.a), at_b = count(pair.b);
      if (story_.sends != Sends::B) say(pair.a);
      if (story_.sends != Sends::A) say(pair.b);
      pair.network.run_for(20ms);
      if (count(pair.a) > at_a || story_.sends == Sends::A) last_at_a = pair.now();
      if (count(pair.b) > at_b || story_.sends == Sends::B) last_at_b = pair.now();
      longest = std::max({longest, pair.now() - last_at_a, pair.now() - last_at_b});
    }
    return longest;
  }
  // All that was sent has come, in its order.
  void expect_all() {
    pair.network.run_for(3s);
    for (PeerHost* host : {&pair.a, &pair.b}) {
      const auto messages = host->all<core::Message>();
      EXPECT_EQ(messages.size(), said_[host == &pair.a ? &pair.b : &pair.a]) << story_.name();
      for (std::size_t i = 0; i < messages.size(); ++i) {
        const std::string text(messages[i]->data.begin(), messages[i]->data.end());
        ASSERT_EQ(text, std::to_string(i)) << story_.name();
      }
    }
    EXPECT_TRUE(pair.both_connected()) << story_.name();
  }
  Endpoint used_by(const PeerHost& host) const {
    for (const auto& candidates : host.connection.stats().candidate_pairs) {
      if (candidates.selected)
        return {*IpAddress::parse(candidates.local.address), candidates.local.port};
    }
    return {};
  }

 private:
  static std::size_t count(const PeerHost& host) {
    std::size_t messages = 0;
    for (const auto& event : host.events)
      messages += std::holds_alternative<core::Message>(event) ? 1 : 0;
    return messages;
  }
  void say(PeerHost& host) {
    const ChannelId channel = host.all<core::DataChannelOpen>().front()->channel;
    const std::string text = std::to_string(said_[&host]);
    if (host.connection.send(pair.now(), channel, MessageKind::Text, as_bytes(text)))
      ++said_[&host];
  }

  Story story_;
  ChannelId channel_{};
  std::map<PeerHost*, std::size_t> said_;

 public:
  PeerPair pair;
};

const std::vector<Endpoint> kOfA{at("10.9.1.1:5001"), at("10.9.2.1:5001")};
const std::vector<Endpoint> kOfB{at("10.9.1.2:5002"), at("10.9.2.2:5002")};

// Both have two networks in common, and the one in use is a black hole from now on.
TEST(Failover, ToAnotherNetworkTakesLessThanThreeSeconds) {
  for (const Story& story : Story::all()) {
    Talk talk(story, kOfA, kOfB);
    const auto net = [](const Endpoint& endpoint) { return endpoint.address.octets()[2]; };
    std::optional<std::uint8_t> dead;
    talk.pair.network.filter = [&](testing::Flight& flight) {
      return net(flight.from) == net(flight.to) && net(flight.from) != dead;
    };
    ASSERT_TRUE(talk.open()) << story.name();
    EXPECT_LE(talk.longest_silence(2s), 200ms) << story.name();
    dead = net(talk.used_by(talk.pair.a));
    EXPECT_LE(talk.longest_silence(20s), 3s) << story.name();
    EXPECT_NE(net(talk.used_by(talk.pair.a)), dead) << story.name();
    EXPECT_NE(net(talk.used_by(talk.pair.b)), dead) << story.name();
    talk.expect_all();
    // And back.
    dead = net(talk.used_by(talk.pair.a));
    EXPECT_LE(talk.longest_silence(20s), 3s) << story.name();
    talk.expect_all();
  }
}

// One address of one side dies, as when its cable is pulled; the other side has one.
TEST(Failover, OfOneSidesInterfaceTakesLessThanThreeSeconds) {
  for (const Story& story : Story::all()) {
    Talk talk(story, kOfA, {kOfB[0]});
    std::optional<Endpoint> dead;
    talk.pair.network.filter = [&](testing::Flight& flight) {
      return flight.from != dead && flight.to != dead;
    };
    ASSERT_TRUE(talk.open()) << story.name();
    talk.longest_silence(2s);
    dead = talk.used_by(talk.pair.a);
    EXPECT_LE(talk.longest_silence(20s), 3s) << story.name();
    talk.expect_all();
  }
}

// The NAT in front of `a` gives it a new port, and takes nothing for the old one.
TEST(Failover, OverARebindingTakesLessThanThreeSeconds) {
  for (const Story& story : Story::all()) {
    Talk talk(story, {kOfA[0]}, {kOfB[0]});
    Nat nat(at("203.0.113.21:1").address);
    nat.add_inside(kOfA[0].address);
    talk.pair.network.filter = [&](testing::Flight& flight) { return nat.translate(flight); };
    ASSERT_TRUE(talk.open()) << story.name();
    EXPECT_LE(talk.longest_silence(2s), 200ms) << story.name();
    for (int i = 0; i < 5; ++i) {
      nat.rebind();
      // When `a` has nothing to say, nobody knows its new port before its next check of consent.
      const Duration limit = story.sends == Sends::B ? 8s : 3s;
      EXPECT_LE(talk.longest_silence(12s), limit) << story.name() << ' ' << i;
    }
    talk.expect_all();
  }
}

// Nothing is missed while nobody speaks: consent finds it, and the channel is there again.
TEST(Failover, OfAnIdleConnectionIsFoundByConsent) {
  for (const bool a_offers : {true, false}) {
    Talk talk({.a_offers = a_offers}, kOfA, kOfB);
    const auto net = [](const Endpoint& endpoint) { return endpoint.address.octets()[2]; };
    std::optional<std::uint8_t> dead;
    talk.pair.network.filter = [&](testing::Flight& flight) {
      return net(flight.from) == net(flight.to) && net(flight.from) != dead;
    };
    ASSERT_TRUE(talk.open());
    talk.pair.network.run_for(20s);
    dead = net(talk.used_by(talk.pair.a));
    talk.pair.network.run_for(20s);
    EXPECT_TRUE(talk.pair.both_connected());
    EXPECT_LE(talk.longest_silence(5s), 200ms);
    talk.expect_all();
  }
}

// A path that is only slow or lossy is not left, nor is there an end of checks for nothing.
TEST(Failover, DoesNotHappenOverALossyPath) {
  Talk talk({}, kOfA, kOfB);
  const auto net = [](const Endpoint& endpoint) { return endpoint.address.octets()[2]; };
  talk.pair.network.filter = [&](testing::Flight& flight) {
    return net(flight.from) == net(flight.to);
  };
  ASSERT_TRUE(talk.open());
  talk.pair.network.link().options().loss = 0.1;
  const Endpoint before = talk.used_by(talk.pair.a);
  talk.longest_silence(30s);
  EXPECT_EQ(talk.used_by(talk.pair.a), before);
  talk.pair.network.link().options().loss = 0;
  talk.expect_all();
}

}  // namespace
}  // namespace specter
