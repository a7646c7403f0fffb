// Packets of somebody who has no key, or who sends again what he saw: docs/failures.md rows 58 and
// 60 to 63.
#include <gtest/gtest.h>

#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::Ends;
using testing::kProfiles;
using testing::rtp_packet;

class Hostile : public ::testing::TestWithParam<Profile> {};
INSTANTIATE_TEST_SUITE_P(Each, Hostile, ::testing::ValuesIn(kProfiles),
                         [](const auto& parameter) { return testing::name_of(parameter.param); });

TEST_P(Hostile, PacketsOfAnyLengthAreRefused) {
  simulation::SeededRandom random(1);
  Ends ends(GetParam(), {}, {CryptexPolicy::Accept});
  for (std::size_t size = 0; size <= 200; ++size) {
    for (int i = 0; i < 20; ++i) {
      Buffer packet = testing::random_bytes(random, size);
      if (size > 0) packet[0] = static_cast<std::uint8_t>(0x80 | (packet[0] & 0x3f));
      EXPECT_FALSE(ends.open(packet));
      if (size > 1) packet[1] = 201;
      EXPECT_FALSE(testing::open_rtcp(ends.cipher, ends.opener, packet));
    }
  }
  EXPECT_EQ(ends.opener.streams(), 0u);
}

// All of a stream, each packet several times, in an order that strays by less than the window.
TEST_P(Hostile, ReplaysOpenNothingTwice) {
  simulation::SeededRandom random(2);
  constexpr std::size_t kPackets = 5000, kStray = 400;
  Ends ends(GetParam());
  std::vector<Buffer> sealed;
  for (std::size_t i = 0; i < kPackets; ++i)
    sealed.push_back(ends.seal(rtp_packet(1, static_cast<std::uint16_t>(63'000 + i))).value());
  std::vector<int> opened(kPackets);
  for (std::size_t i = 0; i < 3 * (kPackets + kStray); ++i) {
    const std::size_t at = i / 3 + random.below(kStray);
    if (at < kStray || at - kStray >= kPackets) continue;
    if (ends.open(sealed[at - kStray])) ++opened[at - kStray];
  }
  for (std::size_t i = 0; i < kPackets; ++i) {
    if (ends.open(sealed[i])) ++opened[i];
    EXPECT_LE(opened[i], 1) << i;
  }
  EXPECT_EQ(ends.opener.opened(), static_cast<std::uint64_t>(std::ranges::count(opened, 1)));
  EXPECT_GT(std::ranges::count(opened, 1), static_cast<std::ptrdiff_t>(kPackets * 9 / 10));
}

TEST_P(Hostile, AFloodEndsNothing) {
  simulation::SeededRandom random(3);
  Ends ends(GetParam());
  OpenBatch batch(ends.cipher);
  std::uint64_t forged = 0;
  for (std::uint16_t sequence = 0; sequence < 100; ++sequence) {
    std::vector<Buffer> flood;
    for (int i = 0; i < 100; ++i) {
      flood.push_back(
          rtp_packet(random.chance(0.5) ? 1 : static_cast<std::uint32_t>(random.below(1u << 31)),
                     static_cast<std::uint16_t>(random.below(65'536))));
      flood.back().resize(flood.back().size() + 16);
    }
    Buffer good = ends.seal(rtp_packet(1, sequence)).value();
    for (Buffer& each : flood) batch.add_rtp(ends.opener, each, each);
    const std::size_t place = batch.add_rtp(ends.opener, good, good);
    const auto results = batch.run();
    for (std::size_t i = 0; i < flood.size(); ++i) forged += results[i].has_value() ? 1 : 0;
    ASSERT_TRUE(results[place]) << sequence;
  }
  EXPECT_EQ(forged, 0u);
  EXPECT_EQ(ends.opener.streams(), 1u);
}

TEST_P(Hostile, AForgedJumpMovesNoIndex) {
  Ends ends(GetParam());
  for (std::uint32_t index = 60'000; index < 70'000; index += 7) {
    const auto sequence = static_cast<std::uint16_t>(index);
    for (const int jump : {1, 900, 20'000, 32'768, 40'000}) {
      Buffer forged = rtp_packet(1, static_cast<std::uint16_t>(sequence + jump));
      forged.resize(forged.size() + 16);
      EXPECT_FALSE(ends.open(forged));
    }
    ASSERT_TRUE(ends.open(ends.seal(rtp_packet(1, sequence)).value())) << index;
  }
}

TEST_P(Hostile, EachSsrcHasARolloverOfItsOwn) {
  Ends ends(GetParam());
  for (std::uint32_t index = 65'000; index < 66'000; ++index) {
    ASSERT_TRUE(ends.open(ends.seal(rtp_packet(1, static_cast<std::uint16_t>(index))).value()));
    ASSERT_TRUE(
        ends.open(ends.seal(rtp_packet(2, static_cast<std::uint16_t>(index - 65'000))).value()));
  }
}

}  // namespace
}  // namespace specter::srtp
