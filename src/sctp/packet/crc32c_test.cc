#include "sctp/packet/crc32c.h"

#include <numeric>

#include <gtest/gtest.h>

#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::sctp {
namespace {

// RFC 3720 §B.4; the RFC prints the CRC's bytes as they go over the wire, lowest first.
TEST(Crc32c, GivesTheExamplesOfRfc3720) {
  Buffer rising(32), falling(32);
  std::iota(rising.begin(), rising.end(), std::uint8_t{0});
  std::iota(falling.rbegin(), falling.rend(), std::uint8_t{0});
  EXPECT_EQ(crc32c(Buffer(32, 0x00)), 0x8a9136aau);
  EXPECT_EQ(crc32c(Buffer(32, 0xff)), 0x62a8ab43u);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cu);
  const Buffer read_command = testing::hex(
      "01 c0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 14 00 00 00 00 00 04 00"
      "00 00 00 14 00 00 00 18 28 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00");
  EXPECT_EQ(crc32c(read_command), 0xd9963a56u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, TablesAndInstructionAgree) {
  if (!crc32c_detail::has_hardware()) {
    SUCCEED() << "this CPU has no instruction for it";
    return;
  }
  simulation::SeededRandom random(1);
  Buffer data(300);
  for (std::size_t size = 0; size <= data.size(); ++size) {
    random.fill(data);
    const std::size_t offset = size % 8;  // not aligned either
    const Bytes part = Bytes(data).subspan(std::min(offset, data.size() - size)).first(size);
    const std::uint32_t state = random.u32();
    ASSERT_EQ(crc32c_detail::portable(state, part), crc32c_detail::hardware(state, part)) << size;
  }
}

TEST(Crc32c, MayComeInPieces) {
  const Buffer data(100, 0x5a);
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    Crc32c crc;
    crc.add(Bytes(data).first(cut)).add(Bytes(data).subspan(cut));
    ASSERT_EQ(crc.value(), crc32c(data));
  }
}

}  // namespace
}  // namespace specter::sctp
