#include "jsep/codec_match.h"

#include <gmock/gmock.h>

#include "jsep/testing/media_sections.h"

namespace specter::jsep {
namespace {

Format video(std::string name, std::string fmtp = "", std::uint8_t payload_type = 96) {
  return {payload_type, std::move(name), 90'000, 0, std::move(fmtp), {}};
}

// RFC 8866 §6.15 has no spaces and no empty parameters; others have.
TEST(FormatParameters, AreReadAsOthersWriteThem) {
  for (const char* fmtp : {"apt=96", "APT=96", " apt = 96 ; ", ";;apt=96;", "x;y=1;apt=96;apt=97"})
    EXPECT_EQ(FormatParameters(fmtp).value("apt"), "96") << fmtp;
  EXPECT_EQ(FormatParameters("x").value("x"), "");
  EXPECT_EQ(FormatParameters("").value("x"), std::nullopt);
  EXPECT_EQ(FormatParameters("B=X; a=1").normalized(), FormatParameters("a=1;b=x;").normalized());
  EXPECT_NE(FormatParameters("a=1").normalized(), FormatParameters("a=2").normalized());
}

TEST(Formats, AreOneCodecByNameClockAndChannels) {
  const Format opus{111, "opus", 48'000, 2, "minptime=10", {}};
  EXPECT_TRUE(is_same_codec(opus, {109, "OPUS", 48'000, 2, "stereo=1;maxplaybackrate=48000", {}}));
  EXPECT_FALSE(is_same_codec(opus, {111, "opus", 48'000, 1, "", {}}));
  EXPECT_FALSE(is_same_codec(opus, {111, "opus", 8'000, 2, "", {}}));
  EXPECT_FALSE(is_same_codec(opus, {111, "multiopus", 48'000, 2, "", {}}));
  EXPECT_TRUE(is_same_codec(video("VP8", "max-fs=12288;max-fr=60"), video("vp8")));
  EXPECT_FALSE(is_same_codec(video(""), video("")));
  EXPECT_FALSE(is_same_codec(video("rtx", "apt=96"), video("rtx", "apt=96")));
}

struct Pair {
  const char* codec;
  const char* one;
  const char* other;
  bool is_same;
};

// RFC 6184 §8.2.2: profile and packetization mode decide, the level does not; §8.1: what is meant
// when nothing is said. RFC 9628 §7, RFC 7798 §7.1, and the payload format of AV1.
TEST(Formats, AreOneCodecByTheParametersThatDecide) {
  const Pair table[] = {
      {"H264", "profile-level-id=42e01f;packetization-mode=1",
       "profile-level-id=42e034;packetization-mode=1", true},
      {"H264", "profile-level-id=42E01F; packetization-mode=1",
       "Packetization-Mode=1;profile-level-id=42c00b", true},
      {"H264", "profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f", false},
      {"H264", "profile-level-id=42e01f;packetization-mode=0", "profile-level-id=42e01f", true},
      {"H264", "profile-level-id=42e01f", "profile-level-id=42001f", false},
      {"H264", "profile-level-id=42e01f", "profile-level-id=4d801f", true},
      {"H264", "profile-level-id=640c1f", "profile-level-id=64001f", false},
      {"H264", "", "profile-level-id=42000a", true},
      {"H264", "profile-level-id=42001f;packetization-mode=2",
       "profile-level-id=42001f;packetization-mode=2", false},
      {"H264", "profile-level-id=nonsense", "profile-level-id=nonsense", false},
      {"VP9", "", "profile-id=0", true},
      {"VP9", "profile-id=2", "", false},
      {"VP9", "profile-id=2", "profile-id=2;max-fr=30", true},
      {"AV1", "level-idx=5;profile=0;tier=0", "", true},
      {"AV1", "profile=1", "", false},
      {"H265", "level-id=93", "profile-id=1;tier-flag=0;tx-mode=srst", true},
      {"H265", "profile-id=2", "", false},
  };
  for (const Pair& pair : table) {
    const Format one = video(pair.codec, pair.one), other = video(pair.codec, pair.other);
    EXPECT_EQ(is_same_codec(one, other), pair.is_same) << pair.one << " / " << pair.other;
    EXPECT_EQ(is_same_codec(other, one), pair.is_same) << pair.one << " / " << pair.other;
  }
}

struct Answer {
  const char* offered;
  const char* ours;
  const char* answer;
};

// RFC 6184 §8.2.2.
TEST(Formats, OfH264AreAnsweredWithTheLevelThatBothAllow) {
  const Answer table[] = {
      // Asymmetric: our level is our own.
      {"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e00d",
       "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
       "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
      // One side does not allow it: the lower one.
      {"packetization-mode=1;profile-level-id=42c015",
       "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
       "packetization-mode=1;profile-level-id=42c015"},
      {"packetization-mode=1;profile-level-id=42c034",
       "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
       "packetization-mode=1;profile-level-id=42c01f"},
      {"", "profile-level-id=42001f", "packetization-mode=0;profile-level-id=42000a"},
      // Level 1b is a flag in these profiles.
      {"profile-level-id=42e01f", "profile-level-id=42f00b",
       "packetization-mode=0;profile-level-id=42f00b"},
      {"profile-level-id=42f00b", "profile-level-id=42e01f",
       "packetization-mode=0;profile-level-id=42f00b"},
      // What else we say of ourselves.
      {"profile-level-id=42e01f", "max-fs=3600;profile-level-id=42e01f",
       "packetization-mode=0;profile-level-id=42e01f;max-fs=3600"},
  };
  for (const Answer& row : table)
    EXPECT_EQ(fmtp_to_answer(video("H264", row.offered), video("H264", row.ours)), row.answer);
}

TEST(Formats, AreAnsweredWithOurParameters) {
  EXPECT_EQ(fmtp_to_answer(video("VP8", "max-fs=12288"), video("VP8", "max-fr=30")), "max-fr=30");
  // RFC 2198 §5: these are payload types.
  EXPECT_EQ(fmtp_to_answer(video("red", "109/109"), video("red", "111/111")), "109/109");
}

TEST(Codecs, MatchByEveryParameter) {
  const RtpCodec ours = video_codec(108, "H264", "packetization-mode=1;profile-level-id=42e01f");
  RtpCodec other = ours;
  other.mime_type = "VIDEO/h264";
  other.payload_type = 35;
  other.rtcp_feedback.clear();
  other.sdp_fmtp_line = "profile-level-id=42E01F; packetization-mode=1";
  EXPECT_TRUE(is_match(ours, other, Levels::Compared));
  other.sdp_fmtp_line = "packetization-mode=1;profile-level-id=42e00a";
  EXPECT_FALSE(is_match(ours, other, Levels::Compared));
  EXPECT_TRUE(is_match(ours, other, Levels::Ignored));
  other.sdp_fmtp_line = "packetization-mode=0;profile-level-id=42e01f";
  EXPECT_FALSE(is_match(ours, other, Levels::Ignored));
  other = ours;
  other.kind = MediaKind::Audio;
  EXPECT_FALSE(is_match(ours, other, Levels::Ignored));
  other = ours;
  other.clock_rate = 8'000;
  EXPECT_FALSE(is_match(ours, other, Levels::Compared));
}

TEST(Codecs, AreFormatsAndBack) {
  const RtpCodec vp8 = video_codec(96, "VP8", "max-fs=1");
  EXPECT_EQ(codec_of(format_of(vp8), MediaKind::Video), vp8);
  EXPECT_EQ(format_of(opus()).channels, 2);
  EXPECT_EQ(format_of({MediaKind::Audio, 0, "audio/PCMU", 8'000, 0, "", {}}).channels, 1);
  EXPECT_EQ(name_of({.mime_type = "opus"}), "");
}

// RFC 4588 §8.6.
TEST(Retransmission, NamesItsPayloadType) {
  EXPECT_EQ(apt_of(" apt=96; rtx-time=3000"), 96);
  EXPECT_EQ(apt_of("apt=128"), std::nullopt);
  EXPECT_EQ(apt_of(""), std::nullopt);
  EXPECT_TRUE(is_rtx("RTX"));
  for (const char* name : {"rtx", "RED", "ulpfec", "flexfec-03", "cn", "telephone-event"})
    EXPECT_TRUE(is_auxiliary(name)) << name;
  for (const char* name : {"VP8", "opus", "", "PCMU"}) EXPECT_FALSE(is_auxiliary(name)) << name;
}

}  // namespace
}  // namespace specter::jsep
