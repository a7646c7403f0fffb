// W3C rows 137 to 155: setRemoteDescription. docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;

// An offer of data, in other hands than a's and b's.
SessionDescription foreign_offer(const std::string& mid) {
  return {SdpType::Offer, jsep::head(mid) + jsep::data_section(mid)};
}

TEST(W3cRows, Row137_TheLastOfSeveralOffersIsPending) {
  Two two;
  ASSERT_TRUE(two.set_remote(two.a, foreign_offer("0")));
  ASSERT_TRUE(two.set_remote(two.a, foreign_offer("0")));
  const auto last = foreign_offer("another");
  ASSERT_TRUE(two.set_remote(two.a, last));
  EXPECT_EQ(two.pc_a.remote_description(), last);
  EXPECT_EQ(two.pc_a.pending_remote_description(), last);
  EXPECT_EQ(two.pc_a.current_remote_description(), std::nullopt);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a), ElementsAre("have-remote-offer"));
}

TEST(W3cRows, Row138_AnOfferThatWasSetTwiceConnects) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  two.run();
  two.pair.trickle();
  EXPECT_TRUE(two.pair.network.run_until([&] { return two.pair.both_connected(); }, 5s));
}

// By design the code is the detail, RTCErrorDetailType's sdp-syntax-error.
TEST(W3cRows, Row139_TextThatIsNoSdpNamesItsLine) {
  Two two;
  const auto refused = two.set_remote(two.a, {SdpType::Offer, "Invalid SDP"});
  EXPECT_EQ(name_of(refused), "SyntaxError");
  EXPECT_EQ(refused.error().sdp_line, 1u);
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::Stable);
  EXPECT_EQ(two.pc_a.remote_description(), std::nullopt);
}

TEST(W3cRows, Row142_AnOfferWithoutTextIsASyntaxError) {
  Two two;
  EXPECT_EQ(name_of(two.set_remote(two.a, {SdpType::Offer, ""})), "SyntaxError");
}

TEST(W3cRows, Row143To144_AnAnswerNeedsAnOffer) {
  Two two;
  const auto text = foreign_offer("0").sdp;
  for (const SdpType type : {SdpType::Answer, SdpType::PrAnswer})
    EXPECT_EQ(name_of(two.set_remote(two.a, {type, text})), "InvalidStateError");
}

TEST(W3cRows, Row145_ThePeersAnswerIsNoneToItsOwnOffer) {
  Two two;
  ASSERT_TRUE(two.set_remote(two.a, foreign_offer("0")));
  EXPECT_EQ(name_of(two.set_remote(two.a, {SdpType::Answer, foreign_offer("0").sdp})),
            "InvalidStateError");
}

struct Offered : Two {
  Offered() {
    channel = create(a).value();
    offer = offer_of(a);
    EXPECT_TRUE(set_remote(b, offer));
    answer = answer_of(b);
  }
  ChannelId channel{};
  SessionDescription offer, answer;
};

TEST(W3cRows, Row146_AnAnswerMakesBothCurrent) {
  Offered two;
  ASSERT_TRUE(two.set_remote(two.a, two.answer));
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::Stable);
  EXPECT_EQ(two.pc_a.local_description(), two.offer);
  EXPECT_EQ(two.pc_a.current_local_description(), two.offer);
  EXPECT_EQ(two.pc_a.remote_description(), two.answer);
  EXPECT_EQ(two.pc_a.current_remote_description(), two.answer);
  EXPECT_EQ(two.pc_a.pending_local_description(), std::nullopt);
  EXPECT_EQ(two.pc_a.pending_remote_description(), std::nullopt);
}

TEST(W3cRows, Row147_ThePeersAnswerMayBeProvisionalFirst) {
  Offered two;
  const SessionDescription provisional{SdpType::PrAnswer, two.answer.sdp};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(two.set_remote(two.a, provisional));
    EXPECT_EQ(two.pc_a.pending_local_description(), two.offer);
    EXPECT_EQ(two.pc_a.pending_remote_description(), provisional);
    EXPECT_EQ(two.pc_a.current_local_description(), std::nullopt);
    EXPECT_EQ(two.pc_a.current_remote_description(), std::nullopt);
  }
  ASSERT_TRUE(two.set_remote(two.a, two.answer));
  EXPECT_EQ(two.pc_a.current_remote_description(), two.answer);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a),
              ElementsAre("needed", "have-local-offer", "have-remote-pranswer", "stable"));
}

// By design: a description that is refused changes nothing.
TEST(W3cRows, Row149_ARefusedOfferRollsNothingBack) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  EXPECT_EQ(name_of(two.set_remote(two.a, {SdpType::Offer, "Invalid SDP"})), "SyntaxError");
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::HaveLocalOffer);
  EXPECT_EQ(two.pc_a.pending_local_description(), offer);
}

TEST(W3cRows, Row150_AChannelLivesThroughAnImplicitRollback) {
  for (const bool peer_has_data : {false, true}) {
    Two two;
    const auto channel = two.create(two.a).value();
    (void)two.offer_of(two.a);
    if (peer_has_data) (void)two.create(two.b);
    ASSERT_TRUE(two.set_remote(two.a, two.offer_of(two.b)));
    ASSERT_TRUE(two.set_remote(two.b, two.answer_of(two.a)));
    EXPECT_EQ(two.pc_a.data_channel_state(channel), DataChannelState::Connecting);
    two.a.candidates.clear();
    if (peer_has_data) {
      two.run();
      two.pair.trickle();
    } else {
      ASSERT_TRUE(two.pair.negotiate());
    }
    EXPECT_TRUE(two.pair.network.run_until(
        [&] { return two.pc_a.data_channel_state(channel) == DataChannelState::Open; }, 5s))
        << peer_has_data;
  }
}

TEST(W3cRows, Row151_AnAnswerNeedsNoMid) {
  Offered two;
  auto answer = two.answer;
  answer.sdp = jsep::without(jsep::without(answer.sdp, "a=mid"), "a=group");
  EXPECT_EQ(name_of(two.set_remote(two.a, answer)), "");
  two.run();
  two.pair.trickle();
  EXPECT_TRUE(two.pair.network.run_until([&] { return two.pair.both_connected(); }, 5s));
}

SessionDescription with_another_fingerprint(SessionDescription description) {
  description.sdp = with(description.sdp, line(description.sdp, "a=fingerprint"),
                         "a=fingerprint:" + jsep::kForeignFingerprint);
  return description;
}

TEST(W3cRows, Row152To153_AnotherFingerprintNeedsOtherCredentials) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.connect());
  const auto offer = two.offer_of(two.a);
  EXPECT_EQ(name_of(two.set_remote(two.b, with_another_fingerprint(offer))), "InvalidAccessError");
  ASSERT_TRUE(two.set_remote(two.b, offer));
  const auto answer = two.answer_of(two.b);
  EXPECT_EQ(name_of(two.set_remote(two.a, with_another_fingerprint(answer))), "InvalidAccessError");
  EXPECT_TRUE(two.pair.both_connected());
}

TEST(W3cRows, Row154To155_CredentialsAreOfIceChars) {
  Two two;
  const std::string offer = foreign_offer("0").sdp;
  for (const char* name : {"a=ice-ufrag:", "a=ice-pwd:"}) {
    const std::string broken = with(offer, name, std::string(name) + "$");
    EXPECT_EQ(name_of(two.set_remote(two.a, {SdpType::Offer, broken})), "InvalidAccessError")
        << name;
  }
}

}  // namespace
}  // namespace specter::core::rows
