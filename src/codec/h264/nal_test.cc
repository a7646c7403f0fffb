#include "codec/h264/nal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "codec/h264/parameter_sets.h"
#include "testing/hex.h"

namespace specter::codec::h264 {
namespace {

using specter::testing::hex;
using ::testing::ElementsAre;

std::vector<Buffer> split(std::string_view text) {
  const Buffer stream = hex(text);
  std::vector<Bytes> nals;
  if (!split_annex_b(stream, nals)) return {hex("ff")};
  std::vector<Buffer> out;
  for (const Bytes nal : nals) out.push_back(to_buffer(nal));
  return out;
}

// H.264 §B.1: start codes of three and four bytes, zeros before, between and behind; emulation
// prevention bytes stay.
TEST(AnnexB, IsSplitAtItsStartCodes) {
  EXPECT_THAT(split("000001 67aa 00000001 68bb"), ElementsAre(hex("67aa"), hex("68bb")));
  EXPECT_THAT(split("0000000001 67aa 0000 000001 6500000301 0000"),
              ElementsAre(hex("67aa"), hex("6500000301")));
  EXPECT_THAT(split("000001 000001 09"), ElementsAre(hex("09")));
  EXPECT_THAT(split("000001"), ElementsAre());
  EXPECT_THAT(split("67aa"), ElementsAre(hex("ff")));
  EXPECT_THAT(split("01 000001 67"), ElementsAre(hex("ff")));
  EXPECT_THAT(split(""), ElementsAre(hex("ff")));
}

TEST(Nal, BeginsAnAccessUnitByItsFirstTwoBytes) {
  for (const char* const nal : {"0910", "6742", "0605", "6588", "4180", "2280"})
    EXPECT_TRUE(begins_access_unit(hex(nal))) << nal;
  for (const char* const nal : {"", "65", "6540", "4100", "68ce", "0cff", "2380"})
    EXPECT_FALSE(begins_access_unit(hex(nal))) << nal;
}

// H.264 §D.1: type 6, wherever it stands among the messages of a unit.
TEST(Nal, FindsARecoveryPoint) {
  EXPECT_TRUE(has_recovery_point(hex("06 06 01 c4 80")));
  EXPECT_TRUE(has_recovery_point(hex("06 05 02 aa bb 06 01 c4 80")));
  EXPECT_TRUE(has_recovery_point(hex("06 01 03 00 00 03 01 06 01 c4 80")));  // an emulation byte
  EXPECT_FALSE(has_recovery_point(hex("06 05 02 06 01 80")));
  EXPECT_FALSE(has_recovery_point(hex("06 05 ff ff 06 01")));
  EXPECT_FALSE(has_recovery_point(hex("06 06")));
  EXPECT_FALSE(has_recovery_point(hex("06")));
  EXPECT_FALSE(has_recovery_point(hex("41 06 01")));
  EXPECT_FALSE(has_recovery_point({}));
}

TEST(Nal, HasTheNumberOfAParameterSet) {
  EXPECT_EQ(parameter_set_id(hex("67 42e01f 80")), 0);               // 1
  EXPECT_EQ(parameter_set_id(hex("67 42e01f 40")), 1);               // 010
  EXPECT_EQ(parameter_set_id(hex("67 42e01f 0400")), 31);            // 00000 100000
  EXPECT_EQ(parameter_set_id(hex("67 42e01f 0420")), std::nullopt);  // 32
  EXPECT_EQ(parameter_set_id(hex("68 ce")), 0);
  EXPECT_EQ(parameter_set_id(hex("68 0080 00")), 255);           // 00000000 1 00000000
  EXPECT_EQ(parameter_set_id(hex("68 0080 80")), std::nullopt);  // 256
  EXPECT_EQ(parameter_set_id(hex("68 00000000")), std::nullopt);
  EXPECT_EQ(parameter_set_id(hex("67 42e0")), std::nullopt);
  EXPECT_EQ(parameter_set_id(hex("65 88")), std::nullopt);
  EXPECT_EQ(parameter_set_id({}), std::nullopt);
}

TEST(ParameterSets, KeepTheLastOfEachNumber) {
  ParameterSets sets;
  for (const char* const nal : {"68 ce 01", "67 42e01f 80", "65 88", "67 42e01f 40", "68 ce 02"})
    sets.remember(hex(nal));
  std::vector<Buffer> kept;
  const auto keep = [&](Bytes set) { kept.push_back(to_buffer(set)); };
  sets.for_each(NalType::Sps, keep);
  sets.for_each(NalType::Pps, keep);
  EXPECT_THAT(kept, ElementsAre(hex("67 42e01f 80"), hex("67 42e01f 40"), hex("68 ce 02")));
  EXPECT_EQ(sets.size(), 3u);
  EXPECT_EQ(sets.bytes(), 13u);
}

TEST(ParameterSets, HaveALimit) {
  ParameterSets sets;
  for (unsigned id = 0; id < 128; ++id) {
    // ue(v) of 127 to 254: seven zeros, then the number plus one in eight bits.
    const auto code = static_cast<std::uint16_t>((128 + id) << 1);
    sets.remember(
        Buffer{0x68, static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)});
  }
  EXPECT_EQ(sets.size(), ParameterSets::kMaxSets);
  Buffer large(ParameterSets::kMaxSetBytes + 1, 0xce);
  large[0] = 0x68;
  ParameterSets none;
  none.remember(large);
  EXPECT_EQ(none.size(), 0u);
}

}  // namespace
}  // namespace specter::codec::h264
