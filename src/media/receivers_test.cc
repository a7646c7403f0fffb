// What comes of the packets of video: frames in time, repairs and requests, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/testing/stage.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), SizeIs(3)) << "at 0, 500 and 1000 ms";
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

}  // namespace
}  // namespace specter::media
