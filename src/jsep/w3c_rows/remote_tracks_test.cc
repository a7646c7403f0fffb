// Rows L1 to L14: the peer's tracks and their streams. docs/w3c-rows.md has all rows.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

TEST(W3cMediaRows, L1_AndL3_StreamsAreToldWithTheTrack) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t0");
  (void)a.add_track(Audio, "t1", {"s"});
  (void)a.add_track(Audio, "t2", {"r", "s"});
  (void)a.add(Video, "t3", SendRecv, {"s", "q"});
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "audio 0 []", "audio 1 [s]",
                                    "audio 2 [r s]", "video 3 [s q]"));
}

TEST(W3cMediaRows, L4_AndL5_ATrackIsAddedToAStreamAndLeavesIt) {
  Two two;
  auto& [a, b] = two;
  const auto first = a.add_track(Audio, "t", {"s"});
  negotiate(a, b);
  (void)a.add_track(Video, "v", {"s"});
  (void)b.take();
  negotiate(a, b);
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "video 1 [s]", "stable"));
  a.remove_track(first);
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "muted 0", "left 0 []"));
  EXPECT_THAT(b.at(0).remote_streams, IsEmpty());
}

std::string offered_audio(const std::string& more) {
  return head("0") + replaced(audio_section("0", transport_lines() + more), "a=sendrecv\r\n", "");
}

TEST(W3cMediaRows, L6_AndL7_WhatSendsIsToldWhatDoesNotIsNot) {
  const auto told = [](const std::string& direction) {
    End b(2);
    EXPECT_EQ(name_of(b.set_remote(
                  {SdpType::Offer, offered_audio(direction + "a=msid:stream1 track1\r\n")})),
              "");
    EXPECT_THAT(b.list(), ElementsAre("0 recvonly - -"));
    return b.take();
  };
  EXPECT_THAT(told("a=sendonly\r\n"), ElementsAre("have-remote-offer", "audio 0 [stream1]"));
  EXPECT_THAT(told("a=recvonly\r\n"), ElementsAre("have-remote-offer"));
  EXPECT_THAT(told("a=inactive\r\n"), ElementsAre("have-remote-offer"));
}

TEST(W3cMediaRows, L8_OnlyWhoSendsIsTold) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio, RecvOnly);
  (void)a.add(Video, RecvOnly);
  (void)b.add_track(Video, "v");
  negotiate(a, b);
  EXPECT_THAT(a.take(), ElementsAre("needed", "have-local-offer", "stable", "video 1 []"));
  EXPECT_THAT(b.take(), ElementsAre("needed", "have-remote-offer", "stable"));
}

TEST(W3cMediaRows, L9_InTheOrderOfTheSections) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio, "t", SendRecv, {"s1"});
  (void)a.add(Video, "u", SendRecv, {"s1"});
  (void)a.add(Video, "v", SendRecv, {"s2"});
  (void)a.add(Audio, "w", SendRecv, {"s2"});
  // One that is there before takes the last section.
  (void)b.add_track(Audio, "x");
  (void)b.add_track(Audio, "y");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.list(),
              ElementsAre("0 sendrecv - x", "3 sendrecv - y", "1 recvonly - -", "2 recvonly - -"));
  EXPECT_THAT(b.take(), ElementsAre("needed", "have-remote-offer", "audio 0 [s1]", "video 1 [s1]",
                                    "video 2 [s2]", "audio 3 [s2]"));
}

TEST(W3cMediaRows, L10To12_AMsidIsOptionalAndHasParts) {
  const auto streams = [](const std::string& more) {
    End b(2);
    EXPECT_EQ(name_of(b.set_remote({SdpType::Offer, offered_audio(more)})), "");
    return b.at(0).remote_streams;
  };
  EXPECT_EQ(streams("").size(), 1u) << "one of its own";
  EXPECT_THAT(streams("a=msid:- t\r\n"), IsEmpty());
  EXPECT_THAT(streams("a=msid:foo\r\n"), ElementsAre("foo"));
  EXPECT_THAT(streams("a=msid:foo bar\r\n"), ElementsAre("foo"));
  EXPECT_THAT(streams("a=msid:foo\r\na=msid:baz\r\n"), ElementsAre("foo", "baz"));
}

// RFC 9429 §5.10, §5.11: one for the session, in answers too.
TEST(W3cMediaRows, L10_TheDefaultStreamIsTheSessions) {
  End b(2);
  ASSERT_TRUE(b.set_remote(
      {SdpType::Offer, jsep::head("0 1") + jsep::audio_section("0") + jsep::video_section("1")}));
  ASSERT_EQ(b.at(0).remote_streams.size(), 1u);
  EXPECT_EQ(b.at(0).remote_streams, b.at(1).remote_streams);
  End a(1);
  (void)a.add(MediaKind::Audio);
  (void)a.make_offer();
  ASSERT_TRUE(a.set_remote(
      {SdpType::Answer,
       jsep::head("0") + jsep::audio_section("0", jsep::transport_lines("Kq7z", "active"))}));
  EXPECT_EQ(a.at(0).remote_streams.size(), 1u);
}

TEST(Tracks, AStreamOfItsOwnStaysWithItsTrack) {
  End b(2);
  const SessionDescription offer{SdpType::Offer, offered_audio("")};
  ASSERT_TRUE(b.set_remote(offer));
  const auto streams = b.at(0).remote_streams;
  (void)b.make_answer();
  (void)b.take();
  ASSERT_TRUE(b.set_remote(offer));
  EXPECT_EQ(b.at(0).remote_streams, streams);
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer"));
}

TEST(W3cMediaRows, L13_AlsoWithoutATrack) {
  Two two;
  auto& [a, b] = two;
  (void)a.trs().add_transceiver(Audio, {.streams = {"s"}});
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "audio 0 [s]"));
}

TEST(W3cMediaRows, L14_EachSidesStreamsAreItsOwn) {
  Two two;
  auto& [a, b] = two;
  (void)a.add(Audio);
  (void)b.add_track(Audio, "u", {"r"});
  negotiate(a, b);
  EXPECT_THAT(b.take(), ElementsAre("needed", "have-remote-offer", "audio 0 []", "stable"));
  EXPECT_THAT(a.take(), ElementsAre("needed", "have-local-offer", "stable", "audio 0 [r]"));
}

TEST(W3cMediaRows, L18_AndL20_MutesByNegotiation) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  (void)b.add_track(Audio, "u");
  negotiate(a, b);
  (void)a.take();
  (void)b.take();
  a.set_direction(id, SendOnly);
  negotiate(a, b);
  EXPECT_THAT(a.take(), ElementsAre("needed", "have-local-offer", "stable", "muted 0"));
  a.set_direction(id, Inactive);
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer", "stable", "have-remote-offer", "muted 0"));
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  a.set_direction(id, SendRecv);
  negotiate(a, b);
  EXPECT_THAT(b.take(), ElementsAre("stable", "have-remote-offer", "audio 0 []", "stable"));
}

}  // namespace
}  // namespace specter::jsep::rows
