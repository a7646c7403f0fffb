// Packets that SRTP does not seal: RFC 3711 §9.2 has limits of a key, and no number is used twice.
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

// Counts what interceptors are shown as sent.
class Witness : public Interceptor {
 public:
  explicit Witness(int& sent) : sent_(sent) {}
  void handle_sent(Timestamp, const OutgoingPacket&) override { ++sent_; }

 private:
  int& sent_;
};

// One that the application made.
Buffer given_packet(std::uint16_t sequence, const Buffer& payload) {
  Buffer packet;
  ByteWriter out(packet);
  rtp::Packet{.header = {.sequence = sequence}, .payload = payload}.write(out);
  return packet;
}

TEST(RefusedPackets, AreNowhereCountedAsSent) {
  int shown = 0;
  std::vector<std::unique_ptr<Interceptor>> interceptors;
  interceptors.push_back(std::make_unique<Witness>(shown));
  InterceptorChain chain(std::move(interceptors));
  SendRig rig({}, &chain);
  SendRig::connect(rig);
  rig.refuses = [](const Departure&) { return true; };
  ASSERT_TRUE(rig.write(key_frame(3000)));
  rig.now += 10ms;
  EXPECT_THAT(rig.run(5s), IsEmpty());

  const OutboundRtpStats stats = rig.stats();
  EXPECT_EQ(stats.packets_discarded_on_send, 3u);
  EXPECT_EQ(stats.packets_sent, 0u);
  EXPECT_EQ(stats.bytes_sent, 0u);
  EXPECT_EQ(stats.header_bytes_sent, 0u);
  EXPECT_EQ(stats.total_packet_send_delay, Duration{});
  EXPECT_EQ(shown, 0);
  EXPECT_EQ(rig.senders.first_ssrc(), std::nullopt);
  // Nor is there a report, or a goodbye: RFC 3550 §6.4, §6.3.7.
  rig.senders.remove(rig.now, kVideo);
  rig.senders.write_reports(rig.now, rig.reports);
  EXPECT_THAT(rig.reports, IsEmpty());
}

// One packet less in a peer's eyes is one lost: the path would be blamed for it.
TEST(RefusedPackets, TakeNoNumberOfTheTransport) {
  SendRig rig;
  SendRig::connect(rig);
  int asked = 0;
  rig.refuses = [&](const Departure&) { return ++asked == 2; };
  ASSERT_TRUE(rig.write(key_frame(3000)));
  std::vector<std::uint16_t> numbers;
  for (const Sent& sent : rig.run(100ms))
    numbers.push_back(sent.get<rtp::TransportSequence>().value().sequence);
  EXPECT_THAT(numbers, ElementsAre(1, 2));
  EXPECT_EQ(rig.stats().packets_sent, 2u);
  EXPECT_EQ(rig.stats().packets_discarded_on_send, 1u);
}

TEST(RefusedPackets, AreNotKeptForRetransmission) {
  SendRig rig;
  SendRig::connect(rig);
  std::uint16_t refused = 0;
  rig.refuses = [&](const Departure& departure) {
    refused = departure.sequence;
    return true;
  };
  ASSERT_TRUE(rig.write(key_frame()));
  EXPECT_THAT(rig.drain(), IsEmpty());
  rig.refuses = nullptr;
  rig.nack({refused});
  EXPECT_THAT(rig.run(1s), IsEmpty());
}

// Of two packets with one number the peer misses the one that left.
TEST(RefusedPackets, DoNotTakeTheirTwinsPlaceInTheHistory) {
  SendRig rig;
  SendRig::connect(rig);
  const Buffer first(100, 1), second(100, 2);
  ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, given_packet(7, first), ""));
  ASSERT_THAT(rig.drain(), SizeIs(1));
  rig.refuses = [](const Departure&) { return true; };
  ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, given_packet(7, second), ""));
  EXPECT_THAT(rig.drain(), IsEmpty());
  rig.refuses = nullptr;
  rig.nack({7});
  const auto repairs = rig.drain();
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_EQ(to_buffer(repairs[0].packet().payload.subspan(2)), first);
}

// The repairs' source is the one that the key has no room for.
TEST(RefusedPackets, AreNotRetransmissionsEither) {
  SendRig rig;
  SendRig::connect(rig);
  ASSERT_TRUE(rig.write(key_frame()));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  rig.refuses = [](const Departure& departure) { return departure.is_retransmission; };
  rig.nack({sent[0].sequence()});
  EXPECT_THAT(rig.run(200ms), IsEmpty());
  OutboundRtpStats stats = rig.stats();
  EXPECT_EQ(stats.packets_sent, 1u);
  EXPECT_EQ(stats.retransmitted_packets_sent, 0u);
  EXPECT_EQ(stats.retransmitted_bytes_sent, 0u);
  EXPECT_EQ(stats.packets_discarded_on_send, 1u);

  rig.refuses = nullptr;
  rig.nack({sent[0].sequence()});
  EXPECT_THAT(rig.drain(), SizeIs(1));
  stats = rig.stats();
  EXPECT_EQ(stats.retransmitted_packets_sent, 1u);
  EXPECT_EQ(stats.packets_discarded_on_send, 1u);
}

}  // namespace
}  // namespace specter::media
