// Rows M1 to M20 and N1 to N9: transceivers that stop, and sections that are used again.
// docs/w3c-rows.md has all rows.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

TEST(W3cMediaRows, M1_AndM2_BeforeItIsNegotiated) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add(Audio);
  a.stop(id);
  EXPECT_THAT(a.list(), ElementsAre("- stopped - -"));
  EXPECT_THAT(sections_of(a.offer()), IsEmpty());
  EXPECT_FALSE(a.trs().receiving(id));
  EXPECT_FALSE(a.n.is_needed()) << "there is nothing to say";
  a.want_data();
  negotiate(a, b);
  EXPECT_THAT(a.list(), IsEmpty());
  EXPECT_THAT(a.last.gone, ElementsAre(id));
}

TEST(W3cMediaRows, M3To7_AStoppedOneStaysUntilBothKnow) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  (void)b.add_track(Audio, "u");
  negotiate(a, b);
  (void)a.take();
  const auto parameters = a.trs().send_parameters(id).value();
  a.stop(id);
  EXPECT_THAT(a.take(), ElementsAre("ended 0", "needed"));
  EXPECT_THAT(a.list(), ElementsAre("0 stopped sendrecv t"));
  EXPECT_FALSE(a.trs().sending(id)->is_active || a.trs().receiving(id)->is_active);
  EXPECT_EQ(name_of(a.trs().set_send_parameters(id, parameters)), "InvalidStateError");
  EXPECT_EQ(name_of(a.trs().replace_track(id, std::nullopt)), "InvalidStateError");
  EXPECT_EQ(name_of(a.trs().set_direction(id, SendRecv)), "InvalidStateError");
  a.stop(id);
  EXPECT_THAT(a.take(), IsEmpty());
  a.n.close();
  EXPECT_EQ(name_of(a.trs().stop(id)), "InvalidStateError");
}

TEST(W3cMediaRows, M8_AndM9_ItsSectionIsRejectedByTheNextOffer) {
  for (const auto direction : {SendOnly, Inactive}) {
    Two two;
    auto& [a, b] = two;
    const auto first = a.add(Audio, "t", direction);
    negotiate(a, b);
    const auto second = a.add(Audio, "u");
    a.stop(first);
    a.stop(second);
    const auto offer = a.offer();
    EXPECT_THAT(sections_of(offer), ElementsAre("audio 0 0 inactive"));
    EXPECT_THAT(offer.sdp, Not(HasSubstr("a=group")));
  }
}

TEST(W3cMediaRows, M10To12_TheOtherSideStopsAtOnce) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t", {"s"});
  negotiate(a, b);
  const auto of_b = b.at(0).id;
  a.stop(id);
  (void)b.take();
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.list(), ElementsAre("0 stopped stopped -"));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "muted 0", "left 0 []", "ended 0"));
  const auto answer = b.make_answer();
  EXPECT_THAT(sections_of(answer), ElementsAre("audio 0 0 inactive"));
  EXPECT_THAT(b.last.gone, ElementsAre(of_b));
  ASSERT_TRUE(a.set_remote(answer));
  EXPECT_THAT(a.list(), IsEmpty());
  EXPECT_THAT(b.list(), IsEmpty());
  EXPECT_EQ(a.trs().sending(id), std::nullopt);
  EXPECT_EQ(name_of(a.trs().stop(id)), "InvalidAccessError");
  EXPECT_FALSE(a.n.is_needed() || b.n.is_needed());
  negotiate(a, b);
  negotiate(b, a);
}

TEST(W3cMediaRows, M13_AndM14_AnOfferFromBeforeTheStopIsUsed) {
  for (const bool is_set : {false, true}) {
    Two two;
    auto& [a, b] = two;
    const auto id = a.add_track(Audio, "t");
    (void)b.add_track(Audio, "u", {"r"});
    const auto offer = a.offer();
    if (is_set) ASSERT_TRUE(a.set_local(offer));
    a.stop(id);
    if (!is_set) ASSERT_TRUE(a.set_local(offer));
    ASSERT_TRUE(b.set_remote(offer));
    (void)a.take();
    ASSERT_TRUE(a.set_remote(b.make_answer()));
    EXPECT_THAT(a.list(), ElementsAre("0 stopped sendrecv t"));
    EXPECT_THAT(a.take(), ElementsAre("stable", "audio 0 [r]", "needed"));
    negotiate(a, b);
    EXPECT_THAT(a.list(), IsEmpty());
    EXPECT_THAT(b.list(), IsEmpty());
  }
}

TEST(W3cMediaRows, M15_AndM18_WhoAnswersSaysInactive) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  const auto of_b = b.add_track(Audio, "u");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  b.stop(of_b);
  EXPECT_THAT(b.list(), ElementsAre("0 stopped - u"));
  (void)a.take();
  (void)b.take();
  const auto answer = b.make_answer();
  EXPECT_THAT(sections_of(answer), ElementsAre("audio 9 0 inactive"));
  EXPECT_THAT(b.list(), ElementsAre("0 stopped inactive u"));
  EXPECT_THAT(b.take(), ElementsAre("stable", "muted 0", "needed"));
  ASSERT_TRUE(a.set_remote(answer));
  EXPECT_THAT(a.take(), ElementsAre("stable"));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv inactive t"));
}

TEST(W3cMediaRows, M16_AnAnswerFromBeforeTheStopIsUsed) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  const auto of_b = b.add_track(Audio, "u");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  const auto answer = b.answer();
  b.stop(of_b);
  (void)b.take();
  ASSERT_TRUE(b.set_local(answer));
  EXPECT_THAT(b.list(), ElementsAre("0 stopped sendrecv u"));
  EXPECT_THAT(b.take(), ElementsAre("stable", "needed"));
  ASSERT_TRUE(a.set_remote(answer));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendrecv t"));
  negotiate(a, b);
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv inactive t"));
  EXPECT_THAT(b.list(), ElementsAre("0 stopped inactive u"));
}

TEST(W3cMediaRows, M17_TheAnswererOffersToEndIt) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  negotiate(a, b);
  b.stop(b.at(0).id);
  EXPECT_THAT(b.list(), ElementsAre("0 stopped recvonly -"));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendonly t"));
  negotiate(b, a);
  EXPECT_THAT(a.list(), IsEmpty());
  EXPECT_THAT(b.list(), IsEmpty());
}

TEST(W3cMediaRows, M19_TheTagMovesToTheNextSection) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  (void)a.add_track(Audio, "u");
  negotiate(a, b);
  EXPECT_EQ(a.n.candidate_mid(), "0");
  b.stop(b.at(0).id);
  negotiate(a, b);
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv inactive t", "1 sendrecv sendonly u"));
  const auto offer = b.offer();
  EXPECT_THAT(offer.sdp, HasSubstr("a=group:BUNDLE 1\r\n"));
  negotiate(b, a);
  EXPECT_THAT(a.list(), ElementsAre("1 sendrecv sendonly u"));
  for (End* end : {&a, &b}) {
    EXPECT_EQ(end->n.candidate_mid(), "1");
    EXPECT_EQ(end->n.candidate_index(), 1u);
    EXPECT_FALSE(end->last.remote_restarted || end->last.new_peer);
  }
}

TEST(W3cMediaRows, M20_ACandidateOfASectionThatOurOfferDidNotHave) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio);
  const auto second = a.add(Audio);
  (void)a.make_offer();
  a.stop(second);
  ASSERT_TRUE(a.set_local(kRollback));
  (void)b.add(Audio);
  (void)b.add(Audio);
  ASSERT_TRUE(a.set_remote(b.make_offer()));
  EXPECT_TRUE(a.n.generation_of(
      {.candidate = "candidate:1 1 udp 1 192.0.2.7 7 typ host", .sdp_mid = b.at(1).mid}));
}

// ---- sections that are used again

TEST(W3cMediaRows, N1_AndN2_ASectionIsUsedAgainForAnyKind) {
  Two two;
  auto& [a, b] = two;
  auto id = a.add(Audio);
  negotiate(a, b);
  for (const MediaKind kind : {Audio, Video, Video, Audio}) {
    const auto before = a.find(id).mid;
    a.stop(id);
    negotiate(a, b);
    id = a.add(kind);
    EXPECT_EQ(sections_of(a.offer()).size(), 1u);
    negotiate(a, b);
    EXPECT_NE(a.find(id).mid, before);
    EXPECT_EQ(b.list().size(), 1u);
    EXPECT_EQ(b.at(0).kind, kind);
  }
}

TEST(W3cMediaRows, N3_ASectionThatWasRejectedAtFirst) {
  for (const MediaKind kind : {Audio, Video}) {
    End b(2);
    ASSERT_TRUE(b.set_remote({SdpType::Offer, head() + video_section("0", "", 0)}));
    EXPECT_THAT(b.list(), IsEmpty());
    ASSERT_TRUE(b.set_local());
    (void)b.add(kind);
    const auto sections = sections_of(b.offer());
    ASSERT_EQ(sections.size(), 1u);
    EXPECT_THAT(sections[0], HasSubstr(kind == Audio ? "audio 9 1" : "video 9 1"));
  }
}

TEST(W3cMediaRows, N4_WithANewMidOnEitherSide) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  negotiate(a, b);
  a.stop(id);
  negotiate(a, b);
  (void)a.add_track(Audio, "t");
  (void)b.add_track(Audio, "u");
  EXPECT_THAT(sections_of(a.offer()), ElementsAre("audio 9 1 sendrecv"));
  EXPECT_THAT(sections_of(b.offer()), ElementsAre("audio 9 1 sendrecv"));
}

TEST(W3cMediaRows, N5To8_NotBeforeBothKnow) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  negotiate(a, b);
  a.stop(id);
  (void)a.add_track(Audio, "t2");
  const auto offer = a.make_offer();
  EXPECT_THAT(sections_of(offer), ElementsAre("audio 0 0 inactive", "audio 9 1 sendrecv"));
  (void)b.take();
  (void)a.take();
  ASSERT_TRUE(b.set_remote(offer));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "muted 0", "audio 1 []", "ended 0"));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  EXPECT_THAT(a.take(), ElementsAre("stable"));
  EXPECT_THAT(b.list(), ElementsAre("1 recvonly recvonly -"));
  // Our transceiver is used before a free section.
  (void)b.add_track(Audio, "u");
  EXPECT_THAT(sections_of(b.offer()), ElementsAre("audio 0 0 inactive", "audio 9 1 sendrecv"));
  (void)b.add_track(Audio, "v");
  EXPECT_THAT(sections_of(b.make_offer()), ElementsAre("audio 9 2 sendrecv", "audio 9 1 sendrecv"));
}

TEST(W3cMediaRows, N9_OneThatStopsInASectionThatIsUsedAgain) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio);
  const auto second = a.add(Audio);
  negotiate(a, b);
  a.stop(second);
  negotiate(a, b);
  const auto third = a.add(Video);
  const auto offer = a.offer();
  a.stop(third);
  ASSERT_TRUE(a.set_local(offer));
  ASSERT_TRUE(b.set_remote(offer));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendonly -", "2 stopped sendonly -"));
  negotiate(a, b);
  EXPECT_EQ(a.list().size(), 1u);
}

}  // namespace
}  // namespace specter::jsep::rows
