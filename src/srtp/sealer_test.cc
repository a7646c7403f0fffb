#include "srtp/sealer.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::direction_keys;
using testing::Ends;
using testing::hex;
using testing::kProfiles;
using testing::random_bytes;
using testing::random_rtp_packet;
using testing::rtp_packet;
using testing::seal_rtcp;

class SealerTest : public ::testing::TestWithParam<Profile> {};
INSTANTIATE_TEST_SUITE_P(Each, SealerTest, ::testing::ValuesIn(kProfiles),
                         [](const auto& parameter) { return testing::name_of(parameter.param); });

TEST_P(SealerTest, ASequenceNumberIsSealedOnce) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.seal(rtp_packet(1, 5000)));
  EXPECT_EQ(ends.seal(rtp_packet(1, 5000)), std::unexpected(Refusal::Repeated));
  EXPECT_TRUE(ends.seal(rtp_packet(2, 5000)));
  EXPECT_TRUE(ends.seal(rtp_packet(1, 4000)));  // late, but not yet sent
  EXPECT_EQ(ends.seal(rtp_packet(1, 5000 - 1024)), std::unexpected(Refusal::Repeated));
}

TEST_P(SealerTest, WhatIsBeforeAStreamsFirstPacketHasNoIndex) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.seal(rtp_packet(1, 10)));
  EXPECT_EQ(ends.seal(rtp_packet(1, 65'530)), std::unexpected(Refusal::Repeated));
  EXPECT_TRUE(ends.seal(rtp_packet(1, 9)));
}

// RFC 3711 §9.2, RFC 7714 §7.2.
TEST_P(SealerTest, StopsWhenItsKeyHasSealedAsManyRtpPacketsAsItMay) {
  Ends ends(GetParam());
  ends.sealer.skip_rtp_to(1, kMaxRtpPackets - 2);
  EXPECT_TRUE(ends.seal(rtp_packet(1, 0xffff)));
  EXPECT_EQ(ends.seal(rtp_packet(1, 0)), std::unexpected(Refusal::KeyExhausted));
  // Of all streams together.
  Ends others(GetParam());
  others.sealer.skip_rtp_to(1, kMaxRtpPackets / 2);
  EXPECT_TRUE(others.seal(rtp_packet(3, 1)));
  others.sealer.skip_rtp_to(2, kMaxRtpPackets / 2);
  EXPECT_EQ(others.seal(rtp_packet(3, 2)), std::unexpected(Refusal::KeyExhausted));
}

TEST_P(SealerTest, StopsWhenItsKeyHasSealedAsManyRtcpPacketsAsItMay) {
  Ends ends(GetParam());
  const Buffer packet = hex("80c90001cafebabe");
  ends.sealer.skip_rtcp_to(kMaxRtcpPackets - 1);
  const auto last = seal_rtcp(ends.cipher, ends.sealer, packet);
  ASSERT_TRUE(last);
  EXPECT_TRUE(testing::open_rtcp(ends.cipher, ends.opener, *last));
  EXPECT_EQ(seal_rtcp(ends.cipher, ends.sealer, packet), std::unexpected(Refusal::KeyExhausted));
}

TEST_P(SealerTest, TakesNoMoreStreamsThanItsLimit) {
  Ends ends(GetParam());
  for (std::uint32_t ssrc = 0; ssrc < kMaxStreams; ++ssrc)
    ASSERT_TRUE(ends.seal(rtp_packet(ssrc, 1)));
  EXPECT_EQ(ends.seal(rtp_packet(kMaxStreams, 1)), std::unexpected(Refusal::TooManyStreams));
  EXPECT_TRUE(ends.seal(rtp_packet(7, 2)));
}

TEST_P(SealerTest, TakesOnlyRtpForRtpAndRtcpForRtcp) {
  Ends ends(GetParam());
  for (const char* bytes :
       {"", "80", "800f1234decafbadcafeba", "400f1234decafbadcafebabe", "810f1234decafbadcafebabe",
        "900f1234decafbadcafebabe", "900f1234decafbadcafebabebede0001"})
    EXPECT_EQ(ends.seal(hex(bytes)), std::unexpected(Refusal::NotRtp)) << bytes;
  for (const char* bytes :
       {"", "80c90001cafeba", "40c90001cafebabe", "80bf0001cafebabe", "80e00001cafebabe"})
    EXPECT_EQ(seal_rtcp(ends.cipher, ends.sealer, hex(bytes)), std::unexpected(Refusal::NotRtcp))
        << bytes;
}

TEST_P(SealerTest, AnOutThatIsTooSmallIsABug) {
  Ends ends(GetParam());
  SealBatch batch(ends.cipher);
  const Buffer packet = rtp_packet(1, 1), rtcp = hex("80c90001cafebabe");
  Buffer out(packet.size() + 3), rtcp_out(rtcp.size() + 4);
  EXPECT_THROW((void)batch.add_rtp(ends.sealer, packet, out), Bug);
  EXPECT_THROW((void)batch.add_rtcp(ends.sealer, rtcp, rtcp_out), Bug);
  EXPECT_EQ(batch.size(), 0u);
}

// However a packet is handed over, the same bytes come of it.
TEST_P(SealerTest, InPlaceElsewhereAndInPartsAreAlike) {
  for (const bool cryptex : {false, true}) {
    simulation::SeededRandom random(3);
    Ends elsewhere(GetParam(), {cryptex}), in_place(GetParam(), {cryptex}),
        in_parts(GetParam(), {cryptex}), prepared(GetParam(), {cryptex});
    SealBatch batch(elsewhere.cipher);
    for (std::uint16_t sequence = 0; sequence < 200; ++sequence) {
      const Buffer packet = random_rtp_packet(random, 1, sequence);
      const std::size_t header = rtp::HeaderLayout::parse(packet)->size;
      const std::size_t prefix = std::min<std::size_t>(random.below(25), packet.size() - header);
      const Bytes all(packet);
      const auto expected = elsewhere.seal(packet);
      ASSERT_TRUE(expected);

      Buffer same = packet;
      same.resize(packet.size() + kMaxGrowth);
      const auto size = batch.add_rtp(in_place.sealer, Bytes(same).first(packet.size()), same);
      Buffer out(packet.size() + kMaxGrowth, 0xee);
      const OutgoingRtp parts{.header = all.first(header),
                              .prefix = all.subspan(header, prefix),
                              .body = all.subspan(header + prefix),
                              .out = out};
      const auto parts_size = batch.add_rtp(in_parts.sealer, parts);
      // The header where it goes already, the body from elsewhere.
      Buffer written(packet.size() + kMaxGrowth, 0xee);
      std::copy_n(packet.begin(), header, written.begin());
      const auto written_size = batch.add_rtp(
          prepared.sealer,
          {.header = Bytes(written).first(header), .body = all.subspan(header), .out = written});
      batch.run();
      EXPECT_EQ(size, expected->size());
      EXPECT_EQ(parts_size, expected->size());
      EXPECT_EQ(written_size, expected->size());
      for (const Buffer* one : {&same, &out, &written})
        ASSERT_EQ(to_buffer(Bytes(*one).first(expected->size())), *expected);
    }
  }
}

TEST_P(SealerTest, ABatchGivesTheBytesOfOneByOne) {
  simulation::SeededRandom random(5);
  constexpr std::size_t kSealers = 8, kPackets = 100;
  std::vector<std::unique_ptr<Ends>> batched, single;
  for (std::size_t i = 0; i < kSealers; ++i) {
    batched.push_back(std::make_unique<Ends>(GetParam()));
    single.push_back(std::make_unique<Ends>(GetParam()));
  }
  SealBatch batch(batched[0]->cipher);
  std::vector<Buffer> packets, outs(kPackets);
  std::vector<std::expected<std::size_t, Refusal>> sizes;
  for (std::size_t i = 0; i < kPackets; ++i) {
    const auto sequence = static_cast<std::uint16_t>(65'500 + i);  // around the wrap
    packets.push_back(random_rtp_packet(random, 9, sequence));
    outs[i].resize(packets[i].size() + kMaxGrowth);
    sizes.push_back(batch.add_rtp(batched[i % kSealers]->sealer, packets[i], outs[i]));
  }
  EXPECT_EQ(batch.size(), kPackets);
  batch.run();
  EXPECT_EQ(batch.size(), 0u);
  for (std::size_t i = 0; i < kPackets; ++i) {
    ASSERT_TRUE(sizes[i]);
    outs[i].resize(*sizes[i]);
    EXPECT_EQ(single[i % kSealers]->seal(packets[i]), outs[i]) << i;
    EXPECT_EQ(single[i % kSealers]->open(outs[i]), packets[i]) << i;
  }
}

}  // namespace
}  // namespace specter::srtp
