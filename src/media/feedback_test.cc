// RTCP that comes: reports, requests for key frames, feedback.
#include <gmock/gmock.h>

#include "media/bitrate_feedback.h"
#include "media/testing/send_rig.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr rtcp::PictureLoss kPli{.sender_ssrc = 9, .media_ssrc = kVideoSsrc};

rtcp::FullIntraRequest fir(std::uint8_t number, std::uint32_t ssrc = kVideoSsrc,
                           std::uint32_t from = 9) {
  return {.sender_ssrc = from, .requests = {{ssrc, number}}};
}

// docs/failures.md row 204
TEST(KeyFrameRequests, AreToldInTheSameTurnAndMerged) {
  SendRig rig;
  SendRig::connect(rig);
  rig.now += 1s;
  rig.senders.handle(rig.now, kPli);
  auto events = rig.events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<core::KeyFrameWanted>(events[0]).transceiver, kVideo);
  for (int i = 0; i < 100; ++i) rig.senders.handle(rig.now + i * 1ms, kPli);
  EXPECT_THAT(rig.events(), IsEmpty());
  EXPECT_EQ(rig.stats().pli_count, 101u);
  rig.run(300ms);
  EXPECT_EQ(rig.count<core::KeyFrameWanted>(), 1u);
  rig.run(10s);
  EXPECT_THAT(rig.events(), IsEmpty());
}

TEST(KeyFrameRequests, AreAnsweredByAKeyFrame) {
  SendRig rig;
  SendRig::connect(rig);
  rig.senders.handle(rig.now, kPli);
  EXPECT_EQ(rig.count<core::KeyFrameWanted>(), 1u);
  rig.senders.handle(rig.now, kPli);
  ASSERT_TRUE(rig.write(key_frame()));
  rig.run(1s);
  EXPECT_THAT(rig.events(), IsEmpty());
}

// RFC 5104 §4.3.1: the source is in the request, the number tells a repetition.
TEST(KeyFrameRequests, OfFirAreReadFromTheRightPlace) {
  SendRig rig;
  SendRig::connect(rig);
  const auto is_told = [&](const rtcp::FullIntraRequest& message) {
    rig.now += 1s;
    rig.senders.handle(rig.now, message);
    return rig.count<core::KeyFrameWanted>() == 1;
  };
  EXPECT_TRUE(is_told(fir(7)));
  EXPECT_FALSE(is_told(fir(7)));
  EXPECT_TRUE(is_told(fir(8)));
  EXPECT_TRUE(is_told(fir(8, kVideoSsrc, 10)));  // another asker's numbers are its own
  EXPECT_FALSE(is_told(fir(9, 0x7777)));         // no source of ours
  EXPECT_TRUE(is_told(fir(255)));
  EXPECT_TRUE(is_told(fir(0)));
  EXPECT_EQ(rig.stats().fir_count, 5u);
}

TEST(KeyFrameRequests, GoToTheEncodingThatIsMeant) {
  SendRig rig;
  SendRig::connect(rig, simulcast());
  rig.now += 1s;
  rig.senders.handle(rig.now, rtcp::PictureLoss{9, kVideoSsrc + 2});
  const auto events = rig.events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<core::KeyFrameWanted>(events[0]).rid, "mid");
}

TEST(KeyFrameRequests, MeanNothingForAudioAndForWhatIsNotSent) {
  SendRig rig;
  SendRig::connect(rig, audio(), kAudio);
  rig.senders.handle(rig.now, rtcp::PictureLoss{9, kAudioSsrc});
  auto parameters = video();
  parameters.is_active = false;
  rig.senders.set(rig.now, kVideo, parameters);
  rig.senders.handle(rig.now, kPli);
  EXPECT_THAT(rig.events(), IsEmpty());
}

TEST(KeyFrameRequests, FollowAnotherTrack) {
  SendRig rig;
  auto parameters = video();
  SendRig::connect(rig, parameters);
  rig.now += 1s;
  parameters.track->id = "screen";
  rig.senders.set(rig.now, kVideo, parameters);
  EXPECT_EQ(rig.count<core::KeyFrameWanted>(), 1u);
  rig.now += 1s;
  rig.senders.set(rig.now, kVideo, parameters);  // the same again
  EXPECT_THAT(rig.events(), IsEmpty());
}

// RFC 3550 §6.4.1: of times whose clock comes round each 18 hours.
TEST(Feedback, OfReportsTellsTheRoundTripOverTheWrapOfTheirTimes) {
  SendRig rig;
  // A quarter of a second before the upper 16 bits of NTP's seconds change.
  constexpr std::int64_t kTurn = 1 << 16, kEpochSeconds = 3'900'000'000;
  rig.now =
      Timestamp(std::chrono::seconds((kEpochSeconds / kTurn + 1) * kTurn - kEpochSeconds)) - 250ms;
  SendRig::connect(rig);
  const auto remote = [&] {
    Stats stats;
    rig.senders.add_stats(stats);
    return stats.remote_inbound_rtp.at(0);
  };
  std::vector<Duration> round_trips;
  for (const Duration round_trip : {400ms, 120ms, 80ms}) {
    ASSERT_TRUE(rig.write(key_frame(100)));
    ASSERT_EQ(rig.drain().size(), 1u);
    rig.reports.clear();
    rig.senders.write_reports(rig.now, rig.reports);
    ASSERT_FALSE(rig.reports.empty());
    const rtcp::CompactNtp sr = std::get<rtcp::SenderReport>(rig.reports[0]).ntp.compact();
    if (round_trips.empty()) {
      EXPECT_EQ(sr.value, 0xffff'c000u);
    }
    rig.now += round_trip + 100ms;
    rig.report(kVideoSsrc, {.last_sr = sr, .delay_since_last_sr = rtcp::compact(100ms)});
    round_trips.push_back(remote().round_trip_time.value());
    EXPECT_LT(abs(round_trips.back() - round_trip), 20us);
    EXPECT_LT(abs(*rig.senders.round_trip() - round_trip), 20us);
    rig.now += 2s;
  }
  EXPECT_EQ(remote().round_trip_time_measurements, 3u);
  EXPECT_EQ(remote().total_round_trip_time, round_trips[0] + round_trips[1] + round_trips[2]);
  // Of a peer that has had no report, and of one that kept it for longer than it was away.
  rig.report(kVideoSsrc, {});
  const auto now = rtcp::NtpTime::at(rig.now, kEpoch).compact();
  rig.report(kVideoSsrc, {.last_sr = now, .delay_since_last_sr = rtcp::compact(1s)});
  EXPECT_EQ(remote().reports_received, 5u);
  EXPECT_EQ(remote().round_trip_time_measurements, 3u);
  EXPECT_EQ(remote().round_trip_time, round_trips[2]);
  // It was that of the path.
  rig.senders.handle_path_change(rig.now);
  EXPECT_EQ(rig.senders.round_trip(), std::nullopt);
}

TEST(Feedback, OfReportsBecomesStatistics) {
  SendRig rig;
  SendRig::connect(rig);
  Stats stats;
  rig.senders.add_stats(stats);
  EXPECT_THAT(stats.remote_inbound_rtp, IsEmpty());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(rig.write(key_frame(100)));
    rig.run(10ms);
  }
  const auto sr = rtcp::NtpTime::at(rig.now - 120ms, kEpoch).compact();
  // In a sender report too: RFC 3550 §6.4.1.
  rig.senders.handle(rig.now,
                     rtcp::SenderReport{.ssrc = 9,
                                        .blocks = {{.ssrc = kVideoSsrc,
                                                    .fraction_lost = 64,
                                                    .cumulative_lost = 10,
                                                    .jitter = 900,
                                                    .last_sr = sr,
                                                    .delay_since_last_sr = rtcp::compact(20ms)}}});
  stats = {};
  rig.senders.add_stats(stats);
  ASSERT_THAT(stats.remote_inbound_rtp, SizeIs(1));
  const RemoteInboundRtpStats& remote = stats.remote_inbound_rtp[0];
  EXPECT_EQ(remote.ssrc, kVideoSsrc);
  EXPECT_EQ(remote.packets_lost, 10);
  EXPECT_EQ(remote.packets_received, 90u);
  EXPECT_EQ(remote.fraction_lost, 0.25);
  EXPECT_EQ(remote.jitter, 10ms);
  EXPECT_NEAR(static_cast<double>(remote.round_trip_time->count()), 100e6, 5e4);
  EXPECT_EQ(remote.round_trip_time_measurements, 1u);
  // Duplicates: fewer than none are lost.
  rig.report(kVideoSsrc, {.cumulative_lost = -5});
  stats = {};
  rig.senders.add_stats(stats);
  EXPECT_EQ(stats.remote_inbound_rtp[0].packets_lost, -5);
  EXPECT_EQ(stats.remote_inbound_rtp[0].packets_received, 100u);
}

TEST(Feedback, OfRembIsAnEvent) {
  SendRig rig;
  SendRig::connect(rig);
  rig.senders.handle(rig.now, rtcp::BitrateEstimate{.bits_per_second = 1'234'000});
  const auto events = rig.events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<core::BitrateFeedback>(events[0]).estimate, 1'234'000u);
}

// docs/failures.md row 211
TEST(Feedback, OfTheTransportIsCountedByWhatWasSent) {
  SendRig rig;
  SendRig::connect(rig);
  std::size_t bytes = 0;
  for (int i = 0; i < 40'000; ++i) {  // numbers above 32,767
    ASSERT_TRUE(rig.write(i == 0 ? key_frame(100) : delta_frame(100)));
    for (const Sent& sent : rig.drain()) bytes = sent.bytes.size();
    rig.now += 1ms;
  }
  const auto read = [&](const rtcp::TransportFeedback& message) {
    rig.senders.handle(rig.now, message);
    const auto events = rig.events();
    return events.empty() ? std::nullopt
                          : std::optional(std::get<core::BitrateFeedback>(events.at(0)));
  };
  // Numbers 39,990 to 40,009 of which 40,000 is the last that was sent; three have arrived, the
  // second before the first.
  auto feedback = read({.first_sequence = 39'990,
                        .count = 20,
                        .arrivals = {{39'990, 40}, {39'992, -8}, {39'999, 100}, {40'005, 4}}});
  ASSERT_TRUE(feedback);
  EXPECT_EQ(feedback->packets, 11u);
  EXPECT_EQ(feedback->received, 3u);
  EXPECT_EQ(feedback->received_bytes, 3 * bytes);
  EXPECT_EQ(feedback->received_within, 100 * 250us);
  EXPECT_EQ(feedback->estimate, std::nullopt);
  // The most that it can say, and what is forgotten.
  feedback = read({.first_sequence = 1, .count = 65'535, .arrivals = {{1, 0}, {40'000, 0}}});
  ASSERT_TRUE(feedback);
  EXPECT_EQ(feedback->packets, Senders::kKnownPackets);
  EXPECT_EQ(feedback->received, 1u);
  EXPECT_FALSE(read({.first_sequence = 50'000, .count = 100}));
}

TEST(Feedback, OfRfc8888IsCountedByItsSources) {
  SendRig rig;
  SendRig::connect(rig);
  std::vector<Sent> sent;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(rig.write(key_frame(100)));
    for (Sent& each : rig.run(20ms)) sent.push_back(std::move(each));
  }
  rig.nack({sent[3].sequence()});
  const auto repair = rig.drain();
  ASSERT_THAT(repair, SizeIs(1));
  using Packet = rtcp::CongestionFeedback::Packet;
  const rtcp::CongestionFeedback message{
      .sender_ssrc = 9,
      .streams = {{.ssrc = kVideoSsrc,
                   .first_sequence = sent[8].sequence(),
                   .packets = {Packet::received(0, 500ms), Packet{}, Packet::received(0, 0ms)}},
                  {.ssrc = kVideoRtx,
                   .first_sequence = repair[0].sequence(),
                   .packets = {Packet::received(0, 250ms)}},
                  {.ssrc = 0x9999, .first_sequence = 1, .packets = {Packet::received(0, 1s)}}},
      .report_time = {}};
  rig.senders.handle(rig.now, message);
  const auto events = rig.events();
  ASSERT_THAT(events, SizeIs(1));
  const auto& feedback = std::get<core::BitrateFeedback>(events[0]);
  EXPECT_EQ(feedback.packets, 3u);  // the third of the first stream was never sent
  EXPECT_EQ(feedback.received, 2u);
  EXPECT_EQ(feedback.received_bytes, sent[8].bytes.size() + repair[0].bytes.size());
  EXPECT_EQ(feedback.received_within, 250ms);
}

// Wherever the counter stands in its turn.
TEST(Feedback, OfRfc8888IsUnderstoodAllAroundTheTurn) {
  SendRig rig;
  SendRig::connect(rig);
  using Packet = rtcp::CongestionFeedback::Packet;
  constexpr std::uint32_t kStep = 97;
  for (std::uint32_t number = 1; number < 3 * 65'536; number += kStep) {
    Buffer packet;
    ByteWriter out(packet);
    rtp::Packet{.header = {.sequence = static_cast<std::uint16_t>(number)},
                .payload = Bytes(packet).first(0),
                .padding = 10}
        .write(out);
    ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, packet, ""));
    ASSERT_THAT(rig.run(1ms), SizeIs(1));
    const auto sequence = static_cast<std::uint16_t>(number);
    rig.senders.handle(
        rig.now, rtcp::CongestionFeedback{.sender_ssrc = 9,
                                          .streams = {{.ssrc = kVideoSsrc,
                                                       .first_sequence = sequence,
                                                       .packets = {Packet::received(0, 0ms)}}},
                                          .report_time = {}});
    ASSERT_EQ(rig.count<core::BitrateFeedback>(), 1u) << number;
  }
}

TEST(Feedback, ThatNobodyPollsIsBounded) {
  SendRig rig;
  SendRig::connect(rig);
  for (int i = 0; i < 1000; ++i)
    rig.senders.handle(rig.now, rtcp::BitrateEstimate{.bits_per_second = 1000});
  EXPECT_EQ(rig.count<core::BitrateFeedback>(), Senders::kMaxFeedbackEvents);
  rig.senders.handle(rig.now, rtcp::BitrateEstimate{.bits_per_second = 1000});
  EXPECT_EQ(rig.count<core::BitrateFeedback>(), 1u);
}

TEST(Feedback, OfSourcesThatAreNotOursIsIgnored) {
  SendRig rig;
  SendRig::connect(rig);
  rig.report(0x9999);
  rig.report(0);
  rig.nack({1}, 0);
  rig.senders.handle(rig.now, rtcp::PictureLoss{9, 0});
  rig.senders.handle(rig.now, fir(1, 0));
  rig.senders.handle(rig.now, rtcp::Bye{.ssrcs = {kVideoSsrc}, .reason = std::nullopt});
  EXPECT_THAT(rig.events(), IsEmpty());
  EXPECT_EQ(rig.stats().nack_count, 0u);
}

// RFC 8083: what does not arrive is not sent on, and the encoder is told.
TEST(Feedback, ThatNothingArrivesStopsTheEncodingForAWhile) {
  SendRig rig;
  SendRig::connect(rig);
  const auto second = [&] {
    std::size_t sent = 0;
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(rig.write(key_frame(100)));
      sent += rig.run(100ms).size();
    }
    rig.report(kVideoSsrc, {.highest_sequence = 70'000});
    return sent;
  };
  int seconds = 0;
  while (second() > 0) ASSERT_LT(++seconds, 20);
  EXPECT_EQ(seconds, 6);
  auto events = rig.events();
  ASSERT_FALSE(events.empty());
  EXPECT_FALSE(std::get<core::EncodingWanted>(events.back()).is_wanted);
  EXPECT_FALSE(rig.stats().active);
  ASSERT_TRUE(rig.write(key_frame(100)));  // does not go
  rig.run(30s);
  events = rig.events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_TRUE(std::get<core::EncodingWanted>(events[0]).is_wanted);
  EXPECT_TRUE(std::holds_alternative<core::KeyFrameWanted>(events[1]));
  EXPECT_GT(second(), 0u);
}

// Nothing came for fifteen seconds; then ICE finds another path, or the same one answers again.
TEST(Feedback, IsNotHeldAgainstAPathThatIsAnotherOrThereAgain) {
  for (const bool is_another : {true, false}) {
    SendRig rig;
    SendRig::connect(rig);
    for (int i = 0; i < 170; ++i) {
      EXPECT_TRUE(rig.write(key_frame(100)));
      rig.run(100ms);
      if (i == 5) rig.report(kVideoSsrc, {.highest_sequence = 70'000});
    }
    ASSERT_FALSE(rig.stats().active);
    rig.events();
    if (is_another)
      rig.senders.handle_path_change(rig.now);
    else
      rig.senders.handle_path_answers(rig.now);
    EXPECT_TRUE(rig.stats().active);
    const auto events = rig.events();
    ASSERT_FALSE(events.empty());
    EXPECT_TRUE(std::get<core::EncodingWanted>(events[0]).is_wanted);
    EXPECT_TRUE(rig.write(key_frame(100)));
    EXPECT_FALSE(rig.run(100ms).empty());
  }
}

TEST(Feedback, IsNotHeldAgainstAnEncodingThatTheApplicationStartsAnew) {
  SendRig rig;
  auto parameters = video();
  SendRig::connect(rig, parameters);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(rig.write(key_frame(100)));
    rig.run(100ms);
    if (i % 10 == 9) rig.report(kVideoSsrc, {.highest_sequence = 70'000});
  }
  ASSERT_FALSE(rig.stats().active);
  for (const bool is_active : {false, true}) {
    parameters.encodings[0].parameters.active = is_active;
    rig.senders.set(rig.now, kVideo, parameters);
  }
  EXPECT_TRUE(rig.stats().active);
}

}  // namespace
}  // namespace specter::media
