// The values of the header extensions, but those of layers, which have tests of their own.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "rtp/extensions/absolute_capture_time.h"
#include "rtp/extensions/absolute_send_time.h"
#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/mid.h"
#include "rtp/extensions/playout_delay.h"
#include "rtp/extensions/rid.h"
#include "rtp/extensions/transmission_offset.h"
#include "rtp/extensions/transport_sequence.h"
#include "rtp/extensions/video_orientation.h"
#include "testing/hex.h"

namespace specter::rtp {
namespace {

using namespace std::chrono_literals;
using specter::testing::hex;

template <class Extension>
Buffer written(const Extension& extension) {
  Buffer bytes;
  ByteWriter out(bytes);
  extension.write(out);
  return bytes;
}

// Known bytes read, the same written.
template <class Extension>
void expect_bytes(const Extension& value, std::string_view text) {
  EXPECT_EQ(Extension::parse(hex(text)), value) << text;
  EXPECT_EQ(written(value), hex(text)) << text;
}

// Values of these lengths, and of no other up to 32, are read.
template <class Extension>
void expect_sizes(std::initializer_list<std::size_t> sizes) {
  for (std::size_t size = 0; size <= 32; ++size) {
    const auto parsed = Extension::parse(Buffer(size, 0));
    const bool is_allowed = std::ranges::find(sizes, size) != sizes.end();
    EXPECT_EQ(parsed.has_value(), is_allowed) << size;
    if (!parsed) {
      EXPECT_EQ(parsed.error(), ParseError::BadLength) << size;
    }
  }
}

TEST(RtpMid, IsATokenOfAtLeastOneByte) {
  expect_bytes(Mid{"0"}, "30");
  expect_bytes(Mid{"video-1"}, "76 69 64 65 6f 2d 31");
  EXPECT_EQ(Mid::parse({}), std::unexpected(ParseError::BadLength));
  for (const std::string_view text : {"a b", "a\"", "a:b", "\x80", "a\n"})
    EXPECT_EQ(Mid::parse(as_bytes(text)), std::unexpected(ParseError::BadValue)) << text;
  EXPECT_EQ(Mid::parse(hex("6100")), std::unexpected(ParseError::BadValue));
}

TEST(RtpRid, ReadsWhatEitherRfcAllows) {
  expect_bytes(Rid{"hi0"}, "68 69 30");
  expect_bytes(RepairedRid{"hi0"}, "68 69 30");
  EXPECT_EQ(Rid::parse(as_bytes("a-b_c")), Rid{"a-b_c"});
  EXPECT_EQ(Rid::parse({}), std::unexpected(ParseError::BadLength));
  EXPECT_EQ(RepairedRid::parse({}), std::unexpected(ParseError::BadLength));
  for (const std::string_view text : {"a b", "a;", "\xc3\xa4", "a="})
    EXPECT_EQ(Rid::parse(as_bytes(text)), std::unexpected(ParseError::BadValue)) << text;
}

TEST(RtpRid, StrictOnesAreLettersAndDigits) {
  EXPECT_TRUE(is_strict_rid("Hi0"));
  EXPECT_TRUE(is_strict_rid(std::string(255, 'a')));
  for (const std::string& text :
       {std::string(), std::string(256, 'a'), std::string("a-b"), std::string("a_b")})
    EXPECT_FALSE(is_strict_rid(text)) << text;
}

TEST(RtpAudioLevel, KeepsTheVoiceBit) {
  expect_bytes(AudioLevel{.is_voice = false, .level = 127}, "7f");
  expect_bytes(AudioLevel{.is_voice = true, .level = 0}, "80");
  expect_bytes(AudioLevel{.is_voice = true, .level = 42}, "aa");
  expect_sizes<AudioLevel>({1});
  EXPECT_THROW(written(AudioLevel{.level = 128}), Bug);
}

TEST(RtpAudioLevel, OfEachContributingSource) {
  expect_bytes(CsrcAudioLevels{{127, 0, 42}}, "7f 00 2a");
  EXPECT_EQ(CsrcAudioLevels::parse(hex("ff 80")), (CsrcAudioLevels{{127, 0}}));
  expect_sizes<CsrcAudioLevels>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
}

TEST(RtpVideoOrientation, HasCameraFlipAndRotation) {
  expect_bytes(VideoOrientation{}, "00");
  expect_bytes(VideoOrientation{.quarter_turns = 1}, "01");
  expect_bytes(VideoOrientation{.is_flipped = true}, "04");
  expect_bytes(VideoOrientation{.is_back_camera = true, .is_flipped = true, .quarter_turns = 3},
               "0f");
  EXPECT_EQ(VideoOrientation::parse(hex("f2")), VideoOrientation{.quarter_turns = 2});
  expect_sizes<VideoOrientation>({1});
}

TEST(RtpAbsoluteSendTime, IsSecondsIn18BitsOfFraction) {
  expect_bytes(AbsoluteSendTime::at(Timestamp(0s)), "000000");
  expect_bytes(AbsoluteSendTime::at(Timestamp(1s)), "040000");
  expect_bytes(AbsoluteSendTime::at(Timestamp(63s + 500ms)), "fe0000");
  expect_bytes(AbsoluteSendTime::at(Timestamp(64s)), "000000");
  expect_bytes(AbsoluteSendTime::at(Timestamp(64s - 1ns)), "000000");  // to the nearest
  expect_sizes<AbsoluteSendTime>({3});
}

TEST(RtpAbsoluteSendTime, DifferencesSurviveTheWrap) {
  const auto before = AbsoluteSendTime::at(Timestamp(640s - 1s));
  const auto after = AbsoluteSendTime::at(Timestamp(640s + 2s));
  EXPECT_EQ(after.since(before), 3s);
  EXPECT_EQ(before.since(after), -3s);
  EXPECT_EQ(before.since(before), 0s);
}

TEST(RtpTransmissionOffset, IsSigned) {
  expect_bytes(TransmissionOffset{0}, "000000");
  expect_bytes(TransmissionOffset{1}, "000001");
  expect_bytes(TransmissionOffset{-1}, "ffffff");
  expect_bytes(TransmissionOffset{TransmissionOffset::kMax}, "7fffff");
  expect_bytes(TransmissionOffset{TransmissionOffset::kMin}, "800000");
  expect_sizes<TransmissionOffset>({3});
  EXPECT_THROW(written(TransmissionOffset{TransmissionOffset::kMax + 1}), Bug);
}

TEST(RtpTransportSequence, HasTwoBytes) {
  expect_bytes(TransportSequence{0xfffe}, "fffe");
  expect_sizes<TransportSequence>({2});
}

TEST(RtpTransportSequence, MayAskForFeedbackInVersion2) {
  expect_bytes(TransportSequence2{.sequence = 0x1234, .request = {}}, "1234");
  expect_bytes(
      TransportSequence2{.sequence = 1, .request = FeedbackRequest{.with_times = true, .count = 5}},
      "0001 8005");
  expect_bytes(TransportSequence2{.sequence = 1,
                                  .request = FeedbackRequest{.with_times = false, .count = 0x7fff}},
               "0001 7fff");
  expect_sizes<TransportSequence2>({2, 4});
}

TEST(RtpAbsoluteCaptureTime, MayHaveAClockOffset) {
  expect_bytes(AbsoluteCaptureTime{.ntp = 0x0102030405060708, .clock_offset = {}},
               "0102030405060708");
  expect_bytes(AbsoluteCaptureTime{.ntp = 1, .clock_offset = -1},
               "0000000000000001 ffffffffffffffff");
  expect_sizes<AbsoluteCaptureTime>({8, 16});
}

TEST(RtpPlayoutDelay, IsInTensOfMilliseconds) {
  expect_bytes(PlayoutDelay{}, "000000");
  expect_bytes(PlayoutDelay{.least = 10ms, .most = 200ms}, "001014");
  expect_bytes(PlayoutDelay{.least = PlayoutDelay::kMax, .most = PlayoutDelay::kMax}, "ffffff");
  EXPECT_EQ(written(PlayoutDelay{.least = 19ms, .most = 29ms}), hex("001002"));
  EXPECT_EQ(PlayoutDelay::parse(hex("002001")), std::unexpected(ParseError::BadValue));
  expect_sizes<PlayoutDelay>({3});
  EXPECT_THROW(written(PlayoutDelay{.least = 20ms, .most = 10ms}), Bug);
  EXPECT_THROW(written(PlayoutDelay{.least = 0ms, .most = PlayoutDelay::kMax + 10ms}), Bug);
}

}  // namespace
}  // namespace specter::rtp
