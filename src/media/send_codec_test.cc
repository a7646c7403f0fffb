#include "media/send_codec.h"

#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::media {
namespace {

RtpCodec codec(std::string mime_type, std::string fmtp = "", std::uint32_t rate = 90'000,
               std::uint16_t channels = 0) {
  return {MediaKind::Video, 0, std::move(mime_type), rate, channels, std::move(fmtp), {}};
}

TEST(SendCodec, IsFoundByNameRateAndProfile) {
  struct Row {
    RtpCodec wanted, negotiated;
    bool is_same;
  };
  const Row rows[] = {
      {codec("video/VP8"), codec("video/vp8"), true},
      {codec("VP8"), codec("video/VP8"), true},
      {codec("video/VP8"), codec("video/VP9"), false},
      {codec("", ""), codec("video/VP9"), true},
      {codec("audio/opus", "", 0), codec("audio/opus", "", 48'000, 2), true},
      {codec("audio/opus", "", 48'000, 2), codec("audio/opus", "minptime=10", 48'000, 2), true},
      {codec("audio/opus", "", 48'000, 1), codec("audio/opus", "", 48'000, 2), false},
      {codec("audio/L16", "", 8000, 1), codec("audio/L16", "", 16'000, 1), false},
      // RFC 6184 §8.1: what is not said matches; levels and orders don't matter, profiles do.
      {codec("video/H264"), codec("video/H264", "packetization-mode=0"), true},
      {codec("video/H264", "packetization-mode=1"), codec("video/H264", "packetization-mode=0"),
       false},
      {codec("video/H264", "profile-level-id=42e01f;packetization-mode=1"),
       codec("video/H264",
             "level-asymmetry-allowed=1; Packetization-Mode=1;profile-level-id=42E034"),
       true},
      {codec("video/H264", "profile-level-id=42e01f"),
       codec("video/H264", "profile-level-id=64001f"), false},
      // Two ways to write Constrained Baseline.
      {codec("video/H264", "profile-level-id=42e01f"),
       codec("video/H264", "profile-level-id=42c01f"), true},
      {codec("video/VP9", "profile-id=0"), codec("video/VP9", "profile-id=2"), false},
      {codec("video/VP9", ""), codec("video/VP9", "profile-id=2"), true},
      {codec("video/AV1", "profile=1"), codec("video/AV1", "profile=0;tier=0"), false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(is_same_codec(row.wanted, row.negotiated), row.is_same)
        << row.wanted.mime_type << " " << row.wanted.sdp_fmtp_line << " / "
        << row.negotiated.mime_type << " " << row.negotiated.sdp_fmtp_line;
  }
}

TEST(SendCodec, IsTheFirstThatMatches) {
  std::vector<rtp::NegotiatedCodec> negotiated(3);
  negotiated[0].codec = codec("video/VP8");
  negotiated[1].codec = codec("video/H264", "packetization-mode=0");
  negotiated[2].codec = codec("video/H264", "packetization-mode=1");
  EXPECT_EQ(find_codec(negotiated, codec("video/H264")), &negotiated[1]);
  EXPECT_EQ(find_codec(negotiated, codec("video/H264", "packetization-mode=1")), &negotiated[2]);
  EXPECT_EQ(find_codec(negotiated, codec("video/AV1")), nullptr);
  EXPECT_EQ(list_codecs(negotiated),
            "video/VP8, video/H264 (packetization-mode=0), video/H264 (packetization-mode=1)");
}

TEST(SendCodec, ReadsParametersAsTheyAreWritten) {
  EXPECT_EQ(parameter_of("a=1;b=2", "b"), "2");
  EXPECT_EQ(parameter_of(" A = x ; b=2;", "a"), "x");
  EXPECT_EQ(parameter_of("ab=1", "b"), std::nullopt);
  EXPECT_EQ(parameter_of("b", "b"), std::nullopt);
  EXPECT_EQ(parameter_of("", "b"), std::nullopt);
  EXPECT_EQ(parameter_of("a=;b=2", "a"), "");
}

// RFC 6184 §8.1: without a mode it is 0, in which a unit that is too large can't be cut.
TEST(SendCodec, GivesH264ItsMode) {
  simulation::SeededRandom random(1);
  Buffer idr(3000, 0x11);
  const std::uint8_t begin[] = {0, 0, 0, 1, 0x65, 0x88};
  std::ranges::copy(begin, idr.begin());
  codec::Pieces out;
  rtp::NegotiatedCodec negotiated{.codec = codec("video/H264", ""), .encoding_name = "H264"};
  EXPECT_FALSE(make_packetizer(negotiated, random)->packetize({idr}, {1000, 1000}, out));
  negotiated.codec.sdp_fmtp_line = "packetization-mode=1";
  EXPECT_TRUE(make_packetizer(negotiated, random)->packetize({idr}, {1000, 1000}, out));
  negotiated.encoding_name = "nothing";
  EXPECT_FALSE(make_packetizer(negotiated, random));
}

}  // namespace
}  // namespace specter::media
