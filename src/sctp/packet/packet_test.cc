#include "sctp/packet/packet.h"

#include <gtest/gtest.h>

#include "sctp/packet/control_chunks.h"
#include "testing/hex.h"

namespace specter::sctp {
namespace {

Buffer with_checksum(Buffer packet) {
  fix_checksum(packet);
  return packet;
}

Buffer packet_of(std::string_view chunks) {
  Buffer packet = testing::hex("13 88 13 89 01 02 03 04 00 00 00 00");
  const Buffer rest = testing::hex(chunks);
  packet.insert(packet.end(), rest.begin(), rest.end());
  return with_checksum(packet);
}

ParseError error_of(std::string_view chunks) {
  return PacketView::parse(packet_of(chunks)).error();
}

TEST(Packet, IsWrittenAndReadAgain) {
  PacketWriter writer({5000, 5001, 0x01020304}, 1200);
  EXPECT_TRUE(writer.empty());
  writer.add(CookieEchoChunk{{1, 2, 3}});
  writer.add(BareChunk{ChunkType::CookieAck, false});
  const Buffer packet = writer.finish();
  EXPECT_EQ(packet.size(), 12u + 8 + 4);
  EXPECT_EQ(packet, packet_of("0a 00 00 07 01 02 03 00  0b 00 00 04"));

  const auto view = PacketView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header, (CommonHeader{5000, 5001, 0x01020304}));
  ChunkReader chunks(view->chunks);
  const auto first = chunks.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, ChunkType::CookieEcho);
  EXPECT_EQ(to_buffer(first->value), (Buffer{1, 2, 3}));
  ASSERT_TRUE(chunks.next());
  EXPECT_FALSE(chunks.next());
}

// As part of a datagram that begins with something else, of any length.
TEST(Packet, IsWrittenBehindWhatIsThere) {
  for (const std::size_t before : {0u, 1u, 5u, 13u}) {
    Buffer out(before, 0xee);
    PacketWriter writer(out, {5000, 5001, 0x01020304}, 1200);
    EXPECT_TRUE(writer.empty());
    EXPECT_EQ(writer.room(), 1200u - 12);
    writer.add(CookieEchoChunk{{1, 2, 3}});
    writer.add(BareChunk{ChunkType::CookieAck, false});
    writer.finish_in_place();
    Buffer expected(before, 0xee);
    const Buffer packet = packet_of("0a 00 00 07 01 02 03 00  0b 00 00 04");
    expected.insert(expected.end(), packet.begin(), packet.end());
    EXPECT_EQ(out, expected);
    PacketWriter(out, {5000, 5001, 0x01020304}, 1200).drop();
    EXPECT_EQ(out, expected);
  }
}

// RFC 9653 §5.3: 0 passes where that was agreed, another wrong one nowhere.
TEST(Packet, NeedsNoChecksumWhereThatWasAgreed) {
  Buffer packet;
  PacketWriter writer(packet, {5000, 5001, 0x01020304}, 1200);
  writer.add(BareChunk{ChunkType::CookieAck, false});
  writer.finish_in_place(PacketWriter::Checksum::Zero);
  EXPECT_TRUE(PacketView::parse(packet, ZeroChecksum::Accepted));
  EXPECT_EQ(PacketView::parse(packet).error(), ParseError::BadChecksum);
  packet[11] = 1;
  EXPECT_EQ(PacketView::parse(packet, ZeroChecksum::Accepted).error(), ParseError::BadChecksum);
  fix_checksum(packet);
  EXPECT_TRUE(PacketView::parse(packet, ZeroChecksum::Accepted));
}

// The last chunk's padding may be there or not: RFC 9260 §3.2.
TEST(Packet, TakesTheLastChunkWithoutItsPadding) {
  EXPECT_TRUE(PacketView::parse(packet_of("0a 00 00 05 01 00 00 00")));
  EXPECT_TRUE(PacketView::parse(packet_of("0a 00 00 05 01")));
}

// docs/failures.md row 77.
TEST(Packet, RefusesChunkLengthsBelowFourAndPastTheEnd) {
  for (const char* chunk : {"00 00 00 00", "00 00 00 01", "00 00 00 03", "00 00 00 05",
                            "00 00 ff ff", "0b 00 00 04 00 00 00 00", "0b 00 00 04 00"})
    EXPECT_EQ(error_of(chunk), ParseError::BadLength) << chunk;
}

TEST(Packet, RefusesEveryTruncation) {
  const Buffer packet = packet_of("0a 00 00 07 01 02 03 00  0b 00 00 04");
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_FALSE(PacketView::parse(Bytes(packet).first(size))) << size;
  EXPECT_EQ(PacketView::parse(Bytes(packet).first(12)).error(), ParseError::Truncated);
}

// docs/failures.md row 96.
TEST(Packet, RefusesEveryFlippedBit) {
  const Buffer packet = packet_of("0a 00 00 07 01 02 03 00");
  for (std::size_t bit = 0; bit < 8 * packet.size(); ++bit) {
    Buffer flipped = packet;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_EQ(PacketView::parse(flipped).error(), ParseError::BadChecksum) << bit;
  }
}

TEST(PacketWriter, KnowsItsRoom) {
  PacketWriter writer({}, 1135);
  EXPECT_EQ(writer.room(), 1120u);  // a multiple of 4 below, less the header
  writer.add(CookieEchoChunk{Buffer(1)});
  EXPECT_EQ(writer.room(), 1112u);
  writer.add(CookieEchoChunk{Buffer(1108)});
  EXPECT_EQ(writer.room(), 0u);
  EXPECT_EQ(writer.finish().size(), 1132u);
}

// RFC 9260 §3.2, §3.2.1.
TEST(UnknownTypes, SayWithTwoBitsWhatToDo) {
  EXPECT_TRUE(unknown_chunk_action(0x3f).stop);
  EXPECT_FALSE(unknown_chunk_action(0x3f).report);
  EXPECT_TRUE(unknown_chunk_action(0x7f).stop);
  EXPECT_TRUE(unknown_chunk_action(0x7f).report);
  EXPECT_FALSE(unknown_chunk_action(0xbf).stop);
  EXPECT_FALSE(unknown_chunk_action(0xbf).report);
  EXPECT_FALSE(unknown_chunk_action(0xff).stop);
  EXPECT_TRUE(unknown_chunk_action(0xff).report);
  EXPECT_TRUE(unknown_parameter_action(0x4001).stop);
  EXPECT_TRUE(unknown_parameter_action(0xc001).report);
}

}  // namespace
}  // namespace specter::sctp
