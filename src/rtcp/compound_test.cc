#include "rtcp/compound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "testing/hex.h"

namespace specter::rtcp {
namespace {

using specter::testing::hex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::VariantWith;

const ReceiverReport kReport{.ssrc = 1, .blocks = {}};
const PictureLoss kLoss{.sender_ssrc = 1, .media_ssrc = 2};
constexpr std::string_view kReportBytes = "80c90001 00000001";
constexpr std::string_view kLossBytes = "81ce0002 00000001 00000002";

Buffer joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += std::string(part) + " ";
  return hex(text);
}

// ---- One packet's header

TEST(RtcpPacket, HasALengthInWordsMinusOne) {
  const Buffer bytes = hex(kLossBytes);
  const auto packet = RawPacket::parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, PacketType::PayloadFeedback);
  EXPECT_EQ(packet->count, 1);
  EXPECT_THAT(packet->body, SizeIs(8));
  EXPECT_EQ(packet_size(bytes), 12u);
  EXPECT_EQ(packet_size(hex("81ceffff")), kMaxPacketSize);
}

TEST(RtcpPacket, RefusesTruncationsOtherVersionsAndMoreThanOne) {
  const Buffer bytes = hex(kLossBytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(RawPacket::parse(Bytes(bytes).first(size)).error(), ParseError::Truncated) << size;
  for (const std::string_view other : {"01c90000", "41c90000", "c1c90000"})
    EXPECT_EQ(RawPacket::parse(hex(other)).error(), ParseError::BadValue);
  const Buffer two = joined({kLossBytes, kLossBytes});
  EXPECT_TRUE(RawPacket::parse(two));
  EXPECT_EQ(RawPacket::parse_whole(two).error(), ParseError::BadLength);
}

// Media fact 31 has the same of RTP: padding of 0 bytes, or of more than there are, is malformed.
TEST(RtcpPacket, TakesPaddingOff) {
  EXPECT_THAT(RawPacket::parse(hex("a0cc0002 11111111 00000004"))->body, SizeIs(4));
  EXPECT_THAT(RawPacket::parse(hex("a0cc0002 11111111 00000008"))->body, IsEmpty());
  EXPECT_THAT(RawPacket::parse(hex("a0cc0002 11111111 00000001"))->body, SizeIs(7));
  for (const std::string_view bad :
       {"a0cc0002 11111111 00000000", "a0cc0002 11111111 00000009", "a0cc0000"})
    EXPECT_EQ(RawPacket::parse(hex(bad)).error(), ParseError::BadLength) << bad;
}

TEST(RtcpPacket, WhatIsNoWholeWordIsPaddedWhenWritten) {
  Buffer bytes;
  ByteWriter out(bytes);
  App{.subtype = 1, .ssrc = 2, .name = {'a', 'b', 'c', 'd'}, .data = {9}}.write(out);
  EXPECT_EQ(bytes, hex("a1cc0003 00000002 61626364 09000003"));
  EXPECT_EQ(App::parse(bytes)->data, Buffer{9});
}

// ---- Several

TEST(RtcpCompound, WalksByLength) {
  const auto compound = Compound::parse(joined({kReportBytes, kLossBytes}), CompoundForm::Full);
  ASSERT_TRUE(compound);
  EXPECT_THAT(compound->messages,
              ElementsAre(VariantWith<ReceiverReport>(kReport), VariantWith<PictureLoss>(kLoss)));
  EXPECT_EQ(compound->malformed, 0u);
  EXPECT_EQ(compound->stopped, std::nullopt);
}

// A length that points behind the datagram ends the walk, and so do a few bytes that are no header.
TEST(RtcpCompound, StopsAtTheFirstLie) {
  for (const std::string_view lie : {"81ce0003 00000001 00000002", "81ce00", "80"}) {
    const auto compound = Compound::parse(joined({kReportBytes, lie}), CompoundForm::Full);
    ASSERT_TRUE(compound);
    EXPECT_THAT(compound->messages, ElementsAre(VariantWith<ReceiverReport>(kReport)));
    EXPECT_EQ(compound->stopped, ParseError::Truncated);
  }
  const auto compound =
      Compound::parse(joined({kReportBytes, "00000000", kLossBytes}), CompoundForm::Full);
  EXPECT_THAT(compound->messages, SizeIs(1));
  EXPECT_EQ(compound->stopped, ParseError::BadValue);
}

TEST(RtcpCompound, LeavesOutWhatIsMalformedAndGoesOn) {
  // A FIR without a request.
  const auto compound = Compound::parse(
      joined({kReportBytes, "84ce0002 00000001 00000000", kLossBytes}), CompoundForm::Full);
  ASSERT_TRUE(compound);
  EXPECT_THAT(compound->messages,
              ElementsAre(VariantWith<ReceiverReport>(kReport), VariantWith<PictureLoss>(kLoss)));
  EXPECT_EQ(compound->malformed, 1u);
}

// RFC 3550 §6.1: a report stands first; RFC 5506: not where both have agreed on reduced size.
TEST(RtcpCompound, BeginsWithAReportUnlessReduced) {
  EXPECT_EQ(Compound::parse(hex(kLossBytes), CompoundForm::Full).error(), ParseError::WrongType);
  EXPECT_THAT(Compound::parse(hex(kLossBytes), CompoundForm::ReducedSize)->messages,
              ElementsAre(VariantWith<PictureLoss>(kLoss)));
  EXPECT_EQ(Compound::parse({}, CompoundForm::ReducedSize).error(), ParseError::Truncated);
  EXPECT_EQ(Compound::parse(hex("80c9"), CompoundForm::Full).error(), ParseError::Truncated);
}

TEST(RtcpCompound, KeepsWhatItDoesNotKnow) {
  // RPSI, TMMBR, a type of the future, another application's feedback.
  const std::string_view unknown[] = {"83ce0003 00000001 00000002 00000000",
                                      "83cd0002 00000001 00000002", "9fdf0000",
                                      "8fce0003 00000001 00000002 41424344"};
  for (const std::string_view text : unknown) {
    const auto compound = Compound::parse(hex(text), CompoundForm::ReducedSize);
    ASSERT_TRUE(compound);
    ASSERT_THAT(compound->messages, SizeIs(1)) << text;
    EXPECT_TRUE(std::holds_alternative<UnknownPacket>(compound->messages[0])) << text;
    Buffer bytes;
    ByteWriter out(bytes);
    write(out, compound->messages[0]);
    EXPECT_EQ(bytes, hex(text));
  }
}

TEST(RtcpCompound, LooksAtSoManyPackets) {
  Buffer bytes;
  for (std::size_t i = 0; i < CompoundReader::kMaxPackets; ++i)
    bytes.insert(bytes.end(), {0x80, 0xc9, 0, 1, 0, 0, 0, 1});
  EXPECT_EQ(Compound::parse(bytes, CompoundForm::Full)->stopped, std::nullopt);
  bytes.insert(bytes.end(), {0x80, 0xc9, 0, 1, 0, 0, 0, 1});
  const auto compound = Compound::parse(bytes, CompoundForm::Full);
  EXPECT_THAT(compound->messages, SizeIs(CompoundReader::kMaxPackets));
  EXPECT_EQ(compound->stopped, ParseError::TooMany);
}

TEST(RtcpCompound, IsWrittenUpToALimit) {
  Buffer bytes = hex("ff ff");  // what others wrote
  CompoundWriter writer(bytes, 20);
  EXPECT_TRUE(writer.add(kReport));
  EXPECT_EQ(writer.room(), 12u);
  EXPECT_TRUE(writer.add(Message(kLoss)));
  EXPECT_FALSE(writer.add(kReport));
  EXPECT_FALSE(writer.add(Message(kLoss)));
  EXPECT_EQ(writer.size(), 20u);
  EXPECT_EQ(bytes, joined({"ffff", kReportBytes, kLossBytes}));
}

// Where a message is padded, the length and the P bit are its own, wherever it stands in the
// buffer.
TEST(RtcpCompound, PaddedMessagesMayBeFollowedByOthers) {
  Buffer bytes = hex("ff");
  CompoundWriter writer(bytes, 1000);
  const App app{.subtype = 0, .ssrc = 2, .name = {'a', 'b', 'c', 'd'}, .data = {9, 9}};
  writer.add(kReport);
  writer.add(app);
  writer.add(kLoss);
  const auto compound = Compound::parse(Bytes(bytes).subspan(1), CompoundForm::Full);
  ASSERT_TRUE(compound);
  EXPECT_THAT(compound->messages,
              ElementsAre(VariantWith<ReceiverReport>(kReport), VariantWith<App>(app),
                          VariantWith<PictureLoss>(kLoss)));
}

}  // namespace
}  // namespace specter::rtcp
