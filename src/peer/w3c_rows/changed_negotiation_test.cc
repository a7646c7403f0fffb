// What the W3C's document and its public tests expect, by the numbers of our list of them: one test
// a row, of descriptions and candidates. docs/w3c-differences.md has what we do otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "peer/foreign_sdp.h"
#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::core {
namespace {

using peer::with;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PeerHost;
using testing::PeerPair;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const std::string kCandidate = "candidate:1 1 udp 2130706431 192.0.2.9 4096 typ host";

// b has a's offer of audio and data.
struct HasRemoteOffer {
  HasRemoteOffer() {
    const std::string offer =
        peer::head("0 1") + peer::audio_section("0") + peer::data_section("1");
    EXPECT_TRUE(b().set_remote_description(pair.now(), {SdpType::Offer, offer}));
  }
  PeerConnection& b() { return pair.b.connection; }
  Result<> add(IceCandidate candidate) {
    return b().add_ice_candidate(pair.now(), std::move(candidate));
  }
  // The section of the remote description.
  sdp::Media section(std::size_t index) {
    return sdp::parse(b().remote_description()->sdp)->media.at(index);
  }
  std::vector<bool> ended() {
    return {section(0).attributes.has("end-of-candidates"),
            section(1).attributes.has("end-of-candidates")};
  }

  PeerPair pair;
};

std::vector<std::string> negotiations(const PeerHost& host) {
  std::vector<std::string> out;
  for (const auto& event : host.events) {
    if (std::holds_alternative<NegotiationNeeded>(event)) out.emplace_back("needed");
    if (const auto* e = std::get_if<SignalingStateChanged>(&event))
      out.emplace_back(to_string(e->state));
  }
  return out;
}

TEST(W3cRows, Row180_NegotiationIsNeededAgainAfterARollback) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_offer().value()));
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), {SdpType::Rollback, ""}));
  pair.network.settle();
  EXPECT_THAT(negotiations(pair.a), ElementsAre("needed", "have-local-offer", "stable", "needed"));
}

TEST(W3cRows, Row181_AnImplicitRollbackSaysSoAtTheFinalStableState) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_offer().value()));
  const auto empty = pair.b.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), empty));
  pair.network.settle();
  EXPECT_THAT(negotiations(pair.a), Not(::testing::Contains("stable")));
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_answer().value()));
  pair.network.settle();
  EXPECT_THAT(negotiations(pair.a),
              ElementsAre("needed", "have-local-offer", "have-remote-offer", "stable", "needed"));
}

TEST(W3cRows, Row185_AnAddedCandidateShowsInTheRemoteDescription) {
  HasRemoteOffer has;
  const auto before = has.b().descriptions_revision();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(has.add({kCandidate, "1", 1, "Kq7z"}));
  EXPECT_NE(has.b().descriptions_revision(), before);
  EXPECT_THAT(has.section(1).attributes.values("candidate"), ElementsAre(kCandidate.substr(10)));
  EXPECT_THAT(has.section(0).attributes.values("candidate"), SizeIs(0));
  EXPECT_EQ(has.b().pending_remote_description(), has.b().remote_description());
  // Where the text has none it stays as it was given.
  ASSERT_TRUE(has.b().set_local_description(has.pair.now(), has.b().create_answer().value()));
  EXPECT_THAT(has.b().current_remote_description()->sdp, HasSubstr("a=" + kCandidate));
}

TEST(W3cRows, Row185_OrComesBackAsGivenWhenConfiguredSo) {
  PeerPair pair({}, {.show_remote_candidates = false});
  PeerConnection& b = pair.b.connection;
  const SessionDescription offer{SdpType::Offer, peer::head("1") + peer::data_section("1")};
  ASSERT_TRUE(b.set_remote_description(pair.now(), offer));
  ASSERT_TRUE(b.add_ice_candidate(pair.now(), {kCandidate, "1", 1, "Kq7z"}));
  ASSERT_TRUE(b.add_ice_candidate(pair.now(), {}));
  EXPECT_EQ(b.remote_description(), offer);
}

// No more than ToldCandidates::kMaxLines, and no line but a candidate's.
TEST(W3cRows, Row185_WhatIsShownHasALimit) {
  HasRemoteOffer has;
  ASSERT_TRUE(has.add({.candidate = kCandidate + "\r\na=x", .sdp_mid = "1"}));
  EXPECT_FALSE(has.section(1).attributes.has("x"));
  EXPECT_THAT(has.section(1).attributes.values("candidate"), SizeIs(0));
  peer::ToldCandidates told;
  for (std::size_t i = 0; i < peer::ToldCandidates::kMaxLines; ++i)
    EXPECT_TRUE(told.add(0, std::to_string(i)));
  EXPECT_FALSE(told.add(0, "one too many"));
}

TEST(W3cRows, Row186_TheEndOfCandidatesShowsInItsSection) {
  HasRemoteOffer has;
  ASSERT_TRUE(has.add({"", "1", 1, "Kq7z"}));
  EXPECT_THAT(has.ended(), ElementsAre(false, true));
}

TEST(W3cRows, Row187_WithoutASectionItIsTheEndOfAll) {
  HasRemoteOffer has;
  ASSERT_TRUE(has.add({.candidate = ""}));
  EXPECT_THAT(has.ended(), ElementsAre(true, true));
}

TEST(W3cRows, Row188_NothingAtAllIsTheEndToo) {
  HasRemoteOffer has;
  ASSERT_TRUE(has.add({}));
  EXPECT_THAT(has.ended(), ElementsAre(true, true));
}

TEST(W3cRows, Row189_InTheStableStateTheCurrentDescriptionHasIt) {
  HasRemoteOffer has;
  ASSERT_TRUE(has.b().set_local_description(has.pair.now(), has.b().create_answer().value()));
  ASSERT_TRUE(has.add({.candidate = ""}));
  EXPECT_THAT(has.ended(), ElementsAre(true, true));
  EXPECT_THAT(has.b().current_remote_description()->sdp, HasSubstr("a=end-of-candidates"));
}

TEST(W3cRows, Row190_OfAnUnknownUserFragmentItIsRefused) {
  HasRemoteOffer has;
  for (const std::optional<std::string>& mid : {std::optional<std::string>("1"), {}}) {
    const auto added = has.add({"", mid, std::nullopt, "unknown"});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::OperationFailed);
  }
  EXPECT_THAT(has.ended(), ElementsAre(false, false));
}

TEST(W3cRows, Row191_ACandidateOfNoSectionIsATypeError) {
  HasRemoteOffer has;
  for (const std::string& text : {kCandidate, std::string("(Invalid) candidate")}) {
    const auto added = has.add({.candidate = text});
    ASSERT_FALSE(added);
    EXPECT_EQ(to_string(added.error().code), "TypeError");
  }
}

TEST(W3cRows, Row196_AnInvalidCandidateIsAnOperationError) {
  HasRemoteOffer has;
  const auto added = has.add({.candidate = "(Invalid) candidate", .sdp_mid = "1"});
  ASSERT_FALSE(added);
  EXPECT_EQ(to_string(added.error().code), "OperationError");
}

TEST(W3cRows, Row206_TheEndOfCandidatesIsToldBeforeComplete) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_offer().value()));
  pair.network.settle();
  const auto& events = pair.a.events;
  ASSERT_GE(events.size(), 2u);
  const auto* end = std::get_if<LocalCandidate>(&events[events.size() - 2]);
  const auto* state = std::get_if<IceGatheringStateChanged>(&events.back());
  ASSERT_TRUE(end && state);
  const std::string sdp = pair.a.connection.local_description()->sdp;
  const std::string ufrag = sdp.substr(sdp.find("a=ice-ufrag:") + 12, 8);
  EXPECT_EQ(end->candidate, (IceCandidate{"", "0", 0, ufrag}));
  EXPECT_EQ(state->state, IceGatheringState::Complete);
}

TEST(W3cRows, Row213_WithoutCandidatesNothingHasBegun) {
  for (const bool sped : {false, true}) {
    PeerPair pair({}, {.sped = sped});
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    const auto offer = pair.a.connection.create_offer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
    const auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
    pair.network.run_for(1s);
    for (const PeerHost* host : {&pair.a, &pair.b}) {
      EXPECT_EQ(host->connection.ice_connection_state(), IceConnectionState::New);
      EXPECT_EQ(host->connection.connection_state(), ConnectionState::New);
      EXPECT_FALSE(host->has<ConnectionStateChanged>());
    }
  }
}

TEST(W3cRows, Row239_EachDescriptionHasItsOwnMaxMessageSize) {
  PeerPair pair;
  PeerConnection& a = pair.a.connection;
  const auto channel = a.create_data_channel(pair.now(), "data").value();
  for (const std::size_t limit : {1u, 2u, 0u, 1u}) {
    const auto offer = a.create_offer().value();
    ASSERT_TRUE(a.set_local_description(pair.now(), offer));
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
    auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    answer.sdp = with(answer.sdp, "a=max-message-size:262144",
                      "a=max-message-size:" + std::to_string(limit));
    ASSERT_TRUE(a.set_remote_description(pair.now(), answer));
    pair.network.settle();
    pair.trickle();
    ASSERT_TRUE(pair.network.run_until(
        [&] { return a.data_channel_state(channel) == DataChannelState::Open; }, 5s));
    EXPECT_EQ(a.max_message_size(), limit);
    for (std::size_t size = 1; size <= 3; ++size) {
      const auto sent = a.send(pair.now(), channel, MessageKind::Binary, Buffer(size));
      EXPECT_EQ(sent.has_value(), limit == 0 || size <= limit) << limit << " " << size;
      if (!sent) {
        EXPECT_EQ(to_string(sent.error().code), "TypeError");
      }
    }
  }
}

}  // namespace
}  // namespace specter::core
