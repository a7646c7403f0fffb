// The RTCP of a whole transport, packed into its datagrams.
#include "media/session.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "media/testing/send_rig.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::SizeIs;

class SessionTest : public ::testing::Test {
 protected:
  // What may leave now, in the order that a transport asks in.
  void turn() {
    const auto rtcp = [&] {
      Buffer bytes;
      if (!session_.append_rtcp(now_, bytes)) return false;
      compounds_.push_back(bytes);
      return true;
    };
    const auto rtp = [&] {
      const Departure* const packet = session_.poll_packet(now_);
      if (!packet) return false;
      sources_.insert(packet->ssrc);
      session_.handle_sent(now_);
      return true;
    };
    while (rtcp() || rtp() || rtcp()) {
    }
    const WakeUp next = session_.next_timeout();
    EXPECT_TRUE(!next || *next > now_) << "a driver would spin";
  }
  void add_sound(std::uint32_t number) {
    auto parameters = audio();
    parameters.encodings[0].ssrc = 1000 + number;
    parameters.cname = "a name of 16 byt";
    session_.set_sending(now_, TransceiverId{number}, parameters);
  }

  simulation::SeededRandom random_{1};
  Timestamp now_ = kStart;
  Session session_{{}, random_};
  std::vector<Buffer> compounds_;
  std::set<std::uint32_t> sources_;
};

// RFC 3550 §6.1, §6.2: each compound has the names of those whose reports are in it, none is larger
// than the path takes, and a source has its name with its first packet.
TEST_F(SessionTest, FortySourcesHaveTheirNamesAtOnceAndInDatagramsThatFit) {
  constexpr std::size_t kRoom = 1152;
  session_.set_packet_room({kRoom, kRoom});
  for (std::uint32_t i = 0; i < 40; ++i) add_sound(i);
  session_.set_connected(now_, true);
  const Buffer sound = opus_packet();
  for (std::uint32_t i = 0; i < 40; ++i)
    ASSERT_TRUE(session_.senders().write_sample(now_, TransceiverId{i}, {.bytes = sound}));
  turn();
  EXPECT_THAT(sources_, SizeIs(40));

  std::set<std::uint32_t> named;
  for (const Buffer& bytes : compounds_) {
    EXPECT_LE(bytes.size(), kRoom);
    const auto parsed = rtcp::Compound::parse(bytes, rtcp::CompoundForm::Full);
    ASSERT_TRUE(parsed);
    std::set<std::uint32_t> reported, here;
    for (const rtcp::Message& message : parsed->messages) {
      if (const auto* report = std::get_if<rtcp::SenderReport>(&message))
        reported.insert(report->ssrc);
      const auto* names = std::get_if<rtcp::SourceDescription>(&message);
      if (!names) continue;
      for (const auto& chunk : names->chunks)
        if (names->cname(chunk.ssrc)) here.insert(chunk.ssrc);
    }
    EXPECT_FALSE(here.empty());
    EXPECT_TRUE(std::ranges::includes(here, reported));
    named.merge(here);
  }
  EXPECT_EQ(named, sources_);
  // 28 bytes of a report and 24 of a name.
  EXPECT_THAT(compounds_, SizeIs(2));
}

// A still picture, and nothing behind it.
TEST_F(SessionTest, ASourceOfOnePacketHasItsNameToo) {
  session_.set_packet_room({1152, 1152});
  add_sound(0);
  session_.set_connected(now_, true);
  const Buffer sound = opus_packet();
  ASSERT_TRUE(session_.senders().write_sample(now_, TransceiverId{0}, {.bytes = sound}));
  turn();
  ASSERT_THAT(compounds_, SizeIs(1));
  const auto parsed = rtcp::Compound::parse(compounds_[0], rtcp::CompoundForm::Full);
  ASSERT_TRUE(parsed);
  ASSERT_THAT(parsed->messages, SizeIs(2));
  EXPECT_NE(std::get<rtcp::SourceDescription>(parsed->messages[1]).cname(1000), nullptr);
}

// A path that says nonsense.
TEST_F(SessionTest, AReportHasRoomInAnyCase) {
  session_.set_packet_room({10, 10});
  add_sound(0);
  session_.set_connected(now_, true);
  const Buffer sound = opus_packet();
  ASSERT_TRUE(session_.senders().write_sample(now_, TransceiverId{0}, {.bytes = sound}));
  turn();
  EXPECT_THAT(compounds_, SizeIs(1));
}

// RFC 3550 §6.4: whoever sends reports what it receives beside it.
TEST_F(SessionTest, WhatIsReceivedIsReportedWithWhatIsSent) {
  session_.set_packet_room({1152, 1152});
  add_sound(0);
  rtp::ReceiveParameters theirs;
  theirs.mid = "1";
  theirs.kind = MediaKind::Audio;
  theirs.is_active = true;
  theirs.codecs = {opus()};
  session_.set_receiving(now_, TransceiverId{0}, theirs);
  session_.set_connected(now_, true);
  const Buffer sound = opus_packet();
  Buffer packet;
  ByteWriter out(packet);
  rtp::Packet{.header = {.payload_type = kOpus, .sequence = 1, .ssrc = 77}, .payload = sound}.write(
      out);
  session_.handle_rtp(now_, packet);
  turn();
  EXPECT_TRUE(compounds_.empty()) << "a report for itself has time";
  ASSERT_TRUE(session_.senders().write_sample(now_, TransceiverId{0}, {.bytes = sound}));
  turn();
  ASSERT_THAT(compounds_, SizeIs(1));
  const auto parsed = rtcp::Compound::parse(compounds_[0], rtcp::CompoundForm::Full);
  ASSERT_TRUE(parsed);
  ASSERT_THAT(parsed->messages, SizeIs(3));
  const auto& report = std::get<rtcp::ReceiverReport>(parsed->messages[1]);
  EXPECT_EQ(report.ssrc, 1000u);
  ASSERT_THAT(report.blocks, SizeIs(1));
  EXPECT_EQ(report.blocks[0].ssrc, 77u);
}

TEST_F(SessionTest, AnEstimateIsToldEachSecondUntilItIsWithdrawn) {
  session_.set_packet_room({1152, 1152});
  session_.set_connected(now_, true);
  session_.set_bitrate_estimate(now_, 1'000'000);
  for (int i = 0; i < 3; ++i) {
    turn();
    const Deadline next = session_.next_timeout();
    ASSERT_TRUE(next);
    EXPECT_EQ(*next, now_ + 1s);
    now_ = *next;
  }
  ASSERT_THAT(compounds_, SizeIs(3));
  for (const Buffer& bytes : compounds_) {
    const auto parsed = rtcp::Compound::parse(bytes, rtcp::CompoundForm::Full);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(std::get<rtcp::BitrateEstimate>(parsed->messages.back()).bits_per_second, 1'000'000u);
  }
  session_.set_bitrate_estimate(now_, 0);
  turn();
  EXPECT_THAT(compounds_, SizeIs(3));
  EXPECT_EQ(Deadline(session_.next_timeout()), std::nullopt);
}

}  // namespace
}  // namespace specter::media
