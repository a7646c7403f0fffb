// W3C rows about calls that are made one after the other without waiting, and about what handles
// answer. docs/w3c-rows.md has all rows.
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kSoon;
using ::testing::Not;
using testing::TwoPeers;

const IceCandidate kCandidate{.candidate = "candidate:1 1 udp 2130706431 192.0.2.9 4096 typ host",
                              .sdp_mline_index = 0};

struct W3cRows : ::testing::Test, TwoPeers {
  // Of a's, with a data section and not set.
  SessionDescription offer_of_a() {
    EXPECT_TRUE(a.create_data_channel("data").has_value());
    EXPECT_TRUE(a.create_offer().has_value());
    const auto offer = inbox_a.receive<event::Offer>(a, kSoon);
    EXPECT_TRUE(offer.has_value());
    return offer ? offer->description : SessionDescription{};
  }
};

// By design: calls are made in their order, and an offer is of what came before it.
TEST_F(W3cRows, Row106_AnOfferIsOfTheCallsBeforeIt) {
  ASSERT_TRUE(a.create_offer().has_value());
  ASSERT_TRUE(a.create_data_channel("data").has_value());
  ASSERT_TRUE(a.create_offer().has_value());
  const auto first = inbox_a.receive<event::Offer>(a, kSoon);
  const auto second = inbox_a.receive<event::Offer>(a, kSoon);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_THAT(first->description.sdp, Not(HasSubstr("m=application")));
  EXPECT_THAT(second->description.sdp, HasSubstr("m=application"));
  EXPECT_TRUE(inbox_a.receive<event::NegotiationNeeded>(a, kSoon).has_value());
}

// By design: calls that wait are made and answered before the end.
TEST_F(W3cRows, Row112And279_CallsBeforeTheCloseAreAnswered) {
  const auto offer = offer_of_a();
  ASSERT_TRUE(b.set_remote_description(offer).has_value());
  ASSERT_TRUE(b.create_answer().has_value());
  b.close();
  EXPECT_TRUE(inbox_b.receive<event::RemoteDescriptionSet>(b, kSoon).has_value());
  EXPECT_TRUE(inbox_b.receive<event::Answer>(b, kSoon).has_value());
  EXPECT_TRUE(inbox_b.receive<event::Closed>(b, kSoon).has_value());
  EXPECT_EQ(b.signaling_state(), SignalingState::Closed);
}

TEST_F(W3cRows, Row135_AnAnswerMayBeSetBeforeItCame) {
  ASSERT_TRUE(b.set_remote_description(offer_of_a()).has_value());
  ASSERT_TRUE(b.create_answer().has_value());
  ASSERT_TRUE(b.set_local_description({SdpType::Answer, ""}).has_value());
  EXPECT_TRUE(inbox_b.receive<event::LocalDescriptionSet>(b, kSoon).has_value());
  EXPECT_EQ(b.signaling_state(), SignalingState::Stable);
}

// By design: JSON that is not what was asked for has a code of its own.
TEST_F(W3cRows, Row140And142_ADescriptionNeedsAKnownType) {
  for (const char* json : {R"({"type":"bogus","sdp":"bogus"})", R"({"sdp":"v=0"})", "{}"}) {
    const auto set = a.set_remote_description(std::string_view(json));
    ASSERT_FALSE(set.has_value()) << json;
    EXPECT_EQ(set.error().code, ErrorCode::InvalidJson) << json;
  }
}

TEST_F(W3cRows, Row173_ACandidateWaitsForTheDescriptionBeforeIt) {
  ASSERT_TRUE(b.add_ice_candidate(kCandidate).has_value());
  const auto alone = inbox_b.receive<event::IceCandidateAdded>(b, kSoon);
  ASSERT_FALSE(alone.has_value());
  EXPECT_EQ(alone.error().code, ErrorCode::InvalidState);
  ASSERT_TRUE(b.set_remote_description(offer_of_a()).has_value());
  ASSERT_TRUE(b.add_ice_candidate(kCandidate).has_value());
  EXPECT_TRUE(inbox_b.receive<event::IceCandidateAdded>(b, kSoon).has_value());
}

TEST_F(W3cRows, Row174To175_ByGlareTheCandidateBelongsBehindTheOffer) {
  const auto offer = offer_of_a();
  for (const bool is_before : {true, false}) {
    ASSERT_TRUE(b.create_data_channel("of b").has_value());
    ASSERT_TRUE(b.create_offer().has_value());
    const auto own = inbox_b.receive<event::Offer>(b, kSoon);
    ASSERT_TRUE(own.has_value());
    ASSERT_TRUE(b.set_local_description(own->description).has_value());
    if (is_before) {
      ASSERT_TRUE(b.set_local_description({SdpType::Rollback, ""}).has_value());
      ASSERT_TRUE(b.add_ice_candidate(kCandidate).has_value());
    }
    ASSERT_TRUE(b.set_remote_description(offer).has_value());
    if (!is_before) {
      ASSERT_TRUE(b.add_ice_candidate(kCandidate).has_value());
    }
    const auto added = inbox_b.receive<event::IceCandidateAdded>(b, kSoon);
    EXPECT_EQ(added.has_value(), !is_before);
    if (is_before) {
      EXPECT_EQ(added.error().code, ErrorCode::InvalidState);
    }
    EXPECT_TRUE(inbox_b.receive<event::RemoteDescriptionSet>(b, kSoon).has_value());
    ASSERT_TRUE(b.set_remote_description({SdpType::Rollback, ""}).has_value());
    EXPECT_TRUE(inbox_b.receive<event::RemoteDescriptionSet>(b, kSoon).has_value());
  }
}

TEST_F(W3cRows, Row197_OtherKeysOfACandidateAreIgnored) {
  ASSERT_TRUE(b.set_remote_description(offer_of_a()).has_value());
  const std::string json = R"({"candidate":")" + kCandidate.candidate +
                           R"(","sdpMid":"0","relayProtocol":"tls","url":"stun:stun.example"})";
  ASSERT_TRUE(b.add_ice_candidate(json).has_value());
  EXPECT_TRUE(inbox_b.receive<event::IceCandidateAdded>(b, kSoon).has_value());
}

// Once all that was sent has come, and what it was to a was told.
std::size_t lows_after(TwoPeers& peers, int messages) {
  for (int i = 0; i < messages; ++i)
    EXPECT_TRUE(peers.inbox_b.receive<event::Message>(peers.b, kSoon).has_value());
  EXPECT_TRUE(peers.a.get_stats().has_value());
  EXPECT_TRUE(peers.inbox_a.receive<event::Stats>(peers.a, kSoon).has_value());
  std::size_t lows = 0;
  while (peers.inbox_a.receive<event::BufferedAmountLow>(peers.a, 0s)) ++lows;
  return lows;
}

// With handles it is src/api that decides about BufferedAmountLow, not the core.
TEST_F(W3cRows, Row83To84_AHandleIsToldWhenItFellFromAboveTheThreshold) {
  connect();
  ASSERT_TRUE(channel_a.send("").has_value());
  EXPECT_EQ(channel_a.buffered_amount(), 0U);
  EXPECT_EQ(lows_after(*this, 1), 0U);
  channel_a.set_buffered_amount_low_threshold(4);
  ASSERT_TRUE(channel_a.send("four").has_value());
  EXPECT_EQ(lows_after(*this, 1), 0U);
  channel_a.set_buffered_amount_low_threshold(2);
  ASSERT_TRUE(channel_a.send("four").has_value());
  EXPECT_EQ(lows_after(*this, 1), 1U);
  EXPECT_EQ(channel_a.buffered_amount(), 0U);
}

TEST_F(W3cRows, Row91_TheThresholdIsWhatWasSet) {
  const auto channel = a.create_data_channel("data");
  ASSERT_TRUE(channel.has_value());
  EXPECT_EQ(channel->buffered_amount_low_threshold(), 0U);
  channel->set_buffered_amount_low_threshold(12'345);
  EXPECT_EQ(channel->buffered_amount_low_threshold(), 12'345U);
  EXPECT_EQ(DataChannel().buffered_amount_low_threshold(), 0U);
}

TEST_F(W3cRows, Row273_StatisticsSayWhenTheyWereMade) {
  ASSERT_TRUE(a.get_stats().has_value());
  const auto first = inbox_a.receive<event::Stats>(a, kSoon);
  ASSERT_TRUE(a.get_stats().has_value());
  const auto second = inbox_a.receive<event::Stats>(a, kSoon);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_GT(first->stats.timestamp, Timestamp{});
  EXPECT_GT(second->stats.timestamp, first->stats.timestamp);
}

TEST_F(W3cRows, Row275To276_AfterTheCloseAllIsClosed) {
  std::vector<DataChannel> channels;
  for (std::uint16_t i = 0; i < 24; ++i) {
    auto channel = a.create_data_channel("data", {.negotiated = i % 2 == 0, .id = i});
    ASSERT_TRUE(channel.has_value());
    channels.push_back(*channel);
  }
  a.close();
  ASSERT_TRUE(inbox_a.receive<event::Closed>(a, kSoon).has_value());
  for (const DataChannel& channel : channels) EXPECT_EQ(channel.state(), DataChannelState::Closed);
  EXPECT_EQ(a.signaling_state(), SignalingState::Closed);
  EXPECT_EQ(a.ice_connection_state(), IceConnectionState::Closed);
  EXPECT_EQ(a.connection_state(), ConnectionState::Closed);
}

// What an owner that is told at once hears, and when it makes its calls: all of a step are made in
// one handler, so none has begun when the last is made.
struct Steps {
  explicit Steps(const Api& api)
      : connection(api.new_peer_connection([this](Event&& event) { handle(event); })) {}
  ~Steps() {
    connection.close();
    EXPECT_EQ(closed.get_future().wait_for(kSoon), std::future_status::ready);
  }

  void handle(const Event& event) {
    if (const auto* asked = std::get_if<event::Asked>(&event)) {
      if (asked->question == 0) return done->set_value();
      (*step)();
    }
    if (std::holds_alternative<event::NegotiationNeeded>(event))
      told.push_back("needed in " + std::string(to_string(connection.signaling_state())));
    if (std::holds_alternative<event::RemoteDescriptionSet>(event)) told.emplace_back("remote set");
    if (std::holds_alternative<event::Closed>(event)) closed.set_value();
  }
  // What came of it, and of what followed from it.
  std::vector<std::string> make(const std::function<void()>& calls) {
    step = &calls;
    for (const std::uint64_t question : {1u, 0u, 0u}) {
      if (question == 0) done.emplace();
      EXPECT_TRUE(connection.ask(question).has_value());
      if (question == 0) {
        EXPECT_EQ(done->get_future().wait_for(kSoon), std::future_status::ready);
      }
    }
    return std::exchange(told, {});
  }

  const std::function<void()>* step = nullptr;
  std::vector<std::string> told;
  std::optional<std::promise<void>> done;
  std::promise<void> closed;
  PeerConnection connection;
};

struct W3cMediaRows : W3cRows {};

TEST_F(W3cMediaRows, K14_NoneIsAskedForWhileOneIsBeingMade) {
  Steps steps(api);
  const auto& pc = steps.connection;
  const auto must = [](const auto& result) { EXPECT_TRUE(result.has_value()); };
  const auto answer = [&] {
    must(b.set_remote_description(*pc.local_description()));
    must(b.set_local_description());
    EXPECT_TRUE(inbox_b.receive<event::LocalDescriptionSet>(b, kSoon).has_value());
    return *b.local_description();
  };
  EXPECT_THAT(steps.make([&] {
    must(pc.add_transceiver(MediaKind::Audio));
    must(pc.set_local_description());
  }),
              IsEmpty());
  auto answered = answer();
  EXPECT_THAT(steps.make([&] {
    must(pc.add_transceiver(MediaKind::Video));
    must(pc.set_remote_description(answered));
    must(pc.set_local_description());
  }),
              ElementsAre("remote set"));
  EXPECT_EQ(pc.signaling_state(), SignalingState::HaveLocalOffer);
  answered = answer();
  // Row I7: it is the last of what a description brings about.
  EXPECT_THAT(steps.make([&] {
    must(pc.add_transceiver(MediaKind::Video));
    must(pc.set_remote_description(answered));
  }),
              ElementsAre("remote set", "needed in stable"));
}

}  // namespace
}  // namespace specter
