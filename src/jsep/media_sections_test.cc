// Sections of data and of media in one session: which are taken, rejected, accepted as inactive,
// and which of them share the transport.
#include <algorithm>
#include <tuple>

#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

using Lines = std::vector<std::string>;

// What b answers to an offer.
Lines answered(const std::string& offer, MediaOptions media = media_options()) {
  End b(2, std::move(media));
  EXPECT_EQ(name_of(b.set_remote({SdpType::Offer, offer})), "");
  const auto answer = b.make_answer();
  Lines out = sections_of(answer);
  const auto session = sdp::parse(answer.sdp).value();
  const auto groups = sdp::bundle_groups(session);
  out.push_back("group " + joined(groups.empty() ? Lines{} : groups.front()));
  return out;
}

std::string foreign(const std::string& section) { return replaced(section, "VP8", "dirac"); }

TEST(MediaSections, OfMediaAlone) {
  EXPECT_THAT(answered(head("0 1") + audio_section("0") + video_section("1")),
              ElementsAre("audio 9 0 recvonly", "video 9 1 recvonly", "group [0 1]"));
}

TEST(MediaSections, WithDataInAnyOrder) {
  EXPECT_THAT(
      answered(head("0 1 2") + audio_section("0") + data_section("1") + video_section("2")),
      ElementsAre("audio 9 0 recvonly", "application 9 1", "video 9 2 recvonly", "group [0 1 2]"));
  EXPECT_THAT(answered(head("1 0") + audio_section("0") + data_section("1")),
              ElementsAre("audio 9 0 recvonly", "application 9 1", "group [1 0]"));
}

// As before there was media.
TEST(MediaSections, WithoutCodecsAreInactiveOrRejected) {
  EXPECT_THAT(answered(head("0 1") + audio_section("0") + data_section("1"), {}),
              ElementsAre("audio 9 0 inactive", "application 9 1", "group [0 1]"));
  EXPECT_THAT(answered(head("1") + audio_section("0") + data_section("1"), {}),
              ElementsAre("audio 0 0 inactive", "application 9 1", "group [1]"));
  End b(2, {});
  ASSERT_TRUE(b.set_remote({SdpType::Offer, head("0 1") + audio_section("0") + data_section("1")}));
  EXPECT_THAT(b.list(), IsEmpty());
  EXPECT_THAT(b.take(), ElementsAre("have-remote-offer"));
}

// RFC 9143 §7.3.3: the group stands with its first section.
TEST(MediaSections, WithoutACommonCodecAreRejectedUnlessTheyAreTagged) {
  EXPECT_THAT(answered(head("0 1") + audio_section("0") + foreign(video_section("1"))),
              ElementsAre("audio 9 0 recvonly", "video 0 1 inactive", "group [0]"));
  EXPECT_THAT(answered(head("0 1") + foreign(video_section("0")) + audio_section("1")),
              ElementsAre("video 9 0 inactive", "audio 9 1 recvonly", "group [0 1]"));
  EXPECT_THAT(answered(head("0") + foreign(video_section("0"))),
              ElementsAre("video 0 0 inactive", "group []"));
  End b(2);
  ASSERT_TRUE(b.set_remote(
      {SdpType::Offer, head("0 1") + foreign(video_section("0")) + audio_section("1")}));
  EXPECT_THAT(b.list(), ElementsAre("1 recvonly - -"));
}

TEST(W3cMediaRows, S9_AKindThatNobodyKnowsIsRejected) {
  const std::string unicorns = replaced(audio_section("1"), "m=audio", "m=unicorns");
  EXPECT_THAT(answered(head("0 1") + audio_section("0") + unicorns),
              ElementsAre("audio 9 0 recvonly", "unicorns 0 1 inactive", "group [0]"));
}

TEST(W3cMediaRows, S27_OfAPeerThatBundlesNothingTheFirstIsTaken) {
  EXPECT_THAT(answered(head() + audio_section("0") + video_section("1")),
              ElementsAre("audio 9 0 recvonly", "video 0 1 inactive", "group []"));
  EXPECT_THAT(answered(head() + foreign(video_section("0")) + audio_section("1")),
              ElementsAre("video 0 0 inactive", "audio 9 1 recvonly", "group []"));
}

// Not the first, where there are data: they need the association, and most peers want it.
TEST(MediaSections, DataGoBeforeMediaOfAPeerThatBundlesNothing) {
  EXPECT_THAT(answered(head() + audio_section("0") + data_section("1")),
              ElementsAre("audio 0 0 inactive", "application 9 1", "group []"));
}

TEST(MediaSections, WhatRunsGoesOnWhereNothingIsBundled) {
  End b(2);
  ASSERT_TRUE(b.set_remote({SdpType::Offer, head() + video_section("0", "", 0) +
                                                audio_section("1", transport_lines("Kq7z"))}));
  (void)b.make_answer();
  ASSERT_TRUE(b.set_remote({SdpType::Offer, head() + data_section("2", transport_lines("Wx5y")) +
                                                audio_section("1", transport_lines("Kq7z"))}));
  EXPECT_THAT(sections_of(b.make_answer()), ElementsAre("application 0 2", "audio 9 1 recvonly"));
  EXPECT_FALSE(b.last.remote_restarted);
}

TEST(W3cMediaRows, S28_ABundleOnlySectionNeedsNoTransport) {
  EXPECT_THAT(
      answered(head("0 1") + audio_section("0") + video_section("1", "a=bundle-only\r\n", 0)),
      ElementsAre("audio 9 0 recvonly", "video 9 1 recvonly", "group [0 1]"));
}

// RFC 9429 §5.8.3.
TEST(W3cMediaRows, G40_RtcpIsMultiplexed) {
  const std::string offer = head() + replaced(audio_section("0"), "a=rtcp-mux\r\n", "");
  EXPECT_THAT(answered(offer), ElementsAre("audio 0 0 inactive", "group []"));
  Two two;
  (void)two.a.add_track(Audio, "t");
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  const auto answer = two.b.make_answer();
  EXPECT_EQ(name_of(two.a.set_remote(without(answer, "a=rtcp-mux"))), "InvalidAccessError");
  EXPECT_EQ(name_of(two.a.set_remote(answer)), "");
}

TEST(MediaSections, AnAnswerThatRejectsASectionStopsIt) {
  Two two;
  auto& [a, b] = two;
  const auto audio = a.add_track(Audio, "t");
  (void)a.add_track(Video, "v");
  MediaOptions only_video;
  only_video.codecs = {media_options().codecs[2]};
  End c(3, only_video);
  ASSERT_TRUE(c.set_remote(with(a.make_offer(), "a=group:BUNDLE 0 1", "a=group:BUNDLE 1 0")));
  (void)a.take();
  ASSERT_TRUE(a.set_remote(c.make_answer()));
  EXPECT_THAT(a.take(), ElementsAre("stable", "ended -"));
  EXPECT_THAT(a.list(), ElementsAre("1 sendrecv sendonly v"));
  EXPECT_THAT(a.last.gone, ElementsAre(audio));
  EXPECT_FALSE(a.n.is_needed());
}

// RFC 3264 §6: an accepted section has the offer's protocol. RFC 9429 §5.1.3: profiles of RTP are
// one.
// RFC 9429 §5.11: without a section the transport is discarded, as libwebrtc does. Who makes the
// next one has other credentials, and begins DTLS anew, with the fingerprint of before.
TEST(MediaSections, AfterTheLastIsRejectedTheNextHasANewTransport) {
  const auto answer = [](const std::string& mid, std::string_view ufrag, const std::string& pwd) {
    return head(mid) + audio_section(mid, replaced(transport_lines(ufrag, "active"),
                                                   "w3Jm9xTtR1bYc5LdVh8QeA2s", pwd));
  };
  End a(1);
  const auto id = a.add(Audio);
  (void)a.make_offer();
  ASSERT_TRUE(a.set_remote({SdpType::Answer, answer("0", "Kq7z", "w3Jm9xTtR1bYc5LdVh8QeA2s")}));
  const auto before = a.n.local_credentials();
  a.stop(id);
  (void)a.make_offer();
  ASSERT_TRUE(a.set_remote({SdpType::Answer, head() + audio_section("0", "", 0)}));
  EXPECT_FALSE(a.n.is_needed());

  (void)a.add(Audio);
  const auto offer = a.make_offer();
  EXPECT_NE(a.n.local_credentials(), before);
  EXPECT_EQ(offer.sdp.find(before.ufrag), std::string::npos);
  const std::string mid(
      sdp::parse(offer.sdp).value().media.back().attributes.value("mid").value_or(""));
  EXPECT_EQ(
      name_of(a.set_remote({SdpType::Answer, answer(mid, "Wx5y", "AAAABBBBCCCCDDDDEEEEFFFF")})),
      "");
  EXPECT_TRUE(a.last.new_peer);
  EXPECT_TRUE(a.last.remote_restarted);
}

// The same where the other side offers.
TEST(MediaSections, AfterTheLastIsRejectedTheirNextIsANewPeer) {
  const auto offer = [](const std::string& mids, const std::string& sections) {
    return SessionDescription{SdpType::Offer, head(mids) + sections};
  };
  End b(2);
  ASSERT_TRUE(b.set_remote(offer("0", audio_section("0"))));
  (void)b.make_answer();
  const auto before = b.n.local_credentials();
  ASSERT_TRUE(b.set_remote(offer("", audio_section("0", "", 0))));
  (void)b.make_answer();
  const std::string next =
      replaced(transport_lines("Wx5y"), "w3Jm9xTtR1bYc5LdVh8QeA2s", "AAAABBBBCCCCDDDDEEEEFFFF");
  ASSERT_TRUE(b.set_remote(offer("1", audio_section("0", "", 0) + audio_section("1", next))));
  (void)b.make_answer();
  EXPECT_TRUE(b.last.new_peer);
  EXPECT_NE(b.n.local_credentials(), before);
}

TEST(MediaSections, AnAnswerKeepsTheirProtocol) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  a.want_data();
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  const auto answer = b.make_answer();
  const Session before = a.n.session();
  for (const auto& [from, to, line] :
       {std::tuple{"m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 UDP/DTLS/SCTP", "m=audio"},
        std::tuple{"m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 udp", "m=audio"},
        std::tuple{"m=application 9 UDP/DTLS/SCTP", "m=application 9 UDP/TLS/RTP/SAVPF",
                   "m=application"}}) {
    const auto other = with(answer, from, to);
    const auto result = a.set_remote(other);
    ASSERT_FALSE(result) << to;
    EXPECT_EQ(result.error().code, ErrorCode::InvalidAccess);
    const auto lines = other.sdp.substr(0, other.sdp.find(line));
    EXPECT_EQ(result.error().sdp_line, std::ranges::count(lines, '\n') + 1);
    EXPECT_TRUE(a.n.session() == before);
  }
  EXPECT_EQ(name_of(a.set_remote(with(with(answer, "UDP/TLS/RTP/SAVPF", "RTP/SAVPF"),
                                      "UDP/DTLS/SCTP", "TCP/DTLS/SCTP"))),
            "");
}

// RFC 3264 §6: a section without a codec in common is rejected, or carries nothing.
TEST(MediaSections, AnAnswerHasACodecInCommon) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Video, "t");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  const auto answer = b.make_answer();
  const Session before = a.n.session();
  const auto only_rtx = without(with(answer, " 96 97\r\n", " 97\r\n"), "a=fmtp:97");
  for (const auto& other : {with(answer, "VP8", "dirac"), only_rtx}) {
    const auto result = a.set_remote(other);
    ASSERT_FALSE(result) << other.sdp;
    EXPECT_EQ(result.error().code, ErrorCode::InvalidAccess);
    const auto lines = other.sdp.substr(0, other.sdp.find("m=video"));
    EXPECT_EQ(result.error().sdp_line, std::ranges::count(lines, '\n') + 1);
    EXPECT_TRUE(a.n.session() == before);
  }
  EXPECT_EQ(name_of(a.set_remote(with(with(answer, "VP8", "dirac"), "a=recvonly", "a=inactive"))),
            "");
}

// Our one transport is the first section's. The peer takes the other for accepted, so it is told.
TEST(MediaSections, AnAnswerThatBundlesNothingKeepsTheFirst) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  const auto video = a.add_track(Video, "v");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  (void)a.take();
  ASSERT_TRUE(a.set_remote(without(b.make_answer(), "a=group")));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendonly t", "1 stopped inactive v"));
  EXPECT_THAT(a.take(), ElementsAre("stable", "ended 1", "needed"));
  EXPECT_EQ(a.trs().sending(video), std::nullopt);
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  const auto answer = b.make_answer();
  EXPECT_THAT(sections_of(answer), ElementsAre("audio 9 0 recvonly", "video 0 1 inactive"));
  ASSERT_TRUE(a.set_remote(answer));
  EXPECT_THAT(a.list(), ElementsAre("0 sendrecv sendonly t"));
  EXPECT_THAT(a.last.gone, ElementsAre(video));
  EXPECT_FALSE(a.n.is_needed());
}

// By a provisional answer, too; the final one counts as little.
TEST(MediaSections, OutsideOfTheGroupOfAnyAnswerAreRejectedByTheNextOffer) {
  Two two;
  auto& [a, b] = two;
  a.want_data();
  (void)a.add_track(Audio, "t");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  auto answer = without(b.make_answer(), "a=group");
  answer.type = SdpType::PrAnswer;
  ASSERT_TRUE(a.set_remote(answer));
  answer.type = SdpType::Answer;
  ASSERT_TRUE(a.set_remote(answer));
  EXPECT_TRUE(a.n.is_needed());
  // It is no section that runs.
  const auto offer = without(b.make_offer(), "a=group");
  ASSERT_TRUE(a.set_remote(offer));
  EXPECT_EQ(a.last.data_ended, std::nullopt);
  EXPECT_THAT(sections_of(a.make_answer()), ElementsAre("audio 0 0 inactive", "application 9 1"));
  EXPECT_THAT(a.list(), IsEmpty());
  EXPECT_FALSE(a.n.is_needed());
}

// RFC 9429 §5.11; nothing is changed by a description that is refused.
TEST(MediaSections, AreNotMovedByAnOffer) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  (void)a.add_track(Video, "v");
  negotiate(a, b);
  const auto offer = a.make_offer();
  const Session before = b.n.session();
  EXPECT_EQ(name_of(b.set_remote(with(offer, "a=mid:1", "a=mid:2"))), "InvalidAccessError");
  EXPECT_EQ(name_of(b.set_remote(with(offer, "m=video", "m=audio"))), "InvalidAccessError");
  for (const char* other : {"m=application 9 UDP/DTLS/SCTP", "m=text 9 UDP/TLS/RTP/SAVPF",
                            "m=audio 0 UDP/TLS/RTP/SAVPF"}) {
    EXPECT_EQ(name_of(b.set_remote(with(offer, "m=video 9 UDP/TLS/RTP/SAVPF", other))),
              "InvalidAccessError")
        << other;
  }
  auto shorter = offer;
  shorter.sdp.erase(shorter.sdp.find("m=video"));
  EXPECT_EQ(name_of(b.set_remote(shorter)), "InvalidAccessError");
  EXPECT_TRUE(b.n.session() == before);
  EXPECT_EQ(name_of(b.set_remote(offer)), "");
}

// Of an offer that another takes the place of nothing is left.
TEST(MediaSections, OfAnOfferThatIsReplacedGo) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Audio, "t");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  ASSERT_TRUE(a.set_local(kRollback));
  a.stop(id);
  (void)a.add_track(Video, "v");
  (void)b.take();
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly - -"));
  EXPECT_EQ(b.at(0).kind, Video);
  EXPECT_THAT(b.take(), ElementsAre("muted -", "video 0 []", "ended -"));
}

TEST(MediaSections, WithoutACommonCodecAnyMoreAreStoppedByTheAnswer) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  (void)a.add_track(Video, "v");
  negotiate(a, b);
  const auto offer = with(a.make_offer(), "VP8", "dirac");
  ASSERT_TRUE(b.set_remote(offer));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly recvonly -", "1 recvonly recvonly -"));
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly recvonly -", "1 recvonly recvonly -"));
  ASSERT_TRUE(b.set_remote(offer));
  EXPECT_THAT(sections_of(b.make_answer()),
              ElementsAre("audio 9 0 recvonly", "video 0 1 inactive"));
  EXPECT_THAT(b.list(), ElementsAre("0 recvonly recvonly -"));
}

TEST(MediaSections, WithPreferencesThatThePeerDoesNotShareAreRejected) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Audio, "t");
  ASSERT_TRUE(b.set_remote(without(with(a.make_offer(), " 111 0\r\n", " 111\r\n"), "a=rtpmap:0 ")));
  EXPECT_EQ(name_of(b.trs().set_codec_preferences(b.at(0).id, {media_options().codecs[1]})), "");
  EXPECT_THAT(sections_of(b.make_answer()), ElementsAre("audio 0 0 inactive"));
  EXPECT_THAT(b.list(), IsEmpty());
  EXPECT_EQ(b.last.transport, std::nullopt);
}

// RFC 9143 §7.3.3, RFC 9429 §5.3.1: the others go on with the tagged one's transport.
TEST(MediaSections, ThatAreTaggedAreInactiveWhereOurPreferencesLeaveNothing) {
  MediaOptions options = media_options();
  options.codecs.push_back({.kind = Video,
                            .payload_type = 108,
                            .mime_type = "video/H264",
                            .clock_rate = 90'000,
                            .sdp_fmtp_line = "packetization-mode=1;profile-level-id=42e01f"});
  for (const bool with_audio : {true, false}) {
    End b(2, options);
    const auto id = b.add_track(Video, "v");
    EXPECT_EQ(name_of(b.trs().set_codec_preferences(id, {options.codecs[4]})), "");
    const std::string video =
        replaced(video_section("0"), "VP8/90000\r\n", "VP8/90000\r\na=fmtp:96 max-fs=99\r\n");
    ASSERT_TRUE(b.set_remote({SdpType::Offer, head(with_audio ? "0 1" : "0") + video +
                                                  (with_audio ? audio_section("1") : "")}));
    const auto answer = b.make_answer();
    const auto session = sdp::parse(answer.sdp).value();
    if (!with_audio) {
      EXPECT_THAT(sections_of(answer), ElementsAre("video 0 0 inactive"));
      EXPECT_EQ(b.last.transport, std::nullopt);
      continue;
    }
    EXPECT_THAT(sections_of(answer), ElementsAre("video 9 0 inactive", "audio 9 1 recvonly"));
    EXPECT_EQ(session.attributes.value("group"), "BUNDLE 0 1");
    EXPECT_THAT(session.media[0].formats, ElementsAre("96"));
    EXPECT_EQ(session.media[0].attributes.value("fmtp"), "96 max-fs=99");
    EXPECT_TRUE(session.media[0].attributes.has("rtcp-mux"));
    EXPECT_EQ(b.n.candidate_mid(), "0");
    EXPECT_THAT(b.list(), ElementsAre("1 recvonly recvonly -"));
    EXPECT_THAT(sections_of(b.offer()), ElementsAre("video 9 0 inactive", "audio 9 1 recvonly"));
  }
}

TEST(MediaSections, SaySourcesAndParametersThatBothSidesShare) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Video, "v", {"s"});
  negotiate(a, b);
  const auto from = a.trs().sending(id).value();
  const auto to = b.trs().receiving(b.at(0).id).value();
  EXPECT_TRUE(from.is_active && to.is_active);
  EXPECT_EQ(from.mid, "0");
  EXPECT_EQ(to.mid, "0");
  EXPECT_EQ(from.track->id, "v");
  EXPECT_FALSE(from.cname.empty());
  ASSERT_EQ(to.sources.size(), 1u);
  EXPECT_EQ(to.sources[0].ssrc, from.encodings.at(0).ssrc);
  EXPECT_EQ(to.sources[0].rtx_ssrc, from.encodings.at(0).rtx_ssrc);
  ASSERT_EQ(from.codecs.size(), 1u);
  EXPECT_EQ(from.codecs[0].codec.payload_type, to.codecs.at(0).codec.payload_type);
  const auto back = b.trs().sending(b.at(0).id).value();
  EXPECT_FALSE(back.is_active);
  EXPECT_EQ(back.track, std::nullopt);
}

TEST(MediaSections, AChangeNamesWhatItIsAbout) {
  Two two;
  auto& [a, b] = two;
  const auto audio = a.add_track(Audio, "t");
  negotiate(a, b);
  EXPECT_THAT(a.last.media, ElementsAre(audio));
  const auto video = a.add_track(Video, "v");
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  EXPECT_THAT(a.last.media, IsEmpty());
  EXPECT_THAT(b.last.media, IsEmpty());
  ASSERT_TRUE(a.set_remote(b.make_answer()));
  EXPECT_THAT(a.last.media, ElementsAre(video));
  a.stop(video);
  negotiate(a, b);
  EXPECT_THAT(a.last.media, ElementsAre(video));
  EXPECT_THAT(a.last.gone, ElementsAre(video));
}

// RFC 9143 §10.1.2, RFC 8285 §5: what a number means stays, whatever comes.
TEST(MediaSections, NumbersStay) {
  Two two;
  auto& [a, b] = two;
  (void)a.add_track(Video, "v");
  const auto offer = replaced(replaced(a.make_offer().sdp, "96", "120"), "97", "121");
  ASSERT_TRUE(b.set_remote({SdpType::Offer, offer}));
  (void)b.make_answer();
  (void)b.add(Video);
  const auto session = sdp::parse(b.offer().sdp).value();
  ASSERT_EQ(session.media.size(), 2u);
  for (const sdp::Media& media : session.media)
    EXPECT_THAT(media.formats, ElementsAre("120", "121"));
}

// 400 of a conference server, in time.
TEST(MediaSections, AreManyAtOnce) {
  Two two;
  auto& [a, b] = two;
  for (int i = 0; i < 400; ++i)
    (void)a.add(i % 2 == 0 ? Audio : Video, "t" + std::to_string(i), SendOnly);
  negotiate(a, b);
  EXPECT_EQ(b.list().size(), 400u);
  negotiate(a, b);
  EXPECT_THAT(b.last.media, IsEmpty());
}

}  // namespace
}  // namespace specter::jsep::rows
