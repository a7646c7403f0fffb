#include "jsep/negotiation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulation/random.h"
#include "testing/data.h"

namespace specter::jsep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFingerprint =
    "sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:4B:65:2E:7D:46:3F:54:"
    "42:CD:54:F1";

struct Peer {
  explicit Peer(std::uint64_t seed, bool sped = false)
      : random(seed),
        negotiation({.credentials = {"ufrg" + std::to_string(seed), "0123456789abcdef01234567"},
                     .fingerprint = kFingerprint,
                     .sped = sped},
                    random) {}

  simulation::SeededRandom random;
  Negotiation negotiation;
};

SessionDescription offer(Negotiation& n) { return n.create_offer({}).value(); }

// Both sides' texts, exchanged.
Change negotiate(Negotiation& from, Negotiation& to) {
  const auto o = offer(from);
  EXPECT_TRUE(from.set_local(o));
  EXPECT_TRUE(to.set_remote(o));
  const auto answer = to.create_answer().value();
  EXPECT_TRUE(to.set_local(answer));
  return from.set_remote(answer).value();
}

TEST(Negotiation, OffersNothingWhenThereIsNothingToNegotiate) {
  Peer peer(1);
  const std::string sdp = offer(peer.negotiation).sdp;
  EXPECT_THAT(sdp, Not(HasSubstr("m=")));
  EXPECT_THAT(sdp, Not(HasSubstr("ice-ufrag")));
  EXPECT_THAT(sdp, Not(HasSubstr("BUNDLE")));
  EXPECT_THAT(sdp, HasSubstr("a=fingerprint:" + kFingerprint));
  EXPECT_FALSE(peer.negotiation.is_needed());
}

// RFC 9429 §5.2.1, RFC 8841 §5, RFC 8842 §5.2.
TEST(Negotiation, OffersADataSection) {
  Peer peer(1);
  peer.negotiation.want_data();
  EXPECT_TRUE(peer.negotiation.is_needed());
  const auto session = sdp::parse(offer(peer.negotiation).sdp).value();
  ASSERT_EQ(session.media.size(), 1u);
  const sdp::Media& media = session.media[0];
  EXPECT_TRUE(is_data_section(media));
  EXPECT_EQ(media.port, 9);
  EXPECT_EQ(sdp::mid(media), "0");
  EXPECT_EQ(media.attributes.value("setup"), "actpass");
  EXPECT_EQ(media.attributes.value("sctp-port"), "5000");
  EXPECT_EQ(media.attributes.value("max-message-size"), "262144");
  EXPECT_EQ(session.attributes.value("group"), "BUNDLE 0");
  EXPECT_THAT(std::string(*session.attributes.value("ice-options")), HasSubstr("trickle"));
}

// RFC 8445 §6.1.1, docs/failures.md row 167: a lite agent does not control, whoever offers.
TEST(Negotiation, WithALiteAgentWeControl) {
  for (const bool is_lite : {true, false}) {
    const std::string lite = is_lite ? "a=ice-lite\r\n" : "";
    const auto as_lite = [&](SessionDescription description) {
      description.sdp.insert(description.sdp.find("m="), lite);
      return description;
    };
    Peer a(1), b(2);
    a.negotiation.want_data();
    const auto o = offer(a.negotiation);
    const auto offered = a.negotiation.set_local(o).value();
    EXPECT_EQ(offered.ice_role, ice::Role::Controlling);
    ASSERT_TRUE(b.negotiation.set_remote(as_lite(o)));
    const auto answer = b.negotiation.create_answer().value();
    const auto answered = b.negotiation.set_local(answer).value();
    EXPECT_EQ(answered.ice_role, is_lite ? ice::Role::Controlling : ice::Role::Controlled);
    EXPECT_EQ(answered.transport->ice_lite, is_lite);
    const auto agreed = a.negotiation.set_remote(as_lite(answer)).value();
    EXPECT_FALSE(agreed.ice_role);
    EXPECT_EQ(agreed.transport->ice_lite, is_lite);
  }
}

TEST(Negotiation, TwoPeersAgree) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto o = offer(a.negotiation);
  const auto local = a.negotiation.set_local(o).value();
  EXPECT_TRUE(local.gather);
  EXPECT_EQ(local.ice_role, ice::Role::Controlling);
  EXPECT_EQ(a.negotiation.state(), SignalingState::HaveLocalOffer);
  EXPECT_EQ(a.negotiation.pending_local(), o);

  const auto remote = b.negotiation.set_remote(o).value();
  EXPECT_FALSE(remote.transport);
  EXPECT_EQ(b.negotiation.state(), SignalingState::HaveRemoteOffer);

  const auto answer = b.negotiation.create_answer().value();
  const auto answered = b.negotiation.set_local(answer).value();
  EXPECT_TRUE(answered.gather);
  EXPECT_EQ(answered.ice_role, ice::Role::Controlled);
  EXPECT_EQ(answered.dtls_role, dtls::Role::Client);
  EXPECT_EQ(answered.transport->credentials.ufrag, "ufrg1");
  EXPECT_EQ(b.negotiation.state(), SignalingState::Stable);
  EXPECT_EQ(b.negotiation.current_local(), answer);
  EXPECT_EQ(b.negotiation.current_remote(), o);
  EXPECT_EQ(b.negotiation.pending_remote(), std::nullopt);

  const auto done = a.negotiation.set_remote(answer).value();
  EXPECT_EQ(done.dtls_role, dtls::Role::Server);
  EXPECT_EQ(done.transport->credentials.ufrag, "ufrg2");
  EXPECT_EQ(done.transport->max_message_size, 262144u);
  EXPECT_FALSE(a.negotiation.is_needed());
  EXPECT_EQ(a.negotiation.current_local(), o);
  EXPECT_EQ(a.negotiation.current_remote(), answer);
}

// DTLS in STUN, draft-hancke-webrtc-sped, under all the names that libwebrtc has had for it.
TEST(Negotiation, SpedIsOfferedWhenConfiguredAndAnsweredWhenOffered) {
  const auto options = [](const SessionDescription& description) {
    return std::string(*sdp::parse(description.sdp).value().attributes.value("ice-options"));
  };
  const std::string with = "trickle ice2 sped googspedv1 goog-sped-v1";
  for (const auto& [a_has, b_has] :
       {std::pair(false, false), {false, true}, {true, false}, {true, true}}) {
    Peer a(1, a_has), b(2, b_has);
    a.negotiation.want_data();
    const auto o = offer(a.negotiation);
    EXPECT_EQ(options(o), a_has ? with : "trickle ice2");
    ASSERT_TRUE(a.negotiation.set_local(o));
    ASSERT_TRUE(b.negotiation.set_remote(o));
    const auto answer = b.negotiation.create_answer().value();
    EXPECT_EQ(options(answer), a_has && b_has ? with : "trickle ice2");
    EXPECT_EQ(b.negotiation.set_local(answer).value().transport->sped, a_has);
    EXPECT_EQ(a.negotiation.set_remote(answer).value().transport->sped, a_has && b_has);
    // Another round, the other way: the same.
    const auto again = offer(b.negotiation);
    EXPECT_EQ(options(again), b_has ? with : "trickle ice2");
  }
}

TEST(Negotiation, SpedOfABrowserIsSeen) {
  for (const auto& [file, expected] : {std::pair("chromium156-warp-data-offer.sdp", true),
                                       {"chromium156-data-offer.sdp", false},
                                       {"firefox153-data-offer.sdp", false}}) {
    Peer peer(1, true);
    ASSERT_TRUE(peer.negotiation.set_remote({SdpType::Offer, testing::browser_sdp(file)}));
    const auto answer = peer.negotiation.create_answer().value();
    EXPECT_EQ(answer.sdp.find(" sped") != std::string::npos, expected) << file;
    EXPECT_EQ(peer.negotiation.set_local(answer).value().transport->sped, expected) << file;
  }
}

struct BrowserOffer {
  const char* file;
  std::size_t sections;
  std::size_t data;
  const char* ufrag;
};

class BrowserOffers : public ::testing::TestWithParam<BrowserOffer> {};

// RFC 9429 §5.3.1, RFC 3264 §6: a section for each of the offer's; media is inactive until it
// comes.
TEST_P(BrowserOffers, AreAnswered) {
  Peer peer(1);
  const SessionDescription o{SdpType::Offer, testing::browser_sdp(GetParam().file)};
  ASSERT_TRUE(peer.negotiation.set_remote(o)) << peer.negotiation.set_remote(o).error().message;
  const auto answer = peer.negotiation.create_answer().value();
  const auto offered = sdp::parse(o.sdp).value();
  const auto session = sdp::parse(answer.sdp).value();
  ASSERT_EQ(session.media.size(), GetParam().sections);
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    const sdp::Media& media = session.media[i];
    EXPECT_EQ(sdp::mid(media), sdp::mid(offered.media[i]));
    EXPECT_EQ(media.kind, offered.media[i].kind);
    EXPECT_EQ(media.protocol, offered.media[i].protocol);
    EXPECT_EQ(media.port, 9);  // all of them are of the data section's group
    EXPECT_EQ(media.attributes.has("inactive"), i != GetParam().data);
  }
  const sdp::Media& data = session.media[GetParam().data];
  EXPECT_EQ(data.attributes.value("setup"), "active");
  EXPECT_EQ(session.attributes.value("group"), offered.attributes.value("group"));

  const auto change = peer.negotiation.set_local(answer).value();
  EXPECT_EQ(change.transport->credentials.ufrag, GetParam().ufrag);
  EXPECT_EQ(change.transport->sctp_port, 5000);
  EXPECT_EQ(change.dtls_role, dtls::Role::Client);
}

INSTANTIATE_TEST_SUITE_P(
    All, BrowserOffers,
    ::testing::Values(BrowserOffer{"chromium156-data-offer.sdp", 1, 0, "RCFG"},
                      BrowserOffer{"chromium156-audio-video-data-offer.sdp", 3, 2, "CnBq"},
                      BrowserOffer{"chromium156-warp-data-offer.sdp", 1, 0, "aeLQ"},
                      BrowserOffer{"firefox153-data-offer.sdp", 1, 0, "534ae364"},
                      BrowserOffer{"firefox153-audio-video-data-offer.sdp", 3, 2, "97090574"}));

TEST(Negotiation, AnOfferWithMediaAloneIsAnsweredAllRejected) {
  Peer peer(1);
  const SessionDescription o{SdpType::Offer,
                             testing::browser_sdp("chromium156-simulcast-offer.sdp")};
  ASSERT_TRUE(peer.negotiation.set_remote(o));
  const auto answer = peer.negotiation.create_answer().value();
  const auto change = peer.negotiation.set_local(answer).value();
  EXPECT_FALSE(change.gather);
  EXPECT_FALSE(change.transport);
  const auto session = sdp::parse(answer.sdp).value();
  for (const auto& media : session.media) EXPECT_EQ(media.port, 0);
  EXPECT_THAT(answer.sdp, Not(HasSubstr("BUNDLE")));
}

// RFC 9429 §5.2.2: sections keep their places; a new one goes behind them.
TEST(Negotiation, ALaterOfferKeepsTheSectionsOfBefore) {
  Peer peer(1);
  const SessionDescription o{SdpType::Offer,
                             testing::browser_sdp("chromium156-simulcast-offer.sdp")};
  const std::size_t before = sdp::parse(o.sdp)->media.size();
  ASSERT_TRUE(peer.negotiation.set_remote(o));
  ASSERT_TRUE(peer.negotiation.set_local(*peer.negotiation.create_answer()));
  peer.negotiation.want_data();
  EXPECT_TRUE(peer.negotiation.is_needed());
  const auto session = sdp::parse(offer(peer.negotiation).sdp).value();
  ASSERT_EQ(session.media.size(), before + 1);
  EXPECT_EQ(session.media[0].port, 0);
  EXPECT_TRUE(is_data_section(session.media.back()));
}

TEST(Negotiation, TheVersionGrowsOnlyWithTheContent) {
  Peer peer(1);
  const auto first = offer(peer.negotiation);
  EXPECT_EQ(offer(peer.negotiation), first);
  peer.negotiation.want_data();
  const auto second = sdp::parse(offer(peer.negotiation).sdp)->origin;
  EXPECT_EQ(second.session_id, sdp::parse(first.sdp)->origin.session_id);
  EXPECT_NE(second.session_version, sdp::parse(first.sdp)->origin.session_version);
}

// W3C §4.4.1.5, with the texts that users of the Elixir package know.
TEST(Negotiation, TakesOnlyWhatWasCreated) {
  Peer peer(1);
  peer.negotiation.want_data();
  auto o = offer(peer.negotiation);
  o.sdp += "a=x\r\n";
  const auto result = peer.negotiation.set_local(o);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::InvalidModification);
  EXPECT_EQ(result.error().message, "new sdp does not match previous offer");
  EXPECT_EQ(peer.negotiation.state(), SignalingState::Stable);
  EXPECT_EQ(peer.negotiation.pending_local(), std::nullopt);
  EXPECT_EQ(peer.negotiation.set_local({SdpType::Offer, "derp"}).error().message,
            "SdpInvalidSyntax: derp");
}

TEST(Negotiation, CallsInTheWrongStateAreRefusedAndChangeNothing) {
  Peer a(1), b(2);
  EXPECT_EQ(a.negotiation.create_answer().error().message, "remote description is not set");
  const auto text = offer(b.negotiation).sdp;
  EXPECT_EQ(a.negotiation.set_remote({SdpType::Answer, text}).error().message,
            "invalid proposed signaling state transition from stable applying remote answer");
  EXPECT_EQ(a.negotiation.set_local({SdpType::Answer, ""}).error().message,
            "invalid proposed signaling state transition from stable applying local answer");
  EXPECT_EQ(a.negotiation.set_local({SdpType::Rollback, ""}).error().message,
            "can't rollback from stable state");
  a.negotiation.want_data();
  const auto o = offer(a.negotiation);
  ASSERT_TRUE(b.negotiation.set_remote(o));
  EXPECT_EQ(b.negotiation.create_offer({}).error().code, ErrorCode::InvalidState);
  EXPECT_EQ(b.negotiation.set_local(o).error().code, ErrorCode::InvalidState);
  EXPECT_EQ(b.negotiation.state(), SignalingState::HaveRemoteOffer);
  ASSERT_TRUE(b.negotiation.set_local(*b.negotiation.create_answer()));
  EXPECT_EQ(b.negotiation.create_answer().error().message,
            "operation can not be run in current signaling state");
  b.negotiation.close();
  EXPECT_EQ(b.negotiation.create_offer({}).error().message, "connection closed");
  EXPECT_EQ(b.negotiation.set_remote(o).error().message, "connection closed");
}

TEST(Negotiation, TextThatIsNoSdpComesBeforeAStateThatDoesNotFit) {
  Peer peer(1);
  for (const SdpType type : {SdpType::Answer, SdpType::PrAnswer}) {
    for (const auto& result : {peer.negotiation.set_remote({type, "derp"}),
                               peer.negotiation.set_local({type, "derp"})}) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().message, "SdpInvalidSyntax: derp");
    }
  }
  EXPECT_EQ(peer.negotiation.set_remote({SdpType::Rollback, "derp"}).error().message,
            "can't rollback from stable state");
  peer.negotiation.close();
  EXPECT_EQ(peer.negotiation.set_remote({SdpType::Answer, "derp"}).error().message,
            "connection closed");
}

// RFC 9429 §4.1.10.2.
TEST(Negotiation, RollsBackEitherSidesOffer) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto o = offer(a.negotiation);
  ASSERT_TRUE(a.negotiation.set_local(o));
  ASSERT_TRUE(b.negotiation.set_remote(o));
  EXPECT_TRUE(a.negotiation.set_local({SdpType::Rollback, ""})->rolled_back);
  EXPECT_TRUE(b.negotiation.set_remote({SdpType::Rollback, ""})->rolled_back);
  for (const Negotiation* n : {&a.negotiation, &b.negotiation}) {
    EXPECT_EQ(n->state(), SignalingState::Stable);
    EXPECT_EQ(n->pending_local(), std::nullopt);
    EXPECT_EQ(n->pending_remote(), std::nullopt);
  }
  EXPECT_TRUE(a.negotiation.is_needed());
  b.negotiation.want_data();
  EXPECT_TRUE(negotiate(b.negotiation, a.negotiation).transport);
}

// W3C §4.4.1.5: an offer that meets ours takes its place.
TEST(Negotiation, AnOfferThatMeetsOursRollsOursBack) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  b.negotiation.want_data();
  ASSERT_TRUE(a.negotiation.set_local(offer(a.negotiation)));
  const auto o = offer(b.negotiation);
  ASSERT_TRUE(b.negotiation.set_local(o));
  EXPECT_TRUE(a.negotiation.set_remote(o)->rolled_back);
  EXPECT_EQ(a.negotiation.state(), SignalingState::HaveRemoteOffer);
  const auto answer = a.negotiation.create_answer().value();
  EXPECT_EQ(a.negotiation.set_local(answer)->ice_role, ice::Role::Controlled);
  EXPECT_TRUE(b.negotiation.set_remote(answer)->transport);
}

TEST(Negotiation, AProvisionalAnswerStartsTheTransport) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto o = offer(a.negotiation);
  ASSERT_TRUE(a.negotiation.set_local(o));
  ASSERT_TRUE(b.negotiation.set_remote(o));
  auto answer = b.negotiation.create_answer().value();
  answer.type = SdpType::PrAnswer;
  EXPECT_TRUE(b.negotiation.set_local(answer)->transport);
  EXPECT_EQ(b.negotiation.state(), SignalingState::HaveLocalPrAnswer);
  EXPECT_TRUE(a.negotiation.set_remote(answer)->transport);
  EXPECT_EQ(a.negotiation.state(), SignalingState::HaveRemotePrAnswer);
  answer.type = SdpType::Answer;
  EXPECT_TRUE(b.negotiation.set_local(answer));
  EXPECT_TRUE(a.negotiation.set_remote(answer));
  EXPECT_EQ(a.negotiation.state(), SignalingState::Stable);
  EXPECT_EQ(b.negotiation.state(), SignalingState::Stable);
}

std::string without(std::string sdp, const std::string& line) {
  for (std::size_t at; (at = sdp.find("\r\n" + line)) != std::string::npos;) {
    sdp.erase(at, sdp.find("\r\n", at + 2) - at);
  }
  return sdp;
}

TEST(Negotiation, SaysWhatADescriptionLacks) {
  const struct {
    const char* line;
    const char* message;
  } cases[] = {
      {"a=fingerprint", "set_remote_description called with no fingerprint"},
      {"a=ice-ufrag", "set_remote_description called with no ice-ufrag"},
      {"a=ice-pwd", "set_remote_description called with no ice-pwd"},
  };
  for (const auto& c : cases) {
    Peer a(1), b(2);
    a.negotiation.want_data();
    auto o = offer(a.negotiation);
    o.sdp = without(o.sdp, c.line);
    const auto result = b.negotiation.set_remote(o);
    ASSERT_FALSE(result) << c.line;
    EXPECT_EQ(result.error().message, c.message);
    EXPECT_TRUE(result.error().sdp_line) << c.line;
    EXPECT_EQ(b.negotiation.state(), SignalingState::Stable);
    EXPECT_EQ(b.negotiation.pending_remote(), std::nullopt);
  }
}

// docs/failures.md row 35: md5 and sha-1 are no fingerprints.
TEST(Negotiation, AFingerprintOfAnUnknownHashIsNone) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  auto o = offer(a.negotiation);
  o.sdp.replace(o.sdp.find("sha-256"), 7, "sha-1");
  EXPECT_THAT(b.negotiation.set_remote(o).error().message, HasSubstr("invalid fingerprint"));
}

// docs/failures.md row 50: an answer decides the role.
TEST(Negotiation, AnAnswerMayNotBeActpass) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto o = offer(a.negotiation);
  ASSERT_TRUE(a.negotiation.set_local(o));
  ASSERT_TRUE(b.negotiation.set_remote(o));
  auto answer = b.negotiation.create_answer().value();
  answer.sdp.replace(answer.sdp.find("setup:active"), 12, "setup:actpass");
  EXPECT_THAT(a.negotiation.set_remote(answer).error().message, HasSubstr("actpass"));
  EXPECT_EQ(a.negotiation.state(), SignalingState::HaveLocalOffer);
  answer.sdp.replace(answer.sdp.find("setup:actpass"), 13, "setup:passive");
  EXPECT_EQ(a.negotiation.set_remote(answer)->dtls_role, dtls::Role::Client);
}

TEST(Negotiation, AnAnswerHasTheSectionsOfTheOffer) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto o = offer(a.negotiation);
  ASSERT_TRUE(a.negotiation.set_local(o));
  ASSERT_TRUE(b.negotiation.set_remote(o));
  const auto answer = b.negotiation.create_answer().value();
  auto fewer = answer;
  fewer.sdp.resize(fewer.sdp.find("m="));
  EXPECT_THAT(a.negotiation.set_remote(fewer).error().message, HasSubstr("0 m= sections"));
  auto other = answer;
  other.sdp.replace(other.sdp.find("a=mid:0"), 7, "a=mid:7");
  EXPECT_THAT(a.negotiation.set_remote(other).error().message, HasSubstr("mid \"7\""));
  EXPECT_TRUE(a.negotiation.set_remote(answer));
}

TEST(Negotiation, ARejectedDataSectionIsTold) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto o = offer(a.negotiation);
  ASSERT_TRUE(a.negotiation.set_local(o));
  ASSERT_TRUE(b.negotiation.set_remote(o));
  auto answer = b.negotiation.create_answer().value();
  answer.sdp.replace(answer.sdp.find("m=application 9"), 15, "m=application 0");
  const auto change = a.negotiation.set_remote(answer).value();
  EXPECT_THAT(change.data_ended, ::testing::Optional(HasSubstr("rejects data channels")));
  EXPECT_FALSE(change.transport);
}

// RFC 8842 §5.5 and docs/failures.md row 51: never another identity in silence.
TEST(Negotiation, ALaterOfferMayNotChangeThePeer) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  negotiate(a.negotiation, b.negotiation);
  auto o = offer(a.negotiation);
  auto other = o;
  other.sdp.replace(other.sdp.find("4A:AD"), 5, "4B:AD");
  EXPECT_EQ(b.negotiation.set_remote(other).error().code, ErrorCode::InvalidAccess);
  other = o;
  other.sdp.replace(other.sdp.find("ufrg1"), 5, "ufrg9");  // and not a=ice-pwd
  EXPECT_EQ(b.negotiation.set_remote(other).error().code, ErrorCode::InvalidAccess);
  EXPECT_TRUE(b.negotiation.set_remote(o));
}

// RFC 9429 §5.11; what runs is not ended by an offer that is refused.
TEST(Negotiation, ALaterOfferMayNotPutAnotherKindInTheDataSectionsPlace) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  negotiate(a.negotiation, b.negotiation);
  const auto o = offer(a.negotiation);
  const Session before = b.negotiation.session();
  for (const char* line : {"m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=text 9 UDP/TLS/RTP/SAVPF 111",
                           "m=audio 0 UDP/TLS/RTP/SAVPF 111"}) {
    auto other = o;
    const std::string data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";
    other.sdp.replace(other.sdp.find(data), data.size(), line);
    EXPECT_EQ(b.negotiation.set_remote(other).error().code, ErrorCode::InvalidAccess) << line;
  }
  auto none = o;
  none.sdp.erase(none.sdp.find("m=application"));
  EXPECT_EQ(b.negotiation.set_remote(none).error().code, ErrorCode::InvalidAccess);
  EXPECT_TRUE(b.negotiation.session() == before);
  EXPECT_TRUE(b.negotiation.set_remote(o));
}

TEST(Negotiation, SortsCandidatesToTheirSections) {
  Peer peer(1);
  ASSERT_TRUE(peer.negotiation.set_remote(
      {SdpType::Offer, testing::browser_sdp("chromium156-audio-video-data-offer.sdp")}));
  const auto generation_of = [&](std::optional<std::string> mid,
                                 std::optional<std::uint16_t> index) {
    return peer.negotiation.generation_of({.candidate = "candidate:…",
                                           .sdp_mid = std::move(mid),
                                           .sdp_mline_index = index,
                                           .username_fragment = {}});
  };
  EXPECT_TRUE(*generation_of("2", 2));
  EXPECT_TRUE(*generation_of("0", 0));  // bundled with ours
  EXPECT_TRUE(*generation_of("", 0));
  EXPECT_TRUE(*generation_of(std::nullopt, std::nullopt));
  EXPECT_EQ(generation_of("7", 0).error().code, ErrorCode::OperationFailed);
  EXPECT_EQ(generation_of(std::nullopt, 3).error().code, ErrorCode::OperationFailed);
}

}  // namespace
}  // namespace specter::jsep
