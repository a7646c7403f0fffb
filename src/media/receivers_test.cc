// What comes of packets: frames in time, repairs, events and reports, in virtual time.
#include "media/receivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/testing/receiving.h"
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

struct Media : ::testing::Test {
  Media() { receiving.receivers.set(receiving.now, kVideoTrack, video()); }

  // The packets of the next frame, 33 ms and 3000 ticks after the one before.
  std::vector<Buffer> next(bool is_key = false, std::size_t size = 2500) {
    source.timestamp += 3000;
    return source.frame(vp8_frame(++number, is_key, size));
  }
  void begin() {
    receiving.tell(next(true));
    EXPECT_THAT(receiving.take_frames(), SizeIs(1));
  }
  Buffer last_frame(bool is_key = false) const { return vp8_frame(number, is_key, 2500); }

  Source source;
  std::uint32_t number = 0;
  Receiving receiving;
};

// ---- frames

TEST_F(Media, AFrameIsGivenWithItsLastPacket) {
  const auto packets = next(true);
  ASSERT_EQ(packets.size(), 3u);
  receiving.tell(packets[0]);
  receiving.tell(packets[1]);
  EXPECT_THAT(receiving.frames, IsEmpty());
  receiving.tell(packets[2]);
  ASSERT_THAT(receiving.frames, SizeIs(1));
  const core::Frame& frame = receiving.frames[0];
  EXPECT_EQ(frame.transceiver, kVideoTrack);
  EXPECT_EQ(frame.rid, "");
  EXPECT_EQ(frame.dropped, 0u);
  EXPECT_EQ(frame.frame.bytes, last_frame(true));
  EXPECT_EQ(frame.frame.codec, "VP8");
  EXPECT_EQ(frame.frame.rtp_timestamp, source.timestamp);
  EXPECT_TRUE(frame.frame.is_key_frame);
  EXPECT_FALSE(frame.frame.follows_loss);
  EXPECT_EQ(frame.frame.width, 640);
  EXPECT_EQ(frame.frame.height, 480);
  EXPECT_EQ(frame.frame.captured_at, std::nullopt);
  EXPECT_EQ(frame.frame.rotation, std::nullopt);
}

TEST_F(Media, FiftyMillisecondsOfReorderingAreNoGap) {
  begin();
  auto packets = next();
  receiving.tell(packets[0]);
  receiving.tell(packets[2]);
  auto later = next();
  receiving.run(5ms);
  receiving.tell(later);
  receiving.run(45ms);
  receiving.tell(packets[1]);
  ASSERT_THAT(receiving.frames, SizeIs(2));
  for (const auto& each : receiving.frames) EXPECT_FALSE(each.frame.follows_loss);
  EXPECT_EQ(receiving.frames[1].frame.bytes, last_frame());
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), IsEmpty());
}

TEST_F(Media, ALostPacketIsAskedForRepairedAndGiven) {
  receiving.receivers.set_round_trip(40ms);
  begin();
  const auto lost = next();
  receiving.tell(lost[0]);
  receiving.tell(next());
  EXPECT_THAT(receiving.take_nacked(), ElementsAre(104, 105));
  receiving.run(40ms);
  EXPECT_THAT(receiving.take_nacked(), ElementsAre(104, 105)) << "again, a round trip later";
  receiving.tell(source.repair(lost[2]));
  receiving.tell(source.repair(lost[1]));
  ASSERT_THAT(receiving.frames, SizeIs(2));
  EXPECT_FALSE(receiving.frames[0].frame.follows_loss);
  EXPECT_EQ(receiving.frames[1].frame.bytes, last_frame());
  EXPECT_EQ(receiving.receivers.next_timeout(), std::nullopt);
  const InboundRtpStats stats = receiving.stats();
  EXPECT_EQ(stats.retransmitted_packets_received, 2u);
  EXPECT_EQ(stats.nack_count, 2u);
  EXPECT_EQ(stats.packets_lost, 2) << "RTX repairs do not reduce it";
  EXPECT_EQ(stats.packets_received, 9u);
  EXPECT_EQ(stats.rtx_ssrc, 2000u);
}

// docs/failures.md row 159: the wait is jitter_buffer, and a round trip for the repair.
TEST_F(Media, WhatIsNotRepairedIsGivenUpAndAKeyFrameAskedFor) {
  receiving.receivers.set_round_trip(40ms);
  begin();
  const auto lost = next();
  receiving.tell(lost[0]);
  receiving.tell(lost[2]);
  receiving.tell(next());
  receiving.run(139ms);
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), IsEmpty());
  receiving.run(1ms);
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(),
              ElementsAre(rtcp::PictureLoss{.sender_ssrc = 1, .media_ssrc = 1000}));
  receiving.take_nacked();
  receiving.tell(next());
  EXPECT_THAT(receiving.frames, IsEmpty()) << "nothing can be decoded";
  receiving.tell(source.repair(lost[1]));
  EXPECT_THAT(receiving.frames, IsEmpty()) << "too late";
  receiving.tell(next(true));
  ASSERT_THAT(receiving.frames, SizeIs(1));
  EXPECT_TRUE(receiving.frames[0].frame.follows_loss);
  receiving.run(10s);
  EXPECT_THAT(receiving.take_nacked(), IsEmpty());
  const InboundRtpStats stats = receiving.stats();
  EXPECT_EQ(stats.frames_dropped, 3u);
  EXPECT_EQ(stats.frames_received, 4u);
  EXPECT_EQ(stats.key_frames_received, 2u);
  EXPECT_EQ(stats.pli_count, 1u);
  EXPECT_EQ(stats.packets_discarded, 1u);
}

TEST_F(Media, WithoutAWaitNothingWaits) {
  Receiving eager({.jitter_buffer = 0ms});
  eager.receivers.set(eager.now, kVideoTrack, video());
  eager.tell(next(true));
  const auto lost = next();
  eager.tell(lost[0]);
  eager.tell(lost[2]);
  EXPECT_THAT(eager.take<rtcp::PictureLoss>(), SizeIs(1));
}

// docs/failures.md row 153
TEST_F(Media, NothingIsAskedForThatIsOlderThanAWholeKeyFrame) {
  begin();
  const auto lost = next();
  receiving.tell(lost[0]);
  receiving.tell(next(true));
  EXPECT_THAT(receiving.take_nacked(), IsEmpty());
  ASSERT_THAT(receiving.frames, SizeIs(1)) << "at once";
  EXPECT_TRUE(receiving.frames[0].frame.is_key_frame);
  EXPECT_TRUE(receiving.frames[0].frame.follows_loss);
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), IsEmpty());
}

TEST_F(Media, WithoutNegotiationNothingIsAskedFor) {
  rtp::ReceiveParameters parameters = video();
  for (auto& codec : parameters.codecs)
    codec.nack = codec.picture_loss = codec.full_intra_request = codec.transport_wide = false;
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  source.extensions.add(kTransportId, rtp::TransportSequence{7});
  begin();
  const auto lost = next();
  receiving.tell(lost[0]);
  receiving.tell(next());
  receiving.tell(next());
  receiving.run(1s);
  EXPECT_THAT(receiving.said, IsEmpty());
  EXPECT_EQ(receiving.receivers.request_key_frame(receiving.now, kVideoTrack, "").error().code,
            ErrorCode::NotSupported);
}

TEST_F(Media, WhereOnlyFirIsNegotiatedItsNumbersGrow) {
  rtp::ReceiveParameters parameters = video();
  for (auto& codec : parameters.codecs) codec.picture_loss = false;
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  begin();
  for (std::uint8_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(receiving.receivers.request_key_frame(receiving.now, kVideoTrack, ""));
    EXPECT_THAT(receiving.take<rtcp::FullIntraRequest>(),
                ElementsAre(rtcp::FullIntraRequest{1, {{1000, i}}}));
    receiving.run(500ms);
  }
  EXPECT_EQ(receiving.stats().fir_count, 2u);
}

// docs/failures.md row 160: however many ask, and whatever else is a reason.
TEST_F(Media, KeyFrameRequestsAreMerged) {
  EXPECT_EQ(receiving.receivers.request_key_frame(receiving.now, kVideoTrack, "").error().code,
            ErrorCode::InvalidState);
  begin();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(receiving.receivers.request_key_frame(receiving.now, kVideoTrack, ""));
    receiving.run(10ms);
  }
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), SizeIs(2));
  EXPECT_EQ(receiving.receivers.request_key_frame(receiving.now, kVideoTrack, "x").error().code,
            ErrorCode::NotFound);
  EXPECT_EQ(receiving.receivers.request_key_frame(receiving.now, kAudioTrack, "").error().code,
            ErrorCode::NotFound);
}

TEST_F(Media, AStreamThatBeginsWithoutAKeyFrameAsksAfter200Milliseconds) {
  for (int i = 0; i < 30; ++i) {
    receiving.tell(next());
    receiving.run(33ms);
    const std::size_t asked = receiving.take<rtcp::PictureLoss>().size();
    // The first one is due at 200 ms, the second 500 ms later.
    EXPECT_EQ(asked, i == 6 || i == 21 ? 1u : 0u) << i;
  }
  EXPECT_THAT(receiving.frames, IsEmpty());
}

// docs/failures.md row 156: packets of padding take numbers, and are no loss and no frame.
TEST_F(Media, PaddingFillsTheSequence) {
  begin();
  receiving.tell(source.padding());
  receiving.tell(next());
  receiving.tell(source.padding());
  receiving.tell(source.padding());
  receiving.tell(next());
  EXPECT_THAT(receiving.take_frames(), SizeIs(2));
  EXPECT_THAT(receiving.take_nacked(), IsEmpty());
  EXPECT_EQ(receiving.stats().packets_received, 12u);
  EXPECT_EQ(receiving.stats().packets_lost, 0);
  // Lost padding is a gap for the sequence, and none for the pictures.
  source.padding();
  receiving.tell(next());
  receiving.run(1s);
  ASSERT_THAT(receiving.frames, SizeIs(1));
  EXPECT_FALSE(receiving.frames[0].frame.follows_loss);
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), IsEmpty());
}

TEST_F(Media, TwinsAreDiscarded) {
  begin();
  const auto packets = next();
  receiving.tell(packets[0]);
  receiving.tell(packets[0]);
  receiving.tell(packets[2]);
  receiving.tell(packets[2]);
  receiving.tell(packets[1]);
  receiving.tell(source.repair(packets[1]));
  EXPECT_THAT(receiving.take_frames(), SizeIs(1));
  EXPECT_EQ(receiving.stats().packets_discarded, 3u);
  EXPECT_EQ(receiving.stats().retransmitted_packets_received, 0u);
}

TEST_F(Media, RetransmissionsWithoutAPacketAreProbes) {
  begin();
  rtp::Packet probe;
  probe.header = source.header(false);
  --source.sequence;
  probe.header.ssrc = source.rtx_ssrc;
  probe.header.payload_type = kVp8Rtx;
  for (const Buffer& payload : {Buffer{}, Buffer{1}}) {
    probe.payload = payload;
    probe.padding = 200;
    receiving.tell(bytes_of(probe));
  }
  EXPECT_EQ(receiving.stats().packets_received, 5u);
  EXPECT_EQ(receiving.stats().packets_discarded, 0u);
  receiving.tell(next());
  EXPECT_THAT(receiving.take_frames(), SizeIs(1));
}

// docs/failures.md row 151
TEST_F(Media, ARepairThatComesFirstIsNoNewPrimary) {
  const auto packets = next(true);
  receiving.tell(source.repair(packets[0]));
  EXPECT_THAT(receiving.states, IsEmpty());
  receiving.tell(packets);
  EXPECT_THAT(receiving.take_frames(), SizeIs(1));
  EXPECT_EQ(receiving.stats().ssrc, 1000u);
}

// docs/failures.md row 153
TEST_F(Media, GapsInTheRetransmissionsAreNobodysLoss) {
  begin();
  const auto packets = next();
  receiving.tell(packets[0]);
  receiving.tell(source.repair(packets[1]));
  source.rtx_sequence += 10;
  receiving.tell(source.repair(packets[2]));
  EXPECT_THAT(receiving.take_frames(), SizeIs(1));
  receiving.run(1s);
  EXPECT_THAT(receiving.take_nacked(), IsEmpty());
}

TEST_F(Media, NumbersAndTimestampsWrap) {
  source.sequence = 65'500;
  source.timestamp = 0xffff'f000;
  begin();
  for (int i = 0; i < 30; ++i) {
    auto packets = next();
    std::swap(packets[0], packets[1]);
    receiving.tell(packets);
  }
  ASSERT_THAT(receiving.frames, SizeIs(30));
  for (const auto& each : receiving.frames) EXPECT_FALSE(each.frame.follows_loss);
  EXPECT_EQ(receiving.stats().packets_lost, 0);
}

// RFC 7741 §4.2: 15 bits of picture id come round after 32,768 pictures.
TEST_F(Media, PictureIdsComeRound) {
  begin();
  for (int i = 0; i < 40'000; ++i) receiving.tell(next(false, 40));
  EXPECT_THAT(receiving.take_frames(), SizeIs(40'000));
  EXPECT_EQ(receiving.stats().frames_dropped, 0u);
}

TEST_F(Media, AMissingMarkerEndsNoStream) {
  begin();
  auto packets = next(false, 40);
  packets[0][1] &= 0x7f;
  receiving.tell(packets);
  EXPECT_THAT(receiving.frames, IsEmpty());
  receiving.tell(next());
  EXPECT_THAT(receiving.frames, SizeIs(2));
}

TEST_F(Media, AnotherCodecBeginsWithItsKeyFrame) {
  begin();
  Source h264("H264", kH264);
  h264.sequence = source.sequence;
  h264.timestamp = source.timestamp + 3000;
  const Buffer slice = {0, 0, 0, 1, 0x41, 0x9a, 1, 2, 3};
  const Buffer key = {0, 0,    0,    1,    0x67, 0x42, 0xe0, 0x1f, 0xda, 0,    0,    0,
                      1, 0x68, 0xce, 0x3c, 0x80, 0,    0,    0,    1,    0x65, 0x88, 0x84};
  receiving.tell(h264.frame(slice));
  EXPECT_THAT(receiving.frames, IsEmpty());
  h264.timestamp += 3000;
  receiving.tell(h264.frame(key));
  ASSERT_THAT(receiving.frames, SizeIs(1));
  EXPECT_EQ(receiving.frames[0].frame.codec, "H264");
  EXPECT_EQ(receiving.frames[0].frame.bytes, key);
  EXPECT_TRUE(receiving.frames[0].frame.follows_loss);
}

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

// ---- muted and unmuted: W3C §5.3

TEST_F(Media, IsUnmutedByItsFirstPacketAndMutedByNegotiation) {
  EXPECT_THAT(receiving.states, IsEmpty());
  receiving.tell(next(true)[0]);
  EXPECT_THAT(receiving.states, ElementsAre(Pair(kVideoTrack, false)));
  rtp::ReceiveParameters parameters = video();
  parameters.is_active = false;
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  receiving.poll();
  EXPECT_THAT(receiving.states, ElementsAre(Pair(kVideoTrack, false), Pair(kVideoTrack, true)));
  receiving.tell(next(true));
  EXPECT_THAT(receiving.frames, IsEmpty());
  EXPECT_EQ(receiving.receivers.counts().inactive, 3u);
  EXPECT_EQ(receiving.receivers.next_timeout(), std::nullopt) << "no timer while it is paused";
  parameters.is_active = true;
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  receiving.poll();
  EXPECT_THAT(receiving.states, SizeIs(2)) << "not before a packet";
  receiving.tell(next(true));
  EXPECT_THAT(receiving.states, SizeIs(3));
  EXPECT_THAT(receiving.frames, SizeIs(1));
  EXPECT_THAT(receiving.take_nacked(), IsEmpty()) << "what came while it was paused is not missing";
}

TEST_F(Media, AByeMutesAndEndsNothing) {
  begin();
  receiving.tell(rtcp::Message(rtcp::Bye{{77, 1000}, std::nullopt}));
  EXPECT_THAT(receiving.states, ElementsAre(Pair(kVideoTrack, false), Pair(kVideoTrack, true)));
  receiving.tell(next());
  EXPECT_THAT(receiving.states, SizeIs(3));
  EXPECT_THAT(receiving.take_frames(), SizeIs(1));
}

// docs/failures.md row 158
TEST_F(Media, AnotherSourceGoesOnWithTheTrack) {
  begin();
  const auto lost = next();
  receiving.tell(lost[0]);
  receiving.tell(lost[2]);
  Source other("VP8", kVp8, 1001);
  other.sequence = 40'000;
  other.rtx_ssrc = 2001;
  other.timestamp = 77;
  receiving.tell(other.frame(vp8_frame(1, true)));
  ASSERT_THAT(receiving.frames, SizeIs(1));
  EXPECT_TRUE(receiving.frames[0].frame.follows_loss);
  EXPECT_THAT(receiving.states, SizeIs(1)) << "neither muted nor ended";
  receiving.run(200ms);
  EXPECT_THAT(receiving.take_nacked(), IsEmpty()) << "nothing of the old source";
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), IsEmpty());

  // What the new one has overtaken is late, and so are repairs of the old one.
  receiving.tell(next());
  receiving.tell(source.repair(lost[1]));
  EXPECT_EQ(receiving.stats().ssrc, 1001u);
  EXPECT_THAT(receiving.frames, SizeIs(1));
  // After a second of silence it may come back.
  receiving.run(1s);
  receiving.tell(next(true));
  EXPECT_THAT(receiving.frames, SizeIs(2));
  EXPECT_EQ(receiving.stats().ssrc, 1000u);
}

TEST_F(Media, NumbersThatBeginAnewAreANewBeginning) {
  begin();
  source.sequence = 30'000;
  receiving.tell(next());  // the first packet is refused, the second one confirms
  receiving.tell(next());
  receiving.tell(next(true));
  EXPECT_THAT(receiving.frames, SizeIs(1));
  EXPECT_THAT(receiving.take_nacked(), IsEmpty());
}

// ---- simulcast

struct Simulcast : ::testing::Test {
  Simulcast() { receiving.receivers.set(receiving.now, kVideoTrack, simulcast()); }

  std::vector<Buffer> frame(Source& source, bool is_key, bool with_rid, const char* rid) {
    source.extensions.clear();
    source.extensions.add(kMidId, rtp::Mid{"0"});
    if (with_rid) source.extensions.add(kRidId, rtp::Rid{rid});
    source.timestamp += 3000;
    return source.frame(vp8_frame(++number, is_key, 2500));
  }

  Source low{"VP8", kVp8, 1000}, high{"VP8", kVp8, 1001};
  std::uint32_t number = 0;
  Receiving receiving;
};

TEST_F(Simulcast, EachEncodingIsAStream) {
  receiving.tell(frame(low, true, true, "l"));
  receiving.tell(frame(high, true, true, "h"));
  receiving.tell(frame(high, false, false, ""));
  ASSERT_THAT(receiving.frames, SizeIs(3));
  EXPECT_EQ(receiving.frames[0].rid, "l");
  EXPECT_EQ(receiving.frames[1].rid, "h");
  EXPECT_EQ(receiving.frames[2].rid, "h");
  EXPECT_THAT(receiving.states, SizeIs(1));
  ASSERT_TRUE(receiving.receivers.request_key_frame(receiving.now, kVideoTrack, "h"));
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), ElementsAre(rtcp::PictureLoss{1, 1001}));
  receiving.tell(rtcp::Message(rtcp::Bye{{1001}, std::nullopt}));
  EXPECT_THAT(receiving.states, SizeIs(1)) << "the other one goes on";
  receiving.tell(rtcp::Message(rtcp::Bye{{1000}, std::nullopt}));
  EXPECT_THAT(receiving.states, SizeIs(2));
}

// docs/failures.md row 150: the first packet has lost its RID on the way, or never had one.
TEST_F(Simulcast, WhatComesBeforeTheRidIsKept) {
  auto first = frame(high, true, false, "");
  ASSERT_EQ(first.size(), 3u);
  receiving.tell(first[0]);
  receiving.tell(first[1]);
  EXPECT_THAT(receiving.states, IsEmpty()) << "no track before a RID";
  high.sequence -= 1;
  receiving.run(400ms);
  high.timestamp -= 3000;
  auto again = frame(high, true, true, "h");
  (void)again;
  // The third packet of the same frame, with its RID.
  rtp::Packet last = rtp::Packet::parse(first[2]).value();
  rtp::Extensions extensions;
  extensions.add(kRidId, rtp::Rid{"h"});
  Buffer block;
  ByteWriter out(block);
  extensions.write(out);
  last.extension = {rtp::kOneByteProfile, Bytes(block).subspan(4)};
  receiving.tell(bytes_of(last));
  ASSERT_THAT(receiving.frames, SizeIs(1)) << "whole, from its first packet on";
  EXPECT_EQ(receiving.frames[0].rid, "h");
}

TEST_F(Simulcast, WhatWaitsForItsRidIsBounded) {
  for (int i = 0; i < 200; ++i) receiving.tell(frame(high, true, false, ""));
  EXPECT_GT(receiving.receivers.counts().unknown_encoding, 400u);
  receiving.run(ReceiveTrack::kSoughtLife);
  const auto before = receiving.receivers.counts().unknown_encoding;
  receiving.tell(frame(high, true, false, ""));
  EXPECT_EQ(receiving.receivers.counts().unknown_encoding, before) << "the old ones have gone";
}

// docs/failures.md row 151
TEST_F(Simulcast, RepairsAreThoseOfTheirEncoding) {
  low.rtx_ssrc = 2000;
  high.rtx_ssrc = 2001;
  receiving.tell(frame(low, true, true, "l"));
  receiving.tell(frame(high, true, true, "h"));
  for (Source* source : {&low, &high}) {
    auto lost = frame(*source, false, false, "");
    receiving.tell(lost[0]);
    receiving.tell(lost[2]);
    rtp::Packet repair;
    const Buffer bytes = source->repair(lost[1]);
    repair = rtp::Packet::parse(bytes).value();
    rtp::Extensions extensions;
    extensions.add(kRepairedRidId, rtp::RepairedRid{source == &low ? "l" : "h"});
    Buffer block;
    ByteWriter out(block);
    extensions.write(out);
    repair.extension = {rtp::kOneByteProfile, Bytes(block).subspan(4)};
    receiving.tell(bytes_of(repair));
  }
  EXPECT_THAT(receiving.frames, SizeIs(4));
}

// ---- packets instead of frames

TEST_F(Media, PacketsComeInTheOrderOfArrivalInTheirOriginalForm) {
  ASSERT_TRUE(receiving.receivers.set_delivery(kVideoTrack, MediaDelivery::Rtp));
  const auto first = next(true);
  const auto second = next();
  for (const Buffer& each : {first[0], first[2], source.repair(first[1]), second[0]})
    receiving.receivers.handle_packet(receiving.now, each);
  receiving.poll();
  ASSERT_THAT(receiving.packets, SizeIs(1)) << "one event for what came since the last poll";
  EXPECT_THAT(receiving.packets[0].packets, ElementsAre(first[0], first[2], first[1], second[0]));
  EXPECT_THAT(receiving.frames, IsEmpty());
  receiving.tell(second[2]);
  receiving.run(10ms);
  EXPECT_THAT(receiving.take_nacked(), ElementsAre(104)) << "repairs are asked for all the same";
}

TEST_F(Media, RestoredPacketsHaveTheRidOfTheOriginal) {
  receiving.receivers.set(receiving.now, kVideoTrack, simulcast());
  ASSERT_TRUE(receiving.receivers.set_delivery(kVideoTrack, MediaDelivery::Rtp));
  source.extensions.add(kMidId, rtp::Mid{"0"});
  source.extensions.add(kRidId, rtp::Rid{"h"});
  const auto packets = next(true);
  receiving.tell(packets[0]);
  source.extensions.clear();
  source.extensions.add(kMidId, rtp::Mid{"0"});
  source.extensions.add(kRepairedRidId, rtp::RepairedRid{"h"});
  source.sequence -= 2;
  const Buffer repair = source.repair(next(true)[0]);
  receiving.tell(repair);
  ASSERT_THAT(receiving.packets, SizeIs(2));
  const Buffer& restored = receiving.packets[1].packets[0];
  const auto parsed = rtp::Packet::parse(restored).value();
  EXPECT_EQ(parsed.header.ssrc, 1000u);
  EXPECT_EQ(parsed.header.payload_type, kVp8);
  EXPECT_EQ(as_text(rtp::find(*parsed.extension, kRidId).value()), "h");
  EXPECT_EQ(rtp::find(*parsed.extension, kRepairedRidId), std::nullopt);
}

TEST_F(Media, ATrackWithoutDepacketizersComesAsPackets) {
  rtp::ReceiveParameters parameters = audio();
  parameters.codecs.erase(parameters.codecs.begin());
  receiving.receivers.set(receiving.now, kAudioTrack, parameters);
  EXPECT_EQ(receiving.receivers.set_delivery(kAudioTrack, MediaDelivery::Frames).error().code,
            ErrorCode::NotSupported);
  Source tone("opus", kOther, 3);
  receiving.tell(tone.packet(Buffer{1, 2, 3}, false));
  EXPECT_THAT(receiving.packets, SizeIs(1));
}

TEST_F(Media, TheChoiceOfDeliveryMayComeBeforeTheTrack) {
  ASSERT_TRUE(receiving.receivers.set_delivery(kAudioTrack, MediaDelivery::Rtp));
  receiving.receivers.set(receiving.now, kAudioTrack, audio());
  Source sound("opus", kOpus, 3);
  receiving.tell(sound.frame(opus_packet(1)));
  EXPECT_THAT(receiving.packets, SizeIs(1));
  EXPECT_THAT(receiving.frames, IsEmpty());
}

// ---- limits: MediaOptions::frame_buffer_bytes

TEST_F(Media, FramesThatNobodyPollsAreDroppedAndAKeyFrameAskedFor) {
  Receiving slow({.frame_buffer_bytes = 64 * 1024});
  slow.receivers.set(slow.now, kVideoTrack, video());
  std::size_t most = 0;
  for (int i = 0; i < 100; ++i) {
    for (const Buffer& each : next(i == 0)) slow.receivers.handle_packet(slow.now, each);
    most = std::max(most, slow.receivers.waiting_bytes(kVideoTrack));
  }
  EXPECT_LE(most, 64u * 1024);
  EXPECT_GT(most, 56u * 1024);
  EXPECT_THAT(slow.take<rtcp::PictureLoss>(), SizeIs(1));
  slow.poll();
  EXPECT_THAT(slow.frames, IsEmpty()) << "none of them can be decoded without the first";
  slow.tell(next(true));
  ASSERT_THAT(slow.frames, SizeIs(1));
  EXPECT_TRUE(slow.frames[0].frame.follows_loss);
  EXPECT_GT(slow.frames[0].dropped, 20u);
}

TEST_F(Media, PacketsThatWaitForOthersShareTheLimit) {
  Receiving small({.jitter_buffer = 1s, .frame_buffer_bytes = 64 * 1024});
  small.receivers.set(small.now, kVideoTrack, video());
  small.tell(next(true));
  std::size_t most = 0;
  (void)source.padding();  // lost
  for (int i = 0; i < 200; ++i) {
    for (const Buffer& each : next()) {
      small.receivers.handle_packet(small.now, each);
      most = std::max(most, small.receivers.waiting_bytes(kVideoTrack));
    }
  }
  EXPECT_LE(most, 64u * 1024);
  EXPECT_GT(most, 60u * 1024);
}

// ---- transport-wide feedback, before anything else is known of a packet

TEST_F(Media, FeedbackTellsOfEveryPacketOfTheTransport) {
  receiving.receivers.set(receiving.now, kAudioTrack, audio());
  std::uint16_t transport = 40'000;
  const auto number_it = [&](Source& each) {
    each.extensions.clear();
    each.extensions.add(kTransportId, rtp::TransportSequence{transport++});
  };
  Source sound("opus", kOpus, 3), probe("VP8", kVp8Rtx, 0), stranger("VP8", 99, 9);
  number_it(source);
  receiving.tell(next(true, 40));
  number_it(sound);
  receiving.tell(sound.frame(opus_packet(1)));
  number_it(probe);
  receiving.tell(probe.padding());
  number_it(stranger);
  receiving.tell(stranger.padding());
  receiving.run(100ms);
  const auto feedback = receiving.take<rtcp::TransportFeedback>();
  ASSERT_THAT(feedback, SizeIs(1));
  EXPECT_EQ(feedback[0].first_sequence, 40'000);
  EXPECT_EQ(feedback[0].arrivals.size(), 4u);
  EXPECT_EQ(receiving.receivers.counts().probes, 1u);
  EXPECT_EQ(receiving.receivers.counts().unknown_source, 1u);
}

// docs/failures.md row 162
TEST_F(Media, ProbesOfSsrc0AreOfNoStream) {
  Source probe("VP8", kVp8Rtx, 0);
  receiving.tell(probe.padding());
  EXPECT_THAT(receiving.states, IsEmpty());
  EXPECT_EQ(receiving.receivers.next_timeout(), std::nullopt);
  std::vector<rtcp::Message> reports;
  receiving.receivers.write_reports(receiving.now, reports);
  EXPECT_THAT(reports, IsEmpty());
}

// ---- reports

TEST_F(Media, ReportBlocksAreOfPrimariesThatWereHeard) {
  begin();
  receiving.tell(next()[0]);
  source.sequence += 0;
  rtcp::SenderReport report;
  report.ssrc = 1000;
  report.ntp = {0x0001'0002'0003'0004};
  receiving.tell(rtcp::Message(report));
  const auto lost = next();
  receiving.tell(lost[0]);
  receiving.tell(source.repair(lost[1]));
  receiving.run(500ms);
  receiving.said.clear();
  std::vector<rtcp::Message> out;
  receiving.receivers.write_reports(receiving.now, out);
  ASSERT_THAT(out, SizeIs(1));
  const auto& receiver_report = std::get<rtcp::ReceiverReport>(out[0]);
  EXPECT_EQ(receiver_report.ssrc, 1u);
  ASSERT_THAT(receiver_report.blocks, SizeIs(1));
  const rtcp::ReportBlock& block = receiver_report.blocks[0];
  EXPECT_EQ(block.ssrc, 1000u);
  EXPECT_EQ(block.highest_sequence, 106u);
  EXPECT_EQ(block.cumulative_lost, 2);
  EXPECT_EQ(block.fraction_lost, 2 * 256 / 7);
  EXPECT_EQ(block.last_sr.value, 0x0002'0003u);
  EXPECT_EQ(block.delay_since_last_sr.value, 0x8000u);
  out.clear();
  receiving.receivers.write_reports(receiving.now, out);
  EXPECT_THAT(out, IsEmpty()) << "nothing came since";
}

TEST_F(Media, ReportsHave31BlocksEach) {
  std::vector<std::string> rids;
  for (int i = 0; i < 40; ++i) rids.push_back("r" + std::to_string(i));
  receiving.receivers.set(receiving.now, kVideoTrack, simulcast(rids));
  for (std::uint32_t i = 0; i < 40; ++i) {
    Source each("VP8", kVp8, 5000 + i);
    each.extensions.add(kRidId, rtp::Rid{rids[i]});
    receiving.tell(each.frame(vp8_frame(1, true)));
  }
  std::vector<rtcp::Message> out;
  receiving.receivers.write_reports(receiving.now, out);
  ASSERT_THAT(out, SizeIs(2));
  EXPECT_THAT(std::get<rtcp::ReceiverReport>(out[0]).blocks, SizeIs(31));
  EXPECT_THAT(std::get<rtcp::ReceiverReport>(out[1]).blocks, SizeIs(9));
}

// RFC 3611 §4.4, §4.5
TEST_F(Media, ReferenceTimesAreAnswered) {
  for (std::uint32_t i = 0; i < 40; ++i)
    receiving.tell(rtcp::Message(rtcp::ExtendedReport{
        i, {rtcp::ReceiverReferenceTime{{std::uint64_t{0x10000 + i} << 16}}}}));
  receiving.run(250ms);
  std::vector<rtcp::Message> out;
  receiving.receivers.write_reports(receiving.now, out);
  ASSERT_THAT(out, SizeIs(1));
  const auto& blocks = std::get<rtcp::ExtendedReport>(out[0]).blocks;
  ASSERT_THAT(blocks, SizeIs(1));
  const auto& receivers = std::get<rtcp::DelaySinceLastRr>(blocks[0]).receivers;
  ASSERT_THAT(receivers, SizeIs(Receivers::kMaxReferenceTimes));
  EXPECT_EQ(receivers[3], (rtcp::DelaySinceLastRr::Receiver{3, {0x10003}, {0x4000}}));
  out.clear();
  receiving.receivers.write_reports(receiving.now, out);
  EXPECT_THAT(out, IsEmpty());
}

// ---- what is none of ours

TEST_F(Media, PacketsOfNobodyAreCountedByCause) {
  receiving.tell(Buffer{0x80, 1, 2});
  Source stranger("VP8", 99, 9);
  receiving.tell(stranger.padding());
  stranger.extensions.add(kMidId, rtp::Mid{"x"});
  receiving.tell(stranger.padding());
  stranger.extensions.clear();
  stranger.extensions.add(kMidId, rtp::Mid{"0"});
  receiving.tell(stranger.padding());
  ReceiverCounts counts;
  counts.malformed = counts.unknown_source = counts.unknown_mid = counts.unknown_payload = 1;
  EXPECT_EQ(receiving.receivers.counts(), counts);
}

TEST_F(Media, ATrackThatIsRemovedIsForgotten) {
  for (const Buffer& each : next(true)) receiving.receivers.handle_packet(receiving.now, each);
  receiving.receivers.remove(receiving.now, kVideoTrack);
  EXPECT_EQ(receiving.receivers.poll_event(), std::nullopt);
  EXPECT_EQ(receiving.receivers.next_timeout(), std::nullopt);
  receiving.tell(next());
  EXPECT_EQ(receiving.receivers.counts().unknown_source, 3u);
}

}  // namespace
}  // namespace specter::media
