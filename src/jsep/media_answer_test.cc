// Answers to what others offer. RFC 9429 §5.3.1, RFC 3264 §6.1.
#include <gmock/gmock.h>

#include "jsep/codec_match.h"
#include "jsep/encodings.h"
#include "jsep/media_negotiation.h"
#include "jsep/testing/media_sections.h"
#include "testing/data.h"

namespace specter::jsep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

MediaDescription offered(std::string_view section) { return read(section).value(); }

std::optional<MediaDescription> answer(std::string_view section,
                                       const MediaOptions& options = media_options()) {
  const auto offer = offered(section);
  return answer_media(options, local_media(offer.kind), offer);
}

std::vector<int> payload_types(const MediaDescription& description) {
  std::vector<int> out;
  for (const Format& format : description.formats) out.push_back(format.payload_type);
  return out;
}

// The answers in tests/data/sdp/answers were written by hand. Media rows S4 and O14.
TEST(MediaAnswer, ToBrowsersIsWhatTheRfcSays) {
  int answers = 0;
  for (const std::string file : testing::kBrowserOffers) {
    const auto session = sdp::parse(testing::browser_sdp(file)).value();
    std::string text;
    for (const sdp::Media& media : session.media) {
      if (media.kind == "application") continue;
      const auto offer = read_media(session, media).value();
      text += written(answer_media(media_options(), local_media(offer.kind), offer).value());
      ++answers;
    }
    if (text.empty()) continue;
    EXPECT_EQ(text, testing::read_data("sdp/answers/" + file)) << file;
  }
  EXPECT_EQ(answers, 5);
}

struct Other {
  const char* name;
  const char* section;
  std::vector<int> payload_types;  // empty: rejected
  std::vector<std::string> feedback;
};

// As pion, Janus, GStreamer, FreeSWITCH, Kinesis, FFmpeg and baresip write.
TEST(MediaAnswer, ToOthersHasTheCodecsInCommon) {
  const Other table[] = {
      {"pion", "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8\na=rtpmap:111 opus/48000/2\n", {111}, {}},
      {"a format without a=rtpmap",
       "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\n",
       {96},
       {}},
      {"GStreamer",
       "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 H264/90000\na=rtcp-fb:96 nack pli\n"
       "a=framerate:30\na=fmtp:96 packetization-mode=1;profile-level-id=42c015\n",
       {96},
       {"nack pli"}},
      {"FreeSWITCH",
       "m=audio 24680 UDP/TLS/RTP/SAVPF 102 9 0 8 101\na=rtpmap:102 opus/48000/2\n"
       "a=fmtp:102 useinbandfec=1; maxaveragebitrate=30000\na=rtpmap:101 telephone-event/8000\n",
       {102},
       {}},
      {"Kinesis", "m=video 9 UDP/TLS/RTP/SAVPF 125\na=rtpmap:125 H264/90000\n", {125}, {}},
      {"FFmpeg",
       "m=video 9 UDP/TLS/RTP/SAVPF 106 105\na=rtpmap:106 H264/90000\n"
       "a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\n"
       "a=rtcp-fb:106 nack\na=rtpmap:105 rtx/90000\na=fmtp:105 apt=106\n",
       {106, 105},
       {"nack"}},
      {"baresip: feedback of all, names in lower case",
       "m=video 9 UDP/TLS/RTP/SAVPF 100\na=rtpmap:100 vp8/90000\na=rtcp-fb:* nack\n"
       "a=rtcp-fb:* nack pli \n",
       {100},
       {"nack", "nack pli"}},
      // Media row O14: rtx first, and VP8 twice.
      {"rtx first",
       "m=video 9 UDP/TLS/RTP/SAVPF 97 96 98\na=rtpmap:96 VP8/90000\n"
       "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtpmap:98 VP8/90000\n",
       {96, 97, 98},
       {}},
      {"spaces and case in fmtp",
       "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\n"
       "a=rtpmap:97 RTX/90000\na=fmtp:97 APT = 96; rtx-time=3000;\n",
       {96, 97},
       {}},
      // Nothing that carries media by itself.
      {"redundancy",
       "m=video 9 UDP/TLS/RTP/SAVPF 118 120\na=rtpmap:118 red/90000\n"
       "a=rtpmap:120 ulpfec/90000\n",
       {},
       {}},
      {"unknown", "m=video 9 UDP/TLS/RTP/SAVPF 45\na=rtpmap:45 AV1/90000\n", {}, {}},
      {"another kind", "m=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n", {}, {}},
      {"no types", "m=video 9 UDP/TLS/RTP/SAVPF 0\n", {}, {}},
      // RFC 5761 §4, media row S8.
      {"of RTCP",
       "m=video 9 UDP/TLS/RTP/SAVPF 64 35\na=rtpmap:64 VP8/90000\n"
       "a=rtpmap:35 VP8/90000\n",
       {35},
       {}},
  };
  for (const Other& other : table) {
    const auto made = answer(other.section);
    ASSERT_EQ(made.has_value(), !other.payload_types.empty()) << other.name;
    if (!made) continue;
    EXPECT_EQ(payload_types(*made), other.payload_types) << other.name;
    EXPECT_EQ(made->formats[0].feedback, other.feedback) << other.name;
    EXPECT_TRUE(made->rtcp_mux) << other.name;
    EXPECT_EQ(read(written(*made)).value(), *made) << other.name;
  }
}

// Redundancy alone is no codec even if it is ours.
TEST(MediaAnswer, RejectsWhatCarriesNoMedia) {
  MediaOptions options = media_options();
  options.codecs.push_back({MediaKind::Audio, 63, "audio/red", 48'000, 2, "111/111", {}});
  options.codecs.push_back({MediaKind::Audio, 13, "audio/CN", 8'000, 1, "", {}});
  const std::string red = "a=rtpmap:63 red/48000/2\na=fmtp:63 109/109\n";
  EXPECT_FALSE(answer("m=audio 9 UDP/TLS/RTP/SAVPF 63 13\n" + red, options));
  // Where it stands says whether it is used: the offer's place, and its numbers.
  const auto made =
      answer("m=audio 9 UDP/TLS/RTP/SAVPF 63 109\n" + red + "a=rtpmap:109 opus/48000/2\n", options);
  ASSERT_TRUE(made);
  EXPECT_EQ(payload_types(*made), (std::vector{63, 109}));
  EXPECT_EQ(made->formats[0].fmtp, "109/109");
}

const std::string kFourCodecs =
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 108 109 114 115\na=rtpmap:96 VP8/90000\n"
    "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtpmap:108 H264/90000\n"
    "a=fmtp:108 packetization-mode=1;profile-level-id=42e01f\na=rtpmap:109 rtx/90000\n"
    "a=fmtp:109 apt=108\na=rtpmap:114 H264/90000\na=fmtp:114 profile-level-id=42e01f\n"
    "a=rtpmap:115 rtx/90000\na=fmtp:115 apt=114\n";

// RFC 9429 §5.3.1: the preferences' order where there are some, the offer's without.
TEST(MediaAnswer, IsInTheOrderOfThePreferences) {
  const MediaOptions options = media_options();
  const auto offer = offered(kFourCodecs);
  LocalMedia local = local_media(MediaKind::Video);
  EXPECT_EQ(payload_types(*answer_media(options, local, offer)),
            (std::vector{96, 97, 108, 109, 114, 115}));
  const RtpCodec mode_0 = options.codecs[5], vp8 = options.codecs[1];
  local.preferences = {mode_0, vp8, {MediaKind::Video, 0, "video/rtx", 90'000, 0, "", {}}};
  EXPECT_EQ(payload_types(*answer_media(options, local, offer)), (std::vector{114, 115, 96, 97}));
  local.preferences = {vp8};  // without retransmission
  EXPECT_EQ(payload_types(*answer_media(options, local, offer)), std::vector{96});
  local.preferences = {mode_0, vp8, rtx(97, 96)};  // of VP8 alone
  EXPECT_EQ(payload_types(*answer_media(options, local, offer)), (std::vector{114, 96, 97}));
  local.preferences = {options.codecs[7]};
  EXPECT_EQ(answer_media(options, local, offer), std::nullopt);
}

const std::string kVp8 = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n";

// Media rows S5, S6, S7; RFC 8285 §5.
TEST(MediaAnswer, HasTheOffersExtensionsThatWeHave) {
  struct Row {
    std::string lines;
    std::vector<Extension> answer;
  };
  using enum sdp::Direction;
  const std::string mid(kMid), orientation(kOrientation);
  const Row table[] = {
      {"a=extmap:1 " + mid + "\n", {{1, mid, SendRecv, ""}}},
      {"a=extmap:14 " + orientation + "\n", {{14, orientation, SendRecv, ""}}},
      {"a=extmap:15 " + mid + "\n", {{15, mid, SendRecv, ""}}},
      {"a=extmap:16 " + mid + "\na=extmap:17 " + orientation + "\n",
       {{16, mid, SendRecv, ""}, {17, orientation, SendRecv, ""}}},
      {"a=extmap:1 urn:unknown\na=extmap:2 " + mid + " x\n", {{2, mid, SendRecv, ""}}},
      {"a=extmap:1/recvonly " + mid + "\na=extmap:2/sendonly " + orientation + "\n",
       {{1, mid, SendOnly, ""}, {2, orientation, RecvOnly, ""}}},
      {"a=extmap:1/inactive " + mid + "\n", {{1, mid, Inactive, ""}}},
      // One URI under two ids: the first.
      {"a=extmap:3 " + mid + "\na=extmap:4 " + mid + "\n", {{3, mid, SendRecv, ""}}},
      // Of the other kind.
      {"a=extmap:1 " + std::string(kAudioLevel) + "\n", {}},
      {"a=extmap:1 urn:ietf:params:rtp-hdrext:encrypt " + mid + "\n", {}},
      {"", {}},
  };
  for (const Row& row : table) EXPECT_EQ(answer(kVp8 + row.lines)->extensions, row.answer);
}

// Two sections, one URI, two ids: each has its own.
TEST(MediaAnswer, HasTheIdsOfEachSection) {
  const std::string mid(kMid);
  EXPECT_EQ(answer(kVp8 + "a=extmap:3 " + mid + "\n")->find_extension(kMid)->id, 3);
  EXPECT_EQ(answer(kVp8 + "a=extmap:7 " + mid + "\n")->find_extension(kMid)->id, 7);
}

TEST(MediaAnswer, HasTransportFeedbackOnlyWithItsNumbers) {
  const std::string feedback = "a=rtcp-fb:96 transport-cc\na=rtcp-fb:96 nack\na=rtcp-fb:96 x\n";
  EXPECT_THAT(answer(kVp8 + feedback)->formats[0].feedback, ElementsAre("nack"));
  const std::string extension = "a=extmap:5 " + std::string(kTransportCc) + "\n";
  EXPECT_THAT(answer(kVp8 + feedback + extension)->formats[0].feedback,
              ElementsAre("nack", "transport-cc"));
}

// RFC 5506 §5, RFC 8285 §6, RFC 9335 §4: what the offer does not say is not answered.
TEST(MediaAnswer, SaysNothingThatWasNotOffered) {
  const auto plain = *answer(kVp8);
  EXPECT_FALSE(plain.rtcp_rsize || plain.may_mix_extensions || plain.cryptex);
  const std::string all = kVp8 + "a=rtcp-rsize\na=extmap-allow-mixed\na=cryptex\n";
  const auto more = *answer(all);
  EXPECT_TRUE(more.rtcp_rsize && more.may_mix_extensions && more.cryptex);
  MediaOptions options = media_options();
  options.cryptex = false;
  EXPECT_FALSE(answer(all, options)->cryptex);
}

// RFC 8830: our own stream and track, and none of them where we don't send. Media rows S3, G.
TEST(MediaAnswer, HasNoStreamOfTheOffer) {
  const std::string offer = kVp8 + "a=msid:- theirs\na=ssrc:5 cname:x\n";
  EXPECT_THAT(answer(offer)->msids, ElementsAre(Msid{"stream", "track"}));
  for (const char* direction : {"a=sendonly\n", "a=inactive\n"}) {
    const auto made = answer(offer + direction);
    EXPECT_THAT(made->msids, IsEmpty());
    EXPECT_THAT(made->sources, IsEmpty());
  }
}

// ---- simulcast

const std::string kRidExtension = "a=extmap:10 " + std::string(kRidUri) + "\n";
const std::string kReceives = kVp8 + kRidExtension + "a=recvonly\n";

std::string simulcast_of(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    if (line.starts_with("a=rid") || line.starts_with("a=simulcast")) out += line + "\n";
  }
  return out;
}

std::string answer_to_receiver(const std::string& lines, std::vector<rtp::SendEncoding> encodings) {
  LocalMedia local = local_media(MediaKind::Video);
  local.encodings = std::move(encodings);
  return simulcast_of(written(*answer_media(media_options(), local, offered(kReceives + lines))));
}

// Media rows Q2, Q3, Q8, Q9, Q14.
TEST(SimulcastAnswer, SendsWhatTheOfferReceives) {
  const std::string foo_bar = "a=rid:foo recv\na=rid:bar recv\n";
  const std::string both = "a=rid:foo send\na=rid:bar send\na=simulcast:send foo;bar\n";
  const auto two = encodings({"foo", "bar"});
  EXPECT_EQ(answer_to_receiver(foo_bar + "a=simulcast:recv foo;bar\n", two), both);
  EXPECT_EQ(answer_to_receiver(foo_bar + "a=simulcast:recv foo;~bar\n", two), both);
  EXPECT_EQ(answer_to_receiver(foo_bar + "a=simulcast:recv foo;bar;foo\n", two), both);
  // Our order stays.
  EXPECT_EQ(answer_to_receiver(foo_bar + "a=simulcast:recv bar;foo\n", two), both);
  EXPECT_EQ(
      answer_to_receiver(foo_bar + "a=rid:1 recv\na=rid:2 recv\na=simulcast:recv foo,bar;1,2\n",
                         encodings({"foo", "1"})),
      "a=rid:foo send\na=rid:1 send\na=simulcast:send foo;1\n");
  // What has not been offered is not sent.
  EXPECT_EQ(answer_to_receiver(foo_bar + "a=simulcast:recv foo\n", two),
            "a=rid:foo send\na=simulcast:send foo\n");
  EXPECT_EQ(answer_to_receiver("", two), "");
}

// RFC 8851 §6.3.
TEST(SimulcastAnswer, KeepsTheRestrictions) {
  EXPECT_EQ(answer_to_receiver("a=rid:foo recv max-fps=15;pt=96,97\na=rid:bar recv pt=45\n"
                               "a=simulcast:recv foo;bar\n",
                               encodings({"foo", "bar"})),
            "a=rid:foo send max-fps=15;pt=96\na=simulcast:send foo\n");
}

TEST(SimulcastAnswer, ReceivesWhatTheOfferSends) {
  const std::string offer = kVp8 +
                            "a=rid:a send\na=rid:b send\na=rid:c send pt=96\n"
                            "a=simulcast:send a,b;~c\n";
  // RFC 8853 §5.5: a stream is known by its header extension.
  EXPECT_EQ(simulcast_of(written(*answer(offer))), "");
  EXPECT_EQ(simulcast_of(written(*answer(offer + kRidExtension))),
            "a=rid:a recv\na=rid:c recv pt=96\na=simulcast:recv a;c\n");
  EXPECT_EQ(simulcast_of(written(*answer(offer + kRidExtension + "a=inactive\n"))), "");
}

TEST(SimulcastAnswer, GoesBothWays) {
  LocalMedia local = local_media(MediaKind::Video);
  local.encodings = encodings({"x", "y"});
  const auto offer = offered(kVp8 + kRidExtension +
                             "a=rid:a send\na=rid:b send\na=rid:x recv\na=rid:y recv\n"
                             "a=simulcast:recv x;y send a;b\n");
  const auto made = *answer_media(media_options(), local, offer);
  EXPECT_EQ(simulcast_of(written(made)),
            "a=rid:x send\na=rid:y send\na=rid:a recv\na=rid:b recv\n"
            "a=simulcast:send x;y recv a;b\n");
  EXPECT_THAT(written(made), Not(HasSubstr("a=ssrc")));
}

}  // namespace
}  // namespace specter::jsep
