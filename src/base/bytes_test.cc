#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/sequence.h"

namespace specter {
namespace {

TEST(ByteReader, ReadsWhatTheWriterWrote) {
  Buffer buffer;
  ByteWriter w(buffer);
  w.u8(1);
  w.u16(0x0203);
  w.u24(0x040506);
  w.u32(0x0708090a);
  w.u48(0x0b0c0d0e0f10);
  w.u64(0x1112131415161718);
  w.text("ab");
  w.pad(4);
  EXPECT_EQ(buffer.size(), 28u);

  ByteReader r(buffer);
  EXPECT_EQ(r.u8(), 1);
  EXPECT_EQ(r.u16(), 0x0203);
  EXPECT_EQ(r.u24(), 0x040506u);
  EXPECT_EQ(r.u32(), 0x0708090au);
  EXPECT_EQ(r.u48(), 0x0b0c0d0e0f10u);
  EXPECT_EQ(r.u64(), 0x1112131415161718u);
  EXPECT_EQ(r.text(2), "ab");
  EXPECT_EQ(r.remaining(), 2u);
  EXPECT_TRUE(r.ok());
}

TEST(ByteReader, FailsOnceAndStaysFailed) {
  const Buffer buffer = {1, 2, 3};
  ByteReader r(buffer);
  EXPECT_EQ(r.u32(), 0u);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0);
  EXPECT_TRUE(r.bytes(1).empty());
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(ByteWriter, FillsWhatWasLeftOpen) {
  Buffer buffer;
  ByteWriter w(buffer);
  w.zeros(9);
  w.set_u16(0, 0x0102);
  w.set_u24(2, 0x030405);
  w.set_u32(5, 0x06070809);
  EXPECT_EQ(buffer, (Buffer{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Unwrap, FindsTheNearestNumber) {
  static_assert(unwrap<std::uint16_t>(1, 0xffff) == 0x10001);
  static_assert(unwrap<std::uint16_t>(0xffff, 0x10001) == 0xffff);
  Unwrapper<std::uint32_t> tsn(0xfffffffe);
  const std::int64_t first = tsn(0xfffffffe);
  EXPECT_EQ(tsn(1), first + 3);
  EXPECT_EQ(tsn(0xffffffff), first + 1);
  EXPECT_EQ(tsn(2), first + 4);
}

}  // namespace
}  // namespace specter
