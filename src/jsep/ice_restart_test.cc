// ICE restart in descriptions. RFC 9429 §5.2.3.1, §5.10; RFC 8839 §4.4.1.1.1; W3C §4.4.2,
// restartIce(); W3C §4.7.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jsep/testing/foreign_sdp.h"

namespace specter::jsep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const SessionDescription kRollback{SdpType::Rollback, ""};

ice::Credentials credentials_in(const std::string& sdp) {
  const auto session = sdp::parse(sdp).value();
  const auto found = sdp::ice_credentials(session, session.media.at(0)).value().value();
  return {found.ufrag, found.pwd};
}
ice::Credentials credentials_in(const SessionDescription& description) {
  return credentials_in(description.sdp);
}
bool differ(const ice::Credentials& a, const ice::Credentials& b) {
  return a.ufrag != b.ufrag && a.pwd != b.pwd;
}

// What the four calls of a negotiation asked of the layers below.
struct Exchange {
  Change offerer_set_local, answerer_set_remote, answerer_set_local, offerer_set_remote;
  SessionDescription offer, answer;
};

Exchange negotiate(Negotiation& from, Negotiation& to, const OfferOptions& options = {}) {
  Exchange out;
  out.offer = from.create_offer(options).value();
  out.offerer_set_local = from.set_local(out.offer).value();
  out.answerer_set_remote = to.set_remote(out.offer).value();
  out.answer = to.create_answer().value();
  out.answerer_set_local = to.set_local(out.answer).value();
  out.offerer_set_remote = from.set_remote(out.answer).value();
  return out;
}

constexpr OfferOptions kRestart{.ice_restart = true};

// Two peers that have negotiated once.
struct Agreed {
  Agreed() {
    a.want_data();
    const Exchange first = negotiate(a, b);
    of_a = credentials_in(first.offer);
    of_b = credentials_in(first.answer);
  }

  Peer peer_a{1}, peer_b{2};
  Negotiation& a = peer_a.negotiation;
  Negotiation& b = peer_b.negotiation;
  ice::Credentials of_a, of_b;
};

TEST(IceRestart, BothSidesHaveNewCredentialsAndTheLayersBelowAreTold) {
  Agreed agreed;
  const Exchange restart = negotiate(agreed.a, agreed.b, kRestart);
  const ice::Credentials of_a = credentials_in(restart.offer),
                         of_b = credentials_in(restart.answer);
  EXPECT_TRUE(differ(of_a, agreed.of_a));
  EXPECT_TRUE(differ(of_b, agreed.of_b));

  EXPECT_TRUE(restart.offerer_set_local.gather);
  EXPECT_EQ(restart.offerer_set_local.local_credentials, of_a);
  EXPECT_FALSE(restart.offerer_set_local.generation_dropped);
  EXPECT_FALSE(restart.offerer_set_local.transport);

  // Nothing is in force before the answer.
  EXPECT_FALSE(restart.answerer_set_remote.transport);
  EXPECT_FALSE(restart.answerer_set_remote.local_credentials);

  EXPECT_TRUE(restart.answerer_set_local.gather);
  EXPECT_EQ(restart.answerer_set_local.local_credentials, of_b);
  EXPECT_TRUE(restart.answerer_set_local.remote_restarted);
  EXPECT_EQ(restart.answerer_set_local.transport->credentials, of_a);

  EXPECT_TRUE(restart.offerer_set_remote.remote_restarted);
  EXPECT_EQ(restart.offerer_set_remote.transport->credentials, of_b);
  EXPECT_FALSE(restart.offerer_set_remote.local_credentials);

  // RFC 9429 §5.2.2: later descriptions keep them.
  const Exchange plain = negotiate(agreed.b, agreed.a);
  EXPECT_EQ(credentials_in(plain.offer), of_b);
  EXPECT_EQ(credentials_in(plain.answer), of_a);
  EXPECT_FALSE(plain.offerer_set_local.local_credentials);
  EXPECT_FALSE(plain.offerer_set_remote.remote_restarted);
  EXPECT_FALSE(plain.answerer_set_local.local_credentials);
  EXPECT_FALSE(plain.answerer_set_local.remote_restarted);
}

TEST(IceRestart, TheFirstNegotiationIsNone) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const Exchange first = negotiate(a.negotiation, b.negotiation);
  EXPECT_EQ(credentials_in(first.offer).ufrag, "ufrg1");
  EXPECT_FALSE(first.offerer_set_local.local_credentials);
  EXPECT_FALSE(first.answerer_set_local.local_credentials);
  EXPECT_FALSE(first.answerer_set_local.remote_restarted);
  EXPECT_FALSE(first.offerer_set_remote.remote_restarted);
}

TEST(IceRestart, NothingElseOfADescriptionChanges) {
  Agreed agreed;
  const auto lines_but = [](const std::string& sdp) {
    return without(without(without(sdp, "a=ice-ufrag"), "a=ice-pwd"), "o=");
  };
  const std::string before = agreed.a.current_local()->sdp;
  const std::string answered = agreed.b.current_local()->sdp;
  const Exchange restart = negotiate(agreed.a, agreed.b, kRestart);
  EXPECT_EQ(lines_but(restart.offer.sdp), lines_but(before));
  EXPECT_EQ(lines_but(restart.answer.sdp), lines_but(answered));
  // RFC 9429 §5.2.2: the version counts what changed.
  EXPECT_THAT(before, HasSubstr(" 1 IN IP4"));
  EXPECT_THAT(restart.offer.sdp, HasSubstr(" 2 IN IP4"));
}

// W3C §4.2.3: without a connection there is nothing to restart.
TEST(IceRestart, CantBeOfferedBeforeThereIsAPeer) {
  Peer peer(1);
  peer.negotiation.want_data();
  const auto offer = peer.negotiation.create_offer(kRestart);
  ASSERT_FALSE(offer);
  EXPECT_EQ(offer.error().code, ErrorCode::InvalidState);
  EXPECT_EQ(offer.error().message, "ICEAgent does not exist");
}

// ---- the offerer

TEST(IceRestart, EachOfferThatRestartsDrawsAnew) {
  Agreed agreed;
  const auto first = agreed.a.create_offer(kRestart).value();
  const auto second = agreed.a.create_offer(kRestart).value();
  EXPECT_TRUE(differ(credentials_in(first), credentials_in(second)));
  // Created is not set: a plain one has those in force.
  const auto plain = agreed.a.create_offer({}).value();
  EXPECT_EQ(credentials_in(plain), agreed.of_a);
  EXPECT_FALSE(agreed.a.set_local(second));
}

TEST(IceRestart, RollbackRestoresTheCredentialsInForce) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.a.set_local(offer));
  const auto back = agreed.a.set_local(kRollback).value();
  EXPECT_TRUE(back.generation_dropped);
  EXPECT_FALSE(back.candidates_dropped);
  EXPECT_FALSE(back.local_credentials);
  EXPECT_EQ(credentials_in(agreed.a.create_offer({}).value()), agreed.of_a);
  const Exchange plain = negotiate(agreed.a, agreed.b);
  EXPECT_EQ(credentials_in(plain.offer), agreed.of_a);
  EXPECT_FALSE(plain.offerer_set_local.local_credentials);
}

TEST(IceRestart, RollbackOfAPlainOfferDropsNoGeneration) {
  Agreed agreed;
  ASSERT_TRUE(agreed.a.set_local(agreed.a.create_offer({}).value()));
  EXPECT_FALSE(agreed.a.set_local(kRollback).value().generation_dropped);
}

// A second offer before the answer: plain, it keeps what is pending; restarting, it takes its
// place.
TEST(IceRestart, DuringARestart) {
  Agreed agreed;
  const auto first = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.a.set_local(first));
  const auto plain = agreed.a.create_offer({}).value();
  EXPECT_EQ(credentials_in(plain), credentials_in(first));
  const auto same = agreed.a.set_local(plain).value();
  EXPECT_FALSE(same.local_credentials);
  EXPECT_FALSE(same.generation_dropped);

  const auto second = agreed.a.create_offer(kRestart).value();
  EXPECT_TRUE(differ(credentials_in(second), credentials_in(first)));
  EXPECT_TRUE(differ(credentials_in(second), agreed.of_a));
  const auto other = agreed.a.set_local(second).value();
  EXPECT_TRUE(other.generation_dropped);
  EXPECT_EQ(other.local_credentials, credentials_in(second));

  ASSERT_TRUE(agreed.b.set_remote(second));
  const auto answer = agreed.b.create_answer().value();
  ASSERT_TRUE(agreed.b.set_local(answer));
  EXPECT_TRUE(agreed.a.set_remote(answer).value().remote_restarted);
}

TEST(IceRestart, AnAnswerWithNewCredentialsToAnOfferWithoutIsRefused) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer({}).value();
  ASSERT_TRUE(agreed.a.set_local(offer));
  ASSERT_TRUE(agreed.b.set_remote(offer));
  const std::string answer = agreed.b.create_answer().value().sdp;
  const std::string restarted = with(with(answer, agreed.of_b.ufrag, "another1"), agreed.of_b.pwd,
                                     "another2another2another2");
  const auto taken = agreed.a.set_remote({SdpType::Answer, restarted});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::InvalidAccess);
  EXPECT_THAT(taken.error().message, HasSubstr("the offer did not restart"));
  EXPECT_TRUE(agreed.a.set_remote({SdpType::Answer, answer}));
}

TEST(IceRestart, AnAnswerWithTheOldCredentialsToARestartIsRefused) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.a.set_local(offer));
  ASSERT_TRUE(agreed.b.set_remote(offer));
  const auto answer = agreed.b.create_answer().value();
  const ice::Credentials drawn = credentials_in(answer);
  const auto taken =
      agreed.a.set_remote({SdpType::Answer, with(with(answer.sdp, drawn.ufrag, agreed.of_b.ufrag),
                                                 drawn.pwd, agreed.of_b.pwd)});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::InvalidAccess);
  EXPECT_THAT(taken.error().message, HasSubstr("has the ice-ufrag and ice-pwd of before"));
  // The offer waits on.
  EXPECT_EQ(agreed.a.state(), SignalingState::HaveLocalOffer);
  ASSERT_TRUE(agreed.b.set_local(answer));
  EXPECT_TRUE(agreed.a.set_remote(answer));
}

// RFC 8839 §4.4.1.1.1: both change, or none.
TEST(IceRestart, OneOfTheTwoAloneIsRefused) {
  for (const bool is_ufrag : {true, false}) {
    Agreed agreed;
    const auto offer = agreed.a.create_offer({}).value();
    const auto taken = agreed.b.set_remote(
        {SdpType::Offer, is_ufrag ? with(offer.sdp, agreed.of_a.ufrag, "another1")
                                  : with(offer.sdp, agreed.of_a.pwd, "another2another2another2")});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::InvalidAccess);
    EXPECT_EQ(agreed.b.state(), SignalingState::Stable);
  }
}

TEST(IceRestart, ByAProvisionalAnswer) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.a.set_local(offer));
  ASSERT_TRUE(agreed.b.set_remote(offer));
  auto answer = agreed.b.create_answer().value();
  const auto local = agreed.b.set_local({SdpType::PrAnswer, answer.sdp}).value();
  EXPECT_EQ(local.local_credentials, credentials_in(answer));
  EXPECT_TRUE(local.remote_restarted);
  const auto remote = agreed.a.set_remote({SdpType::PrAnswer, answer.sdp}).value();
  EXPECT_TRUE(remote.remote_restarted);

  const auto last = agreed.b.create_answer().value();
  EXPECT_EQ(credentials_in(last), credentials_in(answer));
  const auto settled_b = agreed.b.set_local(last).value();
  EXPECT_FALSE(settled_b.local_credentials);
  EXPECT_FALSE(settled_b.remote_restarted);
  const auto settled_a = agreed.a.set_remote(last).value();
  EXPECT_FALSE(settled_a.remote_restarted);
  EXPECT_FALSE(settled_a.generation_dropped);
  EXPECT_EQ(credentials_in(agreed.a.create_offer({}).value()), credentials_in(offer));
}

// The answer accepts nothing: no transport restarts, and that of before is none any more (RFC 9429
// §5.11).
TEST(IceRestart, AnAnswerThatRejectsEverythingTakesTheOfferedGenerationBack) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.a.set_local(offer));
  const auto taken =
      agreed.a.set_remote({SdpType::Answer, head() + data_section("0", "", 0)}).value();
  EXPECT_TRUE(taken.generation_dropped);
  EXPECT_FALSE(taken.transport);
  EXPECT_EQ(agreed.a.local_credentials(), agreed.of_a);
  agreed.a.want_data();
  const auto next = credentials_in(agreed.a.create_offer({}).value());
  EXPECT_NE(next, agreed.of_a);
  EXPECT_NE(next, credentials_in(offer));
}

// ---- the answerer

TEST(IceRestart, AnAnswerToAPlainOfferDoesNotRestart) {
  Agreed agreed;
  agreed.b.restart_ice();
  const Exchange plain = negotiate(agreed.a, agreed.b);
  EXPECT_EQ(credentials_in(plain.answer), agreed.of_b);
  EXPECT_TRUE(agreed.b.is_needed());  // W3C §4.4.2: restartIce() survives a remote offer
}

TEST(IceRestart, AnswersToOneOfferHaveTheSameCredentials) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.b.set_remote(offer));
  const auto first = agreed.b.create_answer().value();
  EXPECT_EQ(agreed.b.create_answer().value(), first);
  EXPECT_TRUE(differ(credentials_in(first), agreed.of_b));
}

TEST(IceRestart, RollbackOfTheRemoteOfferKeepsOurs) {
  Agreed agreed;
  ASSERT_TRUE(agreed.b.set_remote(agreed.a.create_offer(kRestart).value()));
  ASSERT_TRUE(agreed.b.create_answer());
  const auto back = agreed.b.set_remote(kRollback).value();
  EXPECT_FALSE(back.generation_dropped);  // nothing of ours was offered
  EXPECT_EQ(credentials_in(agreed.b.create_offer({}).value()), agreed.of_b);
  EXPECT_EQ(agreed.b.remote_transport()->credentials, agreed.of_a);
  // The next one of theirs is judged by what is in force.
  ASSERT_TRUE(agreed.b.set_remote(agreed.a.create_offer({}).value()));
  const auto answer = agreed.b.create_answer().value();
  EXPECT_EQ(credentials_in(answer), agreed.of_b);
  EXPECT_FALSE(agreed.b.set_local(answer).value().remote_restarted);
}

// ---- restart_ice()

TEST(RestartIce, DoesNothingBeforeAnythingWasNegotiated) {
  Peer a(1), b(2);
  a.negotiation.restart_ice();
  EXPECT_FALSE(a.negotiation.is_needed());
  a.negotiation.want_data();
  a.negotiation.restart_ice();
  negotiate(a.negotiation, b.negotiation);
  EXPECT_FALSE(a.negotiation.is_needed());
}

TEST(RestartIce, NeedsNegotiationUntilARestartIsNegotiated) {
  Agreed agreed;
  agreed.a.restart_ice();
  EXPECT_TRUE(agreed.a.is_needed());
  const Exchange restart = negotiate(agreed.a, agreed.b);
  EXPECT_TRUE(differ(credentials_in(restart.offer), agreed.of_a));
  EXPECT_TRUE(differ(credentials_in(restart.answer), agreed.of_b));
  EXPECT_FALSE(agreed.a.is_needed());
  const Exchange plain = negotiate(agreed.a, agreed.b);
  EXPECT_EQ(credentials_in(plain.offer), credentials_in(restart.offer));
}

TEST(RestartIce, WhileAPlainOfferIsPendingIsForTheNextOne) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer({}).value();
  ASSERT_TRUE(agreed.a.set_local(offer));
  agreed.a.restart_ice();
  ASSERT_TRUE(agreed.b.set_remote(offer));
  const auto answer = agreed.b.create_answer().value();
  ASSERT_TRUE(agreed.b.set_local(answer));
  ASSERT_TRUE(agreed.a.set_remote(answer));
  EXPECT_TRUE(agreed.a.is_needed());
  EXPECT_TRUE(differ(credentials_in(negotiate(agreed.a, agreed.b).offer), agreed.of_a));
  EXPECT_FALSE(agreed.a.is_needed());
}

TEST(RestartIce, WhileTheFirstOfferIsPendingIsForTheNextOne) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto offer = a.negotiation.create_offer({}).value();
  ASSERT_TRUE(a.negotiation.set_local(offer));
  a.negotiation.restart_ice();
  // It has no peer yet: another first offer is none that restarts.
  EXPECT_EQ(credentials_in(a.negotiation.create_offer({}).value()), credentials_in(offer));
  ASSERT_TRUE(b.negotiation.set_remote(offer));
  const auto answer = b.negotiation.create_answer().value();
  ASSERT_TRUE(b.negotiation.set_local(answer));
  ASSERT_TRUE(a.negotiation.set_remote(answer));
  EXPECT_TRUE(a.negotiation.is_needed());
  EXPECT_TRUE(
      differ(credentials_in(negotiate(a.negotiation, b.negotiation).offer), credentials_in(offer)));
  EXPECT_FALSE(a.negotiation.is_needed());
}

TEST(RestartIce, WhileARestartIsPendingAsksForAnother) {
  Agreed agreed;
  const auto first = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.a.set_local(first));
  agreed.a.restart_ice();
  const auto second = agreed.a.create_offer({}).value();
  EXPECT_TRUE(differ(credentials_in(second), credentials_in(first)));
  EXPECT_TRUE(differ(credentials_in(second), agreed.of_a));
}

TEST(RestartIce, SurvivesRollback) {
  Agreed agreed;
  agreed.a.restart_ice();
  ASSERT_TRUE(agreed.a.set_local(agreed.a.create_offer({}).value()));
  ASSERT_TRUE(agreed.a.set_local(kRollback));
  EXPECT_TRUE(agreed.a.is_needed());
  EXPECT_TRUE(differ(credentials_in(negotiate(agreed.a, agreed.b).offer), agreed.of_a));
  EXPECT_FALSE(agreed.a.is_needed());
}

// An offer of theirs rolls ours back, and is answered without a restart; ours is still wanted.
TEST(RestartIce, SurvivesGlare) {
  Agreed agreed;
  agreed.a.restart_ice();
  ASSERT_TRUE(agreed.a.set_local(agreed.a.create_offer({}).value()));
  const auto theirs = agreed.b.create_offer({}).value();
  ASSERT_TRUE(agreed.b.set_local(theirs));
  const auto met = agreed.a.set_remote(theirs).value();
  EXPECT_TRUE(met.rolled_back);
  EXPECT_TRUE(met.generation_dropped);
  const auto answer = agreed.a.create_answer().value();
  EXPECT_EQ(credentials_in(answer), agreed.of_a);
  ASSERT_TRUE(agreed.a.set_local(answer));
  ASSERT_TRUE(agreed.b.set_remote(answer));
  EXPECT_TRUE(agreed.a.is_needed());
  EXPECT_TRUE(differ(credentials_in(negotiate(agreed.a, agreed.b).offer), agreed.of_a));
}

// One restart is enough for both.
TEST(RestartIce, IsSatisfiedByThePeersRestart) {
  Agreed agreed;
  agreed.a.restart_ice();
  agreed.b.restart_ice();
  negotiate(agreed.b, agreed.a);
  EXPECT_FALSE(agreed.a.is_needed());
  EXPECT_FALSE(agreed.b.is_needed());
  const ice::Credentials of_a = credentials_in(*agreed.a.current_local());
  EXPECT_TRUE(differ(of_a, agreed.of_a));
  EXPECT_EQ(credentials_in(negotiate(agreed.a, agreed.b).offer), of_a);
}

TEST(RestartIce, BothAtOnce) {
  Agreed agreed;
  const auto of_a = agreed.a.create_offer(kRestart).value();
  const auto of_b = agreed.b.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.a.set_local(of_a));
  ASSERT_TRUE(agreed.b.set_local(of_b));
  EXPECT_TRUE(agreed.a.set_remote(of_b).value().generation_dropped);
  const auto answer = agreed.a.create_answer().value();
  EXPECT_TRUE(differ(credentials_in(answer), credentials_in(of_a)));
  EXPECT_TRUE(differ(credentials_in(answer), agreed.of_a));
  const auto answered = agreed.a.set_local(answer).value();
  EXPECT_EQ(answered.local_credentials, credentials_in(answer));
  EXPECT_EQ(answered.transport->credentials, credentials_in(of_b));
  EXPECT_TRUE(agreed.b.set_remote(answer).value().remote_restarted);
}

// ---- candidates, by the user fragment

IceCandidate candidate_of(const std::string& ufrag, std::string mid = "0") {
  return {.candidate = "candidate:1 1 udp 2122260223 192.0.2.7 40000 typ host",
          .sdp_mid = std::move(mid),
          .username_fragment = ufrag.empty() ? std::nullopt : std::optional(ufrag)};
}

TEST(CandidatesOfARestart, AreToldApartByUfrag) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer(kRestart).value();
  const std::string next = credentials_in(offer).ufrag;

  // W3C §4.4.2, addIceCandidate(): of an offer that has not come, OperationError.
  const auto early = agreed.b.generation_of(candidate_of(next));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::OperationFailed);

  ASSERT_TRUE(agreed.b.set_remote(offer));
  EXPECT_EQ(agreed.b.generation_of(candidate_of(next)).value(), Generation::Offered);
  EXPECT_EQ(agreed.b.generation_of(candidate_of("")).value(), Generation::Offered);
  EXPECT_EQ(agreed.b.generation_of(candidate_of(agreed.of_a.ufrag)).value(), Generation::InForce);
  EXPECT_FALSE(agreed.b.generation_of(candidate_of("nobodys1")));

  const auto answer = agreed.b.create_answer().value();
  ASSERT_TRUE(agreed.b.set_local(answer));
  EXPECT_EQ(agreed.b.generation_of(candidate_of(next)).value(), Generation::InForce);
  EXPECT_EQ(agreed.b.generation_of(candidate_of("")).value(), Generation::InForce);
  EXPECT_FALSE(agreed.b.generation_of(candidate_of(agreed.of_a.ufrag)));

  // The offerer: its own offer changes nothing of the peer's.
  ASSERT_TRUE(agreed.a.set_local(offer));
  EXPECT_EQ(agreed.a.generation_of(candidate_of(agreed.of_b.ufrag)).value(), Generation::InForce);
  EXPECT_FALSE(agreed.a.generation_of(candidate_of(credentials_in(answer).ufrag)));
  ASSERT_TRUE(agreed.a.set_remote({SdpType::PrAnswer, answer.sdp}));
  EXPECT_EQ(agreed.a.generation_of(candidate_of(credentials_in(answer).ufrag)).value(),
            Generation::InForce);
  EXPECT_EQ(agreed.a.generation_of(candidate_of(agreed.of_b.ufrag)).value(), Generation::Former);
}

// W3C §4.4.2, addIceCandidate(): each description shows those of its own generation.
TEST(CandidatesOfARestart, AreShownInTheDescriptionsOfTheirGeneration) {
  Agreed agreed;
  const auto offer = agreed.a.create_offer(kRestart).value();
  ASSERT_TRUE(agreed.b.set_remote(offer));
  IceCandidate old = candidate_of(agreed.of_a.ufrag), next = candidate_of("");
  old.candidate = "candidate:7 1 udp 1 192.0.2.7 7 typ host";
  next.candidate = "candidate:8 1 udp 1 192.0.2.8 8 typ host";
  EXPECT_TRUE(agreed.b.show_candidate(old));
  EXPECT_TRUE(agreed.b.show_candidate(next));
  EXPECT_THAT(agreed.b.shown_current_remote()->sdp, HasSubstr("a=candidate:7"));
  EXPECT_THAT(agreed.b.shown_current_remote()->sdp, Not(HasSubstr("a=candidate:8")));
  EXPECT_THAT(agreed.b.shown_pending_remote()->sdp, HasSubstr("a=candidate:8"));
  EXPECT_THAT(agreed.b.shown_pending_remote()->sdp, Not(HasSubstr("a=candidate:7")));

  // A rollback brings back the one generation, and what it had.
  ASSERT_TRUE(agreed.b.set_remote(kRollback));
  EXPECT_THAT(agreed.b.shown_current_remote()->sdp, HasSubstr("a=candidate:7"));
  EXPECT_FALSE(agreed.b.generation_of(candidate_of(credentials_in(offer).ufrag)));
  EXPECT_EQ(agreed.b.generation_of(candidate_of(agreed.of_a.ufrag)).value(), Generation::InForce);
}

// Against RFC 8842 §5.3: Firefox answers a restart as if it were its first answer, and keeps its
// association and its role.
TEST(IceRestart, AnotherRoleInItsAnswerIsNoOtherPeer) {
  Agreed peers;  // b has answered "active"
  const auto offer = peers.b.create_offer(kRestart).value();
  ASSERT_TRUE(peers.b.set_local(offer));
  ASSERT_TRUE(peers.a.set_remote(offer));
  auto answer = peers.a.create_answer().value();
  ASSERT_TRUE(peers.a.set_local(answer));
  answer.sdp = with(answer.sdp, "a=setup:passive", "a=setup:active");
  const auto change = peers.b.set_remote(answer);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_FALSE(change->new_peer);
  EXPECT_TRUE(change->remote_restarted);
  EXPECT_EQ(change->dtls_role, dtls::Role::Client);
}

}  // namespace
}  // namespace specter::jsep
