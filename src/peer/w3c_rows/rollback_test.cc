// W3C rows 156 to 181: rollback, and when negotiation is needed. docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const SessionDescription kRollback{SdpType::Rollback, ""};

TEST(W3cRows, Row156_OurFirstOfferCanBeTakenBack) {
  Two two;
  (void)two.create(two.a);
  (void)two.offer_of(two.a);
  ASSERT_TRUE(two.set_local(two.a, kRollback));
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::Stable);
  EXPECT_EQ(two.pc_a.local_description(), std::nullopt);
  EXPECT_EQ(two.pc_a.pending_local_description(), std::nullopt);
  EXPECT_EQ(two.pc_a.current_local_description(), std::nullopt);
  EXPECT_THAT(states<SignalingStateChange>(two.a), IsEmpty());
  two.pair.network.settle();
  EXPECT_THAT(states<SignalingStateChange>(two.a), ElementsAre("have-local-offer", "stable"));
}

TEST(W3cRows, Row157_SoCanThePeers) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  ASSERT_TRUE(two.set_remote(two.b, kRollback));
  EXPECT_EQ(two.pc_b.signaling_state(), SignalingState::Stable);
  EXPECT_EQ(two.pc_b.remote_description(), std::nullopt);
  EXPECT_EQ(two.pc_b.pending_remote_description(), std::nullopt);
  EXPECT_EQ(two.pc_b.current_remote_description(), std::nullopt);
}

TEST(W3cRows, Row158To159_InTheStableStateThereIsNothingToTakeBack) {
  Two two;
  const auto refused = [&] {
    return name_of(two.set_local(two.a, kRollback)) == "InvalidStateError" &&
           name_of(two.set_remote(two.a, kRollback)) == "InvalidStateError";
  };
  EXPECT_TRUE(refused());
  (void)two.create(two.a);
  ASSERT_TRUE(two.connect());
  EXPECT_TRUE(refused());
  EXPECT_TRUE(two.pair.both_connected());
}

TEST(W3cRows, Row160To161_EachSideTakesBackItsOwn) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  EXPECT_EQ(name_of(two.set_remote(two.a, kRollback)), "InvalidStateError");
  EXPECT_EQ(name_of(two.set_local(two.b, kRollback)), "InvalidStateError");
}

TEST(W3cRows, Row162_TheTextOfARollbackIsIgnored) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  const SessionDescription rollback{SdpType::Rollback, "!<\"^*!@"};
  EXPECT_EQ(name_of(two.set_local(two.a, rollback)), "");
  EXPECT_EQ(name_of(two.set_remote(two.b, rollback)), "");
}

const std::string kCandidate = "candidate:1";

// What a was told of its candidates: the section's mid and how the text begins.
std::vector<std::string> told(const PeerHost& host) {
  std::vector<std::string> out;
  for (const auto* e : host.all<LocalCandidate>())
    out.push_back(*e->candidate.sdp_mid + " " +
                  e->candidate.candidate.substr(0, kCandidate.size()));
  return out;
}

TEST(W3cRows, Row163_WithTheFirstOfferWhatWasGatheredIsTakenBack) {
  Two two;
  (void)two.create(two.a);
  (void)two.offer_of(two.a);
  two.pair.network.settle();
  ASSERT_TRUE(two.set_local(two.a, kRollback));
  two.pair.network.settle();
  EXPECT_EQ(two.pc_a.ice_gathering_state(), IceGatheringState::New);
  EXPECT_THAT(states<IceGatheringStateChange>(two.a), ElementsAre("gathering", "complete", "new"));
}

TEST(W3cRows, Row164_AlsoBeforeItIsGathered) {
  Two two;
  (void)two.create(two.a);
  (void)two.offer_of(two.a);
  ASSERT_TRUE(two.set_local(two.a, kRollback));
  two.pair.network.settle();
  EXPECT_EQ(two.pc_a.ice_gathering_state(), IceGatheringState::New);
  EXPECT_THAT(states<IceGatheringStateChange>(two.a), IsEmpty());
}

TEST(W3cRows, Row165_AnOfferAfterARollbackConnects) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  ASSERT_TRUE(two.set_local(two.a, kRollback));
  ASSERT_TRUE(two.set_remote(two.b, kRollback));
  EXPECT_TRUE(two.connect());
}

TEST(W3cRows, Row166_TheSameOfferMayBeSetAgain) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  ASSERT_TRUE(two.set_local(two.a, kRollback));
  two.pair.network.settle();
  ASSERT_TRUE(two.set_local(two.a, offer));
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a),
              ElementsAre("needed", "have-local-offer", "stable", "needed", "have-local-offer"));
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
}

TEST(W3cRows, Row167_DataFlowOnThroughGlare) {
  Open open;
  const auto local = open.pc_a.current_local_description();
  (void)open.offer_of(open.a);
  const auto offer = open.offer_of(open.b);
  ASSERT_TRUE(open.set_local(open.a, kRollback));
  EXPECT_EQ(open.pc_a.local_description(), local);
  ASSERT_TRUE(open.set_remote(open.a, offer));
  ASSERT_TRUE(open.set_remote(open.b, open.answer_of(open.a)));
  ASSERT_TRUE(open.send("after it"));
  open.run();
  EXPECT_EQ(count(told_of(open.b, open.at_b), "message"), 1u);
}

// By design the transport is the same one, so its user fragment is too.
TEST(W3cRows, Row168_TheNextOffersCandidatesAreToldAnew) {
  Two two;
  (void)two.create(two.a);
  const auto first = two.offer_of(two.a);
  two.pair.network.settle();
  ASSERT_TRUE(two.set_local(two.a, kRollback));
  const auto second = two.offer_of(two.a);
  two.pair.network.settle();
  EXPECT_THAT(told(two.a), ElementsAre("0 candidate:1", "0 ", "0 candidate:1", "0 "));
  EXPECT_EQ(line(second.sdp, "a=ice-ufrag"), line(first.sdp, "a=ice-ufrag"));
}

// The same for an answer in the place of an offer that met the peer's: the peer, who had only its
// own offer, has refused what was told for ours.
TEST(W3cRows, Row169_SoAreTheAnswers) {
  Two two;
  (void)two.create(two.a);
  (void)two.create(two.b);
  (void)two.offer_of(two.a);
  const auto offer = two.offer_of(two.b);
  two.pair.network.settle();
  two.a.candidates.clear();
  ASSERT_TRUE(two.set_remote(two.a, offer));
  ASSERT_TRUE(two.set_remote(two.b, two.answer_of(two.a)));
  two.pair.network.settle();
  EXPECT_THAT(told(two.a), ElementsAre("0 candidate:1", "0 ", "0 candidate:1", "0 "));
  two.pair.trickle();
  EXPECT_TRUE(two.pair.network.run_until([&] { return two.pair.both_connected(); }, 5s));
}

TEST(W3cRows, Row170_AProvisionalAnswerIsNotTakenBack) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  const SessionDescription provisional{SdpType::PrAnswer, two.pc_b.create_answer()->sdp};
  ASSERT_TRUE(two.set_local(two.b, provisional));
  ASSERT_TRUE(two.set_remote(two.a, provisional));
  for (PeerHost* host : {&two.a, &two.b}) {
    const auto state = host->connection.signaling_state();
    EXPECT_EQ(name_of(two.set_local(*host, kRollback)), "InvalidStateError");
    EXPECT_EQ(name_of(two.set_remote(*host, kRollback)), "InvalidStateError");
    EXPECT_EQ(host->connection.signaling_state(), state);
  }
}

// ---- order of events

// In the core the call has returned before its event is polled, and handles are answered before the
// event; what can be asked is new at both.
TEST(W3cRows, Row171_AtTheStatesEventEverythingIsNew) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  bool is_told = false;
  while (const auto event = two.pc_a.poll_event()) {
    const auto* change = std::get_if<SignalingStateChange>(&*event);
    if (!change) continue;
    is_told = true;
    EXPECT_EQ(change->state, SignalingState::HaveLocalOffer);
    EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::HaveLocalOffer);
    EXPECT_EQ(two.pc_a.pending_local_description(), offer);
  }
  EXPECT_TRUE(is_told);
}

TEST(W3cRows, Row172_OffersOfBothSidesOneAfterTheOther) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.pc_a.create_offer().value();
  ASSERT_TRUE(two.set_local(two.a, offer));
  ASSERT_TRUE(two.set_remote(two.a, offer));
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a),
              ElementsAre("needed", "have-local-offer", "stable", "have-remote-offer"));
}

// ---- negotiationneeded

TEST(W3cRows, Row176_NegotiationIsNeededOnceForAllChannels) {
  Two two;
  (void)two.create(two.a);
  (void)two.create(two.a);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a), ElementsAre("needed"));
}

TEST(W3cRows, Row177_NotBeforeTheStateIsStableAgain) {
  Two two;
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  (void)two.create(two.a);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a), ElementsAre("have-local-offer"));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a), ElementsAre("have-local-offer", "stable", "needed"));
}

TEST(W3cRows, Row178_NorWhileThePeersOfferWaits) {
  Two two;
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  (void)two.create(two.b);
  (void)two.answer_of(two.b);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.b), ElementsAre("have-remote-offer", "stable", "needed"));
}

TEST(W3cRows, Row179_WithADataSectionMoreChannelsNeedNone) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  (void)two.create(two.a);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a), ElementsAre("needed", "have-local-offer", "stable"));
}

TEST(W3cRows, Row180_NegotiationIsNeededAgainAfterARollback) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  pair.network.settle();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_offer().value()));
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), {SdpType::Rollback, ""}));
  pair.network.settle();
  EXPECT_THAT(signaling(pair.a), ElementsAre("needed", "have-local-offer", "stable", "needed"));
}

TEST(W3cRows, Row181_AnImplicitRollbackSaysSoAtTheFinalStableState) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  pair.network.settle();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_offer().value()));
  const auto empty = pair.b.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), empty));
  pair.network.settle();
  // Stable for a moment, which asks for nothing.
  EXPECT_THAT(signaling(pair.a),
              ElementsAre("needed", "have-local-offer", "stable", "have-remote-offer"));
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_answer().value()));
  pair.network.settle();
  EXPECT_THAT(signaling(pair.a), ElementsAre("needed", "have-local-offer", "stable",
                                             "have-remote-offer", "stable", "needed"));
}

}  // namespace
}  // namespace specter::core::rows
