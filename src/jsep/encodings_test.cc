#include "jsep/encodings.h"

#include <limits>

#include <gmock/gmock.h>

#include "jsep/testing/media_sections.h"

namespace specter::jsep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Encodings = std::vector<RtpEncodingParameters>;

constexpr auto kAudio = MediaKind::Audio;
constexpr auto kVideo = MediaKind::Video;

Encodings with_rids(std::initializer_list<std::string> rids) {
  Encodings out;
  for (const std::string& rid : rids) out.push_back({.rid = rid});
  return out;
}

Result<Encodings> checked(MediaKind kind, Encodings encodings) {
  return check_encodings(kind, std::move(encodings), media_options().codecs);
}

std::vector<double> scales(const Encodings& encodings) {
  std::vector<double> out;
  for (const auto& encoding : encodings) out.push_back(encoding.scale_resolution_down_by.value());
  return out;
}

ErrorCode code_of(const auto& result) { return result ? ErrorCode::Internal : result.error().code; }

// Media rows A11 to A15. Of 17 characters the text says nothing: they fit no one-byte extension.
TEST(Encodings, HaveRidsThatPacketsCarry) {
  for (const std::string rid : {"@x", "!?", "foo-bar", "foo_bar", "\xc3\xa4"})
    EXPECT_EQ(code_of(checked(kVideo, with_rids({rid, "b"}))), ErrorCode::InvalidArgument) << rid;
  EXPECT_EQ(code_of(checked(kVideo, with_rids({"-"}))), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(checked(kVideo, with_rids({"", "b"}))), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(checked(kVideo, with_rids({"foo", ""}))), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of(checked(kVideo, with_rids({"foo", "foo"}))), ErrorCode::InvalidArgument);
  EXPECT_TRUE(checked(kVideo, with_rids({std::string(16, 'x'), "b"})).has_value());
  for (const std::size_t size : {17, 256}) {
    EXPECT_EQ(code_of(checked(kVideo, with_rids({std::string(size, 'x'), "b"}))),
              ErrorCode::InvalidArgument);
  }
}

// Media rows A16, A17, A21, A22.
TEST(Encodings, ThatAreAloneHaveNoRid) {
  const Encodings one = {{.rid = "foo", .active = false, .max_bitrate = 8}};
  EXPECT_THAT(checked(kVideo, one).value(),
              ElementsAre(RtpEncodingParameters{
                  .active = false, .max_bitrate = 8, .scale_resolution_down_by = 1.0}));
  EXPECT_THAT(checked(kAudio, with_rids({"foo", "bar"})).value(),
              ElementsAre(RtpEncodingParameters{}));
  EXPECT_THAT(checked(kVideo, {}).value(),
              ElementsAre(RtpEncodingParameters{.scale_resolution_down_by = 1.0}));
  EXPECT_THAT(checked(kAudio, {}).value(), ElementsAre(RtpEncodingParameters{}));
}

// Media row A18.
TEST(Encodings, AreCutFromTheEnd) {
  Encodings many;
  for (int i = 0; i < 1'000; ++i) many.push_back({.rid = std::to_string(i)});
  const Encodings kept = checked(kVideo, many).value();
  ASSERT_THAT(kept, SizeIs(kMaxEncodings));
  EXPECT_EQ(kept.front().rid, "0");
}

// Media rows A19, A20, A26, A27.
TEST(Encodings, HaveNumbersInTheirRange) {
  for (const double scale : {-1.0, 0.0, 0.5, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(code_of(checked(kVideo, {{.scale_resolution_down_by = scale}})),
              ErrorCode::InvalidArgument);
    EXPECT_EQ(checked(kAudio, {{.scale_resolution_down_by = scale}}).value()[0],
              RtpEncodingParameters{});
  }
  EXPECT_EQ(code_of(checked(kVideo, {{.max_framerate = -10}})), ErrorCode::InvalidArgument);
  EXPECT_TRUE(checked(kVideo, {{.max_framerate = 0}}).has_value());
  for (const double rate : {-10.0, 10.0})
    EXPECT_EQ(checked(kAudio, {{.max_framerate = rate}}).value()[0], RtpEncodingParameters{});
  EXPECT_EQ(code_of(checked(kAudio, {{.max_bitrate = 0}})), ErrorCode::InvalidArgument);
}

// Media rows A23, A24.
TEST(Encodings, AreScaledByTheirPlace) {
  EXPECT_THAT(scales(checked(kVideo, with_rids({"a", "b"})).value()), ElementsAre(2, 1));
  EXPECT_THAT(scales(checked(kVideo, with_rids({"a", "b", "c"})).value()), ElementsAre(4, 2, 1));
  Encodings given = with_rids({"foo", "bar"});
  given[1].scale_resolution_down_by = 3;
  EXPECT_THAT(scales(checked(kVideo, given).value()), ElementsAre(1, 3));
}

// Media row A28.
TEST(Encodings, HaveACodecOfOurs) {
  const RtpCodec vp8 = media_options().codecs[1];
  EXPECT_EQ(checked(kVideo, {{.codec = vp8}}).value()[0].codec, vp8);
  for (const RtpCodec& bad : {video_codec(100, "VP9"), rtx(97, 96), opus()})
    EXPECT_EQ(code_of(checked(kVideo, {{.codec = bad}})), ErrorCode::OperationFailed);
}

// ---- setParameters()

RtpSendParameters parameters(Encodings encodings) {
  return {.transaction_id = "1",
          .encodings = std::move(encodings),
          .header_extensions = {{std::string(kMid), 1}},
          .rtcp = {.cname = "c"},
          .codecs = {media_options().codecs[1], rtx(97, 96)}};
}

Result<Encodings> set(MediaKind kind, const RtpSendParameters& last, const RtpSendParameters& now) {
  return check_parameters(kind, last, now, media_options().codecs);
}

// Media rows P12, P13.
TEST(SetParameters, KeepsTheEncodings) {
  const auto last = parameters(with_rids({"a", "b"}));
  for (const Encodings& wrong : {with_rids({"a", "b", "c"}), with_rids({"a"}), Encodings(),
                                 with_rids({"b", "a"}), with_rids({"a", "c"})}) {
    EXPECT_EQ(code_of(set(kVideo, last, parameters(wrong))), ErrorCode::InvalidModification);
  }
  EXPECT_TRUE(set(kVideo, last, last).has_value());
}

// Media rows P14, P15.
TEST(SetParameters, KeepsWhatWasNegotiated) {
  const auto last = parameters(with_rids({"a", "b"}));
  const std::function<void(RtpSendParameters&)> changes[] = {
      [](auto& p) { p.codecs[0].payload_type = 99; },
      [](auto& p) { p.codecs[0].mime_type = "video/VP9"; },
      [](auto& p) { p.codecs[0].clock_rate = 1; },
      [](auto& p) { p.codecs[0].channels = 7; },
      [](auto& p) { p.codecs[0].sdp_fmtp_line = "a=b"; },
      [](auto& p) { p.codecs.push_back(opus()); },
      [](auto& p) { p.codecs.pop_back(); },
      [](auto& p) { std::swap(p.codecs[0], p.codecs[1]); },
      [](auto& p) { p.codecs.clear(); },
      [](auto& p) { p.header_extensions[0].id = 2; },
      [](auto& p) { p.header_extensions.clear(); },
      [](auto& p) { p.rtcp.cname = "d"; },
      [](auto& p) { p.rtcp.reduced_size = true; },
  };
  for (const auto& change : changes) {
    auto now = last;
    change(now);
    EXPECT_EQ(code_of(set(kVideo, last, now)), ErrorCode::InvalidModification);
  }
}

// Media rows P16 to P20.
TEST(SetParameters, TakesNumbersInTheirRange) {
  const auto last = parameters({{.scale_resolution_down_by = 2}});
  const auto with = [&](const RtpEncodingParameters& encoding) { return parameters({encoding}); };
  for (const double scale : {0.5, 0.0, -1.0}) {
    EXPECT_EQ(code_of(set(kVideo, last, with({.scale_resolution_down_by = scale}))),
              ErrorCode::InvalidArgument);
  }
  EXPECT_THAT(scales(set(kVideo, last, with({})).value()), ElementsAre(1.0));
  for (const double scale : {1.5, 4.0}) {
    EXPECT_THAT(scales(set(kVideo, last, with({.scale_resolution_down_by = scale})).value()),
                ElementsAre(scale));
  }
  EXPECT_EQ(code_of(set(kVideo, last, with({.max_framerate = -10}))), ErrorCode::InvalidArgument);
  for (const double rate : {0.0, 16.0})
    EXPECT_EQ(set(kVideo, last, with({.max_framerate = rate})).value()[0].max_framerate, rate);
  EXPECT_EQ(code_of(set(kVideo, last, with({.max_bitrate = 0}))), ErrorCode::InvalidArgument);
  for (const double number : {-1.0, 20.0}) {
    const auto audio =
        set(kAudio, last, with({.max_framerate = number, .scale_resolution_down_by = number}));
    EXPECT_THAT(audio.value(), ElementsAre(RtpEncodingParameters{}));
  }
  const RtpEncodingParameters other{
      .active = false, .max_bitrate = 20'000, .scale_resolution_down_by = 1};
  EXPECT_THAT(set(kVideo, last, with(other)).value(), ElementsAre(other));
}

// Media rows P21, P22, O17.
TEST(SetParameters, TakesACodecThatIsToBeHad) {
  auto last = parameters({{}});
  const auto with = [&](std::optional<RtpCodec> codec) {
    auto now = last;
    now.encodings[0].codec = std::move(codec);
    return set(kVideo, last, now);
  };
  const RtpCodec vp8 = media_options().codecs[1], h264 = media_options().codecs[3];
  EXPECT_EQ(with(vp8).value()[0].codec, vp8);
  EXPECT_EQ(with(std::nullopt).value()[0].codec, std::nullopt);
  EXPECT_EQ(code_of(with(h264)), ErrorCode::InvalidModification) << "not negotiated";
  EXPECT_EQ(code_of(with(rtx(97, 96))), ErrorCode::InvalidModification);
  last.codecs = {h264};
  RtpCodec lower = h264;
  lower.sdp_fmtp_line = kLevelAsymmetry + "1;profile-level-id=42e00d";
  EXPECT_EQ(with(lower).value()[0].codec, lower);
  // Before a negotiation, each of ours.
  last.codecs = {};
  EXPECT_TRUE(with(vp8).has_value());
  EXPECT_EQ(code_of(with(video_codec(100, "VP9"))), ErrorCode::InvalidModification);
}

// Media row P23.
TEST(Encodings, LoseACodecThatIsNotNegotiated) {
  auto two = encodings({"a", "b"});
  two[0].parameters.codec = media_options().codecs[1];
  two[1].parameters.codec = media_options().codecs[3];
  const rtp::NegotiatedCodec negotiated{.codec = video_codec(120, "vp8"), .encoding_name = "VP8"};
  drop_lost_codecs(two, std::span(&negotiated, 1));
  EXPECT_TRUE(two[0].parameters.codec.has_value());
  EXPECT_FALSE(two[1].parameters.codec.has_value());
}

// ---- setCodecPreferences()

// Media rows O1 to O7.
TEST(CodecPreferences, AreAmongOurs) {
  const auto ours = media_options().codecs;
  const auto prefer = [&](MediaKind kind, const std::vector<RtpCodec>& list) {
    return check_codec_preferences(kind, list, ours);
  };
  EXPECT_EQ(prefer(kVideo, {}).value(), std::vector<RtpCodec>());
  EXPECT_EQ(prefer(kVideo, {ours[3], ours[1], ours[3], ours[2]}).value(),
            (std::vector{ours[3], ours[1], ours[2]}));
  RtpCodec spelled = ours[1];
  spelled.mime_type = "VIDEO/vp8";
  EXPECT_TRUE(prefer(kVideo, {spelled}).has_value());
  const RtpCodec any_rtx{MediaKind::Video, 0, "video/rtx", 90'000, 0, "", {}};
  EXPECT_TRUE(prefer(kVideo, {ours[1], any_rtx}).has_value());

  RtpCodec clock = ours[0], channels = ours[0], fmtp = ours[0], data = ours[0];
  clock.clock_rate = 44'100;
  channels.channels = 1;
  fmtp.sdp_fmtp_line = "stereo=1";
  data.mime_type = "data";
  for (const RtpCodec& bad : {ours[1], clock, channels, fmtp, data}) {
    EXPECT_EQ(code_of(prefer(kAudio, {bad})), ErrorCode::InvalidModification);
    EXPECT_EQ(code_of(prefer(kAudio, {ours[0], bad})), ErrorCode::InvalidModification);
  }
  EXPECT_EQ(code_of(prefer(kVideo, {ours[2], any_rtx})), ErrorCode::InvalidModification);
}

// ---- simulcast, by descriptions

MediaDescription receives(const std::string& list, const std::string& more = "") {
  std::string text = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n" + more;
  for (const char* rid : {"foo", "bar", "baz", "0", "1", "2"})
    text += "a=rid:" + std::string(rid) + " recv\n";
  if (!list.empty()) text += "a=simulcast:recv " + list + "\n";
  return read(text).value();
}

std::vector<std::string> rids(const std::vector<rtp::SendEncoding>& all) {
  std::vector<std::string> out;
  for (const auto& encoding : all) out.push_back(encoding.parameters.rid);
  return out;
}

// Media rows Q3, Q5 to Q9.
TEST(Simulcast, IsWhatAnOfferReceives) {
  const auto one = [] {
    auto encoding = encodings({""});
    encoding[0].parameters.scale_resolution_down_by = 7;
    return encoding;
  };
  const auto two = encodings_of_offer(kVideo, one(), receives("foo;bar"));
  EXPECT_THAT(rids(two), ElementsAre("foo", "bar"));
  EXPECT_EQ(two[0].parameters.scale_resolution_down_by, 2);
  EXPECT_EQ(two[1].parameters.scale_resolution_down_by, 1);
  EXPECT_EQ(two[0].ssrc, 1u) << "it goes on";
  EXPECT_EQ(two[1].ssrc, 0u) << "to be drawn";
  EXPECT_EQ(encodings_of_offer(kAudio, one(), receives("foo;bar")), one());
  EXPECT_EQ(encodings_of_offer(kVideo, one(), receives("")), one());
  EXPECT_THAT(rids(encodings_of_offer(kVideo, one(), receives("foo;bar;foo"))),
              ElementsAre("foo", "bar"));
  EXPECT_THAT(rids(encodings_of_offer(kVideo, one(), receives("foo,bar;1,2"))),
              ElementsAre("foo", "1"));
  const auto paused = encodings_of_offer(kVideo, one(), receives("foo;~bar"));
  EXPECT_THAT(rids(paused), ElementsAre("foo", "bar"));
  EXPECT_TRUE(paused[1].parameters.active);
}

TEST(Simulcast, HasNoMoreEncodingsThanTheLimit) {
  std::string text = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rid:" + std::string(17, 'x') + " recv\n";
  std::string list = std::string(17, 'x');
  for (int i = 0; i < 20; ++i) {
    text += "a=rid:" + std::to_string(i) + " recv\n";
    list += ";" + std::to_string(i);
  }
  const auto offer = read(text + "a=simulcast:recv " + list + "\n").value();
  const auto made = encodings_of_offer(kVideo, encodings({""}), offer);
  ASSERT_THAT(made, SizeIs(kMaxEncodings));
  EXPECT_EQ(made[0].parameters.rid, "0") << "what no one-byte extension carries is passed over";
}

// Media rows Q10, Q11, Q13 to Q15, Q17, Q20.
TEST(Simulcast, IsNarrowedByWhatThePeerReceives) {
  auto two = encodings({"foo", "bar"});
  two[0].parameters.scale_resolution_down_by = 2;
  two[0].parameters.max_bitrate = 5;
  two[1].parameters.scale_resolution_down_by = 1;
  const auto only_foo = std::vector{two[0]}, only_bar = std::vector{two[1]};
  EXPECT_EQ(narrowed(two, receives("foo;bar")), two);
  EXPECT_EQ(narrowed(two, receives("bar;foo")), two);
  EXPECT_EQ(narrowed(two, receives("foo")), only_foo);
  EXPECT_EQ(narrowed(two, receives("bar")), only_bar);
  EXPECT_EQ(narrowed(two, receives("")), only_foo);
  EXPECT_EQ(narrowed(two, receives("baz")), only_foo);
  EXPECT_EQ(narrowed(only_bar, receives("foo")), only_bar);
  EXPECT_EQ(encodings_of_offer(kVideo, two, receives("bar")), only_bar);
  for (const char* direction : {"a=sendonly\n", "a=inactive\n"})
    EXPECT_EQ(narrowed(two, receives("", direction)), two) << direction;
  const auto three = narrowed(encodings({"0", "1", "2"}), receives("1;2"));
  EXPECT_THAT(rids(three), ElementsAre("1", "2"));
  EXPECT_THAT(rids(narrowed(three, receives("0;2"))), ElementsAre("2"));
}

// The answer to it keeps both lines in all later descriptions.
TEST(Simulcast, StaysInLaterOffers) {
  PayloadTypes types;
  ExtensionIds ids;
  LocalMedia local = local_media(kVideo);
  local.encodings = encodings({"foo", "bar"});
  MediaDescription before = offer_media(media_options(), local, types, ids);
  for (int i = 0; i < 3; ++i) {
    local.encodings = narrowed(local.encodings, receives("bar;foo"));
    local.before = &before;
    MediaDescription again = offer_media(media_options(), local, types, ids);
    EXPECT_EQ(again, before);
    before = again;
  }
}

// An SFU that receives three layers and offers a track of somebody else's, or nothing new.
TEST(Simulcast, ThatIsReceivedStaysInOffersOfOurs) {
  PayloadTypes types;
  ExtensionIds ids;
  LocalMedia local = local_media(kVideo, sdp::Direction::RecvOnly);
  const MediaDescription theirs =
      read(
          "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\na=sendonly\n"
          "a=extmap:10 " +
          std::string(kRidUri) +
          "\n"
          "a=rid:q send\na=rid:h send max-width=640\na=rid:f send\n"
          "a=simulcast:send q;h;f\n")
          .value();
  MediaDescription before = answer_media(media_options(), local, theirs).value();
  ASSERT_THAT(before.simulcast_receive, SizeIs(3));
  for (int i = 0; i < 3; ++i) {
    local.before = &before;
    const MediaDescription again = offer_media(media_options(), local, types, ids);
    EXPECT_EQ(again.simulcast_receive, before.simulcast_receive);
    EXPECT_THAT(again.simulcast_send, IsEmpty());
    for (const char* const rid : {"q", "h", "f"})
      EXPECT_NE(again.find_rid(rid, Rid::Direction::Receive), nullptr) << rid;
    EXPECT_EQ(make_receive_parameters({"0", again, theirs}).rids,
              (std::vector<std::string>{"q", "h", "f"}));
    before = again;
  }
  // What is not received any more has no layers.
  local.direction = sdp::Direction::Inactive;
  EXPECT_THAT(offer_media(media_options(), local, types, ids).rids, IsEmpty());
}

}  // namespace
}  // namespace specter::jsep
