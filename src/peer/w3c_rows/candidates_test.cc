// W3C rows 182 to 210: addIceCandidate, candidates and gathering. docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kCandidate = "candidate:1 1 udp 2130706431 192.0.2.9 4096 typ host";
const std::string kUfrag = "Kq7z";  // of jsep::transport_lines()

SessionDescription foreign_offer() {
  return {SdpType::Offer, jsep::head("data") + jsep::data_section("data")};
}

struct HasOffer : Two {
  HasOffer() { EXPECT_TRUE(set_remote(a, foreign_offer())); }
  std::string add(const IceCandidate& candidate) {
    return name_of(pc_a.add_ice_candidate(now(), candidate));
  }
};

TEST(W3cRows, Row182To183_ACandidateNeedsARemoteDescription) {
  Two two;
  const auto add = [&](const std::string& text) {
    return name_of(two.pc_a.add_ice_candidate(two.now(), {.candidate = text, .sdp_mid = "data"}));
  };
  EXPECT_EQ(add(kCandidate), "InvalidStateError");
  EXPECT_EQ(add(""), "InvalidStateError");
  ASSERT_TRUE(two.set_remote(two.a, foreign_offer()));
  EXPECT_EQ(add(kCandidate), "");
  two.pc_a.close(two.now());
  EXPECT_EQ(add(kCandidate), "InvalidStateError");
}

TEST(W3cRows, Row184_ACandidateNamesItsSectionOneWayOrTheOther) {
  HasOffer has;
  EXPECT_EQ(has.add({kCandidate, "data", 0, kUfrag}), "");
  EXPECT_EQ(has.add({kCandidate, "data", {}, kUfrag}), "");
  EXPECT_EQ(has.add({kCandidate, {}, 0, kUfrag}), "");
  EXPECT_EQ(has.add({kCandidate, "data", 0, {}}), "");
}

// b has a's offer of audio and data.
struct HasRemoteOffer {
  HasRemoteOffer() {
    const std::string offer =
        jsep::head("0 1") + jsep::audio_section("0") + jsep::data_section("1");
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

// In the current description they stay, whatever becomes of the next offer.
TEST(W3cRows, Row185_CandidatesThatCameInStableOutliveTheNextOffer) {
  HasRemoteOffer has;
  const SessionDescription offer = *has.b().pending_remote_description();
  ASSERT_TRUE(has.b().set_local_description(has.pair.now(), has.b().create_answer().value()));
  ASSERT_TRUE(has.add({kCandidate, "1", 1, "Kq7z"}));
  ASSERT_TRUE(has.b().set_remote_description(has.pair.now(), offer));
  EXPECT_THAT(has.b().current_remote_description()->sdp, HasSubstr("a=" + kCandidate));
  EXPECT_THAT(has.b().pending_remote_description()->sdp, Not(HasSubstr("a=" + kCandidate)));
  ASSERT_TRUE(has.b().set_remote_description(has.pair.now(), {SdpType::Rollback, ""}));
  EXPECT_THAT(has.b().current_remote_description()->sdp, HasSubstr("a=" + kCandidate));
}

TEST(W3cRows, Row185_OrComesBackAsGivenWhenConfiguredSo) {
  PeerPair pair({}, {.show_remote_candidates = false});
  PeerConnection& b = pair.b.connection;
  const SessionDescription offer{SdpType::Offer, jsep::head("1") + jsep::data_section("1")};
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
  jsep::ToldCandidates told;
  for (std::size_t i = 0; i < jsep::ToldCandidates::kMaxLines; ++i)
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

TEST(W3cRows, Row192To195_WhatItNamesMustBeThere) {
  HasOffer has;
  EXPECT_EQ(has.add({kCandidate, "unknown", 0, kUfrag}), "OperationError");
  EXPECT_EQ(has.add({kCandidate, {}, 1, kUfrag}), "OperationError");
  EXPECT_EQ(has.add({kCandidate, "data", 99, kUfrag}), "") << "the mid counts";
  EXPECT_EQ(has.add({kCandidate, "data", 0, "another"}), "OperationError");
}

TEST(W3cRows, Row196_AnInvalidCandidateIsAnOperationError) {
  HasRemoteOffer has;
  const auto added = has.add({.candidate = "(Invalid) candidate", .sdp_mid = "1"});
  ASSERT_FALSE(added);
  EXPECT_EQ(to_string(added.error().code), "OperationError");
}

TEST(W3cRows, Row198_ATcpCandidateIsTaken) {
  HasOffer has;
  for (const char* port : {"8001", "2049"}) {
    const std::string text =
        "candidate:1 1 tcp 1518149375 127.0.0.1 " + std::string(port) + " typ host tcptype passive";
    EXPECT_EQ(has.add({text, "data", 0, kUfrag}), "");
    auto offer = foreign_offer();
    offer.sdp += "a=" + text + "\r\n";
    Two two;
    EXPECT_EQ(name_of(two.set_remote(two.a, offer)), "");
    (void)two.answer_of(two.a);
  }
}

TEST(W3cRows, Row199_TheAttributesNameBeforeItIsTaken) {
  HasOffer has;
  EXPECT_EQ(has.add({"a=" + kCandidate, "data", 0, kUfrag}), "");
}

// ---- gathering

TEST(W3cRows, Row202_GatheringBeginsAndEndsOnce) {
  Two two;
  (void)two.create(two.a);
  (void)two.offer_of(two.a);
  two.run();
  EXPECT_THAT(states<IceGatheringStateChange>(two.a), ElementsAre("gathering", "complete"));
}

TEST(W3cRows, Row203_TheDescriptionHasThemAllAtTheEnd) {
  Two two;
  (void)two.create(two.a);
  (void)two.offer_of(two.a);
  two.run();
  ASSERT_EQ(two.pc_a.ice_gathering_state(), IceGatheringState::Complete);
  EXPECT_THAT(two.pc_a.local_description()->sdp, HasSubstr("\r\na=candidate:"));
  EXPECT_THAT(two.pc_a.local_description()->sdp, HasSubstr("\r\na=end-of-candidates\r\n"));
}

TEST(W3cRows, Row204To205_EachCandidateStandsInTheDescriptionWhenItIsTold) {
  Two two;
  (void)two.create(two.a);
  (void)two.offer_of(two.a);
  EXPECT_THAT(two.pc_a.local_description()->sdp, Not(HasSubstr("a=candidate")));
  std::size_t told = 0;
  while (const auto event = two.pc_a.poll_event()) {
    if (std::holds_alternative<GatherCandidates>(*event)) {
      for (const char* text : {"192.0.2.1:5001", "192.0.2.1:5002"})
        two.pc_a.add_local_endpoint(two.now(), *Endpoint::parse(text));
      two.pc_a.end_of_local_endpoints(two.now());
    }
    const auto* found = std::get_if<LocalCandidate>(&*event);
    if (!found || found->candidate.candidate.empty()) continue;
    EXPECT_THAT(two.pc_a.local_description()->sdp, HasSubstr("a=" + found->candidate.candidate));
    ++told;
  }
  EXPECT_EQ(told, 2u);
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
  const auto* state = std::get_if<IceGatheringStateChange>(&events.back());
  ASSERT_TRUE(end && state);
  const std::string sdp = pair.a.connection.local_description()->sdp;
  const std::string ufrag = sdp.substr(sdp.find("a=ice-ufrag:") + 12, 8);
  EXPECT_EQ(end->candidate, (IceCandidate{"", "0", 0, ufrag}));
  EXPECT_EQ(state->state, IceGatheringState::Complete);
}

TEST(W3cRows, Row207_ALaterOfferGathersNothing) {
  Open open;
  for (const bool by_a : {true, false}) {
    ASSERT_TRUE(by_a ? open.pair.negotiate(open.a, open.b) : open.pair.negotiate(open.b, open.a));
    open.run();
  }
  for (const PeerHost* host : {&open.a, &open.b})
    EXPECT_THAT(states<IceGatheringStateChange>(*host), ElementsAre("gathering", "complete"));
}

TEST(W3cRows, Row208_AnOfferOfNothingGathersNothing) {
  Two two;
  (void)two.offer_of(two.a);
  two.run();
  EXPECT_THAT(states<IceGatheringStateChange>(two.a), IsEmpty());
  EXPECT_EQ(two.pc_a.ice_gathering_state(), IceGatheringState::New);
}

TEST(W3cRows, Row209_NorDoesAnOfferOfThePeers) {
  Two two;
  for (const SessionDescription& description :
       {foreign_offer(), foreign_offer(), SessionDescription{SdpType::Rollback, ""},
        foreign_offer()})
    ASSERT_TRUE(two.set_remote(two.a, description));
  two.run();
  EXPECT_THAT(states<IceGatheringStateChange>(two.a), IsEmpty());
}

TEST(W3cRows, Row210_ACandidateNamesItsSectionAndUserFragment) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  two.run();
  EXPECT_THAT(two.a.candidates, SizeIs(2));
  for (const IceCandidate& candidate : two.a.candidates) {
    EXPECT_EQ("a=mid:" + candidate.sdp_mid.value_or(""), line(offer.sdp, "a=mid"));
    EXPECT_EQ(candidate.sdp_mline_index, 0);
    EXPECT_EQ("a=ice-ufrag:" + candidate.username_fragment.value_or(""),
              line(offer.sdp, "a=ice-ufrag"));
  }
}

}  // namespace
}  // namespace specter::core::rows
