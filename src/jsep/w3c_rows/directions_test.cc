// Rows E1 to F18: directions; mids, and which section is whose. docs/w3c-rows.md has all rows.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

TEST(W3cMediaRows, E1_AndE2_ADirectionIsSetAtOnce) {
  End a(1);
  const auto id = a.add(Audio);
  for (const auto direction : {SendOnly, SendOnly, RecvOnly, Inactive, SendRecv}) {
    a.set_direction(id, direction);
    EXPECT_EQ(a.find(id).direction, direction);
    EXPECT_EQ(a.find(id).current_direction, std::nullopt);
  }
  EXPECT_EQ(name_of(a.trs().set_direction(id, Stopped)), "TypeError");
  a.stop(id);
  EXPECT_EQ(name_of(a.trs().set_direction(id, SendRecv)), "InvalidStateError");
}

TEST(W3cMediaRows, E3_WhatIsNegotiatedStaysAsItWas) {
  Two two;
  const auto id = two.a.add(Audio, RecvOnly);
  negotiate(two.a, two.b);
  EXPECT_THAT(two.a.list(), ElementsAre("0 recvonly inactive -"));
  two.a.set_direction(id, SendRecv);
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv inactive -"));
}

TEST(W3cMediaRows, E4To6_OnlyAnswersAreNegotiated) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t", {"s"});
  const auto of_b = b.add_track(Audio, "u", {"r"});
  const auto offer = a.offer();
  EXPECT_THAT(a.list(), ElementsAre("- sendrecv - t"));
  ASSERT_TRUE(a.set_local(offer));
  ASSERT_TRUE(b.set_remote(offer));
  const auto answer = b.answer();
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv - t"));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv - u"));
  ASSERT_TRUE(b.set_local(answer));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv sendrecv u"));
  (void)a.take();
  ASSERT_TRUE(a.set_remote(answer));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendrecv t"));
  EXPECT_THAT(a.take(), ElementsAre("stable", "audio 0 [r]"));
  (void)b.take();

  b.set_direction(of_b, SendOnly);
  ASSERT_TRUE(a.set_remote(b.make_offer()));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendrecv t"));
  EXPECT_THAT(a.take(), ElementsAre("have-remote-offer"));
  ASSERT_TRUE(b.set_remote(a.make_answer()));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv recvonly t"));
  EXPECT_THAT(b.list(), ElementsAre("0 sendonly sendonly u"));
  EXPECT_THAT(b.take(),
              ElementsAre("needed", "have-local-offer", "stable", "muted 0", "left 0 []"));
  (void)a.take();

  b.set_direction(of_b, SendRecv);
  ASSERT_TRUE(a.set_remote(b.make_offer()));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv recvonly t"));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv sendonly u"));
  ASSERT_TRUE(b.set_remote(a.make_answer()));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendrecv t"));
  EXPECT_THAT(b.take(), ElementsAre("needed", "have-local-offer", "stable", "audio 0 [s]"));
  EXPECT_THAT(a.take(), ElementsAre("have-remote-offer", "stable"));
}

TEST(W3cMediaRows, E7_ATrackThatComesBackIsToldAgain) {
  Two two;
  const auto id = two.a.add_track(Audio, "t", {"s"});
  negotiate(two.a, two.b);
  two.a.set_direction(id, Inactive);
  negotiate(two.a, two.b);
  two.a.set_direction(id, SendRecv);
  (void)two.b.take();
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_THAT(two.b.take(), ElementsAre("have-remote-offer", "audio 0 [s]"));
}

TEST(W3cMediaRows, E8_WhatReceivedMaySendLater) {
  Two two;
  const auto id = two.a.add(Audio, RecvOnly);
  (void)two.b.add_track(Audio, "u");
  negotiate(two.a, two.b);
  two.a.set_direction(id, SendRecv);
  negotiate(two.a, two.b);
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv sendrecv -"));
}

TEST(W3cMediaRows, E9_AndE10_AnAnswerDoesNotExceedTheOffer) {
  for (const bool receives : {true, false}) {
    Two two;
    (void)two.a.add(Audio, receives ? RecvOnly : SendOnly);
    (void)two.b.add_track(Audio, "u");
    ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
    const auto answer = two.b.make_answer();
    const auto wrong = receives ? with(answer, "a=sendonly", "a=recvonly")
                                : with(answer, "a=recvonly", "a=sendrecv");
    EXPECT_EQ(name_of(two.a.set_remote(wrong)), "InvalidAccessError");
    EXPECT_EQ(name_of(two.a.set_remote(answer)), "") << "nothing has changed";
  }
}

TEST(W3cMediaRows, E12_AfterTheEndAllIsStopped) {
  Two two;
  (void)two.a.add_track(Audio, "t");
  negotiate(two.a, two.b);
  two.a.n.close();
  EXPECT_THAT(two.a.list(), ElementsAre("0 stopped stopped t"));
}

TEST(W3cMediaRows, F1To3_AMidComesWithTheDescription) {
  Two two;
  (void)two.a.add_track(Audio, "t");
  const auto offer = two.a.offer();
  EXPECT_THAT(two.a.list(), ElementsAre("- sendrecv - t"));
  ASSERT_TRUE(two.a.set_local(offer));
  EXPECT_THAT(sections_of(offer), ElementsAre("audio 9 0 sendrecv"));
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv - t"));
  ASSERT_TRUE(two.b.set_remote(offer));
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly - -"));
  EXPECT_EQ(two.b.last.tracks.at(0).transceiver, two.b.at(0).id);
  ASSERT_TRUE(two.a.set_remote(two.b.make_answer()));
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly recvonly -"));
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv sendonly t"));
}

TEST(W3cMediaRows, F4_WhatOnlyReceivesMakesOneTooAndTellsNothing) {
  Two two;
  (void)two.a.add(Audio, RecvOnly);
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly - -"));
  EXPECT_THAT(two.b.take(), ElementsAre("have-remote-offer"));
}

TEST(W3cMediaRows, F6_TheSameOfferTwiceMakesOne) {
  Two two;
  (void)two.a.add_track(Audio, "t");
  const auto offer = two.a.make_offer();
  ASSERT_TRUE(two.b.set_remote(offer));
  ASSERT_TRUE(two.b.set_remote(offer));
  EXPECT_THAT(two.b.list(), ElementsAre("0 recvonly - -"));
  ASSERT_TRUE(two.a.set_remote(two.b.make_answer()));
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv sendonly t"));
}

TEST(W3cMediaRows, F7_AndF8_DescriptionsWithoutMids) {
  const auto bare = [](const SessionDescription& description) {
    return without(without(description, "a=mid"), "a=group");
  };
  Two two;
  (void)two.a.add_track(Audio, "t");
  ASSERT_TRUE(two.b.set_remote(bare(two.a.make_offer())));
  EXPECT_NE(two.b.at(0).mid, std::nullopt);
  ASSERT_TRUE(two.a.set_remote(bare(two.b.make_answer())));
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv sendonly t"));
  ASSERT_TRUE(two.b.set_remote(bare(two.a.make_offer())));
  EXPECT_THAT(two.a.list(), ElementsAre("0 sendrecv sendonly t"));
  EXPECT_EQ(two.b.list().size(), 1u);
}

TEST(W3cMediaRows, F9To11_WhatAddTransceiverMadeIsNotPaired) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio);
  (void)b.add(Audio);
  (void)b.add(Audio, "u");
  b.replace_track(b.add(Audio), track(Audio, "v"));
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.list(),
              ElementsAre("- sendrecv - -", "- sendrecv - u", "- sendrecv - v", "0 recvonly - -"));
}

TEST(W3cMediaRows, F12To14_WhatAddTrackMadeOrFilledIs) {
  Two two;
  auto& [a, b] = two;
  for (int i = 0; i < 3; ++i) (void)a.add(Audio);
  const auto filled = b.add(Audio);
  EXPECT_EQ(b.add_track(Audio, "u"), filled);
  (void)b.add_track(Audio, "v");
  b.replace_track(b.add_track(Audio, "w"), std::nullopt);
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv - u", "1 sendrecv - v", "2 sendrecv - -"));
  EXPECT_EQ(b.last.tracks.at(1).transceiver, b.at(1).id);
}

TEST(W3cMediaRows, F15_OnlyASectionThatReceivesTakesATrack) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio, SendOnly);
  (void)a.add(Audio, RecvOnly);
  (void)b.add_track(Audio, "u");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  (void)b.make_answer();
  EXPECT_THAT(b.list(), ElementsAre("1 sendrecv sendonly u", "0 recvonly recvonly -"));
}

TEST(W3cMediaRows, F16_AlsoWhereItReceivesSimulcast) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Video, RecvOnly);
  (void)b.add_track(Video, "u");
  auto offer = a.make_offer();
  offer.sdp += "a=rid:1 recv\r\na=rid:2 recv\r\na=rid:3 recv\r\na=simulcast:recv 1;2;3\r\n";
  ASSERT_TRUE(b.set_remote(offer));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv - u"));
}

TEST(W3cMediaRows, F17_AfterARollbackTheOtherSideOffers) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  (void)a.make_offer();
  ASSERT_TRUE(a.set_local(kRollback));
  (void)b.add_track(Video, "u");
  negotiate(b, a);
  EXPECT_THAT(a.list(), ElementsAre("- sendrecv - t", "0 recvonly recvonly -"));
  EXPECT_THAT(b.list(), ElementsAre("0 sendrecv sendonly u"));
  negotiate(a, b);
  EXPECT_THAT(a.list(), ElementsAre("1 sendrecv sendonly t", "0 recvonly recvonly -"));
}

TEST(W3cMediaRows, F18_AMidThatBothHaveChosen) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Video, "t", SendOnly);
  (void)b.add(Video, "u", SendOnly);
  (void)a.make_offer();
  ASSERT_TRUE(a.set_remote(b.make_offer()));
  EXPECT_THAT(a.list(), ElementsAre("- sendonly - t", "0 recvonly - -"));
  ASSERT_TRUE(b.set_remote(a.make_answer()));
  negotiate(a, b);
  EXPECT_THAT(a.list(), ElementsAre("1 sendonly sendonly t", "0 recvonly recvonly -"));
}

}  // namespace
}  // namespace specter::jsep::rows
