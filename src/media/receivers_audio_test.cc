// What comes of the packets of audio, and what is told of frames.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/testing/stage.h"
#include "rtp/extensions/absolute_capture_time.h"
#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/video_orientation.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// ---- what is told of a frame

TEST_F(Media, TheRotationStaysUntilItChanges) {
  begin();
  source.extensions.add(kOrientationId, rtp::VideoOrientation{.quarter_turns = 3});
  receiving.tell(next());
  source.extensions.clear();
  receiving.tell(next());
  source.extensions.add(kOrientationId, rtp::VideoOrientation{.quarter_turns = 0});
  receiving.tell(next());
  ASSERT_THAT(receiving.frames, SizeIs(3));
  EXPECT_EQ(receiving.frames[0].frame.rotation, 270);
  EXPECT_EQ(receiving.frames[1].frame.rotation, 270);
  EXPECT_EQ(receiving.frames[2].frame.rotation, 0);
}

TEST_F(Media, ReportsAndCaptureTimesSayWhenAFrameWasCaptured) {
  begin();
  rtcp::SenderReport report;
  report.ssrc = 1000;
  report.ntp = {std::uint64_t{4'000'000'000} << 32};
  report.rtp_timestamp = source.timestamp;
  report.packets = 3;
  report.octets = 2500;
  receiving.tell(rtcp::Message(report));
  receiving.tell(next());
  source.extensions.add(kCaptureId, rtp::AbsoluteCaptureTime{std::uint64_t{5000} << 32, {}});
  receiving.tell(next());
  source.extensions.clear();
  receiving.tell(next());
  ASSERT_THAT(receiving.frames, SizeIs(3));
  EXPECT_EQ(receiving.frames[0].frame.captured_at, 4'000'000'000s + 33'333'333ns);
  EXPECT_EQ(receiving.frames[1].frame.captured_at, 5000s);
  EXPECT_EQ(receiving.frames[2].frame.captured_at, 5000s + 33'333'333ns);

  Stats stats;
  receiving.receivers.add_stats(stats);
  ASSERT_THAT(stats.remote_outbound_rtp, SizeIs(1));
  EXPECT_EQ(stats.remote_outbound_rtp[0].packets_sent, 3u);
  EXPECT_EQ(stats.remote_outbound_rtp[0].bytes_sent, 2500u);
  EXPECT_EQ(stats.remote_outbound_rtp[0].reports_sent, 1u);
  EXPECT_EQ(stats.remote_outbound_rtp[0].remote_timestamp, 4'000'000'000s);
}

// ---- audio

struct Sound : ::testing::Test {
  Sound() { receiving.receivers.set(receiving.now, kAudioTrack, audio()); }

  Buffer next() {
    source.timestamp += 960;
    return source.frame(opus_packet(number++))[0];
  }

  Source source{"opus", kOpus};
  std::uint8_t number = 0;
  Receiving receiving;
};

TEST_F(Sound, GapsPassAfterTheWait) {
  receiving.tell(next());
  next();
  receiving.tell(next());
  receiving.run(99ms);
  EXPECT_THAT(receiving.frames, SizeIs(1));
  receiving.run(1ms);
  ASSERT_THAT(receiving.frames, SizeIs(2));
  EXPECT_TRUE(receiving.frames[1].frame.follows_loss);
  EXPECT_EQ(receiving.frames[1].frame.bytes, opus_packet(2));
  EXPECT_EQ(receiving.frames[1].frame.codec, "opus");
  EXPECT_THAT(receiving.said, IsEmpty());
}

// docs/failures.md row 157: a packet each 400 ms, RFC 7587 §3.1.3.
TEST_F(Sound, AMinuteOfSilenceIsNoLossAndNoEnd) {
  receiving.tell(next());
  for (int i = 0; i < 150; ++i) {
    receiving.run(400ms);
    source.timestamp += 19'200 - 960;
    receiving.tell(next());
  }
  EXPECT_THAT(receiving.frames, SizeIs(151));
  for (const auto& each : receiving.frames) EXPECT_FALSE(each.frame.follows_loss);
  EXPECT_THAT(receiving.states, ElementsAre(Pair(kAudioTrack, false)));
  EXPECT_EQ(receiving.receivers.next_timeout(), std::nullopt);
}

TEST_F(Sound, TheLevelIsThatOfItsPacket) {
  source.extensions.add(kLevelId, rtp::AudioLevel{.is_voice = true, .level = 42});
  receiving.tell(next());
  source.extensions.clear();
  receiving.tell(next());
  ASSERT_THAT(receiving.frames, SizeIs(2));
  EXPECT_EQ(receiving.frames[0].frame.audio_level, 42);
  EXPECT_EQ(receiving.frames[1].frame.audio_level, std::nullopt);
}

// What can't be depacketized comes as packets beside the frames, and is no gap.
TEST_F(Sound, OtherPayloadsComeAsPackets) {
  receiving.tell(next());
  source.payload_type = kOther;
  const Buffer tone = source.packet(Buffer{5, 0x80, 0, 160}, true);
  receiving.tell(tone);
  source.payload_type = kOpus;
  receiving.tell(next());
  ASSERT_THAT(receiving.packets, SizeIs(1));
  EXPECT_THAT(receiving.packets[0].packets, ElementsAre(tone));
  ASSERT_THAT(receiving.frames, SizeIs(2));
  EXPECT_FALSE(receiving.frames[1].frame.follows_loss);

  // Unless frames alone are wanted.
  ASSERT_TRUE(receiving.receivers.set_delivery(kAudioTrack, MediaDelivery::Frames));
  source.payload_type = kOther;
  receiving.tell(source.packet(Buffer{5, 0x80, 0, 160}, true));
  EXPECT_THAT(receiving.packets, SizeIs(1));
  EXPECT_EQ(receiving.stats().packets_discarded, 1u);
}

// RFC 7160: another payload type has another clock, and the same source. The line of times bends.
TEST_F(Sound, AnotherClockRateIsNoJitterAndKeepsTheTimeOfCapture) {
  constexpr std::uint8_t kPcmu = 0;
  auto parameters = audio();
  rtp::NegotiatedCodec pcmu;
  pcmu.codec = {MediaKind::Audio, kPcmu, "audio/PCMU", 8000, 1};
  pcmu.encoding_name = "PCMU";
  parameters.codecs.push_back(pcmu);
  receiving.receivers.set(receiving.now, kAudioTrack, parameters);
  receiving.tell(next());
  rtcp::SenderReport report;
  report.ssrc = 1000;
  report.ntp = {std::uint64_t{4'000'000'000} << 32};
  report.rtp_timestamp = source.timestamp;
  receiving.tell(rtcp::Message(report));
  const auto tell = [&](const Buffer& packet) {
    receiving.run(20ms);
    receiving.tell(packet);
  };
  for (int i = 1; i < 10; ++i) tell(next());

  source.payload_type = kPcmu;
  source.timestamp += 960;
  for (int i = 10; i < 20; ++i) {
    tell(source.packet(Buffer(160, 0xff), false));
    source.timestamp += 160;
    EXPECT_EQ(receiving.stats().jitter, Duration{}) << i;
  }
  source.payload_type = kOpus;
  source.timestamp -= 960;
  for (int i = 20; i < 30; ++i) tell(next());
  EXPECT_EQ(receiving.stats().jitter, Duration{});
  ASSERT_THAT(receiving.frames, SizeIs(20));
  EXPECT_THAT(receiving.packets, SizeIs(10));
  EXPECT_EQ(receiving.frames[9].frame.captured_at, 4'000'000'000s + 180ms);
  EXPECT_EQ(receiving.frames[10].frame.captured_at, 4'000'000'000s + 400ms);
  EXPECT_EQ(receiving.frames[19].frame.captured_at, 4'000'000'000s + 580ms);
}

// RFC 4733 §2.1: the same of events, but that they stand on the audio's timestamps.
TEST_F(Sound, EventsHaveTheAudiosTimesWhateverTheirClockRate) {
  auto parameters = audio();
  parameters.codecs[1].codec.clock_rate = 8000;
  receiving.receivers.set(receiving.now, kAudioTrack, parameters);
  receiving.tell(next());
  rtcp::SenderReport report;
  report.ssrc = 1000;
  report.ntp = {std::uint64_t{4'000'000'000} << 32};
  report.rtp_timestamp = source.timestamp;
  receiving.tell(rtcp::Message(report));
  source.payload_type = kOther;
  source.timestamp += 960;
  for (int i = 1; i <= 10; ++i) {
    receiving.run(20ms);
    receiving.tell(source.packet(Buffer{5, 0x80, 0, 160}, i == 1));
  }
  source.payload_type = kOpus;
  source.timestamp += 9 * 960;
  receiving.run(20ms);
  receiving.tell(next());
  EXPECT_EQ(receiving.stats().jitter, Duration{});
  ASSERT_THAT(receiving.frames, SizeIs(2));
  EXPECT_EQ(receiving.frames[1].frame.captured_at, 4'000'000'000s + 220ms);
}

// An hour with a clock that is 300 ppm fast: nothing is added, nothing is lost, and the capture
// times follow the reports.
TEST_F(Sound, AClockThatDriftsAddsNothing) {
  const Timestamp start = receiving.now;
  const auto sent = [&](int i) { return start + i * Duration(20ms) * 1'000'000 / 1'000'300; };
  Duration worst{};
  constexpr int kPackets = 180'000;
  for (int i = 0; i < kPackets; ++i) {
    receiving.run_to(sent(i));
    if (i % 250 == 0) {
      rtcp::SenderReport report;
      report.ssrc = 1000;
      const auto true_time = receiving.now - start;
      report.ntp.value =
          (std::uint64_t{4'000'000'000} << 32) +
          static_cast<std::uint64_t>(static_cast<double>(true_time.count()) * 4.294967296);
      report.rtp_timestamp = source.timestamp + 960;
      receiving.tell(rtcp::Message(report));
    }
    receiving.tell(next());
    ASSERT_THAT(receiving.frames, SizeIs(1)) << "at once";
    if (const auto told = receiving.frames[0].frame.captured_at) {
      const Duration error = *told - (4'000'000'000s + (receiving.now - start));
      worst = std::max(worst, std::max(error, -error));
    }
    receiving.frames.clear();
  }
  EXPECT_LE(worst, 1500us) << "five seconds at 300 ppm";
  EXPECT_EQ(receiving.stats().packets_lost, 0);
  EXPECT_LE(receiving.stats().jitter, 50us);
}

}  // namespace
}  // namespace specter::media
