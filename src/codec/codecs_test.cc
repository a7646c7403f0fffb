#include "codec/codecs.h"

#include <gtest/gtest.h>

#include "codec/testing/link.h"
#include "testing/hex.h"

namespace specter::codec {
namespace {

using specter::testing::hex;

// RFC 8866 §6.6: names of encodings have no case.
TEST(Codecs, AreFoundByTheirNames) {
  for (const char* const name : {"opus", "OPUS", "VP8", "vp8", "H264", "h264"}) {
    EXPECT_TRUE(AnyPacketizer::of(name, {})) << name;
    EXPECT_TRUE(AnyDepacketizer::of(name)) << name;
  }
  for (const char* const name : {"", "VP", "VP88", "VP9", "rtx", "H265"}) {
    EXPECT_FALSE(AnyPacketizer::of(name, {})) << name;
    EXPECT_FALSE(AnyDepacketizer::of(name)) << name;
  }
}

TEST(Codecs, AreSetUp) {
  auto vp8 = AnyPacketizer::of("VP8", {.first_picture_id = 0x1234, .first_tl0_picture_index = 7});
  Pieces out;
  ASSERT_TRUE(vp8->packetize({testing::stay(hex("31 02 00")), 0}, {100, 100}, out));
  EXPECT_EQ(testing::payload_of(out.all[0]), hex("90 e0 92 34 07 00 31 02 00"));
  auto h264 = AnyPacketizer::of("H264", {.h264_mode = h264::PacketizationMode::SingleNal});
  EXPECT_EQ(h264->packetize({hex("000001 41 9a 01 02")}, {3, 3}, out),
            std::unexpected(PacketizeError::TooLarge));
}

TEST(Codecs, CarryASampleFromEndToEnd) {
  auto packetizer = AnyPacketizer::of("H264", {});
  auto depacketizer = AnyDepacketizer::of("H264");
  testing::Link link(*depacketizer);
  Pieces out;
  const Buffer unit = hex("00000001 65 88 01 02 03 04");
  ASSERT_TRUE(packetizer->packetize({unit}, {4, 5}, out));
  link.tell(out, 1);
  ASSERT_EQ(link.frames.size(), 1u);
  EXPECT_EQ(link.frames[0].bytes, unit);
  EXPECT_EQ(depacketizer->counts().frames, 1u);
}

}  // namespace
}  // namespace specter::codec
