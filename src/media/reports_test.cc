// RTCP that goes: RFC 3550 §6.
#include <gmock/gmock.h>

#include "media/testing/send_rig.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Report {
  Timestamp at;
  rtcp::SenderReport report;
};

template <class Message>
std::vector<Message> all_of(const std::vector<rtcp::Message>& messages) {
  std::vector<Message> out;
  for (const rtcp::Message& message : messages)
    if (const auto* one = std::get_if<Message>(&message)) out.push_back(*one);
  return out;
}

double seconds_of(rtcp::NtpTime time) {
  return static_cast<double>(time.value - kEpoch.value) / 4294967296.0;
}

// docs/failures.md row 201: a picture that took 300 ms to encode is as old as it is, and the report
// says so, whenever it is made.
TEST(Reports, SayTheTimestampOfTheCapture) {
  SendRig rig;
  SendRig::connect(rig);
  std::optional<std::uint32_t> first;
  for (int i = 0; i < 300; ++i) {
    const Timestamp captured = kStart + i * 40ms;
    rig.now = captured + 300ms;
    ASSERT_TRUE(rig.write(key_frame(100), {.captured_at = captured}));
    for (const Sent& sent : rig.drain())
      if (!first) first = sent.header().timestamp;
    rig.senders.write_reports(rig.now, rig.reports);
  }
  const auto reports = all_of<rtcp::SenderReport>(rig.reports);
  ASSERT_GE(reports.size(), 8u);
  for (const auto& report : reports) {
    const double since_start = seconds_of(report.ntp) - 1000;
    EXPECT_NEAR(static_cast<double>(report.rtp_timestamp - *first), since_start * 90'000, 1.01);
  }
}

// Two sources of one clock: what was captured together has one NTP time.
TEST(Reports, BringSoundAndPictureTogether) {
  SendRig rig;
  SendRig::connect(rig);
  rig.senders.set(rig.now, kAudio, audio());
  std::uint32_t picture = 0, sound = 0;
  for (int i = 0; i < 500; ++i) {
    const Timestamp captured = kStart + i * 20ms;
    rig.now = captured + 5ms;
    ASSERT_TRUE(rig.write(opus_packet(), {.captured_at = captured}, kAudio));
    if (i % 2 == 0 && i >= 20) {
      ASSERT_TRUE(rig.write(key_frame(100), {.captured_at = captured - 300ms}));
    }
    for (const Sent& sent : rig.drain())
      (sent.ssrc() == kAudioSsrc ? sound : picture) = sent.header().timestamp;
    rig.senders.write_reports(rig.now, rig.reports);
  }
  // The last sound at kStart + 499 * 20 ms, the last picture 320 ms before it.
  const auto capture_of = [&](std::uint32_t ssrc, std::uint32_t timestamp, double rate) {
    double out = 0;
    for (const auto& report : all_of<rtcp::SenderReport>(rig.reports)) {
      if (report.ssrc != ssrc) continue;
      const auto ahead = static_cast<std::int32_t>(timestamp - report.rtp_timestamp);
      out = seconds_of(report.ntp) + ahead / rate;
    }
    return out;
  };
  EXPECT_NEAR(capture_of(kAudioSsrc, sound, 48'000) - capture_of(kVideoSsrc, picture, 90'000),
              0.320, 0.0001);
}

TEST(Reports, CountPayloadsOnly) {
  SendRig rig;
  SendRig::connect(rig);
  std::size_t payload = 0, packets = 0;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(rig.write(key_frame(2000)));
    for (const Sent& sent : rig.run(40ms)) {
      if (sent.is_retransmission) continue;
      payload += sent.packet().payload.size();
      ++packets;
      if (packets % 10 == 0) rig.nack({sent.sequence()});
    }
  }
  rig.drain();
  const auto before = rig.stats();
  ASSERT_GT(before.retransmitted_packets_sent, 5u);
  rig.now += 2s;
  rig.reports.clear();
  rig.senders.write_reports(rig.now, rig.reports);
  const auto reports = all_of<rtcp::SenderReport>(rig.reports);
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].packets, packets);
  EXPECT_EQ(reports[0].octets, payload);
  // The source of repairs has the name too.
  const auto names = all_of<rtcp::SourceDescription>(rig.reports);
  ASSERT_THAT(names, SizeIs(1));
  EXPECT_EQ(*names[0].cname(kVideoSsrc), "us");
  EXPECT_EQ(*names[0].cname(kVideoRtx), "us");
  EXPECT_EQ(before.bytes_sent, payload + before.retransmitted_bytes_sent);
  EXPECT_EQ(before.packets_sent, packets + before.retransmitted_packets_sent);
}

TEST(Reports, ComeEachSecondOrSoAndOfSoundEachFive) {
  for (const auto& [parameters, id, interval] :
       {std::tuple(video(), kVideo, Duration(1s)), std::tuple(audio(), kAudio, Duration(5s))}) {
    SendRig rig;
    SendRig::connect(rig, parameters, id);
    std::vector<Timestamp> times;
    for (int i = 0; i < 50'000; ++i) {
      ASSERT_TRUE(rig.write(id == kVideo ? key_frame(100) : opus_packet(), {}, id));
      rig.drain();
      rig.reports.clear();
      rig.senders.write_reports(rig.now, rig.reports);
      if (!rig.reports.empty()) times.push_back(rig.now);
      rig.now += 20ms;
    }
    ASSERT_GE(times.size(), 150u);
    EXPECT_EQ(times[0], kStart);  // RFC 3550 §6.2: the first may go at once
    Duration shortest = 1h, longest{};
    for (std::size_t i = 1; i < times.size(); ++i) {
      shortest = std::min(shortest, times[i] - times[i - 1]);
      longest = std::max(longest, times[i] - times[i - 1]);
    }
    EXPECT_GE(shortest, interval / 2);
    EXPECT_LE(longest, interval * 3 / 2 + 20ms);
    EXPECT_LE(shortest, interval * 6 / 10);
    EXPECT_GE(longest, interval * 14 / 10);
  }
}

// RFC 3550 §6.2: at once, behind the first packet, if it stays the only one. Before it nothing was
// sent that a report could be of.
TEST(Reports, FollowTheFirstPacketOfASource) {
  SendRig rig;
  SendRig::connect(rig, simulcast());
  ASSERT_TRUE(rig.write(key_frame(100), {.rid = "hi"}));
  rig.senders.write_reports(rig.now, rig.reports);
  EXPECT_THAT(rig.reports, IsEmpty());
  ASSERT_THAT(rig.drain(), SizeIs(1));
  ASSERT_LE(rig.senders.next_timeout(), rig.now);
  rig.senders.write_reports(rig.now, rig.reports);
  EXPECT_THAT(all_of<rtcp::SenderReport>(rig.reports), SizeIs(1));
  EXPECT_GT(*rig.senders.next_timeout(), rig.now);

  // Another encoding, while the next report is not due yet.
  rig.reports.clear();
  rig.now += 10ms;
  ASSERT_TRUE(rig.write(key_frame(100), {.rid = "lo"}));
  ASSERT_THAT(rig.drain(), SizeIs(1));
  ASSERT_LE(*rig.senders.next_timeout(), rig.now);
  rig.senders.write_reports(rig.now, rig.reports);
  const auto names = all_of<rtcp::SourceDescription>(rig.reports);
  ASSERT_THAT(names, SizeIs(1));
  EXPECT_NE(names[0].cname(kVideoSsrc + 4), nullptr);
  EXPECT_GT(*rig.senders.next_timeout(), rig.now);

  // Another peer knows neither, and is told nothing of what the one before was sent.
  ASSERT_TRUE(rig.write(delta_frame(100), {.rid = "hi"}));
  ASSERT_THAT(rig.drain(), SizeIs(1));
  rig.senders.set_connected(rig.now, false);
  rig.senders.set_connected(rig.now, true);
  rig.reports.clear();
  rig.senders.write_reports(rig.now, rig.reports);
  EXPECT_THAT(rig.reports, IsEmpty());
  ASSERT_TRUE(rig.write(key_frame(100), {.rid = "lo"}));
  ASSERT_THAT(rig.drain(), SizeIs(1));
  rig.senders.write_reports(rig.now, rig.reports);
  const auto reports = all_of<rtcp::SenderReport>(rig.reports);
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].ssrc, kVideoSsrc + 4);
}

// RFC 3550 §6.4: who has sent nothing since the last two reports makes none.
TEST(Reports, EndWithTheStreamAndBeginAgain) {
  SendRig rig;
  SendRig::connect(rig);
  rig.senders.write_reports(rig.now, rig.reports);
  EXPECT_THAT(rig.reports, IsEmpty());  // nothing was sent
  ASSERT_TRUE(rig.write(key_frame()));
  rig.run(1min);
  EXPECT_THAT(all_of<rtcp::SenderReport>(rig.reports), SizeIs(2));
  EXPECT_EQ(rig.senders.next_timeout(), std::nullopt);
  EXPECT_EQ(rig.spins, 0);
  ASSERT_TRUE(rig.write(key_frame()));
  rig.run(1min);
  EXPECT_THAT(all_of<rtcp::SenderReport>(rig.reports), SizeIs(4));
}

TEST(Reports, SayByeOfWhatIsStopped) {
  SendRig rig;
  SendRig::connect(rig);
  rig.senders.set(rig.now, kAudio, audio());
  EXPECT_EQ(rig.senders.first_ssrc(), std::nullopt);
  ASSERT_TRUE(rig.write(key_frame()));
  const auto sent = rig.drain();
  EXPECT_EQ(rig.senders.first_ssrc(), kVideoSsrc);
  rig.nack({sent[0].sequence()});
  rig.drain();
  rig.senders.write_reports(rig.now, rig.reports);
  rig.reports.clear();
  rig.senders.remove(rig.now, kVideo);
  rig.senders.remove(rig.now, kAudio);  // it has sent nothing: RFC 3550 §6.3.7
  EXPECT_LE(*rig.senders.next_timeout(), rig.now);
  rig.senders.write_reports(rig.now, rig.reports);
  ASSERT_THAT(rig.reports, SizeIs(1));
  EXPECT_THAT(std::get<rtcp::Bye>(rig.reports[0]).ssrcs, ElementsAre(kVideoSsrc, kVideoRtx));
  EXPECT_EQ(rig.senders.next_timeout(), std::nullopt);
  EXPECT_EQ(rig.write(key_frame()).error().code, ErrorCode::InvalidAccess);
}

TEST(Reports, SayByeOfEncodingsThatAreGone) {
  SendRig rig;
  auto parameters = simulcast();
  SendRig::connect(rig, parameters);
  for (const std::string_view rid : {"hi", "mid", "lo"})
    ASSERT_TRUE(rig.write(key_frame(), {.rid = rid}));
  rig.run(10ms);
  parameters.encodings.resize(1);
  rig.reports.clear();
  rig.senders.set(rig.now, kVideo, parameters);
  rig.senders.write_reports(rig.now, rig.reports);
  const auto byes = all_of<rtcp::Bye>(rig.reports);
  ASSERT_THAT(byes, SizeIs(1));
  EXPECT_THAT(byes[0].ssrcs, ElementsAre(kVideoSsrc + 2, kVideoSsrc + 4));
}

TEST(Reports, OfManySourcesAreSplit) {
  SendRig rig;
  for (std::uint64_t i = 0; i < 40; ++i) {
    auto parameters = audio();
    parameters.encodings[0].ssrc = static_cast<std::uint32_t>(1000 + i);
    rig.senders.set(rig.now, TransceiverId{i}, parameters);
  }
  rig.senders.set_connected(rig.now, true);
  for (std::uint64_t i = 0; i < 40; ++i)
    ASSERT_TRUE(rig.write(opus_packet(), {}, TransceiverId{i}));
  rig.drain();
  rig.senders.write_reports(rig.now, rig.reports);
  EXPECT_THAT(all_of<rtcp::SenderReport>(rig.reports), SizeIs(40));
  const auto names = all_of<rtcp::SourceDescription>(rig.reports);
  ASSERT_THAT(names, SizeIs(2));
  EXPECT_THAT(names[0].chunks, SizeIs(31));
  EXPECT_THAT(names[1].chunks, SizeIs(9));
  rig.reports.clear();
  for (std::uint64_t i = 0; i < 40; ++i) rig.senders.remove(rig.now, TransceiverId{i});
  rig.senders.write_reports(rig.now, rig.reports);
  const auto byes = all_of<rtcp::Bye>(rig.reports);
  ASSERT_THAT(byes, SizeIs(2));
  EXPECT_THAT(byes[0].ssrcs, SizeIs(31));
  EXPECT_THAT(byes[1].ssrcs, SizeIs(9));
}

}  // namespace
}  // namespace specter::media
