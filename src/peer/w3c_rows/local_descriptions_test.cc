// W3C rows 103 to 136: createOffer, createAnswer, setLocalDescription. docs/w3c-rows.md has all
// rows.
#include <charconv>
#include <limits>

#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(W3cRows, Row103_AnOfferOfNothingHasNoSection) {
  Two two;
  const auto offer = two.pc_a.create_offer();
  ASSERT_TRUE(offer);
  EXPECT_EQ(to_string(offer->type), "offer");
  EXPECT_THAT(offer->sdp, Not(HasSubstr("m=")));
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    out.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  EXPECT_TRUE(error == std::errc() && end == text.data() + text.size()) << text;
  return out;
}

// RFC 9429 §5.2.1: the session id has 63 bits. The public test wants it below 2^62, no text does.
TEST(W3cRows, Row104_TheFirstLinesOfAnOffer) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Two two({.seed = seed});
    (void)two.create(two.a);
    const std::string sdp = two.pc_a.create_offer()->sdp;
    EXPECT_THAT(sdp, StartsWith("v=0\r\no=- "));
    const auto origin = words(line(sdp, "o="));
    ASSERT_EQ(origin.size(), 6u);
    EXPECT_LE(number(origin[1]),
              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    (void)number(origin[2]);
    EXPECT_EQ(origin[3] + origin[4] + origin[5], "INIP4127.0.0.1");
    EXPECT_THAT(sdp, HasSubstr(line(sdp, "o=") + "\r\ns=-\r\n"));
  }
}

TEST(W3cRows, Row105_TheDataSectionOfAnOffer) {
  Two two;
  (void)two.create(two.a);
  const auto session = sdp::parse(two.pc_a.create_offer()->sdp);
  ASSERT_EQ(session->media.size(), 1u);
  const sdp::Media& media = session->media[0];
  EXPECT_EQ(media.kind, "application");
  EXPECT_EQ(media.protocol, "UDP/DTLS/SCTP");
  EXPECT_THAT(media.formats, ElementsAre("webrtc-datachannel"));
  for (const char* name : {"sctp-port", "mid", "max-message-size"})
    EXPECT_TRUE(media.attributes.has(name)) << name;
  EXPECT_THAT(session->attributes.values("ice-options"), ElementsAre(HasSubstr("trickle")));
}

TEST(W3cRows, Row107_NoOfferWhileThePeersWaits) {
  Two two;
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  EXPECT_EQ(name_of(two.pc_b.create_offer()), "InvalidStateError");
}

TEST(W3cRows, Row108_NoAnswerWithoutAnOffer) {
  Two two;
  EXPECT_EQ(name_of(two.pc_a.create_answer()), "InvalidStateError");
}

TEST(W3cRows, Row109To110_OnesOwnOfferCanBeAnswered) {
  for (const bool has_data : {false, true}) {
    Two two;
    if (has_data) (void)two.create(two.a);
    const auto offer = two.pc_a.create_offer().value();
    ASSERT_TRUE(two.set_remote(two.a, offer));
    const auto answer = two.pc_a.create_answer();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(two.set_local(two.a, *answer));
    EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::Stable);
  }
}

TEST(W3cRows, Row111_AClosedConnectionOffersAndAnswersNothing) {
  Two two;
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  for (PeerConnection* pc : {&two.pc_a, &two.pc_b}) {
    pc->close(two.now());
    EXPECT_EQ(name_of(pc->create_offer()), "InvalidStateError");
    EXPECT_EQ(name_of(pc->create_answer()), "InvalidStateError");
  }
}

TEST(W3cRows, Row113_AnOfferThatIsSetIsPending) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  EXPECT_EQ(two.pc_a.local_description(), offer);
  EXPECT_EQ(two.pc_a.pending_local_description(), offer);
  EXPECT_EQ(two.pc_a.current_local_description(), std::nullopt);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a), ElementsAre("needed", "have-local-offer"));
}

TEST(W3cRows, Row114_AnOfferWithoutATextIsTheCreatedOne) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.pc_a.create_offer().value();
  ASSERT_TRUE(two.set_local(two.a, {SdpType::Offer, ""}));
  EXPECT_EQ(two.pc_a.pending_local_description(), offer);
}

TEST(W3cRows, Row115_WithoutADescriptionTheStateSaysWhich) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.pc_a.set_local_description(two.now()));
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::HaveLocalOffer);
  const auto offer = two.pc_a.pending_local_description().value();
  EXPECT_THAT(offer.sdp, HasSubstr("m=application 9"));
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.pc_b.set_local_description(two.now()));
  EXPECT_EQ(two.pc_b.signaling_state(), SignalingState::Stable);
  ASSERT_TRUE(two.set_remote(two.a, *two.pc_b.current_local_description()));
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::Stable);
  two.pc_a.close(two.now());
  EXPECT_EQ(name_of(two.pc_a.set_local_description(two.now())), "InvalidStateError");
}

// A channel, and an offer that knows nothing of it.
struct Stale : Two {
  Stale() {
    first = pc_a.create_offer().value();
    (void)create(a);
  }
  SessionDescription first;
};

TEST(W3cRows, Row116To118_OnlyTheLastCreatedOfferCanBeSet) {
  Stale two;
  const auto second = two.pc_a.create_offer().value();
  (void)two.create(two.b);
  const auto refused = [&](const SessionDescription& description) {
    return name_of(two.set_local(two.a, description)) == "InvalidModificationError";
  };
  EXPECT_TRUE(refused(two.pc_b.create_offer().value()));
  EXPECT_TRUE(refused(two.first));
  EXPECT_TRUE(refused({SdpType::Offer, with(second.sdp, "s=-", "s= ")}));
  EXPECT_TRUE(refused({SdpType::Offer, second.sdp + "a=more\r\n"}));
  EXPECT_TRUE(
      refused({SdpType::Offer, with(second.sdp, line(second.sdp, "a=tls-id") + "\r\n", "")}));
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::Stable);
  EXPECT_TRUE(two.set_local(two.a, second));
}

TEST(W3cRows, Row119_ALaterOfferTakesThePlaceOfThePendingOne) {
  Stale two;
  ASSERT_TRUE(two.set_local(two.a, two.first));
  const auto second = two.offer_of(two.a);
  EXPECT_EQ(two.pc_a.local_description(), second);
  EXPECT_EQ(two.pc_a.pending_local_description(), second);
  two.pair.network.settle();
  EXPECT_EQ(count(signaling(two.a), "have-local-offer"), 1u);
}

TEST(W3cRows, Row120_AnOfferMayBeSetTwice) {
  Two two;
  (void)two.create(two.a);
  (void)two.offer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  two.run();
  two.pair.trickle();
  EXPECT_TRUE(two.pair.network.run_until([&] { return two.pair.both_connected(); }, 5s));
}

TEST(W3cRows, Row121To123_AnAnswerOfOursNeedsThePeersOffer) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.pc_a.create_offer().value();
  for (const SdpType type : {SdpType::Answer, SdpType::PrAnswer})
    EXPECT_EQ(name_of(two.set_local(two.a, {type, offer.sdp})), "InvalidStateError");
  ASSERT_TRUE(two.set_local(two.a, offer));
  EXPECT_EQ(name_of(two.set_local(two.a, {SdpType::Answer, offer.sdp})), "InvalidStateError");
}

TEST(W3cRows, Row124_AnAnswerThatIsSetIsCurrent) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, offer));
  const auto answer = two.answer_of(two.b);
  EXPECT_EQ(two.pc_b.local_description(), answer);
  EXPECT_EQ(two.pc_b.current_local_description(), answer);
  EXPECT_EQ(two.pc_b.pending_local_description(), std::nullopt);
  EXPECT_EQ(two.pc_b.remote_description(), offer);
  EXPECT_EQ(two.pc_b.current_remote_description(), offer);
  EXPECT_EQ(two.pc_b.pending_remote_description(), std::nullopt);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.b), ElementsAre("have-remote-offer", "stable"));
}

TEST(W3cRows, Row125_AnAnswerWithoutATextIsTheCreatedOne) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  const auto answer = two.pc_b.create_answer().value();
  ASSERT_TRUE(two.set_local(two.b, {SdpType::Answer, ""}));
  EXPECT_EQ(two.pc_b.current_local_description(), answer);
}

TEST(W3cRows, Row126_AnothersAnswerCantBeSet) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  Two others({.seed = 9});
  ASSERT_TRUE(others.set_remote(others.b, offer));
  const auto answer = others.pc_b.create_answer().value();
  ASSERT_TRUE(two.set_remote(two.b, offer));
  EXPECT_EQ(name_of(two.set_local(two.b, answer)), "InvalidModificationError");
}

TEST(W3cRows, Row127_AnAnswerMayBeProvisionalFirst) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, offer));
  const auto answer = two.pc_b.create_answer().value();
  const SessionDescription provisional{SdpType::PrAnswer, answer.sdp};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(two.set_local(two.b, provisional));
    EXPECT_EQ(two.pc_b.pending_local_description(), provisional);
    EXPECT_EQ(two.pc_b.pending_remote_description(), offer);
    EXPECT_EQ(two.pc_b.current_local_description(), std::nullopt);
    EXPECT_EQ(two.pc_b.current_remote_description(), std::nullopt);
  }
  ASSERT_TRUE(two.set_local(two.b, answer));
  EXPECT_EQ(two.pc_b.current_local_description(), answer);
  EXPECT_EQ(two.pc_b.current_remote_description(), offer);
  EXPECT_EQ(two.pc_b.pending_local_description(), std::nullopt);
  EXPECT_EQ(two.pc_b.pending_remote_description(), std::nullopt);
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.b), ElementsAre("have-remote-offer", "have-local-pranswer", "stable"));
}

TEST(W3cRows, Row128_AnAnswerOutlivesARollbackAndAnOfferOfOnesOwn) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, offer));
  const auto answer = two.pc_b.create_answer().value();
  ASSERT_TRUE(two.set_remote(two.b, {SdpType::Rollback, ""}));
  ASSERT_TRUE(two.pc_b.create_offer());
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.set_local(two.b, answer));
  ASSERT_TRUE(two.set_remote(two.a, answer));
  EXPECT_EQ(two.pc_b.current_local_description(), answer);
}

// Its own offer it is, and no other one's.
TEST(W3cRows, Row128_AnAnswerIsOfOneOffer) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.pc_a.create_offer().value()));
  const auto answer = two.pc_b.create_answer().value();
  Two others({.seed = 9});
  (void)others.create(others.a);
  ASSERT_TRUE(two.set_remote(two.b, others.pc_a.create_offer().value()));
  EXPECT_EQ(name_of(two.set_local(two.b, answer)), "InvalidModificationError");
}

TEST(W3cRows, Row129_AnOfferOutlivesThePeersThatWasTakenBack) {
  for (const bool peer_has_data : {false, true}) {
    Two two;
    (void)two.create(two.a);
    const auto offer = two.pc_a.create_offer().value();
    if (peer_has_data) (void)two.create(two.b);
    ASSERT_TRUE(two.set_remote(two.a, two.pc_b.create_offer().value()));
    ASSERT_TRUE(two.pc_a.create_answer());
    ASSERT_TRUE(two.set_remote(two.a, {SdpType::Rollback, ""}));
    ASSERT_TRUE(two.set_local(two.a, offer));
    EXPECT_EQ(two.pc_a.pending_local_description(), offer);
    ASSERT_TRUE(two.set_remote(two.b, offer));
    ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  }
}

TEST(W3cRows, Row130_ALaterOfferLeavesTheCurrentDescription) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.connect());
  const auto first = two.pc_a.current_local_description();
  (void)two.offer_of(two.a);
  EXPECT_EQ(two.pc_a.current_local_description(), first);
  EXPECT_TRUE(two.pc_a.pending_local_description());
  EXPECT_EQ(two.pc_a.local_description(), two.pc_a.pending_local_description());
  two.pair.network.settle();
  EXPECT_THAT(signaling(two.a),
              ElementsAre("needed", "have-local-offer", "stable", "have-local-offer"));
}

TEST(W3cRows, Row131_TheAnswererMayOfferNext) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.connect());
  ASSERT_TRUE(two.set_remote(two.a, two.offer_of(two.b)));
  const auto answer = two.answer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, answer));
  EXPECT_EQ(two.pc_a.local_description(), two.pc_a.current_local_description());
  EXPECT_EQ(two.pc_a.local_description()->type, SdpType::Answer);
  EXPECT_TRUE(two.pair.both_connected());
}

TEST(W3cRows, Row132_AnOfferWithoutATextIsMadeWhereThereIsNone) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_local(two.a, {SdpType::Offer, ""}));
  EXPECT_EQ(two.pc_a.signaling_state(), SignalingState::HaveLocalOffer);
  EXPECT_THAT(two.pc_a.pending_local_description()->sdp, HasSubstr("m=application 9"));
}

TEST(W3cRows, Row133_AnAnswerWithoutATextIsMadeWhereThereIsNone) {
  for (const SdpType type : {SdpType::Answer, SdpType::PrAnswer}) {
    Two two;
    (void)two.create(two.a);
    ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
    ASSERT_TRUE(two.set_local(two.b, {type, ""}));
    EXPECT_EQ(two.pc_b.local_description()->type, type);
    ASSERT_TRUE(two.set_remote(two.a, *two.pc_b.local_description()));
  }
}

TEST(W3cRows, Row134_AnEmptyTextNeverSetsAStaleOffer) {
  Stale two;
  ASSERT_TRUE(two.set_local(two.a, {SdpType::Offer, ""}));
  EXPECT_NE(two.pc_a.pending_local_description(), two.first);
  EXPECT_THAT(two.pc_a.pending_local_description()->sdp, HasSubstr("m=application 9"));
}

// Without its last sentence, the chain of calls: src/api/w3c_rows_test.cc.
TEST(W3cRows, Row135_AnAnswerWithoutATextIsTheCreatedOne) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  ASSERT_TRUE(two.pc_b.create_answer());
  ASSERT_TRUE(two.set_local(two.b, {SdpType::Answer, ""}));
  EXPECT_EQ(two.pc_b.signaling_state(), SignalingState::Stable);
}

TEST(W3cRows, Row136_ASecondOfferHasTheSameSession) {
  Two two;
  (void)two.create(two.a);
  const auto first = words(line(two.offer_of(two.a).sdp, "o="));
  const auto second = words(line(two.pc_a.create_offer()->sdp, "o="));
  EXPECT_EQ(first[1], second[1]);
  EXPECT_GE(number(second[2]), number(first[2]));
}

}  // namespace
}  // namespace specter::core::rows
