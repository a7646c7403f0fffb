// RFC 4588, as senders see it.
#include <algorithm>

#include <gmock/gmock.h>

#include "media/testing/send_rig.h"
#include "rtp/extensions/mid.h"
#include "rtp/extensions/rid.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::uint16_t original_number(const Sent& repair) {
  const Bytes payload = repair.packet().payload;
  return static_cast<std::uint16_t>(payload[0] << 8 | payload[1]);
}

// A stream that has sent `frames` frames of three packets.
std::vector<Sent> start(SendRig& rig, int frames = 30) {
  SendRig::connect(rig);
  std::vector<Sent> out;
  for (int i = 0; i < frames; ++i) {
    EXPECT_TRUE(rig.write(i == 0 ? key_frame(3000) : delta_frame(3000)));
    for (Sent& sent : rig.run(33ms)) out.push_back(std::move(sent));
  }
  return out;
}

// RFC 4588 §4
TEST(Retransmission, IsTheOriginalBehindItsNumber) {
  SendRig rig;
  const auto sent = start(rig);
  const Sent& lost = sent[40];
  rig.nack({lost.sequence()});
  const auto repairs = rig.drain();
  ASSERT_THAT(repairs, SizeIs(1));
  const auto original = lost.packet(), repair = repairs[0].packet();
  EXPECT_EQ(repair.header.ssrc, kVideoRtx);
  EXPECT_EQ(repair.header.payload_type, kRtx);
  EXPECT_EQ(repair.header.timestamp, original.header.timestamp);
  EXPECT_EQ(repair.header.marker, original.header.marker);
  EXPECT_LT(repair.header.sequence, 1 << 15);
  EXPECT_EQ(original_number(repairs[0]), original.header.sequence);
  EXPECT_EQ(to_buffer(repair.payload.subspan(2)), to_buffer(original.payload));
  EXPECT_TRUE(repairs[0].is_retransmission);
}

TEST(Retransmission, HasNumbersOfItsOwnWithoutGaps) {
  SendRig rig;
  start(rig, 1);
  std::optional<std::uint16_t> last;
  for (int i = 0; i < 70'000; ++i) {  // over the wrap
    EXPECT_TRUE(rig.write(delta_frame(1000)));
    const auto sent = rig.run(20ms);
    ASSERT_THAT(sent, SizeIs(1));
    rig.nack({sent[0].sequence()});
    const auto repairs = rig.drain();
    if (repairs.empty()) continue;
    if (last) {
      ASSERT_EQ(repairs[0].sequence(), static_cast<std::uint16_t>(*last + 1));
    }
    last = repairs[0].sequence();
  }
  EXPECT_GT(rig.stats().retransmitted_packets_sent, 9'000u);
}

// docs/failures.md row 210: of simulcast, a repair names the encoding that it repairs.
TEST(Retransmission, NamesItsEncodingUntilAReportKnowsIt) {
  SendRig rig;
  SendRig::connect(rig, simulcast());
  for (const std::string_view rid : {"hi", "lo"}) {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(rig.write(key_frame(1000), {.rid = rid}));
  }
  std::vector<std::uint16_t> lost;
  for (const Sent& sent : rig.run(1s))
    if (sent.ssrc() == kVideoSsrc + 4) lost.push_back(sent.sequence());
  rig.report(kVideoSsrc + 4);  // it knows the encoding, and not yet its repairs
  rig.nack({lost[0]}, kVideoSsrc + 4);
  auto repairs = rig.drain();
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_EQ(repairs[0].ssrc(), kVideoSsrc + 5);
  EXPECT_EQ(repairs[0].get<rtp::Mid>(), rtp::Mid{"0"});
  EXPECT_EQ(repairs[0].get<rtp::RepairedRid>(), rtp::RepairedRid{"lo"});
  EXPECT_EQ(repairs[0].get<rtp::Rid>(), std::nullopt);
  rig.report(kVideoSsrc + 5);
  rig.nack({lost[1]}, kVideoSsrc + 4);
  repairs = rig.drain();
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_EQ(repairs[0].get<rtp::Mid>(), std::nullopt);
}

// A report of a source that has sent nothing can't know it.
TEST(Retransmission, IsNamedInSpiteOfAReportBeforeIt) {
  SendRig rig;
  const auto sent = start(rig);
  rig.report(kVideoRtx);
  rig.nack({sent.back().sequence()});
  const auto repairs = rig.drain();
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_EQ(repairs[0].get<rtp::Mid>(), rtp::Mid{"0"});
}

TEST(Retransmission, FitsThePathAsItsOriginalDid) {
  SendRig rig;
  SendRig::connect(rig);
  for (std::size_t size = 3000; size < 3400; size += 7) {
    ASSERT_TRUE(rig.write(key_frame(size)));
    for (const Sent& sent : rig.run(33ms)) rig.nack({sent.sequence()});
    for (const Sent& repair : rig.run(33ms)) EXPECT_LE(repair.bytes.size(), 1152u);
  }
  EXPECT_GT(rig.stats().retransmitted_packets_sent, 20u);
}

TEST(Retransmission, IsSentOnceARoundTrip) {
  SendRig rig;
  const auto sent = start(rig);
  const std::uint16_t lost = sent.back().sequence();
  // A round trip of 250 ms, as a report tells: its last SR was 350 ms ago, and 100 ms of them the
  // peer's.
  const auto time = [&](Duration ago) {
    return rtcp::NtpTime::at(rig.now - ago, kEpoch).compact();
  };
  rig.report(kVideoSsrc, {.last_sr = time(350ms), .delay_since_last_sr = rtcp::compact(100ms)});
  EXPECT_NEAR(static_cast<double>(rig.senders.round_trip()->count()), 250e6, 1e5);
  rig.nack({lost, lost});
  EXPECT_THAT(rig.drain(), SizeIs(1));
  std::size_t again = 0;
  for (int i = 0; i < 24; ++i) {
    rig.now += 10ms;
    rig.nack({lost});
    again += rig.drain().size();
  }
  EXPECT_EQ(again, 0u);
  rig.now += 11ms;
  rig.nack({lost});
  EXPECT_THAT(rig.drain(), SizeIs(1));
  EXPECT_EQ(rig.stats().retransmissions_refused, 25u);
}

// docs/failures.md row 208: it has no number yet that anybody could ask for.
TEST(Retransmission, IsNotSentOfWhatWaitsInThePacer) {
  SendRig rig;
  SendRig::connect(rig);
  ASSERT_TRUE(rig.write(key_frame(40'000)));
  const auto sent = rig.drain();
  const std::size_t left = sent.size();
  ASSERT_LT(left, 20u);
  std::vector<std::uint16_t> all;
  for (std::uint16_t i = 0; i < 40; ++i)
    all.push_back(static_cast<std::uint16_t>(sent[0].sequence() + i));
  rig.nack(all);
  std::size_t repairs = 0;
  for (const Sent& more : rig.run(1s)) {
    if (!more.is_retransmission) continue;
    ++repairs;
    EXPECT_LT(static_cast<std::size_t>(original_number(more) - sent[0].sequence()), left);
  }
  // 5000 bytes of four packets: the limit of a young stream.
  EXPECT_EQ(repairs, 4u);
}

TEST(Retransmission, IsNotSentOfWhatNobodyHasSentOrWhatIsOld) {
  SendRig rig;
  const auto sent = start(rig);
  rig.nack({static_cast<std::uint16_t>(sent.back().sequence() + 1),
            static_cast<std::uint16_t>(sent.front().sequence() - 1)});
  EXPECT_THAT(rig.drain(), IsEmpty());
  rig.now += 1100ms;
  rig.nack({sent.back().sequence()});
  EXPECT_THAT(rig.drain(), IsEmpty());
  // Nor of repairs: docs/failures.md row 208.
  rig.nack({0}, kVideoRtx);
  EXPECT_EQ(rig.stats().nack_count, 2u);
}

// docs/failures.md row 202: a spike of 60 % for 3 s is repaired on, and costs 15 % at most.
TEST(Retransmission, GoesOnInASpikeAndCostsFifteenPercentAtMost) {
  SendRig rig;
  start(rig, 60);
  std::uint64_t media = 0, repairs = 0, repairs_late = 0;
  std::vector<std::uint16_t> lost;
  for (int frame = 0; frame < 300; ++frame) {
    const bool is_spike = frame >= 90 && frame < 180;
    ASSERT_TRUE(rig.write(delta_frame(6000)));  // 1.4 Mbit/s
    for (const Sent& sent : rig.run(33ms)) {
      (sent.is_retransmission ? repairs : media) += sent.bytes.size();
      if (sent.is_retransmission && frame >= 190) ++repairs_late;
      const bool is_lost = rig.random.chance(is_spike ? 0.6 : 0.02);
      if (is_lost) {
        lost.push_back(sent.is_retransmission ? original_number(sent) : sent.sequence());
      }
    }
    // What was not repaired is asked for again.
    if (lost.size() > 200) lost.erase(lost.begin(), lost.end() - 200);
    rig.nack(lost);
    if (!is_spike) lost.clear();
  }
  EXPECT_LE(static_cast<double>(repairs), 0.15 * static_cast<double>(media));
  EXPECT_GE(static_cast<double>(repairs), 0.02 * static_cast<double>(media));
  EXPECT_GE(repairs_late, 5u);
  EXPECT_GT(rig.stats().retransmissions_refused, 100u);
}

// pion counts no repair as received, and asks each 100 ms for all that was lost and that it
// remembers.
TEST(Retransmission, OfWhatIsAskedForTheFirstTimeIsSentAtOnceWhateverIsAskedForAgain) {
  SendRig rig;
  start(rig, 30);
  std::vector<std::uint16_t> lost, fresh;  // asked for before, and not yet
  std::size_t packets = 0, repaired = 0, asked = 0;
  for (int frame = 0; frame < 300; ++frame) {
    ASSERT_TRUE(rig.write(delta_frame(2000)));  // two packets, 60 kB a second
    for (const Sent& sent : rig.run(33ms)) {
      if (!sent.is_retransmission && ++packets % 20 == 0) fresh.push_back(sent.sequence());
    }
    if (frame % 4 != 0) continue;
    rig.nack(lost);
    rig.nack(fresh);
    for (const Sent& sent : rig.run(10ms))
      repaired += std::ranges::count(fresh, original_number(sent));
    asked += fresh.size();
    lost.insert(lost.end(), fresh.begin(), fresh.end());
    fresh.clear();
  }
  EXPECT_GT(asked, 20u);
  EXPECT_EQ(repaired, asked);
  EXPECT_GT(rig.stats().retransmissions_refused, 100u);
}

TEST(Retransmission, TakesANackOfTheLargestSize) {
  SendRig rig;
  start(rig);
  rtcp::Nack nack{.sender_ssrc = 9, .media_ssrc = kVideoSsrc, .items = {}};
  for (std::size_t i = 0; i < rtcp::Nack::kMaxItems; ++i)
    nack.items.push_back({static_cast<std::uint16_t>(i * 17), 0xffff});
  rig.senders.handle(rig.now, nack);
  EXPECT_LE(rig.run(1s).size(), 18u);  // 15 % of 90 packets, and a few of the new second
}

TEST(Retransmission, NeedsBothSidesAgreement) {
  SendRig rig;
  auto parameters = video();
  parameters.codecs[0].nack = false;
  SendRig::connect(rig, parameters);
  ASSERT_TRUE(rig.write(key_frame()));
  const auto sent = rig.drain();
  rig.nack({sent[0].sequence()});
  EXPECT_THAT(rig.run(1s), IsEmpty());
  EXPECT_EQ(rig.stats().rtx_ssrc, std::nullopt);
}

TEST(Retransmission, IsOffWithoutABuffer) {
  SendRig rig({.retransmission_buffer_bytes = 0});
  const auto sent = start(rig);
  rig.nack({sent.back().sequence()});
  EXPECT_THAT(rig.drain(), IsEmpty());
}

// Another codec has another payload type for repairs, and what was sent keeps its own.
TEST(Retransmission, OfAnOlderCodecKeepsItsPayloadType) {
  SendRig rig;
  const auto sent = start(rig);
  auto parameters = video();
  parameters.codecs[1].nack = true;
  parameters.codecs[1].rtx_payload_type = 103;
  parameters.encodings[0].parameters.codec = h264().codec;
  rig.senders.set(rig.now, kVideo, parameters);
  rig.nack({sent.back().sequence()});
  const auto repairs = rig.drain();
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_EQ(repairs[0].header().payload_type, kRtx);
}

}  // namespace
}  // namespace specter::media
