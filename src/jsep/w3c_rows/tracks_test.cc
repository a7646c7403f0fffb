// Rows B1 to D15: addTrack, removeTrack, replaceTrack, streams. docs/w3c-rows.md has all rows.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

TEST(W3cMediaRows, B1_AClosedConnectionAddsNone) {
  End a(1);
  a.n.close();
  EXPECT_EQ(name_of(a.trs().add_track(track(Audio, "t"), {})), "InvalidStateError");
}

TEST(W3cMediaRows, B2_AndB3_ATrackIsAddedOnce) {
  for (const auto& streams : std::vector<std::vector<std::string>>{{}, {"s"}, {"s", "r"}}) {
    End a(1);
    const auto id = a.add_track(Video, "t", streams);
    EXPECT_THAT(a.list(), ElementsAre("- sendrecv - t"));
    EXPECT_EQ(a.find(id).streams, streams);
    EXPECT_EQ(name_of(a.trs().add_track(track(Video, "t"), {})), "InvalidAccessError");
  }
}

TEST(W3cMediaRows, B4To7_ATransceiverThatNeverSentIsReused) {
  struct Case {
    RtpTransceiverDirection before;
    const char* after;
  };
  for (const auto& [before, after] :
       {Case{RecvOnly, "- sendrecv - t"}, Case{SendRecv, "- sendrecv - t"},
        Case{Inactive, "- sendonly - t"}}) {
    End a(1);
    const auto id = a.add(Audio, before);
    EXPECT_EQ(a.add_track(Audio, "t"), id);
    EXPECT_THAT(a.list(), ElementsAre(after));
    EXPECT_NE(a.add_track(Video, "u"), id);
    EXPECT_EQ(a.list().size(), 2u);
  }
}

TEST(W3cMediaRows, B8_AndB11_OneThatSentIsNot) {
  Two two;
  const auto first = two.a.add_track(Audio, "t", {"s"});
  negotiate(two.a, two.b);
  two.a.remove_track(first);
  negotiate(two.a, two.b);
  EXPECT_THAT(two.a.list(), ElementsAre("0 recvonly inactive -"));
  EXPECT_NE(two.a.add_track(Audio, "t"), first);
  EXPECT_THAT(two.a.list(), ElementsAre("0 recvonly inactive -", "- sendrecv - t"));
  negotiate(two.a, two.b);
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly inactive -", "1 recvonly recvonly -"));
}

TEST(W3cMediaRows, B9_NorOneThatIsStopped) {
  End a(1);
  a.stop(a.add(Audio));
  (void)a.add_track(Audio, "t");
  EXPECT_THAT(a.list(), ElementsAre("- stopped - -", "- sendrecv - t"));
}

TEST(W3cMediaRows, B10_OneThatAnOfferMadeTakesATrack) {
  Two two;
  const auto own = two.a.add_track(Audio, "t", {"s"});
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly - -"));
  (void)two.b.add_track(Audio, "u", {"r"});
  EXPECT_THAT(two.b.list(), ElementsAre("0 sendrecv - u"));
  ASSERT_TRUE(two.a.set_remote(two.b.make_answer()));
  EXPECT_THAT(two.b.list(), ElementsAre("0 sendrecv sendrecv u"));
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv sendrecv t"));
  ASSERT_EQ(two.a.last.tracks.size(), 1u);
  EXPECT_EQ(two.a.last.tracks[0].transceiver, own);
}

TEST(W3cMediaRows, B12_WhoOffersBackPairsWithTheThird) {
  Two two;
  auto sending = two.a.add_track(Audio, "t");
  negotiate(two.a, two.b);
  two.a.remove_track(sending);
  sending = two.a.add_track(Audio, "t");
  negotiate(two.a, two.b);
  two.a.remove_track(sending);
  (void)two.a.add_track(Audio, "t");
  (void)two.b.add(Audio);
  negotiate(two.b, two.a);
  EXPECT_EQ(two.a.list().size(), 3u);
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly inactive -", "1 recvonly inactive -",
                                        "2 sendrecv sendrecv -"));
}

TEST(W3cMediaRows, B13_BeforeAndAfterItHasASection) {
  End a(1);
  const auto id = a.add(Audio, "t");
  a.remove_track(id);
  (void)a.make_offer();
  EXPECT_EQ(a.add_track(Audio, "u"), id);
  a.remove_track(id);
  EXPECT_EQ(a.add_track(Audio, "t"), id);
}

TEST(W3cMediaRows, B15_AnotherTrackNeedsNoOtherTransport) {
  Two two;
  (void)two.a.add_track(Audio, "t");
  negotiate(two.a, two.b);
  (void)two.a.add_track(Video, "u");
  negotiate(two.a, two.b);
  for (End* end : {&two.a, &two.b}) {
    EXPECT_FALSE(end->last.remote_restarted || end->last.new_peer || end->last.local_credentials);
    EXPECT_EQ(end->n.candidate_mid(), "0");
  }
}

TEST(W3cMediaRows, C1_AndC2_OfAnotherConnection) {
  End a(1), b(2);
  (void)b.add(Audio);
  const auto foreign = b.add(Audio);
  EXPECT_EQ(name_of(a.trs().remove_track(foreign)), "InvalidAccessError");
  a.n.close();
  EXPECT_EQ(name_of(a.trs().remove_track(foreign)), "InvalidStateError");
}

TEST(W3cMediaRows, C3To6_ARemovedTrackLeavesTheOtherDirection) {
  struct Case {
    RtpTransceiverDirection before;
    std::string_view after;
  };
  for (const auto& [before, after] : {Case{SendRecv, "recvonly"}, Case{SendOnly, "inactive"},
                                      Case{RecvOnly, "recvonly"}, Case{Inactive, "inactive"}}) {
    Two two;
    const auto id = two.a.add(Audio, "t", before);
    ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
    (void)two.b.add_track(Audio, "u");
    ASSERT_TRUE(two.a.set_remote(two.b.make_answer()));
    const std::string current(word_of(before));
    EXPECT_EQ(*two.a.find(id).current_direction, before);
    two.a.remove_track(id);
    EXPECT_THAT(two.a.list(), ElementsAre("0 " + std::string(after) + " " + current + " -"));
  }
}

TEST(W3cMediaRows, C7_AndC8_AStoppedOneKeepsItsTrackAndOneWithoutHasNone) {
  End a(1);
  const auto stopped = a.add(Audio, "t"), empty = a.add(Audio);
  a.stop(stopped);
  a.remove_track(stopped);
  a.remove_track(empty);
  a.remove_track(empty);
  EXPECT_THAT(a.list(), ElementsAre("- stopped - t", "- sendrecv - -"));
}

TEST(W3cMediaRows, C10_TheOtherSideKeepsItsReceiver) {
  Two two;
  const auto id = two.a.add_track(Audio, "t");
  negotiate(two.a, two.b);
  two.a.remove_track(id);
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly recvonly -"));
}

TEST(W3cMediaRows, C11_AndC12_RemovedTracksLeaveTheirStreams) {
  Two two;
  const auto both = two.a.add(Audio, "t", SendRecv, {"s"});
  const auto only = two.a.add(Video, "u", SendOnly, {"s"});
  negotiate(two.a, two.b);
  (void)two.a.take();
  two.a.remove_track(both);
  two.a.remove_track(only);
  EXPECT_THAT(two.a.take(), ElementsAre("needed"));
  EXPECT_THAT(two.a.list(), ElementsAre("0 recvonly sendonly -", "1 inactive sendonly -"));
  (void)two.b.take();
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_THAT(two.b.take(),
              ElementsAre("have-remote-offer", "muted 0", "muted 1", "left 0 []", "left 1 []"));
  ASSERT_TRUE(two.b.set_remote(kRollback));
  EXPECT_THAT(two.b.take(), ElementsAre("stable", "audio 0 [s]", "video 1 [s]"));
  // And by an answer.
  ASSERT_TRUE(two.a.set_local(kRollback));
  negotiate(two.b, two.a);
  EXPECT_THAT(two.b.take(), ElementsAre("have-local-offer", "stable", "muted 0", "muted 1",
                                        "left 0 []", "left 1 []"));
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly inactive -", "1 recvonly inactive -"));
}

TEST(W3cMediaRows, D1To5_AndD7_ReplaceTrack) {
  Two two;
  End& a = two.a;
  const auto id = a.add(Audio, "t");
  const auto replace = [&](std::optional<LocalTrack> by) {
    return name_of(a.trs().replace_track(id, std::move(by)));
  };
  EXPECT_EQ(replace(track(Video, "v")), "TypeError");
  EXPECT_EQ(replace(track(Audio, "u")), "");
  EXPECT_EQ(a.find(id).track->id, "u");
  EXPECT_EQ(replace(std::nullopt), "");
  EXPECT_EQ(a.find(id).track, std::nullopt);
  EXPECT_EQ(replace(track(Audio, "t")), "");
  negotiate(a, two.b);
  (void)a.take();
  EXPECT_EQ(replace(std::nullopt), "");
  EXPECT_EQ(replace(track(Audio, "w")), "");
  EXPECT_THAT(a.take(), IsEmpty()) << "no negotiation";
  EXPECT_EQ(a.trs().sending(id)->track->id, "w");
  a.remove_track(id);
  EXPECT_EQ(replace(track(Audio, "x")), "");
  EXPECT_THAT(a.list(), ElementsAre("0 recvonly sendonly x"));
  a.stop(id);
  EXPECT_EQ(replace(track(Audio, "t")), "InvalidStateError");
  EXPECT_EQ(replace(std::nullopt), "InvalidStateError");
  a.n.close();
  EXPECT_EQ(replace(track(Video, "v")), "TypeError");
  EXPECT_EQ(replace(track(Audio, "t")), "InvalidStateError");
}

// Core's: a track has its codec, for nothing is encoded here.
TEST(Transceivers, TakeNoTrackWhoseCodecWasNotNegotiated) {
  Two two;
  const auto id = two.a.add(Audio, "t");
  negotiate(two.a, two.b);
  LocalTrack other = track(Audio, "u");
  other.codec = {.kind = Audio, .mime_type = "audio/G722", .clock_rate = 8'000, .channels = 1};
  EXPECT_EQ(name_of(two.a.trs().replace_track(id, other)), "InvalidModificationError");
  other.codec = media_options().codecs[1];
  other.codec.payload_type = 5;
  EXPECT_EQ(name_of(two.a.trs().replace_track(id, other)), "");
}

TEST(W3cMediaRows, D12_AClosedConnectionSetsNoStreams) {
  End a(1);
  const auto id = a.add(Audio, "t");
  a.n.close();
  EXPECT_EQ(name_of(a.trs().set_streams(id, {"s"})), "InvalidStateError");
}

TEST(W3cMediaRows, D13_StreamsThatAreSetAreTold) {
  for (const auto& streams : std::vector<std::vector<std::string>>{{"s"}, {"s1", "s2"}}) {
    Two two;
    two.a.set_streams(two.a.add_track(Audio, "t"), streams);
    ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
    EXPECT_EQ(two.b.at(0).remote_streams, streams);
    EXPECT_THAT(two.b.take(), ElementsAre("have-remote-offer", "audio 0 " + joined(streams)));
  }
}

TEST(W3cMediaRows, D14_AnInactiveOneTellsThemOnceItSends) {
  Two two;
  const auto id = two.a.add(Audio, "t", Inactive);
  negotiate(two.a, two.b);
  EXPECT_THAT(two.b.take(), ElementsAre("have-remote-offer", "stable"));
  two.a.set_direction(id, SendRecv);
  two.a.set_streams(id, {"s1", "s2"});
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_THAT(two.b.take(), ElementsAre("have-remote-offer", "audio 0 [s1 s2]"));
}

TEST(W3cMediaRows, D15_WithMoreStreamsItIsToldAgain) {
  Two two;
  const auto id = two.a.add(Audio, "t");
  negotiate(two.a, two.b);
  EXPECT_THAT(two.b.take(), ElementsAre("have-remote-offer", "audio 0 []", "stable"));
  two.a.set_streams(id, {"s1", "s2"});
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_THAT(two.b.take(),
              ElementsAre("have-remote-offer", "entered 0 [s1 s2]", "audio 0 [s1 s2]"));
}

}  // namespace
}  // namespace specter::jsep::rows
