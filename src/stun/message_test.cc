#include "stun/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulation/random.h"
#include "stun/attributes.h"
#include "stun/integrity.h"
#include "testing/hex.h"

namespace specter::stun {
namespace {

using specter::simulation::SeededRandom;
using specter::testing::hex;
using ::testing::ElementsAre;

const TransactionId kId{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
const Bytes kKey = as_bytes("secret");
constexpr std::string_view kHeader = "00 01 00 00 21 12 a4 42 01 02 03 04 05 06 07 08 09 0a 0b 0c";

// RFC 8489 appendix A has the same as macros.
TEST(StunMessage, ClassAndMethodAreInterleaved) {
  EXPECT_EQ(message_type(Class::Request, Method::Binding), 0x0001);
  EXPECT_EQ(message_type(Class::Indication, Method::Binding), 0x0011);
  EXPECT_EQ(message_type(Class::SuccessResponse, Method::Binding), 0x0101);
  EXPECT_EQ(message_type(Class::ErrorResponse, Method::Binding), 0x0111);
  EXPECT_EQ(message_type(Class::Indication, Method::Data), 0x0017);
  for (std::uint16_t method = 0; method < 0x1000; ++method) {
    for (const Class cls :
         {Class::Request, Class::Indication, Class::SuccessResponse, Class::ErrorResponse}) {
      const Buffer bytes = MessageWriter(cls, static_cast<Method>(method), kId).finish();
      const auto message = Message::parse(bytes);
      ASSERT_TRUE(message);
      EXPECT_EQ(message->cls, cls);
      EXPECT_EQ(static_cast<std::uint16_t>(message->method), method);
    }
  }
}

TEST(StunMessage, WritesAndReadsKnownBytes) {
  const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                           .raw(static_cast<AttributeType>(0xc070), hex("aa bb cc"))
                           .add(UseCandidate{})
                           .finish();
  EXPECT_EQ(bytes, hex("00 01 00 0c 21 12 a4 42 01 02 03 04 05 06 07 08 09 0a 0b 0c"
                       "c0 70 00 03 aa bb cc 00 00 25 00 00"));
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, (Message{Class::Request,
                               Method::Binding,
                               kId,
                               {{static_cast<AttributeType>(0xc070), hex("aa bb cc")},
                                {AttributeType::UseCandidate, {}}}}));
}

TEST(StunMessage, RefusesWhatIsNotStun) {
  EXPECT_TRUE(Message::parse(hex(kHeader)));
  for (const std::uint8_t first : {0x40, 0x80, 0xc0}) {
    Buffer bytes = hex(kHeader);
    bytes[0] |= first;
    EXPECT_EQ(Message::parse(bytes), std::unexpected(ParseError::BadValue));
  }
  Buffer old = hex(kHeader);
  old[4] = 0;  // RFC 3489 had no cookie
  EXPECT_EQ(Message::parse(old), std::unexpected(ParseError::BadValue));
  Buffer longer = hex(kHeader);
  longer.push_back(0);
  EXPECT_EQ(Message::parse(longer), std::unexpected(ParseError::BadLength));
}

TEST(StunMessage, RefusesMoreAttributesThanItsLimit) {
  MessageWriter writer(Class::Request, Method::Binding, kId);
  for (std::size_t i = 0; i < Message::kMaxAttributes; ++i) writer.add(Priority{1});
  EXPECT_TRUE(Message::parse(MessageWriter(writer).finish()));
  writer.add(Priority{1});
  EXPECT_EQ(Message::parse(writer.finish()), std::unexpected(ParseError::TooMany));
}

// docs/failures.md row 5, RFC 8489 §14.5
TEST(StunMessage, IgnoresAttributesBehindMessageIntegrity) {
  const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                           .add(Priority{1})
                           .integrity(kKey)
                           .add(UseCandidate{})
                           .add(Priority{2})
                           .fingerprint()
                           .finish();
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->has(AttributeType::UseCandidate));
  EXPECT_EQ(message->get<Priority>(), Priority{1});
  EXPECT_TRUE(message->has(AttributeType::Fingerprint));
  EXPECT_TRUE(has_integrity(bytes, kKey));
}

TEST(StunMessage, KeepsSha256IntegrityBehindTheOlderOne) {
  const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                           .add(Priority{1})
                           .integrity(kKey)
                           .integrity_sha256(kKey)
                           .add(UseCandidate{})
                           .fingerprint()
                           .finish();
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->has(AttributeType::UseCandidate));
  EXPECT_TRUE(has_integrity(bytes, kKey));
  EXPECT_TRUE(has_integrity_sha256(bytes, kKey));
}

TEST(StunMessage, IgnoresAllBehindTheFingerprint) {
  const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                           .add(Priority{1})
                           .fingerprint()
                           .integrity(kKey)
                           .add(UseCandidate{})
                           .finish();
  // The fingerprint was right when it was the last attribute, and is judged as such.
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->has(AttributeType::UseCandidate));
  EXPECT_FALSE(message->has(AttributeType::MessageIntegrity));
  EXPECT_FALSE(has_integrity(bytes, kKey));
}

TEST(StunMessage, RefusesAWrongFingerprint) {
  Buffer bytes =
      MessageWriter(Class::Request, Method::Binding, kId).add(Priority{1}).fingerprint().finish();
  bytes.back() ^= 1;
  EXPECT_EQ(Message::parse(bytes), std::unexpected(ParseError::BadChecksum));
}

TEST(StunMessage, TakesTheFirstOfAKind) {
  const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                           .add(Username{"first"})
                           .add(Username{"second"})
                           .finish();
  EXPECT_EQ(Message::parse(bytes)->get<Username>(), Username{"first"});
}

TEST(StunMessage, NamesTheRequiredAttributesThatAreUnknown) {
  const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                           .raw(static_cast<AttributeType>(0x7001), {})
                           .add(Priority{1})
                           .raw(static_cast<AttributeType>(0xc057), hex("00 00 00 00"))
                           .raw(static_cast<AttributeType>(0x0055), {})
                           .raw(static_cast<AttributeType>(0x7001), {})
                           .finish();
  const AttributeType understood[] = {AttributeType::Priority};
  EXPECT_THAT(Message::parse(bytes)->unknown_required(understood),
              ElementsAre(static_cast<AttributeType>(0x7001), static_cast<AttributeType>(0x0055)));
}

TEST(StunIntegrity, AcceptsSha256CutToAllowedSizesOnly) {
  const Buffer whole =
      MessageWriter(Class::Request, Method::Binding, kId).integrity_sha256(kKey).finish();
  for (std::size_t size = 0; size <= 40; ++size) {
    // The HMAC covers the length field, so a cut value has one of its own.
    Buffer covered(whole.begin(), whole.begin() + kHeaderSize);
    ByteWriter(covered).set_u16(2, static_cast<std::uint16_t>(4 + size));
    const auto mac = integrity_sha256_of(covered, kKey);
    Buffer value(mac.begin(), mac.end());
    value.resize(size);
    const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                             .raw(AttributeType::MessageIntegritySha256, value)
                             .finish();
    const bool allowed = size >= 16 && size <= 32 && size % 4 == 0;
    EXPECT_EQ(has_integrity_sha256(bytes, kKey), allowed) << size;
  }
}

// The check value of the CRC catalogue for "123456789".
TEST(StunFingerprint, Crc32HasItsKnownAnswer) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926u);
  EXPECT_EQ(crc32({}), 0u);
}

// By the definition, a bit at a time: eight bytes at once must say the same, whatever is left over.
TEST(StunFingerprint, Crc32IsThatOfItsPolynomialAtEachLength) {
  SeededRandom random(3);
  Buffer data(40, 0);
  random.fill(data);
  std::uint32_t crc = 0xffffffff;
  for (std::size_t size = 0; size < data.size(); ++size) {
    EXPECT_EQ(crc32(Bytes(data).first(size)), ~crc) << size;
    crc ^= data[size];
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
}

// What parses is written back, attribute by attribute, into what parses to the same.
TEST(StunMessage, SurvivesAnyBytes) {
  SeededRandom random(5);
  std::size_t parsed = 0;
  for (int round = 0; round < 20'000; ++round) {
    Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                       .add(Username{"a:b"})
                       .add(Priority{7})
                       .integrity(kKey)
                       .finish();
    for (std::uint32_t i = random.below(4); i > 0; --i)
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] =
          static_cast<std::uint8_t>(random.u32());
    if (random.chance(0.2)) bytes.resize(random.below(static_cast<std::uint32_t>(bytes.size())));
    const auto message = Message::parse(bytes);
    has_integrity(bytes, kKey);
    has_integrity_sha256(bytes, kKey);
    if (!message) continue;
    ++parsed;
    MessageWriter writer(message->cls, message->method, message->id);
    for (const Attribute& attribute : message->attributes) writer.raw(attribute);
    EXPECT_EQ(Message::parse(writer.finish()), *message);
  }
  EXPECT_GT(parsed, 1000u);
}

}  // namespace
}  // namespace specter::stun
