// NACK where RTX was not negotiated: the packet itself comes again, as it was sealed.
#include <gmock/gmock.h>

#include "media/testing/send_rig.h"
#include "rtp/extensions/transport_sequence.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

rtp::SendParameters without_rtx() {
  auto out = video();
  out.codecs[0].rtx_payload_type.reset();
  out.encodings[0].rtx_ssrc = 0;
  return out;
}

// RFC 4585 §6.2.1; RFC 3711 §9.1: no other bytes under the same number.
TEST(RepeatedPackets, AreTheSealedOnes) {
  for (const int lacks : {0, 1}) {  // the payload type, or the source
    auto parameters = video();
    if (lacks == 0) parameters.codecs[0].rtx_payload_type.reset();
    if (lacks == 1) parameters.encodings[0].rtx_ssrc = 0;
    SendRig rig;
    SendRig::connect(rig, parameters);
    ASSERT_TRUE(rig.write(key_frame(3000)));
    const auto sent = rig.drain();
    ASSERT_THAT(sent, SizeIs(3));
    const OutboundRtpStats before = rig.stats();
    rig.now += 20ms;
    rig.nack({sent[1].sequence()});
    const auto repeated = rig.drain();
    ASSERT_THAT(repeated, SizeIs(1));
    EXPECT_EQ(repeated[0].bytes, sealed(sent[1].bytes));
    EXPECT_TRUE(repeated[0].is_sealed);
    EXPECT_TRUE(repeated[0].is_retransmission);

    const OutboundRtpStats after = rig.stats();
    const std::size_t payload = sent[1].packet().payload.size();
    EXPECT_EQ(after.rtx_ssrc, std::nullopt);
    EXPECT_EQ(after.retransmitted_packets_sent, 1u);
    EXPECT_EQ(after.retransmitted_bytes_sent, payload);
    EXPECT_EQ(after.packets_sent, before.packets_sent + 1);
    EXPECT_EQ(after.bytes_sent, before.bytes_sent + payload);
    EXPECT_EQ(after.header_bytes_sent, before.header_bytes_sent + sent[1].bytes.size() - payload);
  }
}

TEST(RepeatedPackets, KeepTheirNumberOfTheTransport) {
  SendRig rig;
  SendRig::connect(rig, without_rtx());
  ASSERT_TRUE(rig.write(key_frame()));
  auto sent = rig.drain();
  rig.nack({sent[0].sequence()});
  EXPECT_THAT(rig.drain(), SizeIs(1));
  ASSERT_TRUE(rig.write(delta_frame()));
  for (Sent& more : rig.run(100ms)) sent.push_back(std::move(more));
  std::vector<std::uint16_t> numbers;
  for (const Sent& each : sent)
    numbers.push_back(each.get<rtp::TransportSequence>().value().sequence);
  EXPECT_THAT(numbers, ElementsAre(1, 2));
}

TEST(RepeatedPackets, AreBoundedAsRepairsAre) {
  SendRig rig;
  SendRig::connect(rig, without_rtx());
  ASSERT_TRUE(rig.write(key_frame()));
  const auto sent = rig.drain();
  const std::uint16_t lost = sent[0].sequence();
  rig.nack({lost, lost});
  EXPECT_THAT(rig.drain(), SizeIs(1));
  rig.now += 99ms;  // no round trip is known
  rig.nack({lost});
  EXPECT_THAT(rig.drain(), IsEmpty());
  rig.now += 1ms;
  rig.nack({lost});
  EXPECT_THAT(rig.drain(), SizeIs(1));
  EXPECT_EQ(rig.stats().retransmissions_refused, 2u);
  rig.now += 1s;
  rig.nack({lost});
  EXPECT_THAT(rig.drain(), IsEmpty());
}

// It has other keys: what was sealed for the one before is noise to it.
TEST(RepeatedPackets, AreNotOfAnotherPeersKeys) {
  SendRig rig;
  SendRig::connect(rig, without_rtx());
  ASSERT_TRUE(rig.write(key_frame()));
  const auto sent = rig.drain();
  rig.nack({sent[0].sequence()});  // and waits
  rig.senders.set_connected(rig.now, false);
  rig.senders.set_connected(rig.now, true);
  EXPECT_THAT(rig.drain(), IsEmpty());
  rig.now += 200ms;  // a round trip
  rig.nack({sent[0].sequence()});
  EXPECT_THAT(rig.run(1s), IsEmpty());
}

TEST(RepeatedPackets, AreNotSentWhereThePathHasBecomeTooSmall) {
  SendRig rig;
  SendRig::connect(rig, without_rtx());
  ASSERT_TRUE(rig.write(key_frame()));
  const auto sent = rig.drain();
  const std::size_t size = sent[0].bytes.size();
  rig.senders.set_packet_room({size - 1, size - 1});
  rig.nack({sent[0].sequence()});
  EXPECT_THAT(rig.drain(), IsEmpty());
  rig.now += 200ms;
  rig.senders.set_packet_room({size, size});
  rig.nack({sent[0].sequence()});
  EXPECT_THAT(rig.drain(), SizeIs(1));
}

// RTX, once it is negotiated, is for what is sent from then on.
TEST(RepeatedPackets, StayWhatTheyAreWhenRtxIsNegotiated) {
  SendRig rig;
  SendRig::connect(rig, without_rtx());
  ASSERT_TRUE(rig.write(key_frame()));
  const auto sent = rig.drain();
  rig.senders.set(rig.now, kVideo, video());
  ASSERT_TRUE(rig.write(delta_frame()));
  const auto later = rig.run(10ms);
  ASSERT_THAT(later, SizeIs(1));
  rig.nack({sent[0].sequence(), later[0].sequence()});
  const auto repeated = rig.drain();
  ASSERT_THAT(repeated, SizeIs(2));
  EXPECT_EQ(repeated[0].bytes, sealed(sent[0].bytes));
  EXPECT_EQ(repeated[1].ssrc(), kVideoRtx);
}

TEST(RepeatedPackets, AreNotKeptWhereNobodyMayAskForThem) {
  for (const bool has_rtx : {false, true}) {
    auto parameters = has_rtx ? video() : without_rtx();
    parameters.codecs[0].nack = has_rtx;
    SendRig rig;
    SendRig::connect(rig, parameters);
    ASSERT_TRUE(rig.write(key_frame()));
    const Departure* const departure = rig.senders.poll_packet(rig.now);
    ASSERT_NE(departure, nullptr);
    EXPECT_FALSE(departure->keepsake);
    rig.senders.handle_sent(rig.now);
  }
}

}  // namespace
}  // namespace specter::media
