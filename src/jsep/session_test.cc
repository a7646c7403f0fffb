// Whole values compared: what an outcome leaves alone, and which ways lead to the same place.
#include "jsep/session.h"

#include <gtest/gtest.h>

#include "jsep/testing/foreign_sdp.h"
#include "simulation/random.h"

namespace specter::jsep {
namespace {

const SessionDescription kRollback{SdpType::Rollback, ""};

// One side, as values: each step gives the session that follows.
struct Party {
  explicit Party(int number)
      : random(static_cast<std::uint64_t>(number)),
        local{.credentials = {"ufrg" + std::to_string(number), "0123456789abcdef01234567"},
              .fingerprint = kForeignFingerprint,
              .session_id = std::to_string(number),
              .tls_id = std::string(20, 'a')} {
    session.now.credentials = local.credentials;
    session.wanted.data = true;
  }

  SessionDescription create(SdpType type, const OfferOptions& options = {}) {
    const bool is_offer = type == SdpType::Offer;
    auto draft = is_offer ? write_offer(local, session, options, random).value()
                          : write_answer(local, session, random).value();
    session.version = draft.version;
    session.bare_hash = draft.bare_hash;
    SessionDescription created{type, draft.sdp};
    (is_offer ? session.last_offer : session.last_answer) = std::move(draft);
    return created;
  }
  void set_ours(const SessionDescription& description) {
    session = set_local(local, session, description).value().session;
  }
  void set_theirs(const SessionDescription& description) {
    session = set_remote(local, session, description, random).value().session;
  }

  simulation::SeededRandom random;
  LocalParameters local;
  Session session{};
};

void negotiate(Party& from, Party& to, const OfferOptions& options = {}) {
  const auto offer = from.create(SdpType::Offer, options);
  from.set_ours(offer);
  to.set_theirs(offer);
  const auto answer = to.create(SdpType::Answer);
  to.set_ours(answer);
  from.set_theirs(answer);
}

struct Agreed {
  Agreed() { negotiate(a, b); }
  Party a{1}, b{2};
};

TEST(Sessions, AnOutcomeChangesNothingUntilItIsTaken) {
  Agreed agreed;
  const auto offer = agreed.a.create(SdpType::Offer, {.ice_restart = true});
  const Session at_a = agreed.a.session, at_b = agreed.b.session;
  const auto local = set_local(agreed.a.local, agreed.a.session, offer).value();
  const auto remote = set_remote(agreed.b.local, agreed.b.session, offer, agreed.b.random).value();
  EXPECT_TRUE(agreed.a.session == at_a);
  EXPECT_TRUE(agreed.b.session == at_b);
  EXPECT_FALSE(local.session == at_a);
  EXPECT_FALSE(remote.session == at_b);
  // The same again is the same.
  const auto again = set_remote(agreed.b.local, agreed.b.session, offer, agreed.b.random).value();
  EXPECT_TRUE(again.session == remote.session);
  EXPECT_TRUE(again.change == remote.change);
}

TEST(Sessions, ARollbackIsAnAssignment) {
  Agreed agreed;
  for (const bool restarts : {false, true}) {
    Party a = agreed.a, b = agreed.b;
    const auto offer = a.create(SdpType::Offer, {.ice_restart = restarts});
    const Session at_a = a.session, at_b = b.session;
    a.set_ours(offer);
    b.set_theirs(offer);
    EXPECT_TRUE(*a.session.stable == at_a.now);
    a.set_ours(kRollback);
    b.set_theirs(kRollback);
    EXPECT_TRUE(a.session == at_a);
    EXPECT_TRUE(b.session == at_b);
  }
}

// What was told of the current description in the meantime stays told.
TEST(Sessions, ARollbackKeepsCandidatesOfTheDescriptionThatItBringsBack) {
  Agreed agreed;
  Party& b = agreed.b;
  const IceCandidate candidate{.candidate = "candidate:1 1 udp 1 192.0.2.7 7 typ host",
                               .sdp_mid = "0",
                               .username_fragment = agreed.a.local.credentials.ufrag};
  Session expected = b.session;
  ASSERT_TRUE(show_candidate(expected, candidate));
  b.set_theirs(agreed.a.create(SdpType::Offer, {.ice_restart = true}));
  ASSERT_TRUE(show_candidate(b.session, candidate));
  b.set_theirs(kRollback);
  EXPECT_TRUE(b.session == expected);
}

TEST(Sessions, ARollbackLeavesWhatIsWanted) {
  Agreed agreed;
  Party& a = agreed.a;
  a.set_ours(a.create(SdpType::Offer));
  want_restart(a.session);
  const Wanted wanted = a.session.wanted;
  a.set_ours(kRollback);
  EXPECT_FALSE(wanted.credentials_to_replace.empty());
  EXPECT_TRUE(a.session.wanted == wanted);
  EXPECT_TRUE(negotiation_needed(a.session));
}

// W3C §4.4.1.5: an offer that meets ours is a rollback, and an offer in the stable state.
TEST(Sessions, OffersThatMeetAreARollbackAndAnOffer) {
  Agreed agreed;
  Party met = agreed.a;
  met.set_ours(met.create(SdpType::Offer, {.ice_restart = true}));
  Party step_by_step = met;
  const auto theirs = agreed.b.create(SdpType::Offer, {.ice_restart = true});
  met.set_theirs(theirs);
  step_by_step.set_ours(kRollback);
  step_by_step.set_theirs(theirs);
  EXPECT_TRUE(met.session == step_by_step.session);
}

TEST(Sessions, OfTwoOffersInARowTheSecondCounts) {
  Agreed agreed;
  Party both = agreed.a;
  both.set_ours(both.create(SdpType::Offer, {.ice_restart = true}));
  const auto second = both.create(SdpType::Offer, {.ice_restart = true});
  Party one = both;
  one.set_ours(kRollback);
  one.set_ours(second);
  both.set_ours(second);
  EXPECT_TRUE(both.session == one.session);

  Party at_b = agreed.b;
  at_b.set_theirs(agreed.a.create(SdpType::Offer));
  at_b.set_theirs(second);
  agreed.b.set_theirs(second);
  EXPECT_TRUE(at_b.session == agreed.b.session);
}

TEST(Sessions, AfterAnAnswerNothingIsPending) {
  Agreed agreed;
  const Session& session = agreed.a.session;
  EXPECT_FALSE(session.stable || session.last_offer || session.last_answer);
  EXPECT_FALSE(session.now.pending_local || session.now.pending_remote || session.now.offered);
  EXPECT_TRUE(session.wanted == Wanted{.data = true});
  EXPECT_FALSE(negotiation_needed(session));
  EXPECT_TRUE(session.now.transport->credentials == agreed.b.session.now.credentials);
}

// A plain negotiation of what is agreed on changes the descriptions alone.
TEST(Sessions, APlainNegotiationChangesTheDescriptionsAlone) {
  Agreed agreed;
  Negotiated before = agreed.a.session.now;
  negotiate(agreed.a, agreed.b);
  before.current_local = agreed.a.session.now.current_local;
  before.current_remote = agreed.a.session.now.current_remote;
  EXPECT_TRUE(agreed.a.session.now == before);
}

TEST(Sessions, ARestartChangesTheDescriptionsAndTheCredentials) {
  Agreed agreed;
  Negotiated before = agreed.a.session.now;
  negotiate(agreed.a, agreed.b, {.ice_restart = true});
  const Negotiated& now = agreed.a.session.now;
  EXPECT_FALSE(now.credentials == before.credentials);
  before.credentials = now.credentials;
  before.transport->credentials = now.transport->credentials;
  before.remote_sections.ufrags = now.remote_sections.ufrags;
  before.remote_sections.transport_ufrag = now.remote_sections.transport_ufrag;
  before.current_local = now.current_local;
  before.current_remote = now.current_remote;
  EXPECT_TRUE(now == before);
}

}  // namespace
}  // namespace specter::jsep
