#include "jsep/media_description.h"

#include <gmock/gmock.h>

#include "jsep/testing/media_sections.h"
#include "testing/data.h"

namespace specter::jsep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kVideo = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtcp-mux\n";

// RFC 9429 §5.2.1, line by line.
TEST(MediaDescription, IsReadAsItStands) {
  const auto read_it = read(
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97 99\n"
      "a=mid:1\n"
      "a=sendonly\n"
      "a=rtpmap:96 VP8/90000\n"
      "a=fmtp:96 max-fs=3600;max-fr=30\n"
      "a=rtpmap:97 rtx/90000\n"
      "a=fmtp:97 apt=96\n"
      "a=extmap-allow-mixed\n"
      "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n"
      "a=extmap:6/recvonly urn:x:y some words\n"
      "a=rtcp-fb:96 nack\n"
      "a=rtcp-fb:96 nack pli\n"
      "a=msid:stream track\n"
      "a=msid:other\n"
      "a=rid:hi send pt=96;max-fps=30\n"
      "a=rid:lo send\n"
      "a=rid:up recv\n"
      "a=simulcast:send hi,lo;~lo recv up\n"
      "a=rtcp-mux\n"
      "a=rtcp-rsize\n"
      "a=cryptex\n"
      "a=ssrc-group:FID 1 2\n"
      "a=ssrc:1 cname:c\n"
      "a=ssrc:1 msid:stream track\n"
      "a=ssrc:2 cname:c\n");
  ASSERT_TRUE(read_it.has_value()) << read_it.error().message;
  MediaDescription expected{.kind = MediaKind::Video, .direction = sdp::Direction::SendOnly};
  expected.formats = {{96, "VP8", 90'000, 0, "max-fs=3600;max-fr=30", {"nack", "nack pli"}},
                      {97, "rtx", 90'000, 0, "apt=96", {}, 96},
                      {99, "", 0, 0, "", {}}};
  expected.extensions = {{4, "urn:ietf:params:rtp-hdrext:sdes:mid", sdp::Direction::SendRecv, ""},
                         {6, "urn:x:y", sdp::Direction::RecvOnly, "some words"}};
  expected.may_mix_extensions = true;
  expected.msids = {{"stream", "track"}, {"other", ""}};
  expected.rids = {{"hi", Rid::Direction::Send, "pt=96;max-fps=30"},
                   {"lo", Rid::Direction::Send, ""},
                   {"up", Rid::Direction::Receive, ""}};
  expected.simulcast_send = {{{{"hi", false}, {"lo", false}}}, {{{"lo", true}}}};
  expected.simulcast_receive = {{{{"up", false}}}};
  expected.sources = {{1, "c", Msid{"stream", "track"}}, {2, "c", std::nullopt}};
  expected.flow_pairs = {{1, 2}};
  expected.rtcp_mux = expected.rtcp_rsize = expected.cryptex = true;
  EXPECT_EQ(*read_it, expected);
}

TEST(MediaDescription, IsWrittenInTheOrderOfRfc9429) {
  const std::string text =
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97\n"
      "a=sendrecv\n"
      "a=rtpmap:96 VP8/90000\n"
      "a=fmtp:96 max-fs=3600\n"
      "a=rtpmap:97 rtx/90000\n"
      "a=fmtp:97 apt=96\n"
      "a=extmap-allow-mixed\n"
      "a=extmap:4/sendonly urn:x:y some words\n"
      "a=rtcp-fb:96 nack\n"
      "a=msid:- track\n"
      "a=rid:a send\n"
      "a=rid:b send max-fps=5\n"
      "a=rid:c recv\n"
      "a=simulcast:send a,~b;b recv c\n"
      "a=rtcp-mux\n"
      "a=rtcp-rsize\n"
      "a=cryptex\n"
      "a=ssrc-group:FID 1 2\n"
      "a=ssrc:1 cname:c\n"
      "a=ssrc:1 msid:- track\n";
  EXPECT_EQ(written(read(text).value()), text);
  const std::string audio =
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\na=inactive\na=rtpmap:111 opus/48000/2\n"
      "a=rtpmap:0 PCMU/8000\n";
  EXPECT_EQ(written(read(audio).value()), audio);
}

TEST(MediaDescription, OfBrowsersIsWrittenAndReadTheSame) {
  int sections = 0;
  for (const char* file : testing::kBrowserOffers) {
    const auto session = sdp::parse(testing::browser_sdp(file)).value();
    for (const sdp::Media& media : session.media) {
      if (media.kind == "application") continue;
      const auto first = read_media(session, media);
      ASSERT_TRUE(first.has_value()) << file << ": " << first.error().message;
      EXPECT_EQ(read(written(*first)).value(), *first) << file;
      ++sections;
    }
  }
  EXPECT_EQ(sections, 5);
}

// RFC 3551 §6, RFC 8866 §6.6.
TEST(MediaDescription, KnowsStaticPayloadTypesOfItsKind) {
  const auto audio =
      read("m=audio 9 UDP/TLS/RTP/SAVPF 0 8 9 109\na=rtpmap:9 G722/8000/1\n").value();
  EXPECT_EQ(audio.formats[0], (Format{0, "PCMU", 8'000, 1, "", {}}));
  EXPECT_EQ(audio.formats[1], (Format{8, "PCMA", 8'000, 1, "", {}}));
  EXPECT_EQ(audio.formats[2], (Format{9, "G722", 8'000, 1, "", {}}));
  EXPECT_EQ(audio.formats[3], (Format{.payload_type = 109}));
  EXPECT_EQ(read("m=video 0 UDP/TLS/RTP/SAVPF 0\n").value().formats[0], Format{});
}

// Firefox has its lines in the order of the alphabet: a=fmtp before a=rtpmap.
TEST(MediaDescription, ReadsLinesInAnyOrder) {
  const auto one = read(kVideo +
                        "a=fmtp:97 apt=96\na=rtcp-fb:* nack\na=rtpmap:97 rtx/90000\n"
                        "a=simulcast:send b\na=rid:b send\na=rtpmap:96 VP8/90000\n");
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->formats[0], (Format{96, "VP8", 90'000, 0, "", {"nack"}}));
  EXPECT_EQ(one->formats[1], (Format{97, "rtx", 90'000, 0, "apt=96", {"nack"}, 96}));
}

// RFC 4585 §4.2: '*', more spaces than one, doubles, and ends with a space.
TEST(MediaDescription, ReadsFeedbackAsOthersWriteIt) {
  const auto video = read(kVideo +
                          "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=rtcp-fb:96 nack\n"
                          "a=rtcp-fb:* nack  pli \na=rtcp-fb:* nack\n")
                         .value();
  EXPECT_THAT(video.formats[0].feedback, ElementsAre("nack", "nack pli"));
  EXPECT_THAT(video.formats[1].feedback, ElementsAre("nack pli", "nack"));
}

TEST(MediaDescription, JoinsTheLinesOfOneFormat) {
  EXPECT_EQ(read(kVideo + "a=fmtp:96  a=1; \na=fmtp:96 b=2\n").value().formats[0].fmtp, "a=1;;b=2");
}

// RFC 9429 §5.3.1, RFC 8285 §5: what is said for the session is said for each section.
TEST(MediaDescription, ReadsWhatTheSessionSays) {
  const auto session = parsed(
      "a=extmap:3 urn:a\na=extmap:4 urn:b\na=extmap-allow-mixed\n"
      "a=recvonly\na=cryptex\na=rtcp-mux\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=extmap:7 urn:b\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=inactive\n");
  const auto first = read_media(session, session.media[0]).value();
  EXPECT_THAT(first.extensions, ElementsAre(Extension{7, "urn:b", sdp::Direction::SendRecv, ""},
                                            Extension{3, "urn:a", sdp::Direction::SendRecv, ""}));
  EXPECT_EQ(first.direction, sdp::Direction::RecvOnly);
  EXPECT_TRUE(first.may_mix_extensions && first.cryptex);
  EXPECT_FALSE(first.rtcp_mux);
  const auto second = read_media(session, session.media[1]).value();
  EXPECT_EQ(second.direction, sdp::Direction::Inactive);
  EXPECT_THAT(second.extensions, SizeIs(2));
}

TEST(MediaDescription, SendsBothWaysWhenNothingIsSaid) {  // RFC 8866 §6.7
  EXPECT_EQ(read("m=audio 9 UDP/TLS/RTP/SAVPF 0\n").value().direction, sdp::Direction::SendRecv);
}

struct Wrong {
  std::string section;
  std::size_t line;  // the section's first is 5
  ErrorCode code = ErrorCode::SyntaxError;
};

// RFC 9429 §5.8.2, §5.8.3, §5.10; RFC 5761 §4.
TEST(MediaDescription, NamesTheLineThatIsWrong) {
  const auto invalid = ErrorCode::InvalidAccess;
  const Wrong table[] = {
      {"m=video 9 UDP/TLS/RTP/SAVPF 96 128\n", 5},
      {"m=video 9 UDP/TLS/RTP/SAVPF x\n", 5},
      {"m=video 9 UDP/TLS/RTP/SAVPF 64\na=rtcp-mux\n", 5, invalid},
      {"m=video 9 UDP/TLS/RTP/SAVPF 95\na=rtcp-mux\n", 5, invalid},
      {kVideo + "a=rtpmap:96\n", 7},
      {kVideo + "a=rtpmap:96 VP8\n", 7},
      {kVideo + "a=rtpmap:96 VP8/0\n", 7},
      {kVideo + "a=rtpmap:96 /90000\n", 7},
      {kVideo + "a=rtpmap:x VP8/90000\n", 7},
      {kVideo + "a=fmtp:x a=b\n", 7},
      {kVideo + "a=rtcp-fb:x nack\n", 7},
      {kVideo + "a=extmap:x urn:a\n", 7},
      {kVideo + "a=extmap:1\n", 7},
      {kVideo + "a=extmap:1/both urn:a\n", 7},
      {kVideo + "a=msid:\n", 7},
      {kVideo + "a=ssrc:x cname:c\n", 7},
      {kVideo + "a=ssrc:4294967296 cname:c\n", 7},
      {kVideo + "a=rid:a\n", 7},
      {kVideo + "a=rid:a both\n", 7},
      {kVideo + "a=rid:a! send\n", 7},
      {kVideo + "a=simulcast:a;b\n", 7},
      {kVideo + "a=simulcast:send\n", 7},
      {kVideo + "a=rid:a send\na=simulcast:send a send a\n", 8},
      {kVideo + "a=rid:a send\na=simulcast:send a;;a\n", 8},
      {kVideo + "a=rid:a send\na=simulcast:send a;b\n", 8, invalid},
      {kVideo + "a=rid:a send\na=simulcast:recv a\n", 8, invalid},
      {kVideo + "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=98\n", 8, invalid},
  };
  for (const Wrong& wrong : table) {
    const auto result = read(wrong.section);
    ASSERT_FALSE(result.has_value()) << wrong.section;
    EXPECT_EQ(result.error().sdp_line, wrong.line) << wrong.section;
    EXPECT_EQ(result.error().code, wrong.code) << wrong.section;
    EXPECT_THAT(result.error().message, HasSubstr("line " + std::to_string(wrong.line)));
  }
}

// What some do, and what does no harm.
TEST(MediaDescription, PassesOverWhatIsNotUsed) {
  const char* const lines[] = {"a=fmtp:96\n",
                               "a=rtpmap:35 AV1/90000\n",
                               "a=extmap:0 urn:a\n",
                               "a=extmap:4096 urn:a\n",
                               "a=rtcp-fb:96\n",
                               "a=ssrc-group:SIM 1 2 3\n",
                               "a=ssrc-group:FID 1\n",
                               "a=ssrc-group:FID 7 7\n",
                               "a=ssrc-group:FID 0 7\n",
                               "a=ssrc-group:FID 7 0\n",
                               "a=rtpmap:97 rtx/90000\n"};
  for (const char* line : lines) {
    const auto result = read(kVideo + line);
    ASSERT_TRUE(result.has_value()) << line;
    EXPECT_THAT(result->extensions, IsEmpty());
    EXPECT_THAT(result->flow_pairs, IsEmpty());
  }
  // Without multiplexing RFC 5761 demands nothing.
  EXPECT_TRUE(read("m=video 9 UDP/TLS/RTP/SAVPF 64\n").has_value());
  // The first of two counts.
  const auto twice = read(
      "m=audio 9 UDP/TLS/RTP/SAVPF 0 0\na=extmap:1 urn:a\na=extmap:1 urn:b\n"
      "a=rid:a send\na=rid:a send pt=1\na=simulcast:send a\na=simulcast:x\n");
  ASSERT_TRUE(twice.has_value());
  EXPECT_THAT(twice->formats, SizeIs(1));
  EXPECT_EQ(twice->extensions[0].uri, "urn:a");
  EXPECT_THAT(twice->rids, SizeIs(1));
}

std::string many(int count, const std::function<std::string(std::string)>& line) {
  std::string out = kVideo;
  for (int i = 1; i <= count; ++i) out += line(std::to_string(i));
  return out;
}

TEST(MediaDescription, HasLimits) {
  using D = MediaDescription;
  const auto msids = read(many(100, [](auto i) { return "a=msid:" + i + "\n"; })).value();
  EXPECT_THAT(msids.msids, SizeIs(D::kMaxMsids));
  const auto sources = read(many(200, [](auto i) { return "a=ssrc:" + i + " cname:c\n"; })).value();
  EXPECT_THAT(sources.sources, SizeIs(D::kMaxSources));
  const auto pairs =
      read(many(200, [](auto i) { return "a=ssrc-group:FID " + i + " 9\n"; })).value();
  EXPECT_LE(pairs.flow_pairs.size(), D::kMaxSources);
  const auto feedback = read(many(200, [](auto i) { return "a=rtcp-fb:96 x" + i + "\n"; })).value();
  EXPECT_THAT(feedback.formats[0].feedback, SizeIs(D::kMaxFeedback));
  EXPECT_THAT(
      read(kVideo + "a=rtcp-fb:96 " + std::string(65, 'x') + "\n").value().formats[0].feedback,
      IsEmpty());
  const auto ids = read(many(300, [](auto i) { return "a=extmap:" + i + " urn:" + i + "\n"; }));
  EXPECT_THAT(ids.value().extensions, SizeIs(255));
  EXPECT_TRUE(read(many(64, [](auto i) { return "a=rid:" + i + " send\n"; })).has_value());
  EXPECT_EQ(read(many(65, [](auto i) { return "a=rid:" + i + " send\n"; })).error().sdp_line, 71);
  std::string list = "a=rid:a send\na=simulcast:send a";
  for (int i = 0; i < 64; ++i) list += ";a";
  EXPECT_EQ(read(kVideo + list + "\n").error().sdp_line, 8);
}

TEST(MediaDescription, HasParametersOfLimitedSize) {
  const auto line = [](std::size_t bytes) { return "a=fmtp:96 " + std::string(bytes, 'a') + "\n"; };
  constexpr std::size_t kMost = MediaDescription::kMaxParametersBytes - 1;  // and a ';'
  EXPECT_EQ(read(kVideo + line(kMost)).value().formats[0].fmtp.size(), kMost);
  for (const std::string& lines :
       {"a=fmtp:96 a\n" + line(kMost + 1), line(kMost) + "a=fmtp:96 a\n"}) {
    const auto result = read(kVideo + lines);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::SyntaxError);
    EXPECT_EQ(result.error().sdp_line, 8);
  }
  // Of what is no format of the section nothing is kept.
  EXPECT_TRUE(read(kVideo + "a=fmtp:35 " + std::string(kMost + 1, 'a') + "\n").has_value());
}

// What the session says is said of a thousand sections: it must not become a thousand copies.
TEST(MediaDescription, HasLimitsOfWhatTheSessionSays) {
  using D = MediaDescription;
  const auto attributes = [](std::size_t bytes) {
    const auto session =
        parsed("a=extmap:1 urn:x " + std::string(bytes, 'y') + "\nm=audio 9 UDP/TLS/RTP/SAVPF 0\n");
    return read_media(session, session.media[0]).value().extensions.at(0).attributes.size();
  };
  EXPECT_EQ(attributes(D::kMaxExtensionAttributesBytes), D::kMaxExtensionAttributesBytes);
  EXPECT_EQ(attributes(D::kMaxExtensionAttributesBytes + 1), 0u);
  std::string lines;
  for (int i = 1; i <= 100; ++i)
    lines += "a=extmap:" + std::to_string(i) + " urn:" + std::to_string(i) + "\n";
  const auto many = parsed(lines + "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=extmap:200 urn:x\n");
  EXPECT_THAT(read_media(many, many.media[0]).value().extensions,
              SizeIs(D::kMaxSessionExtensions + 1));
  const auto long_one =
      parsed("a=extmap:1 urn:x " + std::string(900'000, 'y') + "\nm=audio 9 UDP/TLS/RTP/SAVPF 0\n");
  EXPECT_THAT(read_media(long_one, long_one.media[0]).value().extensions, IsEmpty());
}

TEST(MediaDescription, TakesLinearTime) {
  std::string text = "m=video 9 UDP/TLS/RTP/SAVPF";
  for (int i = 0; i < 20'000; ++i) text += " 96";
  text += "\n";
  for (int i = 0; i < 60'000; ++i) text += "a=ssrc:" + std::to_string(i) + " a\n";
  EXPECT_TRUE(read(text).has_value());
}

// What is said of all formats has a copy in each.
TEST(MediaDescription, FeedbackOfAllFormatsHasALimit) {
  std::string text = "m=audio 9 UDP/TLS/RTP/SAVPF", lines;
  for (int i = 0; i < 128; ++i) text += " " + std::to_string(i);
  for (int i = 0; i < 32; ++i) lines += "a=rtcp-fb:* " + std::to_string(i) + "\n";
  const auto media = read(text + "\na=rtpmap:111 opus/48000/2\n" + lines).value();
  std::size_t held = 0;
  for (const Format& format : media.formats) held += format.feedback.size();
  EXPECT_GT(held, 0u);
  EXPECT_LE(held, 500u);
  EXPECT_EQ(media.find_format(111)->feedback.size(), 16u);
  EXPECT_THAT(media.find_format(112)->feedback, IsEmpty());
}

TEST(MediaDescription, RestrictionsOfARidHaveALimit) {
  std::string restrictions;
  for (int i = 0; i < 200'000; ++i) restrictions += "pt=1;";
  EXPECT_FALSE(read(kVideo + "a=rid:a send " + restrictions + "\n"));
  EXPECT_TRUE(read(kVideo + "a=rid:a send pt=96;max-width=1280;max-height=720;max-fps=30\n"));
}

// RFC 3264 §6.1: all pairs.
TEST(Directions, AreAnsweredByTheReverseOfWhatWasOffered) {
  using enum sdp::Direction;
  const sdp::Direction all[] = {SendRecv, SendOnly, RecvOnly, Inactive};
  // Rows: offered; columns: wanted.
  const sdp::Direction answers[4][4] = {{SendRecv, SendOnly, RecvOnly, Inactive},
                                        {RecvOnly, Inactive, RecvOnly, Inactive},
                                        {SendOnly, SendOnly, Inactive, Inactive},
                                        {Inactive, Inactive, Inactive, Inactive}};
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) EXPECT_EQ(answered(all[i], all[j]), answers[i][j]);
  }
  EXPECT_EQ(reversed(SendOnly), RecvOnly);
  EXPECT_EQ(reversed(RecvOnly), SendOnly);
  EXPECT_EQ(reversed(SendRecv), SendRecv);
  EXPECT_EQ(reversed(Inactive), Inactive);
}

// RFC 8830 §2; older endpoints have it with their sources.
TEST(Streams, AreThoseOfMsidElseOfTheSources) {
  const auto streams = [](const std::string& lines) {
    return streams_of(read(kVideo + lines).value());
  };
  EXPECT_THAT(streams(""), IsEmpty());
  EXPECT_THAT(streams("a=msid:- t\n"), IsEmpty());
  EXPECT_THAT(streams("a=msid:a t\na=msid:b t\na=msid:a u\n"), ElementsAre("a", "b"));
  EXPECT_THAT(streams("a=ssrc:1 msid:a t\na=ssrc:2 msid:a t\n"), ElementsAre("a"));
  EXPECT_THAT(streams("a=msid:- t\na=ssrc:1 msid:a t\n"), IsEmpty());
  EXPECT_EQ(track_id_of(read(kVideo + "a=msid:a t\n").value()), "t");
  EXPECT_EQ(track_id_of(read(kVideo + "a=msid:a\na=ssrc:1 msid:a u\n").value()), "u");
  EXPECT_EQ(track_id_of(read(kVideo).value()), "");
}

}  // namespace
}  // namespace specter::jsep
