// Rows G1 to G45 that need tracks, and I7: offers, answers and the signaling state.
// docs/w3c-rows.md has all rows; those of G without tracks are among the first 281.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

TEST(W3cMediaRows, G3_NoOfferWhileThePeersIsThere) {
  Two two;
  (void)two.a.add(Audio);
  (void)two.b.add(Audio);
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_EQ(name_of(two.b.n.create_offer({})), "InvalidStateError");
}

TEST(W3cMediaRows, G9To11_TheLastOneThatWasCreatedIsSet) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio);
  const auto first = a.offer();
  (void)a.add(Video);
  const auto second = a.offer();
  EXPECT_EQ(name_of(a.set_local(first)), "InvalidModificationError");
  ASSERT_TRUE(a.set_local(second));
  (void)a.add(Video);
  const auto third = a.make_offer();
  EXPECT_THAT(a.take(), ElementsAre("needed", "have-local-offer"));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv - -", "1 sendrecv - -", "2 sendrecv - -"));
  ASSERT_TRUE(b.set_remote(third));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  // The answer's place is not the offer's.
  const auto offer = b.offer();
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  (void)b.answer();
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_EQ(name_of(b.set_local(offer)), "");
}

TEST(W3cMediaRows, G12_AnAnswerToTheSameOfferIsStillGood) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  const auto offer = a.make_offer();
  ASSERT_TRUE(b.set_remote(offer));
  const auto answer = b.answer();
  ASSERT_TRUE(b.set_remote(kRollback));
  (void)b.offer();
  ASSERT_TRUE(b.set_remote(offer));
  ASSERT_TRUE(b.set_local(answer));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly recvonly -"));
  ASSERT_TRUE(b.trs().receiving(b.at(0).id));
  EXPECT_TRUE(b.trs().receiving(b.at(0).id)->is_active);
  EXPECT_TRUE(a.set_remote(answer));
}

TEST(W3cMediaRows, G18To24_ProvisionalAnswers) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  ASSERT_TRUE(b.set_local({SdpType::PrAnswer, ""}));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly recvonly -"));
  ASSERT_TRUE(a.set_remote(*b.n.pending_local()));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendonly t"));
  ASSERT_TRUE(b.set_local());
  EXPECT_EQ(b.n.current_local()->type, SdpType::Answer);
  ASSERT_TRUE(a.set_remote(*b.n.current_local()));
  EXPECT_EQ(a.n.state(), SignalingState::Stable);
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendonly t"));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly recvonly -"));
}

TEST(W3cMediaRows, G26To28_WithoutADescription) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  const auto offer = a.offer();
  ASSERT_TRUE(a.set_local());
  EXPECT_EQ(a.n.pending_local()->sdp, offer.sdp) << "nothing has changed";
  ASSERT_TRUE(b.set_remote(offer));
  const auto answer = b.answer();
  ASSERT_TRUE(b.set_local());
  EXPECT_EQ(b.n.current_local()->sdp, answer.sdp);
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly recvonly -"));
}

TEST(Tracks, AnOfferThatIsOutOfDateIsMadeAnew) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  (void)a.offer();
  a.set_direction(id, SendOnly);
  ASSERT_TRUE(a.set_local());
  EXPECT_THAT(sections_of(*a.n.pending_local()), ElementsAre("audio 9 0 sendonly"));
  ASSERT_TRUE(b.set_remote(*a.n.pending_local()));
  (void)b.answer();
  b.set_direction(b.at(0).id, Inactive);
  ASSERT_TRUE(b.set_local());
  EXPECT_THAT(sections_of(*b.n.current_local()), ElementsAre("audio 9 0 inactive"));
}

TEST(W3cMediaRows, G41To43_TheSlotsOfDescriptions) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  negotiate(a, b);
  const auto old = *a.n.current_remote();
  a.want_data();
  const auto offer = a.make_offer();
  EXPECT_THAT(sections_of(offer), ElementsAre("audio 9 0 sendrecv", "application 9 1"));
  EXPECT_EQ(a.n.pending_local(), offer);
  EXPECT_NE(a.n.current_local(), offer);
  ASSERT_TRUE(a.set_local(kRollback));
  (void)b.add_track(Audio, "u");
  ASSERT_TRUE(a.set_remote(b.make_offer()));
  EXPECT_EQ(a.n.current_remote(), old);
  const auto answer = a.make_answer();
  EXPECT_EQ(a.n.current_local(), answer);
  EXPECT_EQ(a.n.pending_local(), std::nullopt);
}

TEST(W3cMediaRows, G45_NoPayloadTypeIsTakenForRtcp) {
  MediaOptions all;
  for (int i = 0; i < 40; ++i) {
    const MediaKind kind = i % 2 == 0 ? Audio : Video;
    all.codecs.push_back({.kind = kind,
                          .payload_type = static_cast<std::uint8_t>(88 + i),
                          .mime_type = (kind == Audio ? "audio/a" : "video/v") + std::to_string(i),
                          .clock_rate = 90'000});
  }
  End a(1, all);
  (void)a.add(Audio, RecvOnly);
  (void)a.add(Video, RecvOnly);
  const auto session = sdp::parse(a.offer().sdp).value();
  ASSERT_EQ(session.media.size(), 2u);
  for (const sdp::Media& media : session.media) {
    EXPECT_EQ(media.formats.size(), 20u);
    for (const std::string& format : media.formats)
      EXPECT_FALSE(std::stoi(format) >= 64 && std::stoi(format) <= 95) << format;
  }
}

TEST(W3cMediaRows, I7_TheOrderOfWhatOneDescriptionTells) {
  Two two;
  auto& [a, b] = two;
  const auto muted = a.add_track(Audio, "muted", {"s"});
  const auto moved = a.add_track(Audio, "moved", {"s"});
  const auto stopped = a.add_track(Video, "stopped", {"s"});
  negotiate(a, b);
  a.remove_track(muted);
  a.set_streams(moved, {"r"});
  a.stop(stopped);
  (void)a.add_track(Video, "new", {"q"});
  (void)b.take();
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.take(),
              ElementsAre("have-remote-offer", "muted 0", "muted 2", "left 0 []", "left 1 [r]",
                          "left 2 []", "entered 1 [r]", "audio 1 [r]", "video 3 [q]", "ended 2"));
}

}  // namespace
}  // namespace specter::jsep::rows
