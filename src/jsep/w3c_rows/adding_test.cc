// Rows A1 to A28: adding a transceiver. docs/w3c-rows.md has all rows.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

std::vector<RtpEncodingParameters> encodings(End& end, TransceiverId id) {
  return end.trs().send_parameters(id).value().encodings;
}
RtpTransceiverInit sending(std::vector<RtpEncodingParameters> encodings) {
  return {.send_encodings = std::move(encodings)};
}

TEST(W3cMediaRows, A1_ANewConnectionHasNone) { EXPECT_THAT(End(1).list(), IsEmpty()); }

TEST(W3cMediaRows, A2_AndA3_ATransceiverOfAKindAlone) {
  End a(1);
  for (const MediaKind kind : {Audio, Video}) {
    for (const auto direction : {SendRecv, SendOnly, RecvOnly, Inactive}) {
      const auto made = a.find(a.add(kind, direction));
      EXPECT_TRUE(made == (RtpTransceiver{.id = made.id, .kind = kind, .direction = direction}));
    }
  }
  EXPECT_EQ(a.list().size(), 8u);
}

TEST(W3cMediaRows, A5_AStoppedOneIsNotMade) {
  End a(1);
  EXPECT_EQ(name_of(a.trs().add_transceiver(Audio, {.direction = Stopped})), "TypeError");
  EXPECT_THAT(a.list(), IsEmpty());
}

TEST(W3cMediaRows, A6To9_ATrackIsSentByANewOneEachTime) {
  End a(1);
  (void)a.add(Audio);
  (void)a.add(Audio, "t");
  (void)a.add(Audio, "t");
  (void)a.add(Video, "u");
  EXPECT_THAT(a.list(),
              ElementsAre("- sendrecv - -", "- sendrecv - t", "- sendrecv - t", "- sendrecv - u"));
}

TEST(W3cMediaRows, A10_NotWhenItIsClosed) {
  End a(1);
  a.n.close();
  EXPECT_EQ(name_of(a.trs().add_transceiver(Audio, {})), "InvalidStateError");
  EXPECT_EQ(name_of(a.trs().add_transceiver(track(Audio, "t"), {})), "InvalidStateError");
}

TEST(W3cMediaRows, A11To15_RidsThatAreRefused) {
  End a(1);
  const auto refused = [&](std::vector<std::string> rids) {
    std::vector<RtpEncodingParameters> all;
    for (std::string& rid : rids) all.push_back({.rid = std::move(rid)});
    return name_of(a.trs().add_transceiver(Video, sending(all)));
  };
  for (const char* rid : {"@x", "!?", "foo-bar", "foo_bar", "\xc3\xa4"})
    EXPECT_EQ(refused({rid, "b"}), "TypeError") << rid;
  EXPECT_EQ(refused({std::string(16, 'x'), "b"}), "");
  EXPECT_EQ(refused({std::string(17, 'x'), "b"}), "TypeError");
  EXPECT_EQ(refused({std::string(256, 'x'), "b"}), "TypeError");
  EXPECT_EQ(refused({"foo", "foo"}), "TypeError");
  EXPECT_EQ(refused({"foo", ""}), "TypeError");
  EXPECT_EQ(a.list().size(), 1u);
}

TEST(W3cMediaRows, A16To18_WhatBecomesOfEncodings) {
  End a(1);
  const auto one =
      a.trs().add_transceiver(Video, sending({{.rid = "foo", .active = false, .max_bitrate = 8}}));
  EXPECT_THAT(encodings(a, *one),
              ElementsAre(RtpEncodingParameters{
                  .active = false, .max_bitrate = 8, .scale_resolution_down_by = 1.0}));
  const auto audio = a.trs().add_transceiver(Audio, sending({{.rid = "foo"}, {.rid = "bar"}}));
  EXPECT_THAT(encodings(a, *audio), ElementsAre(RtpEncodingParameters{}));
  std::vector<RtpEncodingParameters> many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].rid = std::to_string(i);
  const auto cut = a.trs().add_transceiver(Video, sending(many));
  EXPECT_LT(encodings(a, *cut).size(), 100u);
  EXPECT_EQ(encodings(a, *cut).front().rid, "0");
}

TEST(W3cMediaRows, A19To24_AndA26To27_Numbers) {
  End a(1);
  const auto made = [&](MediaKind kind, std::vector<RtpEncodingParameters> all) {
    return a.trs().add_transceiver(kind, sending(std::move(all)));
  };
  const auto scales = [&](std::vector<RtpEncodingParameters> all) {
    std::vector<double> out;
    for (const auto& e : encodings(a, *made(Video, std::move(all))))
      out.push_back(*e.scale_resolution_down_by);
    return out;
  };
  for (const double scale : {-1.0, 0.0, 0.5})
    EXPECT_EQ(name_of(made(Video, {{.scale_resolution_down_by = scale}})), "TypeError");
  for (const double scale : {2.0, -1.0}) {
    const auto audio = made(Audio, {{.scale_resolution_down_by = scale}});
    EXPECT_THAT(encodings(a, *audio), ElementsAre(RtpEncodingParameters{}));
  }
  EXPECT_THAT(scales({}), ElementsAre(1.0));
  EXPECT_THAT(encodings(a, a.add(Audio)), ElementsAre(RtpEncodingParameters{}));
  EXPECT_THAT(scales({{.rid = "a"}, {.rid = "b"}}), ElementsAre(2.0, 1.0));
  EXPECT_THAT(scales({{.rid = "a"}, {.rid = "b"}, {.rid = "c"}}), ElementsAre(4.0, 2.0, 1.0));
  EXPECT_THAT(scales({{.rid = "a"}, {.rid = "b", .scale_resolution_down_by = 3.0}}),
              ElementsAre(1.0, 3.0));
  EXPECT_EQ(name_of(made(Video, {{.max_framerate = -10.0}})), "TypeError");
  for (const double rate : {-10.0, 10.0}) {
    const auto audio = made(Audio, {{.max_framerate = rate}});
    EXPECT_THAT(encodings(a, *audio), ElementsAre(RtpEncodingParameters{}));
  }
  EXPECT_EQ(encodings(a, *made(Video, {{.max_framerate = 0.0}})).front().max_framerate, 0.0);
}

TEST(W3cMediaRows, A25_AnInactiveEncodingStaysSo) {
  Two two;
  const auto id = two.a.trs().add_transceiver(track(Video, "t"), sending({{.active = false}}));
  negotiate(two.a, two.b);
  EXPECT_FALSE(encodings(two.a, *id).front().active);
  EXPECT_FALSE(two.a.trs().sending(*id)->encodings.front().parameters.active);
}

TEST(W3cMediaRows, A28_TheCodecOfAnEncodingIsOneOfOurs) {
  End a(1);
  const RtpCodec vp8 = media_options().codecs[2];
  const auto id = a.trs().add_transceiver(Video, sending({{.codec = vp8}}));
  EXPECT_EQ(encodings(a, *id).front().codec, vp8);
  RtpCodec other = vp8;
  other.mime_type = "video/dirac";
  EXPECT_EQ(name_of(a.trs().add_transceiver(Video, sending({{.codec = other}}))), "OperationError");
}

// Not of the W3C.
TEST(Transceivers, AreSoManyAtMost) {
  End a(1);
  for (std::size_t i = 0; i < kMaxTransceivers; ++i) (void)a.add(Audio);
  EXPECT_EQ(name_of(a.trs().add_transceiver(Audio, {})), "OperationError");
  EXPECT_EQ(name_of(a.trs().add_track(track(Video, "t"), {})), "OperationError");
  EXPECT_EQ(name_of(a.trs().add_track(track(Audio, "t"), {})), "") << "one is reused";
}

TEST(Transceivers, StreamsOfATrackAreSoManyAtMostAndTokens) {
  End a(1);
  std::vector<std::string> streams;
  for (std::size_t i = 0; i < kMaxStreams; ++i) streams.push_back("s" + std::to_string(i));
  const auto id = a.add_track(Audio, "t", streams);
  EXPECT_EQ(a.find(id).streams, streams);
  streams.push_back("one more");
  EXPECT_EQ(name_of(a.trs().set_streams(id, streams)), "TypeError");
  streams.back() = "more";
  EXPECT_EQ(name_of(a.trs().set_streams(id, streams)), "TypeError");
  for (const std::string& bad : {std::string(), std::string("-"), std::string(65, 'x')}) {
    EXPECT_EQ(name_of(a.trs().set_streams(id, {bad})), "TypeError");
    EXPECT_EQ(name_of(a.trs().add_track(track(Video, "u"), {bad})), "TypeError");
  }
  EXPECT_EQ(name_of(a.trs().add_track(track(Video, "two words"), {})), "TypeError");
}

TEST(Transceivers, OfAKindWithoutCodecsAreNotMade) {
  MediaOptions audio;
  audio.codecs = {media_options().codecs[0]};
  End a(1, audio);
  EXPECT_EQ(name_of(a.trs().add_transceiver(Video, {})), "OperationError");
  EXPECT_EQ(name_of(a.trs().add_transceiver(Audio, {})), "");
  EXPECT_EQ(name_of(End(2, {}).trs().add_track(track(Audio, "t"), {})), "OperationError");
}

TEST(Transceivers, SourcesAreAllDifferentAndStay) {
  End a(1);
  std::set<std::uint32_t> seen = {0};
  for (int i = 0; i < 20; ++i) {
    const auto id = a.add(Video);
    for (const Transceiver& t : a.n.session().wanted.transceivers) {
      if (t.id != id) continue;
      EXPECT_TRUE(seen.insert(t.encodings.at(0).ssrc).second);
      EXPECT_TRUE(seen.insert(t.encodings.at(0).rtx_ssrc).second);
    }
  }
  EXPECT_EQ(a.offer().sdp, a.offer().sdp);
}

}  // namespace
}  // namespace specter::jsep::rows
