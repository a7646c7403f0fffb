#include "specter/peer_connection.h"

#include <future>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kSoon;
using ::testing::StartsWith;
using testing::TwoPeers;

struct PeerConnectionTest : ::testing::Test, TwoPeers {};

// The lifecycle document, from the first line to the last.
TEST_F(PeerConnectionTest, LivesTheLifecycle) {
  const auto ready = inbox_a.next(kSoon);
  ASSERT_TRUE(ready.has_value());
  EXPECT_TRUE(std::holds_alternative<event::Ready>(*ready)) << "Ready is the first event";

  const auto channel = a.create_data_channel("data");
  ASSERT_TRUE(channel.has_value());
  const auto created = inbox_a.receive<event::DataChannelCreated>(a, kSoon);
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->channel, *channel);
  EXPECT_EQ(channel->state(), DataChannelState::Connecting);

  ASSERT_TRUE(a.create_offer().has_value());
  const auto offer = inbox_a.receive<event::Offer>(a, kSoon);
  ASSERT_TRUE(offer.has_value());
  EXPECT_THAT(offer->description.sdp, HasSubstr("m=application"));
  ASSERT_TRUE(a.set_local_description(offer->description.to_json()).has_value());
  ASSERT_TRUE(inbox_a.receive<event::LocalDescriptionSet>(a, kSoon).has_value());
  EXPECT_EQ(a.signaling_state(), SignalingState::HaveLocalOffer);
  EXPECT_TRUE(a.pending_local_description().has_value());
  EXPECT_FALSE(a.current_local_description().has_value());

  ASSERT_TRUE(b.set_remote_description(offer->description).has_value());
  ASSERT_TRUE(inbox_b.receive<event::RemoteDescriptionSet>(b, kSoon).has_value());
  EXPECT_EQ(b.signaling_state(), SignalingState::HaveRemoteOffer);
  EXPECT_EQ(b.pending_remote_description(), offer->description);
  ASSERT_TRUE(b.create_answer().has_value());
  const auto answer = inbox_b.receive<event::Answer>(b, kSoon);
  ASSERT_TRUE(answer.has_value());
  ASSERT_TRUE(b.set_local_description(answer->description).has_value());
  ASSERT_TRUE(inbox_b.receive<event::LocalDescriptionSet>(b, kSoon).has_value());
  EXPECT_EQ(b.signaling_state(), SignalingState::Stable);
  EXPECT_EQ(b.current_remote_description(), offer->description);
  ASSERT_TRUE(a.set_remote_description(answer->description).has_value());
  ASSERT_TRUE(inbox_a.receive<event::RemoteDescriptionSet>(a, kSoon).has_value());

  // One candidate each way is enough.
  const auto from_a = inbox_a.receive<event::LocalCandidate>(a, kSoon);
  ASSERT_TRUE(from_a.has_value());
  ASSERT_TRUE(b.add_ice_candidate(from_a->candidate.to_json()).has_value());
  ASSERT_TRUE(inbox_b.receive<event::IceCandidateAdded>(b, kSoon).has_value());
  const auto from_b = inbox_b.receive<event::LocalCandidate>(b, kSoon);
  ASSERT_TRUE(from_b.has_value());
  ASSERT_TRUE(a.add_ice_candidate(from_b->candidate).has_value());
  ASSERT_TRUE(inbox_a.receive<event::IceCandidateAdded>(a, kSoon).has_value());

  ASSERT_TRUE(inbox_a.receive<event::DataChannelOpen>(a, kSoon).has_value());
  const auto incoming = inbox_b.receive<event::IncomingDataChannel>(b, kSoon);
  ASSERT_TRUE(incoming.has_value());
  EXPECT_EQ(incoming->channel.label(), "data");
  EXPECT_EQ(a.connection_state(), ConnectionState::Connected);

  a.close();
  ASSERT_TRUE(inbox_a.receive<event::Closed>(a, kSoon).has_value());
  EXPECT_EQ(a.connection_state(), ConnectionState::Closed);
  EXPECT_EQ(a.signaling_state(), SignalingState::Closed);
  EXPECT_EQ(channel->state(), DataChannelState::Closed);
  b.close();
  ASSERT_TRUE(inbox_b.receive<event::Closed>(b, kSoon).has_value());
}

TEST_F(PeerConnectionTest, AnswersCallsInTheirOrder) {
  ASSERT_TRUE(a.create_offer().has_value());
  ASSERT_TRUE(a.create_answer().has_value());  // fails: there is no offer
  ASSERT_TRUE(a.create_data_channel("x").has_value());
  ASSERT_TRUE(a.get_stats().has_value());
  ASSERT_TRUE(a.ask(7).has_value());
  ASSERT_TRUE(a.add_ice_candidate(IceCandidate{}).has_value());  // fails: no remote description
  a.close();
  std::vector<std::string> order;
  for (;;) {
    const auto event = inbox_a.next(kSoon);
    ASSERT_TRUE(event.has_value());
    if (std::holds_alternative<event::Ready>(*event)) order.emplace_back("ready");
    if (std::holds_alternative<event::Offer>(*event)) order.emplace_back("offer");
    if (std::holds_alternative<event::DataChannelCreated>(*event)) order.emplace_back("created");
    if (std::holds_alternative<event::Stats>(*event)) order.emplace_back("stats");
    if (const auto* asked = std::get_if<event::Asked>(&*event))
      order.push_back(fmt::format("asked {}", asked->question));
    if (const auto* failed = std::get_if<event::OperationFailed>(&*event))
      order.emplace_back(to_string(failed->operation));
    if (std::holds_alternative<event::Closed>(*event)) break;
  }
  EXPECT_THAT(order, ElementsAre("ready", "offer", "create_answer", "created", "stats", "asked 7",
                                 "add_ice_candidate"));
  EXPECT_EQ(inbox_a.next(0s).error().code, ErrorCode::Timeout) << "nothing comes after Closed";
}

TEST(PeerConnectionCalls, OfOneDoNotHoldUpAnotherOnItsLoop) {
  constexpr int kCalls = 10'000;
  std::promise<void> go_on, all_made;
  int made = 0, made_before_the_other = kCalls;  // the loop's
  Specter specter(testing::on_loopback({.loops = 1}));
  const auto api = testing::default_api(specter);
  const auto busy =
      api.new_peer_connection([&, may_go_on = go_on.get_future().share()](Event&& event) {
        if (std::holds_alternative<event::Ready>(event)) may_go_on.wait();
        if (std::holds_alternative<event::Stats>(event) && ++made == kCalls) all_made.set_value();
      });
  const auto other = api.new_peer_connection([&](Event&& event) {
    if (std::holds_alternative<event::Ready>(event)) made_before_the_other = made;
  });
  for (int i = 0; i < kCalls; ++i) ASSERT_TRUE(busy.get_stats().has_value());
  go_on.set_value();
  ASSERT_EQ(all_made.get_future().wait_for(60s), std::future_status::ready);
  EXPECT_LE(made_before_the_other, 64);
}

TEST_F(PeerConnectionTest, RefusesEveryCallOnceItIsClosed) {
  connect();
  a.close();
  a.close();
  const auto closed = [](const auto& result) {
    return !result.has_value() && result.error().code == ErrorCode::Closed;
  };
  for (const PeerConnection& pc : {a, PeerConnection()}) {
    EXPECT_TRUE(closed(pc.create_data_channel("x")));
    EXPECT_TRUE(closed(pc.create_offer()));
    EXPECT_TRUE(closed(pc.create_answer()));
    EXPECT_TRUE(closed(pc.set_local_description(SessionDescription{})));
    EXPECT_TRUE(closed(pc.set_remote_description(SessionDescription{})));
    EXPECT_TRUE(closed(pc.add_ice_candidate(IceCandidate{})));
    EXPECT_TRUE(closed(pc.set_local_description("no JSON")));
    EXPECT_TRUE(closed(pc.set_remote_description("no JSON")));
    EXPECT_TRUE(closed(pc.add_ice_candidate("no JSON")));
    EXPECT_TRUE(closed(pc.get_stats()));
    pc.close();
  }
  ASSERT_TRUE(inbox_a.receive<event::Closed>(a, kSoon).has_value());
  EXPECT_TRUE(closed(channel_a.send("late")));
  EXPECT_TRUE(closed(DataChannel().send("nowhere")));
  EXPECT_EQ(inbox_a.receive<event::Closed>(a, 0s).error().code, ErrorCode::Timeout) << "told once";
}

TEST(PeerConnectionHandle, ThatNamesNothingIsClosed) {
  const PeerConnection nothing;
  EXPECT_EQ(nothing.id(), 0U);
  EXPECT_EQ(nothing.connection_state(), ConnectionState::Closed);
  EXPECT_EQ(nothing.ice_connection_state(), IceConnectionState::Closed);
  EXPECT_EQ(nothing.ice_gathering_state(), IceGatheringState::New);
  EXPECT_EQ(nothing.signaling_state(), SignalingState::Closed);
  EXPECT_EQ(nothing.local_description(), std::nullopt);
  const DataChannel channel;
  EXPECT_EQ(channel.state(), DataChannelState::Closed);
  EXPECT_EQ(channel.label(), "");
  EXPECT_EQ(channel.id(), std::nullopt);
  EXPECT_EQ(channel.buffered_amount(), 0U);
  channel.set_buffered_amount_low_threshold(5);
  channel.close();
}

TEST_F(PeerConnectionTest, HasAnIdOfItsOwn) {
  EXPECT_NE(a.id(), 0U);
  EXPECT_NE(a.id(), b.id());
  EXPECT_EQ(a, PeerConnection(a));
}

TEST_F(PeerConnectionTest, JudgesJsonOnTheSpot) {
  EXPECT_EQ(a.set_local_description("{").error().code, ErrorCode::InvalidJson);
  EXPECT_EQ(a.set_remote_description("[]").error().code, ErrorCode::InvalidJson);
  EXPECT_EQ(a.add_ice_candidate("").error().code, ErrorCode::InvalidJson);
}

// W3C §6.1.
TEST_F(PeerConnectionTest, JudgesAChannelsOptionsOnTheSpot) {
  const std::string longest(65535, 'x'), too_long(65536, 'x');
  const auto refused = [&](std::string_view label, const DataChannelOptions& options) {
    const auto channel = a.create_data_channel(label, options);
    return !channel.has_value() && channel.error().code == ErrorCode::InvalidArgument;
  };
  EXPECT_TRUE(refused(too_long, {}));
  EXPECT_TRUE(refused("x", {.protocol = too_long}));
  EXPECT_TRUE(refused("x", {.max_packet_life_time = 1ms, .max_retransmits = 1}));
  EXPECT_TRUE(refused("x", {.max_packet_life_time = -1ms}));
  EXPECT_TRUE(refused("x", {.max_packet_life_time = 65536ms}));
  EXPECT_TRUE(refused("x", {.negotiated = true}));
  EXPECT_TRUE(refused("x", {.negotiated = true, .id = 65535}));
  EXPECT_TRUE(refused("\xff", {}));
  EXPECT_FALSE(refused("x", {.id = 65535})) << "an id that is not negotiated is not looked at";
  EXPECT_FALSE(refused(longest, {.protocol = longest}));
  EXPECT_FALSE(refused("", {.max_packet_life_time = 65535ms}));
  EXPECT_FALSE(refused("x", {.negotiated = true, .id = 65534}));
}

TEST_F(PeerConnectionTest, ShowsTheOptionsOfAChannel) {
  const auto channel = a.create_data_channel(
      "name", {.ordered = false, .protocol = "chat", .negotiated = true, .id = 7});
  ASSERT_TRUE(channel.has_value());
  EXPECT_EQ(channel->label(), "name");
  EXPECT_EQ(channel->protocol(), "chat");
  EXPECT_FALSE(channel->ordered());
  EXPECT_EQ(channel->id(), 7);
  EXPECT_EQ(a.create_data_channel("other")->id(), std::nullopt) << "not known before the answer";
}

// Both sides, whoever made it.
TEST_F(PeerConnectionTest, ShowsTheLimitsOfAChannelOnBothSides) {
  connect({.ordered = false, .max_retransmits = 3, .protocol = "chat", .priority = Priority::High});
  for (const DataChannel& channel : {channel_a, channel_b}) {
    EXPECT_FALSE(channel.ordered());
    EXPECT_EQ(channel.max_retransmits(), 3);
    EXPECT_EQ(channel.max_packet_life_time(), std::nullopt);
    EXPECT_EQ(channel.protocol(), "chat");
    EXPECT_EQ(channel.priority(), Priority::High);
    EXPECT_FALSE(channel.negotiated());
    EXPECT_TRUE(channel.id().has_value());
  }
}

// W3C's row 27: the answer decides it, before anything is connected.
TEST_F(PeerConnectionTest, KnowsAChannelsIdOnceTheAnswerIsSet) {
  const auto channel = a.create_data_channel("data");
  ASSERT_TRUE(channel.has_value());
  testing::negotiate(inbox_a, a, inbox_b, b);
  EXPECT_TRUE(channel->id().has_value());
}

TEST_F(PeerConnectionTest, TellsWhatBecameOfAFailedCall) {
  ASSERT_TRUE(a.set_remote_description({SdpType::Offer, "nonsense"}).has_value());
  const auto set = inbox_a.receive<event::RemoteDescriptionSet>(a, kSoon);
  ASSERT_FALSE(set.has_value());
  EXPECT_NE(set.error().message, "");
  EXPECT_EQ(a.signaling_state(), SignalingState::Stable);
}

TEST_F(PeerConnectionTest, ReportsItsStats) {
  connect();
  ASSERT_TRUE(a.get_stats().has_value());
  const auto stats = inbox_a.receive<event::Stats>(a, kSoon);
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(stats->stats.transport.dtls_state, DtlsTransportState::Connected);
  EXPECT_GT(stats->stats.transport.packets_sent, 0U);
}

TEST_F(PeerConnectionTest, TellsThePeersGoodbye) {
  connect();
  a.close();
  const auto failed = inbox_b.receive_if<event::ConnectionStateChange>(
      [](const event::ConnectionStateChange& e) { return e.state == ConnectionState::Failed; },
      kSoon);
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->code, ErrorCode::ClosedByPeer);
  EXPECT_EQ(failed->reason, "the peer closed the connection");
  EXPECT_EQ(b.ice_connection_state(), IceConnectionState::Failed);
  const auto error = inbox_b.receive<event::DataChannelError>(b, kSoon);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->error.code, ErrorCode::ClosedByPeer);
  EXPECT_TRUE(inbox_b.receive<event::DataChannelClosed>(b, kSoon).has_value());
  EXPECT_EQ(channel_b.state(), DataChannelState::Closed);
}

// ---- what a Specter's configuration does

struct Start {
  std::vector<IceServer> servers;
  ErrorCode code;
  const char* message;
};

TEST(Configuration, OfBadServersShowsAtTheConnection) {
  const Start table[] = {
      {{{.urls = {"http://x"}}}, ErrorCode::SyntaxError, "the ICE server URL \"http://x\""},
      {{{.urls = {"turn:x"}}},
       ErrorCode::InvalidAccess,
       "turn:x: turn server credentials required: set username and credential"},
  };
  for (const Start& row : table) {
    Specter specter({.defaults = {.ice_servers = row.servers}});
    Mailbox inbox;
    const auto pc = testing::default_api(specter).new_peer_connection(inbox);
    const auto failed = inbox.next(kSoon);
    ASSERT_TRUE(failed.has_value());
    const auto* event = std::get_if<event::OperationFailed>(&*failed);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(event->operation, Operation::Start);
    EXPECT_EQ(event->error.code, row.code);
    EXPECT_THAT(event->error.message, StartsWith(row.message));
    EXPECT_TRUE(std::holds_alternative<event::Closed>(*inbox.next(kSoon)));
    EXPECT_EQ(pc.create_offer().error().code, ErrorCode::Closed);
    EXPECT_EQ(pc.connection_state(), ConnectionState::Closed);
  }
}

TEST(Configuration, OfADatagramTooSmallShowsAtTheConnection) {
  Specter specter({.defaults = {.transport = {.max_datagram_bytes = 100}}});
  Mailbox inbox;
  const auto pc = testing::default_api(specter).new_peer_connection(inbox);
  const auto ready = inbox.receive<event::Ready>(pc, kSoon);
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(ready.error().message,
            "max_datagram_bytes is 100 bytes: it must be 548 to 65507 bytes");
}

// W3C §4.4.1.1: each RTCPeerConnection has a configuration of its own.
TEST(Configuration, IsOnlyTheDefaultOfAConnection) {
  const Specter specter(testing::on_loopback({.defaults = {.data = {.max_message_bytes = 1000}}}));
  const Api api = testing::default_api(specter);
  const auto announced = [&](Mailbox& inbox, const PeerConnection& pc) {
    EXPECT_TRUE(pc.create_data_channel("data").has_value());
    EXPECT_TRUE(pc.create_offer().has_value());
    const auto offer = inbox.receive<event::Offer>(pc, kSoon);
    return offer ? offer->description.sdp : std::string();
  };
  Mailbox inbox;
  EXPECT_THAT(announced(inbox, api.new_peer_connection(inbox)),
              HasSubstr("a=max-message-size:1000\r\n"));
  ConnectionOptions own = specter.configuration().defaults;
  own.data.max_message_bytes = 2000;
  EXPECT_THAT(announced(inbox, api.new_peer_connection(inbox, own)),
              HasSubstr("a=max-message-size:2000\r\n"));
  own.ice_servers = {{.urls = {"http://x"}}};
  const auto wrong = api.new_peer_connection(inbox, own);
  EXPECT_EQ(inbox.receive<event::Ready>(wrong, kSoon).error().code, ErrorCode::SyntaxError);
}

TEST(Configuration, OfAKeyLogThatCantBeOpenedShowsAtTheConnection) {
  const Specter specter(
      testing::on_loopback({.defaults = {.key_log_file = "/no/such/folder/keys"}}));
  Mailbox inbox;
  const auto pc = testing::default_api(specter).new_peer_connection(inbox);
  const auto ready = inbox.receive<event::Ready>(pc, kSoon);
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().code, ErrorCode::OperationFailed);
  EXPECT_THAT(ready.error().message, HasSubstr("/no/such/folder/keys"));
}

TEST(Configuration, MayHaveOneCertificateForAllConnections) {
  const auto fingerprints = [](bool shared) {
    const Specter specter(testing::on_loopback(
        {.defaults = {.certificate = shared ? generate_certificate() : nullptr}}));
    const Api api = testing::default_api(specter);
    Mailbox inbox;
    std::set<std::string> all;
    for (int i = 0; i < 2; ++i) {
      const auto pc = api.new_peer_connection(inbox);
      EXPECT_TRUE(pc.create_data_channel("data").has_value());
      EXPECT_TRUE(pc.create_offer().has_value());
      const auto offer = inbox.receive<event::Offer>(pc, kSoon);
      if (!offer) return std::size_t{0};
      const std::string& sdp = offer->description.sdp;
      const std::size_t at = sdp.find("a=fingerprint:");
      all.insert(sdp.substr(at, sdp.find('\r', at) - at));
    }
    return all.size();
  };
  EXPECT_EQ(fingerprints(true), 1U);
  EXPECT_EQ(fingerprints(false), 2U);
}

TEST(Configuration, IsWhatWasGiven) {
  const Specter specter(
      {.defaults = {.ice_servers = {{.urls = {"stun:a.example", "stun:b.example"}}},
                    .data = {.send_buffer_bytes = 12'345}},
       .loops = 1});
  EXPECT_THAT(specter.configuration().defaults.ice_servers[0].urls,
              ElementsAre("stun:a.example", "stun:b.example"));
  EXPECT_EQ(specter.configuration().defaults.data.send_buffer_bytes, 12'345U);
  EXPECT_EQ(specter.configuration().loops, 1U);
}

// A server that never answers, and TURN that is not used yet, end no gathering late.
TEST(Configuration, OfServersThatDoNotAnswerStillGathers) {
  Specter specter(testing::on_loopback(
      {.defaults = {.ice_servers = {
                        {.urls = {"stun:127.0.0.1:9", "stun:[::1]:9", "stun:no-such-name.invalid"}},
                        {.urls = {"turn:127.0.0.1"}, .username = "u", .credential = "p"}}}}));
  Mailbox inbox;
  const auto pc = testing::default_api(specter).new_peer_connection(inbox);
  ASSERT_TRUE(pc.create_data_channel("data").has_value());
  ASSERT_TRUE(pc.create_offer().has_value());
  const auto offer = inbox.receive<event::Offer>(pc, kSoon);
  ASSERT_TRUE(offer.has_value());
  ASSERT_TRUE(pc.set_local_description(offer->description).has_value());
  const auto complete = inbox.receive_if<event::IceGatheringStateChange>(
      [](const auto& e) { return e.state == IceGatheringState::Complete; }, 30s);
  EXPECT_TRUE(complete.has_value());
  EXPECT_THAT(pc.local_description()->sdp, HasSubstr("127.0.0.1"));
}

TEST(SpecterApi, ConsumesEngineAndRegistryAndServesManyConnections) {
  static_assert(!std::is_copy_constructible_v<MediaEngine>);
  static_assert(!std::is_copy_constructible_v<Registry>);
  Mailbox inbox;
  std::optional<Api> api;
  {
    Specter specter(testing::on_loopback());
    api = testing::default_api(specter);
  }
  EXPECT_FALSE(api->codecs().empty());
  // An Api keeps the loops alive on its own.
  for (int i = 0; i < 5; ++i) {
    const auto pc = api->new_peer_connection(inbox);
    EXPECT_TRUE(inbox.receive<event::Ready>(pc, kSoon).has_value());
  }
}

}  // namespace
}  // namespace specter
