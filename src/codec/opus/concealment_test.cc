#include "codec/opus/concealment.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "codec/opus/toc.h"
#include "testing/hex.h"

namespace specter::codec::opus {
namespace {

using specter::testing::hex;

Buffer concealed(std::uint8_t toc, std::int64_t gap) {
  const auto packet = conceal(toc, gap);
  return packet ? to_buffer(packet->bytes()) : Buffer{};
}

// RFC 7845 §4.1: as the packet before, with shorter frames for the rest.
TEST(OpusConcealment, IsOfThePacketBefore) {
  EXPECT_EQ(concealed(0xf8, 960), hex("f8"));           // CELT, 20 ms
  EXPECT_EQ(concealed(0xfb, 960), hex("f8"));           // whatever its count of frames
  EXPECT_EQ(concealed(0xfc, 960 * 3), hex("ff 03"));    // stereo
  EXPECT_EQ(concealed(0xf8, 1'000'000), hex("fb 06"));  // 120 ms are the most
  EXPECT_EQ(concealed(0x18, 2880), hex("18"));          // SILK, 60 ms
  EXPECT_EQ(concealed(0x18, 2880 - 1), hex("03 05"));   // in frames of 10 ms
  EXPECT_EQ(concealed(0x18, 480 - 1), hex("83 03"));    // in CELT's of 2.5 ms
  EXPECT_EQ(concealed(0x38, 240), hex("a3 02"));        // medium band
  EXPECT_EQ(concealed(0x68, 480), hex("60"));           // hybrid, super-wideband
  EXPECT_EQ(concealed(0x78, 120), hex("e0"));           // hybrid, fullband
}

TEST(OpusConcealment, FillsAllThatAreMultiplesOf2500Microseconds) {
  for (unsigned config = 0; config < 32; ++config) {
    const auto before = static_cast<std::uint8_t>(config << 3 | 4);
    for (std::int64_t gap = 0; gap < 20'000; gap += 60) {
      std::int64_t left = gap;
      while (const auto packet = conceal(before, left)) {
        const auto toc = Toc::parse(packet->bytes());
        ASSERT_TRUE(toc) << config << " " << gap;
        EXPECT_EQ(toc->duration(), packet->duration);
        EXPECT_TRUE(toc->is_stereo && toc->is_dtx);
        left -= packet->duration;
      }
      ASSERT_EQ(left, gap % 120) << config << " " << gap;
    }
  }
}

}  // namespace
}  // namespace specter::codec::opus
