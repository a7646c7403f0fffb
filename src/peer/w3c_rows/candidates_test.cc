// W3C rows 182 to 210: addIceCandidate, candidates and gathering. Rows 185 to 191, 196 and 206 are
// in changed_negotiation_test.cc. docs/w3c-rows.md has all rows.
#include "peer/w3c_rows/rows.h"

namespace specter::core::rows {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kCandidate = "candidate:1 1 udp 2130706431 192.0.2.9 4096 typ host";
const std::string kUfrag = "Kq7z";  // of peer::transport_lines()

SessionDescription foreign_offer() {
  return {SdpType::Offer, peer::head("data") + peer::data_section("data")};
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

TEST(W3cRows, Row192To195_WhatItNamesMustBeThere) {
  HasOffer has;
  EXPECT_EQ(has.add({kCandidate, "unknown", 0, kUfrag}), "OperationError");
  EXPECT_EQ(has.add({kCandidate, {}, 1, kUfrag}), "OperationError");
  EXPECT_EQ(has.add({kCandidate, "data", 99, kUfrag}), "") << "the mid counts";
  EXPECT_EQ(has.add({kCandidate, "data", 0, "another"}), "OperationError");
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
  EXPECT_THAT(states<IceGatheringStateChanged>(two.a), ElementsAre("gathering", "complete"));
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

TEST(W3cRows, Row207_ALaterOfferGathersNothing) {
  Open open;
  for (const bool by_a : {true, false}) {
    ASSERT_TRUE(by_a ? open.pair.negotiate(open.a, open.b) : open.pair.negotiate(open.b, open.a));
    open.run();
  }
  for (const PeerHost* host : {&open.a, &open.b})
    EXPECT_THAT(states<IceGatheringStateChanged>(*host), ElementsAre("gathering", "complete"));
}

TEST(W3cRows, Row208_AnOfferOfNothingGathersNothing) {
  Two two;
  (void)two.offer_of(two.a);
  two.run();
  EXPECT_THAT(states<IceGatheringStateChanged>(two.a), IsEmpty());
  EXPECT_EQ(two.pc_a.ice_gathering_state(), IceGatheringState::New);
}

TEST(W3cRows, Row209_NorDoesAnOfferOfThePeers) {
  Two two;
  for (const SessionDescription& description :
       {foreign_offer(), foreign_offer(), SessionDescription{SdpType::Rollback, ""},
        foreign_offer()})
    ASSERT_TRUE(two.set_remote(two.a, description));
  two.run();
  EXPECT_THAT(states<IceGatheringStateChanged>(two.a), IsEmpty());
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
