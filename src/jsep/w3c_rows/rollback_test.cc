// Rows J1 to J32 and K1 to K17 about tracks: rollback, and when negotiation is needed.
// docs/w3c-rows.md has all rows.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

TEST(W3cMediaRows, J1_AndJ7_OurOfferIsTakenBack) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  (void)a.make_offer();
  ASSERT_TRUE(a.set_local(kRollback));
  EXPECT_THAT(a.take(), ElementsAre("needed", "have-local-offer", "stable", "needed"));
  EXPECT_THAT(a.list(), ElementsAre("- sendrecv - t"));
  negotiate(a, b);
  (void)a.add_track(Video, "u");
  (void)a.make_offer();
  ASSERT_TRUE(a.set_local(kRollback));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendonly t", "- sendrecv - u"));
}

TEST(W3cMediaRows, J2_AndJ8To9_ThePeersOfferIsTakenBackWithWhatItMade) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t", {"s"});
  const auto offer = a.make_offer();
  ASSERT_TRUE(b.set_remote(offer));
  const auto first = b.at(0).id;
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(b.list(), IsEmpty());
  EXPECT_THAT(b.last.gone, ElementsAre(first));
  EXPECT_EQ(b.n.pending_remote(), std::nullopt);
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "audio 0 [s]", "stable", "muted -",
                                    "left - []", "ended -"));
  ASSERT_TRUE(b.set_remote(offer));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly - -"));
  EXPECT_NE(b.at(0).id, first);
}

TEST(W3cMediaRows, J10_AlsoWhenItWasTouched) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  b.replace_track(b.at(0).id, track(Audio, "u"));
  b.set_direction(b.at(0).id, SendRecv);
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(b.list(), IsEmpty());
}

TEST(W3cMediaRows, J11To13_WhatHasATrackStays) {
  for (const bool added_before : {true, false}) {
    for (const auto& streams : std::vector<std::vector<std::string>>{{}, {"s"}}) {
      Two two;
      auto& [a, b] = two;
      (void)a.add_track(Audio, "t", streams);
      const auto offer = a.make_offer();
      if (added_before) (void)b.add_track(Audio, "u");
      ASSERT_TRUE(b.set_remote(offer));
      if (!added_before) b.replace_track(b.add_track(Audio, "u"), std::nullopt);
      const auto id = b.at(0).id;
      ASSERT_TRUE(b.set_remote(kRollback));
      EXPECT_THAT(b.list(), ElementsAre(added_before ? "- sendrecv - u" : "- sendrecv - -"));
      EXPECT_EQ(b.trs().receiving(id), std::nullopt);
      (void)b.take();
      ASSERT_TRUE(b.set_remote(offer));
      EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "audio 0 " + joined(streams)));
      EXPECT_EQ(b.at(0).id, id);
    }
  }
}

TEST(W3cMediaRows, J14_AndJ15_WhatWasWantedMeanwhileStays) {
  End a(1);
  const auto id = a.add_track(Audio, "t");
  (void)a.make_offer();
  a.set_direction(id, SendOnly);
  a.replace_track(id, track(Audio, "u"));
  ASSERT_TRUE(a.set_local(kRollback));
  EXPECT_THAT(a.list(), ElementsAre("- sendonly - u"));
  (void)a.make_offer();
  a.stop(id);
  ASSERT_TRUE(a.set_local(kRollback));
  EXPECT_THAT(a.list(), ElementsAre("- stopped - u"));
}

TEST(W3cMediaRows, J16To18_AnOfferThatWasTakenBackIsStillGood) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  const auto own = a.make_offer();
  ASSERT_TRUE(a.set_local(kRollback));
  ASSERT_TRUE(a.set_local(own));
  EXPECT_THAT(a.take(),
              ElementsAre("needed", "have-local-offer", "stable", "needed", "have-local-offer"));
  ASSERT_TRUE(a.set_local(kRollback));
  // Our transceiver is at another place in the peer's.
  (void)b.add(Video);
  (void)b.add_track(Audio, "u");
  ASSERT_TRUE(a.set_remote(b.make_offer()));
  EXPECT_THAT(a.list(), ElementsAre("1 sendrecv - t", "0 recvonly - -"));
  ASSERT_TRUE(a.set_remote(kRollback));
  ASSERT_TRUE(a.set_local(own));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv - t"));
  ASSERT_TRUE(b.set_local(kRollback));
  ASSERT_TRUE(b.set_remote(own));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  (void)a.add_track(Video, "v");
  (void)b.add_track(Video, "w");
  const auto second = b.offer();
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_EQ(name_of(b.set_local(second)), "");
}

TEST(W3cMediaRows, J19_AndJ20_WhatWasAgreedOnBeforeStays) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  negotiate(a, b);
  const auto audio = b.at(0).id;
  EXPECT_EQ(b.add_track(Audio, "u"), audio);
  const auto video = b.add_track(Video, "v");
  (void)b.make_offer();
  ASSERT_TRUE(b.set_local(kRollback));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv recvonly u", "- sendrecv - v"));
  EXPECT_TRUE(b.trs().receiving(audio));
  EXPECT_FALSE(b.trs().receiving(video));
  (void)a.add_track(Video, "w");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv recvonly u", "1 sendrecv - v"));
}

TEST(W3cMediaRows, J21To23_StreamsComeAndGo) {
  Two two;
  auto& [a, b] = two;
  const auto audio = a.add_track(Audio, "t", {"s"});
  const auto video = a.add_track(Video, "v", {"s"});
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  (void)b.take();
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(b.take(), ElementsAre("stable", "muted -", "muted -", "left - []", "left - []",
                                    "ended -", "ended -"));
  ASSERT_TRUE(b.set_remote(*a.n.pending_local()));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  a.remove_track(audio);
  a.set_streams(video, {"r"});
  (void)b.take();
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "muted 0", "left 0 []", "left 1 [r]",
                                    "entered 1 [r]", "video 1 [r]"));
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(b.take(),
              ElementsAre("stable", "left 1 [s]", "entered 1 [s]", "audio 0 [s]", "video 1 [s]"));
}

TEST(W3cMediaRows, J24_AStopIsNotTakenBack) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  (void)a.add_track(Video, "v");
  negotiate(a, b);
  a.stop(id);
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(b.list(), ElementsAre("0 stopped stopped -", "1 recvonly recvonly -"));
  (void)b.take();
  ASSERT_TRUE(b.set_remote(*a.n.pending_local()));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  EXPECT_THAT(b.list(), ElementsAre("1 recvonly recvonly -"));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "stable")) << "it was told before";
}

TEST(W3cMediaRows, J25_DataThatWereOfferedAreOfferedAgain) {
  Two two;
  auto& [a, b] = two;
  b.want_data();
  (void)b.make_offer();
  (void)a.add(Video, "v");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  EXPECT_THAT(sections_of(b.make_offer()), ElementsAre("video 9 0 recvonly", "application 9 1"));
}

TEST(W3cMediaRows, J26_OffersThatMeet) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio, "t");
  (void)b.add(Audio, "u");
  (void)a.make_offer();
  (void)a.take();
  ASSERT_TRUE(a.set_remote(b.make_offer()));
  ASSERT_TRUE(b.set_remote(a.make_answer()));
  EXPECT_THAT(a.take(),
              ElementsAre("stable", "have-remote-offer", "audio 0 []", "stable", "needed"));
  EXPECT_EQ(a.list().size(), 2u);
}

TEST(W3cMediaRows, J27_AndJ28_OffersThatMeetOfTracksArePaired) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  const auto own = b.add_track(Audio, "u");
  (void)a.make_offer();
  (void)b.make_offer();
  (void)a.take();
  const auto theirs = *b.n.pending_local();
  ASSERT_TRUE(b.set_remote(*a.n.pending_local()));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv - u"));
  EXPECT_EQ(b.last.tracks.at(0).transceiver, own);
  ASSERT_TRUE(b.set_remote(kRollback));
  ASSERT_TRUE(b.set_local(theirs));
  ASSERT_TRUE(a.set_remote(theirs));
  ASSERT_TRUE(b.set_remote(a.make_answer()));
  EXPECT_THAT(a.take(), ElementsAre("stable", "have-remote-offer", "audio 0 []", "stable"));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendrecv t"));
}

// ---- negotiation needed

TEST(W3cMediaRows, K1To6_OnceUntilItIsDone) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio);
  (void)a.add(Audio);
  a.want_data();
  (void)a.add_track(Video, "v");
  EXPECT_THAT(a.take(), ElementsAre("needed"));
  const auto offer = a.make_offer();
  (void)a.add(Video);
  EXPECT_THAT(a.take(), ElementsAre("have-local-offer")) << "not while it is not stable";
  ASSERT_TRUE(b.set_remote(offer));
  b.want_data();
  (void)b.add(Video);
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  EXPECT_THAT(a.take(), ElementsAre("stable", "needed"));
  EXPECT_EQ(b.take().back(), "needed");
}

TEST(W3cMediaRows, K7To8_ARemovedTrackAndAnotherDirection) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  const auto of_b = b.add_track(Audio, "u");
  negotiate(a, b);
  (void)a.take();
  (void)b.take();
  b.remove_track(of_b);
  EXPECT_THAT(b.take(), ElementsAre("needed"));
  for (const auto direction : {SendOnly, SendRecv, RecvOnly, Inactive}) {
    a.set_direction(id, direction);
    EXPECT_EQ(a.n.is_needed(), direction != SendRecv);
  }
}

TEST(W3cMediaRows, K9_AndK10_StreamsAreASet) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t", {"s", "r"});
  negotiate(a, b);
  using Streams = std::vector<std::string>;
  for (const Streams& streams : {Streams{"q"}, {"s", "r", "q"}, {"s"}, {}}) {
    a.set_streams(id, streams);
    EXPECT_TRUE(a.n.is_needed()) << joined(streams);
  }
  for (const Streams& streams : {Streams{"s", "r"}, {"s", "r", "s", "r"}, {"r", "s"}}) {
    a.set_streams(id, streams);
    EXPECT_FALSE(a.n.is_needed()) << joined(streams);
  }
}

TEST(W3cMediaRows, K11_AStopIsNeededUntilWeHaveOffered) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  (void)a.add_track(Video, "v");
  negotiate(a, b);
  (void)a.take();
  a.stop(id);
  EXPECT_THAT(a.take(), ElementsAre("ended 0", "needed"));
  negotiate(b, a);
  EXPECT_THAT(a.take(), ElementsAre("have-remote-offer", "stable", "needed"));
  negotiate(a, b);
  EXPECT_THAT(a.take(), ElementsAre("have-local-offer", "stable"));
}

TEST(W3cMediaRows, K15_WhatBothWantIsDone) {
  for (const auto wanted : {SendRecv, SendOnly, RecvOnly, Inactive}) {
    for (const auto offered : {SendRecv, SendOnly, RecvOnly, Inactive}) {
      Two two;
      auto& [a, b] = two;
      (void)a.add(Audio, "t", offered, {"s"});
      const auto id = b.add_track(Audio, "u", {"r"});
      b.set_direction(id, wanted);
      negotiate(a, b);
      EXPECT_FALSE(a.n.is_needed()) << word_of(offered) << " " << word_of(wanted);
      const bool is_paired = offered == SendRecv || offered == RecvOnly;
      EXPECT_EQ(b.n.is_needed(), !is_paired) << word_of(offered) << " " << word_of(wanted);
      negotiate(b, a);
      EXPECT_FALSE(a.n.is_needed() || b.n.is_needed());
    }
  }
}

// One offers whenever it is needed, of two offers that meet the impolite side's stands: W3C §10.7.
void be_perfect(End& polite, End& impolite, const std::vector<std::size_t>& offers_first) {
  for (const std::size_t first : offers_first) {
    End* const of[] = {&polite, &impolite};
    End &one = *of[first], &other = *of[1 - first];
    if (one.n.state() == SignalingState::Stable && one.n.is_needed()) (void)one.make_offer();
    if (other.n.state() == SignalingState::Stable && other.n.is_needed()) (void)other.make_offer();
    if (impolite.n.pending_local()) {
      ASSERT_TRUE(polite.set_remote(*impolite.n.pending_local()));
      ASSERT_TRUE(impolite.set_remote(polite.make_answer()));
    } else if (polite.n.pending_local()) {
      ASSERT_TRUE(impolite.set_remote(*polite.n.pending_local()));
      ASSERT_TRUE(polite.set_remote(impolite.make_answer()));
    }
  }
}

TEST(W3cMediaRows, K12_AndK16_AndK17_PerfectNegotiation) {
  for (const int count : {1, 11}) {
    for (const bool linear : {false, true}) {
      Two two;
      auto& [polite, impolite] = two;
      for (int i = 0; i < count; ++i) {
        (void)polite.add(Audio, "t" + std::to_string(i));
        (void)impolite.add(Audio, "u" + std::to_string(i));
        if (linear) be_perfect(polite, impolite, {0});
      }
      be_perfect(polite, impolite, {0, 1, 0, 1});
      for (End* end : {&polite, &impolite}) {
        EXPECT_FALSE(end->n.is_needed());
        EXPECT_EQ(end->list().size(), 2u * static_cast<std::size_t>(count));
        for (const RtpTransceiver& t : end->trs().all()) {
          EXPECT_NE(t.mid, std::nullopt);
          EXPECT_EQ(t.current_direction, t.track ? SendOnly : RecvOnly);
        }
      }
    }
  }
}

}  // namespace
}  // namespace specter::jsep::rows
