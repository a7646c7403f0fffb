#include "stun/attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/hex.h"

namespace specter::stun {
namespace {

using specter::testing::hex;

const TransactionId kId{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

template <class A>
Buffer written(const A& attribute) {
  Buffer out;
  ByteWriter writer(out);
  attribute.write(writer, kId);
  return out;
}

// Known bytes both ways.
template <class A>
void expect_wire(const A& attribute, std::string_view wire) {
  EXPECT_EQ(written(attribute), hex(wire));
  EXPECT_EQ((A::parse(hex(wire), kId)), attribute);
}

template <class A>
void expect_refused(std::string_view wire, ParseError error) {
  EXPECT_EQ(A::parse(hex(wire), kId), std::unexpected(error)) << wire;
}

// Each proper prefix of a value of fixed form is refused.
template <class A>
void expect_each_truncation_refused(std::string_view wire) {
  Buffer whole = hex(wire);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(A::parse(Bytes(whole).first(size), kId)) << size;
  whole.push_back(0);
  EXPECT_FALSE(A::parse(whole, kId));
}

TEST(StunAttributes, Addresses) {
  const Endpoint v4 = *Endpoint::parse("192.0.2.1:32853");
  const Endpoint v6 = *Endpoint::parse("[2001:db8::1]:1");
  expect_wire(MappedAddress{v4}, "00 01 80 55 c0 00 02 01");
  expect_wire(AlternateServer{v6}, "00 02 00 01 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01");
  expect_wire(XorMappedAddress{v4}, "00 01 a1 47 e1 12 a6 43");
  expect_wire(XorMappedAddress{v6}, "00 02 21 13 01 13 a9 fa 01 02 03 04 05 06 07 08 09 0a 0b 0d");
  expect_each_truncation_refused<MappedAddress>("00 01 80 55 c0 00 02 01");
  expect_each_truncation_refused<XorMappedAddress>(
      "00 02 21 13 01 13 a9 fa 01 02 03 04 05 06 07 08 09 0a 0b 0d");
  expect_refused<MappedAddress>("00 03 80 55 c0 00 02 01", ParseError::BadValue);
  expect_refused<MappedAddress>("00 02 80 55 c0 00 02 01", ParseError::BadLength);
  // RFC 8489 §14.1: the first byte is ignored.
  EXPECT_EQ(MappedAddress::parse(hex("ff 01 80 55 c0 00 02 01"), kId), MappedAddress{v4});
}

TEST(StunAttributes, TextsAreBoundedBytes) {
  expect_wire(Username{"a:b"}, "61 3a 62");
  expect_wire(Realm{""}, "");
  EXPECT_TRUE(Username::parse(Buffer(513), kId));
  EXPECT_EQ(Username::parse(Buffer(514), kId), std::unexpected(ParseError::BadLength));
  EXPECT_TRUE(Nonce::parse(Buffer(763), kId));
  EXPECT_EQ(Nonce::parse(Buffer(764), kId), std::unexpected(ParseError::BadLength));
  EXPECT_EQ(Realm::parse(Buffer(764), kId), std::unexpected(ParseError::BadLength));
  EXPECT_EQ(Software::parse(Buffer(764), kId), std::unexpected(ParseError::BadLength));
  EXPECT_EQ(AlternateDomain::parse(Buffer(256), kId), std::unexpected(ParseError::BadLength));
}

TEST(StunAttributes, IceAttributes) {
  expect_wire(Priority{0x6e0001ff}, "6e 00 01 ff");
  expect_each_truncation_refused<Priority>("6e 00 01 ff");
  expect_wire(UseCandidate{}, "");
  expect_refused<UseCandidate>("00", ParseError::BadLength);
  expect_wire(IceControlled{0x0102030405060708}, "01 02 03 04 05 06 07 08");
  expect_wire(IceControlling{0x0102030405060708}, "01 02 03 04 05 06 07 08");
  expect_each_truncation_refused<IceControlling>("01 02 03 04 05 06 07 08");
}

// draft-hancke-webrtc-sped §3.3.2
TEST(StunAttributes, DtlsInStun) {
  expect_wire(DtlsInStunData{hex("16 fe fd 00 00")}, "16 fe fd 00 00");
  expect_wire(DtlsInStunData{}, "");
  expect_wire(DtlsInStunAck{}, "");
  expect_wire(DtlsInStunAck{{0xcbf43926, 1}}, "cb f4 39 26 00 00 00 01");
  // Whoever writes more than we do is read.
  const auto many = DtlsInStunAck::parse(Buffer(4 * 300), kId);
  ASSERT_TRUE(many);
  EXPECT_EQ(many->checksums.size(), 300u);
  for (const std::string_view wire : {"00", "00 00", "00 00 00", "cb f4 39 26 00"})
    expect_refused<DtlsInStunAck>(wire, ParseError::BadLength);
}

// A value whose length is no multiple of four is padded, and the padding is no part of it.
TEST(StunAttributes, DtlsInStunWithinAMessage) {
  const Buffer bytes = MessageWriter(Class::Request, Method::Binding, kId)
                           .add(DtlsInStunAck{{0xcbf43926}})
                           .add(DtlsInStunData{hex("16 fe fd")})
                           .finish();
  EXPECT_EQ(Buffer(bytes.begin() + kHeaderSize, bytes.end()),
            hex("c0 71 00 04 cb f4 39 26 c0 70 00 03 16 fe fd 00"));
  const auto message = Message::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->get<DtlsInStunData>(), DtlsInStunData{hex("16 fe fd")});
  EXPECT_EQ(message->get<DtlsInStunAck>(), DtlsInStunAck{{0xcbf43926}});
  // Comprehension-optional: a peer that has never heard of them answers all the same.
  EXPECT_TRUE(message->unknown_required({}).empty());
}

TEST(StunAttributes, ErrorCodes) {
  expect_wire(ErrorCode{487, "Role Conflict"},
              "00 00 04 57 52 6f 6c 65 20 43 6f 6e 66 6c 69 63 74");
  expect_wire(ErrorCode{300, ""}, "00 00 03 00");
  expect_wire(ErrorCode{699, ""}, "00 00 06 63");
  for (const std::string_view wire : {"", "00", "00 00", "00 00 04"})
    expect_refused<ErrorCode>(wire, ParseError::BadLength);
  for (const std::string_view wire : {"00 00 02 00", "00 00 07 00", "00 00 04 64"})
    expect_refused<ErrorCode>(wire, ParseError::BadValue);
  EXPECT_EQ(ErrorCode::parse(Buffer(4 + 764), kId), std::unexpected(ParseError::BadLength));

  expect_wire(UnknownAttributes{{AttributeType::Priority, static_cast<AttributeType>(0x7001)}},
              "00 24 70 01");
  expect_refused<UnknownAttributes>("00 24 70", ParseError::BadLength);
  EXPECT_TRUE(UnknownAttributes::parse(Buffer(2 * Message::kMaxAttributes), kId));
  EXPECT_EQ(UnknownAttributes::parse(Buffer(2 * Message::kMaxAttributes + 2), kId),
            std::unexpected(ParseError::TooMany));
}

TEST(StunAttributes, LongTermCredentials) {
  Userhash hash;
  for (std::size_t i = 0; i < hash.hash.size(); ++i) hash.hash[i] = static_cast<std::uint8_t>(i);
  const std::string_view wire =
      "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"
      "10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f";
  expect_wire(hash, wire);
  expect_each_truncation_refused<Userhash>(wire);

  expect_wire(PasswordAlgorithm{PasswordAlgorithmId::Sha256, {}}, "00 02 00 00");
  expect_wire(PasswordAlgorithm{static_cast<PasswordAlgorithmId>(9), hex("aa")},
              "00 09 00 01 aa 00 00 00");
  expect_each_truncation_refused<PasswordAlgorithm>("00 02 00 00");
  expect_refused<PasswordAlgorithm>("00 02 00 04 00", ParseError::BadLength);

  expect_wire(PasswordAlgorithms{{{PasswordAlgorithmId::Sha256, {}},
                                  {static_cast<PasswordAlgorithmId>(9), hex("aa bb")},
                                  {PasswordAlgorithmId::Md5, {}}}},
              "00 02 00 00 00 09 00 02 aa bb 00 00 00 01 00 00");
  expect_refused<PasswordAlgorithms>("00 02 00 00 00 01", ParseError::BadLength);
  EXPECT_TRUE(PasswordAlgorithms::parse(Buffer(4 * PasswordAlgorithms::kMaxAlgorithms), kId));
  EXPECT_EQ(PasswordAlgorithms::parse(Buffer(4 * PasswordAlgorithms::kMaxAlgorithms + 4), kId),
            std::unexpected(ParseError::TooMany));
}

}  // namespace
}  // namespace specter::stun
