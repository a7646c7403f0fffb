#include "rtp/header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "testing/hex.h"

namespace specter::rtp {
namespace {

using specter::testing::hex;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

Buffer written(const Packet& packet) {
  Buffer bytes;
  ByteWriter out(bytes);
  packet.write(out);
  return bytes;
}

// The plain packet of libsrtp's reference test: twelve bytes of header, sixteen of payload.
constexpr std::string_view kPlain =
    "800f1234 decafbad cafebabe abababab abababab abababab abababab";
// The header of RFC 9335 appendix A's packets with two CSRCs and an extension.
constexpr std::string_view kWithAll =
    "920f1238 decafbad cafebabe 0001e240 0000b26e bede0001 51000200 abababab";

TEST(RtpHeader, ReadsAndWritesKnownBytes) {
  const Buffer bytes = hex(kPlain);
  const auto packet = Packet::parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(
      packet->header,
      (Header{
          .payload_type = 15, .sequence = 0x1234, .timestamp = 0xdecafbad, .ssrc = 0xcafebabe}));
  EXPECT_FALSE(packet->extension);
  EXPECT_EQ(packet->padding, 0);
  EXPECT_THAT(packet->payload, ElementsAreArray(Buffer(16, 0xab)));
  EXPECT_EQ(written(*packet), bytes);
}

TEST(RtpHeader, ReadsAndWritesCsrcsAndExtension) {
  const Buffer bytes = hex(kWithAll);
  const auto packet = Packet::parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header.csrcs, (Csrcs{0x0001e240, 0x0000b26e}));
  EXPECT_THAT(packet->header.csrcs.span(), ElementsAre(0x0001e240, 0x0000b26e));
  ASSERT_TRUE(packet->extension);
  EXPECT_EQ(packet->extension->profile, 0xbede);
  EXPECT_THAT(packet->extension->body, ElementsAre(0x51, 0x00, 0x02, 0x00));
  EXPECT_THAT(packet->payload, ElementsAre(0xab, 0xab, 0xab, 0xab));
  EXPECT_EQ(written(*packet), bytes);
  EXPECT_EQ(packet->size(), bytes.size());
}

// The header of RFC 7714 §16.1's packet, and the same with the marker.
TEST(RtpHeader, MarkerAndPayloadTypeShareAByte) {
  const Header header{
      .payload_type = 64, .sequence = 0xf17b, .timestamp = 0x8041f8d3, .ssrc = 0x5501a0b2};
  EXPECT_EQ(Header::parse(hex("8040f17b 8041f8d3 5501a0b2")), header);
  Header marked = header;
  marked.marker = true;
  EXPECT_EQ(Header::parse(hex("80c0f17b 8041f8d3 5501a0b2")), marked);
}

TEST(RtpHeader, ALayoutTellsWhatStaysClear) {
  EXPECT_EQ(HeaderLayout::parse(hex(kPlain)), (HeaderLayout{12, 12, {}}));
  EXPECT_EQ(HeaderLayout::parse(hex(kWithAll)),
            (HeaderLayout{20, 28, {.has_extension = true, .has_padding = false}}));
  // An extension without a body; 15 CSRCs.
  EXPECT_EQ(HeaderLayout::parse(hex("900f1234 decafbad cafebabe bede0000")),
            (HeaderLayout{12, 16, {.has_extension = true, .has_padding = false}}));
  Buffer most = hex("af0f1234 decafbad cafebabe");
  most.resize(72);
  EXPECT_EQ(HeaderLayout::parse(most),
            (HeaderLayout{72, 72, {.has_extension = false, .has_padding = true}}));
}

TEST(RtpHeader, RefusesEachTruncationOfItsHeader) {
  const Buffer bytes = hex(kWithAll);
  for (std::size_t size = 0; size < 28; ++size) {
    const Bytes cut = Bytes(bytes).first(size);
    EXPECT_EQ(Packet::parse(cut).error(), ParseError::Truncated) << size;
    EXPECT_EQ(HeaderLayout::parse(cut), std::unexpected(ParseError::Truncated)) << size;
  }
  for (std::size_t size = 0; size < 20; ++size)
    EXPECT_EQ(Header::parse(Bytes(bytes).first(size)), std::unexpected(ParseError::Truncated));
  EXPECT_TRUE(Packet::parse(Bytes(bytes).first(28)));  // without payload
}

TEST(RtpHeader, RefusesOtherVersions) {
  for (const std::uint8_t version : {0, 1, 3}) {
    Buffer bytes = hex(kPlain);
    bytes[0] = static_cast<std::uint8_t>(version << 6);
    EXPECT_EQ(Packet::parse(bytes).error(), ParseError::BadValue);
    EXPECT_EQ(Header::parse(bytes).error(), ParseError::BadValue);
    EXPECT_EQ(HeaderLayout::parse(bytes).error(), ParseError::BadValue);
  }
}

TEST(RtpHeader, TakesUpToFifteenCsrcs) {
  Packet packet;
  for (std::uint32_t i = 0; i < kMaxCsrcs; ++i) packet.header.csrcs.push_back(i);
  const Buffer bytes = written(packet);
  EXPECT_EQ(bytes.size(), 72u);
  EXPECT_EQ(Packet::parse(bytes)->header, packet.header);
  EXPECT_THROW(packet.header.csrcs.push_back(15), Bug);
}

// Media fact 31: padding of size 0 or longer than what follows the header is malformed; a packet
// may be padding alone; who writes the payload without the padding has the P bit cleared.
TEST(RtpPadding, IsTakenOffThePayload) {
  const Buffer bytes = hex("a00f1234 decafbad cafebabe 0102 000003");
  const auto packet = Packet::parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_THAT(packet->payload, ElementsAre(1, 2));
  EXPECT_EQ(packet->padding, 3);
  EXPECT_EQ(packet->size(), bytes.size());
  EXPECT_EQ(written(*packet), bytes);

  Packet bare = *packet;
  bare.padding = 0;
  EXPECT_EQ(written(bare), hex("800f1234 decafbad cafebabe 0102"));
}

TEST(RtpPadding, MayBeAllThereIs) {
  for (const int size : {1, 2, 255}) {
    Packet packet;
    packet.padding = static_cast<std::uint8_t>(size);
    const Buffer bytes = written(packet);
    EXPECT_EQ(bytes.size(), 12u + static_cast<std::size_t>(size));
    const auto again = Packet::parse(bytes);
    ASSERT_TRUE(again);
    EXPECT_THAT(again->payload, IsEmpty());
    EXPECT_EQ(again->padding, size);
  }
}

TEST(RtpPadding, OfAnImpossibleSizeIsMalformed) {
  const std::string header = "a00f1234 decafbad cafebabe ";
  EXPECT_EQ(Packet::parse(hex(header + "0102 000000")).error(), ParseError::BadLength);
  EXPECT_EQ(Packet::parse(hex(header + "0102 000006")).error(), ParseError::BadLength);
  EXPECT_TRUE(Packet::parse(hex(header + "0102 000005")));
  EXPECT_EQ(Packet::parse(hex(header)).error(), ParseError::BadLength);
  // The padding may not reach into the extension.
  EXPECT_EQ(Packet::parse(hex("b00f1234 decafbad cafebabe bede0001 51000002")).error(),
            ParseError::BadLength);
}

TEST(RtpPacket, WritesNoExtensionOfHalfWords) {
  const Buffer body = hex("510002");
  Packet packet;
  packet.extension = ExtensionBlock{0xbede, body};
  Buffer bytes;
  ByteWriter out(bytes);
  EXPECT_THROW(packet.write(out), Bug);
}

}  // namespace
}  // namespace specter::rtp
