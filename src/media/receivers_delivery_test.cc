// Packets instead of frames, limits, and reports.
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

// RFC 3611 §4.5: the delay is since the last one.
TEST_F(Media, TheLastReferenceTimeOfAReceiverIsAnswered) {
  for (const std::uint64_t time : {0x20001, 0x20002}) {
    receiving.run(100ms);
    receiving.tell(rtcp::Message(
        rtcp::ExtendedReport{5, {rtcp::ReceiverReferenceTime{{std::uint64_t{time} << 16}}}}));
  }
  receiving.run(250ms);
  std::vector<rtcp::Message> out;
  receiving.receivers.write_reports(receiving.now, out);
  ASSERT_THAT(out, SizeIs(1));
  const auto& block = std::get<rtcp::ExtendedReport>(out[0]).blocks.at(0);
  EXPECT_EQ(std::get<rtcp::DelaySinceLastRr>(block),
            (rtcp::DelaySinceLastRr{{{5, {0x20002}, {0x4000}}}}));
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
