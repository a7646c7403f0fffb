#include "srtp/opener.h"

#include <gtest/gtest.h>

#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::Ends;
using testing::hex;
using testing::kProfiles;
using testing::open_rtcp;
using testing::random_rtcp_packet;
using testing::random_rtp_packet;
using testing::rtp_packet;
using testing::seal_rtcp;

class OpenerTest : public ::testing::TestWithParam<Profile> {};
INSTANTIATE_TEST_SUITE_P(Each, OpenerTest, ::testing::ValuesIn(kProfiles),
                         [](const auto& parameter) { return testing::name_of(parameter.param); });

constexpr auto refused(Refusal refusal) { return std::unexpected(refusal); }
std::uint64_t count_of(const Opener& opener, Refusal refusal) {
  return opener.refusals().at(static_cast<std::size_t>(refusal));
}

TEST_P(OpenerTest, WhatWasSealedOpensOnce) {
  simulation::SeededRandom random(1);
  Ends ends(GetParam());
  for (std::uint16_t sequence = 0; sequence < 300; ++sequence) {
    const Buffer packet = random_rtp_packet(random, sequence % 3u, sequence);
    const auto sealed = ends.seal(packet);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(ends.open(*sealed), packet);
    EXPECT_EQ(ends.open(*sealed), refused(Refusal::Replayed));
    const Buffer rtcp = random_rtcp_packet(random, sequence % 3u);
    const auto sealed_rtcp = seal_rtcp(ends.cipher, ends.sealer, rtcp);
    ASSERT_TRUE(sealed_rtcp);
    EXPECT_EQ(open_rtcp(ends.cipher, ends.opener, *sealed_rtcp), rtcp);
    EXPECT_EQ(open_rtcp(ends.cipher, ends.opener, *sealed_rtcp), refused(Refusal::Replayed));
  }
  EXPECT_EQ(ends.opener.opened(), 600u);
  EXPECT_EQ(count_of(ends.opener, Refusal::Replayed), 600u);
  EXPECT_EQ(ends.opener.streams(), 6u);
}

// RFC 3711 §3.3.2: the window is of 1,024 packets, of SRTCP 128.
TEST_P(OpenerTest, TakesLatePacketsWithinItsWindow) {
  Ends ends(GetParam());
  std::vector<Buffer> sealed, sealed_rtcp;
  const Buffer rtcp = hex("80c90001cafebabe");
  for (std::uint16_t sequence = 0; sequence < 1100; ++sequence) {
    sealed.push_back(ends.seal(rtp_packet(1, sequence)).value());
    sealed_rtcp.push_back(seal_rtcp(ends.cipher, ends.sealer, rtcp).value());
  }
  EXPECT_TRUE(ends.open(sealed[1050]));
  EXPECT_TRUE(ends.open(sealed[1050 - 1023]));
  EXPECT_EQ(ends.open(sealed[1050 - 1024]), refused(Refusal::Replayed));
  EXPECT_TRUE(open_rtcp(ends.cipher, ends.opener, sealed_rtcp[1050]));
  EXPECT_TRUE(open_rtcp(ends.cipher, ends.opener, sealed_rtcp[1050 - 127]));
  EXPECT_EQ(open_rtcp(ends.cipher, ends.opener, sealed_rtcp[1050 - 128]),
            refused(Refusal::Replayed));
}

TEST_P(OpenerTest, TellsTheIndexOfWhatItOpened) {
  Ends ends(GetParam());
  OpenBatch batch(ends.cipher);
  for (const std::uint32_t index : {65'530u, 65'535u, 65'536u, 65'540u}) {
    Buffer sealed = ends.seal(rtp_packet(1, static_cast<std::uint16_t>(index))).value();
    batch.add_rtp(ends.opener, sealed, sealed);
    const auto results = batch.run();
    ASSERT_TRUE(results[0]);
    EXPECT_EQ(results[0]->index, index);
  }
  ends.sealer.skip_rtcp_to(77);
  Buffer rtcp = seal_rtcp(ends.cipher, ends.sealer, hex("80c90001cafebabe")).value();
  batch.add_rtcp(ends.opener, rtcp, rtcp);
  EXPECT_EQ(batch.run()[0]->index, 77u);
}

// Whatever bit is changed, and however much is cut off: refused, nothing learnt, nothing shown.
TEST_P(OpenerTest, AChangedPacketIsRefusedAndChangesNothing) {
  simulation::SeededRandom random(2);
  Ends ends(GetParam(), {.cryptex = true}, {CryptexPolicy::Accept});
  const Buffer packet = hex("920f1238decafbadcafebabe0001e2400000b26ebede000151000200abababababab");
  const Buffer sealed = ends.seal(packet).value();
  OpenBatch batch(ends.cipher);
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    Buffer changed = sealed, out(sealed.size(), 0xee);
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    batch.add_rtp(ends.opener, changed, out);
    const auto result = batch.run()[0];
    ASSERT_FALSE(result) << bit;
    const std::size_t cleared = result.error() == Refusal::BadTag ? packet.size() : 0;
    EXPECT_TRUE(std::all_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(cleared),
                            [](std::uint8_t byte) { return byte == 0; }));
    EXPECT_TRUE(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(cleared), out.end(),
                            [](std::uint8_t byte) { return byte == 0xee; }));
    EXPECT_EQ(ends.opener.streams(), 0u);
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(ends.open(Bytes(sealed).first(size)));
  EXPECT_EQ(ends.opener.streams(), 0u);
  EXPECT_EQ(ends.opener.opened(), 0u);
  EXPECT_EQ(ends.open(sealed), packet);
}

TEST_P(OpenerTest, AChangedRtcpPacketIsRefusedAndChangesNothing) {
  Ends ends(GetParam());
  const Buffer packet = hex("81c90007cafebabe0102030405060708090a0b0c0d0e0f101112131415161718");
  const Buffer sealed = seal_rtcp(ends.cipher, ends.sealer, packet).value();
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    Buffer changed = sealed;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(open_rtcp(ends.cipher, ends.opener, changed)) << bit;
  }
  EXPECT_EQ(count_of(ends.opener, Refusal::NotEnciphered), 1u);  // the E bit
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(open_rtcp(ends.cipher, ends.opener, Bytes(sealed).first(size)));
  EXPECT_EQ(ends.opener.streams(), 0u);
  EXPECT_EQ(open_rtcp(ends.cipher, ends.opener, sealed), packet);
}

TEST_P(OpenerTest, SaysWhyItRefuses) {
  Ends ends(GetParam());
  const std::size_t tag = crypto::tag_size(traits(GetParam()).rtp);
  const auto with_tag = [&](std::string_view start) {
    Buffer out = hex(start);
    out.resize(out.size() + tag);
    return out;
  };
  EXPECT_EQ(ends.open({}), refused(Refusal::TooShort));
  EXPECT_EQ(ends.open(with_tag("800f1234decafbadcafeba")), refused(Refusal::TooShort));
  EXPECT_EQ(ends.open(with_tag("400f1234decafbadcafebabe")), refused(Refusal::NotRtp));
  EXPECT_EQ(ends.open(with_tag("810f1234decafbadcafebabe")), refused(Refusal::NotRtp));
  EXPECT_EQ(ends.open(with_tag("900f1234decafbadcafebabebede0001")), refused(Refusal::NotRtp));
  EXPECT_EQ(ends.open(with_tag("800f1234decafbadcafebabe")), refused(Refusal::BadTag));
  const Buffer rtcp = Buffer(crypto::tag_size(traits(GetParam()).rtcp) + 12, 0xff);
  EXPECT_EQ(open_rtcp(ends.cipher, ends.opener, rtcp), refused(Refusal::NotRtcp));
  EXPECT_EQ(open_rtcp(ends.cipher, ends.opener, Bytes(rtcp).subspan(1)),
            refused(Refusal::TooShort));

  const Buffer sealed = ends.seal(rtp_packet(1, 1)).value();
  OpenBatch batch(ends.cipher);
  Buffer small(sealed.size() - tag - 1);
  batch.add_rtp(ends.opener, sealed, small);
  EXPECT_EQ(batch.run()[0].error(), Refusal::TooLong);
  EXPECT_EQ(count_of(ends.opener, Refusal::NotRtp), 3u);
  EXPECT_EQ(count_of(ends.opener, Refusal::TooShort), 3u);
}

TEST_P(OpenerTest, TakesNoMoreStreamsThanItsLimit) {
  Ends ends(GetParam());
  // Forgeries take no place.
  for (std::uint32_t ssrc = 5000; ssrc < 5000 + 2 * kMaxStreams; ++ssrc) {
    Buffer forged = rtp_packet(ssrc, 1);
    EXPECT_EQ(ends.open(forged), refused(Refusal::BadTag));
  }
  EXPECT_EQ(ends.opener.streams(), 0u);
  for (std::uint32_t ssrc = 0; ssrc < kMaxStreams - 1; ++ssrc)
    ASSERT_TRUE(ends.open(ends.seal(rtp_packet(ssrc, 1)).value()));
  // Two new ones in one batch, and a place for one.
  Ends second(GetParam());
  std::vector<Buffer> sealed{second.seal(rtp_packet(3000, 1)).value(),
                             second.seal(rtp_packet(3001, 1)).value()};
  OpenBatch batch(ends.cipher);
  for (Buffer& each : sealed) batch.add_rtp(ends.opener, each, each);
  const auto results = batch.run();
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error(), Refusal::TooManyStreams);
  EXPECT_EQ(ends.open(second.seal(rtp_packet(3002, 1)).value()), refused(Refusal::TooManyStreams));
  EXPECT_TRUE(ends.open(second.seal(rtp_packet(3000, 2)).value()));
}

// RFC 3711 §9.2: nobody seals such a packet, so nothing at that index is tried.
TEST_P(OpenerTest, RefusesWhatIsPastTheLastIndex) {
  Ends ends(GetParam());
  ends.opener.skip_rtp_to(1, kMaxRtpPackets - 1);
  EXPECT_EQ(ends.open(ends.seal(rtp_packet(1, 0)).value()), refused(Refusal::KeyExhausted));
}

// ---- batches

struct Packets {
  std::vector<Buffer> plain, sealed;
};
Packets stream(Ends& ends, std::uint32_t ssrc, std::uint32_t first, std::size_t count) {
  Packets out;
  for (std::size_t i = 0; i < count; ++i) {
    out.plain.push_back(rtp_packet(ssrc, static_cast<std::uint16_t>(first + i)));
    out.sealed.push_back(ends.seal(out.plain.back()).value());
  }
  return out;
}

TEST_P(OpenerTest, ABatchMayCrossTheWrapInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    simulation::SeededRandom random(seed);
    Ends ends(GetParam());
    Packets packets = stream(ends, 1, 65'500, 64);
    std::vector<std::size_t> order(packets.sealed.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = order.size() - 1; i > 0; --i)
      std::swap(order[i], order[random.below(i + 1)]);
    OpenBatch batch(ends.cipher);
    std::vector<Buffer> outs = packets.sealed;
    for (const std::size_t i : order)
      batch.add_rtp(ends.opener, i % 2 == 0 ? packets.sealed[i] : outs[i], outs[i]);
    const auto results = batch.run();
    for (std::size_t k = 0; k < order.size(); ++k) {
      ASSERT_TRUE(results[k]) << seed << " " << order[k] << to_string(results[k].error());
      EXPECT_EQ(to_buffer(results[k]->packet), packets.plain[order[k]]);
      EXPECT_EQ(results[k]->index, 65'500 + order[k]);
    }
  }
}

TEST_P(OpenerTest, OfDuplicatesInABatchOneIsOpened) {
  Ends ends(GetParam());
  Packets packets = stream(ends, 1, 10, 3);
  OpenBatch batch(ends.cipher);
  std::vector<Buffer> outs(6, Buffer(packets.sealed[0].size(), 0xee));
  for (std::size_t i = 0; i < 6; ++i) batch.add_rtp(ends.opener, packets.sealed[i / 2], outs[i]);
  const auto results = batch.run();
  for (std::size_t i = 0; i < 6; i += 2) {
    EXPECT_TRUE(results[i]);
    EXPECT_EQ(results[i + 1].error(), Refusal::Replayed);
    EXPECT_TRUE(
        std::all_of(outs[i + 1].begin(),
                    outs[i + 1].begin() + static_cast<std::ptrdiff_t>(packets.plain[0].size()),
                    [](std::uint8_t byte) { return byte == 0; }));
  }
}

// A forgery in front of the packet that it forges doesn't keep it out.
TEST_P(OpenerTest, AForgeryInABatchHarmsNobody) {
  Ends ends(GetParam());
  Packets packets = stream(ends, 1, 65'530, 12);
  OpenBatch batch(ends.cipher);
  std::vector<Buffer> forged = packets.sealed, outs = packets.sealed;
  for (std::size_t i = 0; i < forged.size(); ++i) {
    forged[i].back() ^= 1;
    batch.add_rtp(ends.opener, forged[i], forged[i]);
    batch.add_rtp(ends.opener, outs[i], outs[i]);
  }
  const auto results = batch.run();
  for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].has_value(), i % 2 == 1);
  EXPECT_EQ(count_of(ends.opener, Refusal::BadTag), forged.size());
}

// RTP and RTCP of many openers, some packets wrong, by one call.
TEST_P(OpenerTest, ABatchIsOfAnyOpenersAndAnyPackets) {
  simulation::SeededRandom random(4);
  std::vector<std::unique_ptr<Ends>> all;
  for (std::size_t i = 0; i < 8; ++i) all.push_back(std::make_unique<Ends>(GetParam()));
  OpenBatch batch(all[0]->cipher);
  for (std::uint16_t round = 0; round < 40; ++round) {
    std::vector<Buffer> plain, sealed, outs;
    std::vector<bool> good;
    for (std::size_t i = 0; i < 48; ++i) {
      Ends& ends = *all[i % all.size()];
      const auto sequence = static_cast<std::uint16_t>(round * 6 + i / all.size());
      const bool is_rtcp = i % 5 == 0;
      plain.push_back(is_rtcp ? random_rtcp_packet(random, 1)
                              : random_rtp_packet(random, 1, sequence));
      sealed.push_back(
          (is_rtcp ? seal_rtcp(ends.cipher, ends.sealer, plain[i]) : ends.seal(plain[i])).value());
      good.push_back(!random.chance(0.2));
      if (!good[i]) sealed[i][sealed[i].size() - 6] ^= 0x40;
      outs.emplace_back(sealed[i].size());
    }
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      Opener& opener = all[i % all.size()]->opener;
      const auto place = i % 5 == 0 ? batch.add_rtcp(opener, sealed[i], outs[i])
                                    : batch.add_rtp(opener, sealed[i], outs[i]);
      EXPECT_EQ(place, i);
    }
    const auto results = batch.run();
    ASSERT_EQ(results.size(), sealed.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(results[i].has_value(), good[i]) << i;
      if (good[i]) {
        EXPECT_EQ(to_buffer(results[i]->packet), plain[i]);
      }
    }
  }
}

TEST_P(OpenerTest, AnEmptyBatchAnswersNothing) {
  Ends ends(GetParam());
  OpenBatch batch(ends.cipher);
  EXPECT_TRUE(batch.run().empty());
  Buffer sealed = ends.seal(rtp_packet(1, 1)).value();
  batch.add_rtp(ends.opener, sealed, sealed);
  EXPECT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch.run().size(), 1u);
  EXPECT_EQ(batch.size(), 0u);
  EXPECT_TRUE(batch.run().empty());
}

}  // namespace
}  // namespace specter::srtp
