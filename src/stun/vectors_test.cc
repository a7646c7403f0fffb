// The examples of RFC 5769 §2 and RFC 8489 appendix B, read and written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stun/attributes.h"
#include "stun/integrity.h"
#include "stun/message.h"
#include "testing/hex.h"

namespace specter::stun {
namespace {

using specter::testing::hex;

constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
// U+30DE U+30C8 U+30EA U+30C3 U+30AF U+30B9
constexpr std::string_view kUsername =
    "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";

// RFC 5769 §2.1
const Buffer kRequest =
    hex("00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
        "80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74"
        "00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36"
        "00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20"
        "00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2"
        "80 28 00 04 e5 7a 3b cf");
// RFC 5769 §2.2
const Buffer kResponseV4 =
    hex("01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
        "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20"
        "00 20 00 08 00 01 a1 47 e1 12 a6 43"
        "00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7"
        "80 28 00 04 c0 7d 4c 96");
// RFC 5769 §2.3
const Buffer kResponseV6 =
    hex("01 01 00 48 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
        "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20"
        "00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9"
        "00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41"
        "80 28 00 04 c8 fb 0b 4c");
// RFC 5769 §2.4
const Buffer kLongTerm =
    hex("00 01 00 60 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e"
        "00 06 00 12 e3 83 9e e3 83 88 e3 83 aa e3 83 83 e3 82 af e3 82 b9 00 00"
        "00 15 00 1c 66 2f 2f 34 39 39 6b 39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 "
        "73 41"
        "00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00"
        "00 08 00 14 f6 70 24 65 6d d6 4a 3e 02 b8 e0 71 2e 85 c9 a2 8c a8 96 66");
// RFC 8489 appendix B.1, whose header says 0x9c bytes of attributes where 0x88 follow; its HMAC was
// computed with the 0x9c. Everything else of it holds.
const Buffer kLongTermSha256AsPrinted =
    hex("00 01 00 9c 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e"
        "00 1e 00 20 4a 3c f3 8f ef 69 92 bd a9 52 c6 78 04 17 da 0f"
        "            24 81 94 15 56 9e 60 b2 05 c4 6e 41 40 7f 17 04"
        "00 15 00 29 6f 62 4d 61 74 4a 6f 73 32 41 41 41 43 66 2f 2f 34 39 39 6b 39 35 34 64"
        "            36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 73 41 00 00 00"
        "00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00"
        "00 1c 00 20 e4 68 6c 8f 0e de b5 90 13 e0 70 90 01 0a 93 ef"
        "            cc bc cc 54 4c 0a 45 d9 f8 30 aa 6d 6f 73 5a 01");

const Buffer kLongTermSha256 = [] {
  Buffer message = kLongTermSha256AsPrinted;
  ByteWriter(message).set_u16(2, 0x88);
  return message;
}();

const std::vector<Buffer> kAll = {kRequest, kResponseV4, kResponseV6, kLongTerm, kLongTermSha256};

TransactionId id_of(Bytes message) {
  TransactionId id;
  std::ranges::copy(message.subspan(8, 12), id.bytes.begin());
  return id;
}

TEST(Rfc5769, ReadsTheSampleRequest) {
  const auto message = Message::parse(kRequest);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->cls, Class::Request);
  EXPECT_EQ(message->method, Method::Binding);
  EXPECT_EQ(message->get<Software>(), Software{"STUN test client"});
  EXPECT_EQ(message->get<Priority>(), Priority{0x6e0001ff});
  EXPECT_EQ(message->get<IceControlled>(), IceControlled{0x932ff9b151263b36});
  EXPECT_EQ(message->get<Username>(), Username{"evtj:h6vY"});
  EXPECT_TRUE(has_integrity(kRequest, short_term_key(kPassword)));
  EXPECT_FALSE(has_integrity(kRequest, short_term_key("VOkJxbRl1RmTxUk/WvJxBu")));
}

TEST(Rfc5769, WritesTheSampleRequest) {
  MessageWriter writer(Class::Request, Method::Binding, id_of(kRequest), 0x20);
  writer.add(Software{"STUN test client"})
      .add(Priority{0x6e0001ff})
      .add(IceControlled{0x932ff9b151263b36})
      .add(Username{"evtj:h6vY"})
      .integrity(short_term_key(kPassword))
      .fingerprint();
  EXPECT_EQ(writer.finish(), kRequest);
}

TEST(Rfc5769, ReadsAndWritesTheIpv4Response) {
  const auto message = Message::parse(kResponseV4);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->cls, Class::SuccessResponse);
  EXPECT_EQ(message->get<Software>(), Software{"test vector"});
  const XorMappedAddress mapped{*Endpoint::parse("192.0.2.1:32853")};
  EXPECT_EQ(message->get<XorMappedAddress>(), mapped);
  EXPECT_TRUE(has_integrity(kResponseV4, short_term_key(kPassword)));

  MessageWriter writer(Class::SuccessResponse, Method::Binding, id_of(kResponseV4), 0x20);
  writer.add(Software{"test vector"}).add(mapped);
  writer.integrity(short_term_key(kPassword)).fingerprint();
  EXPECT_EQ(writer.finish(), kResponseV4);
}

TEST(Rfc5769, ReadsAndWritesTheIpv6Response) {
  const auto message = Message::parse(kResponseV6);
  ASSERT_TRUE(message);
  const XorMappedAddress mapped{*Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853")};
  EXPECT_EQ(message->get<XorMappedAddress>(), mapped);
  EXPECT_TRUE(has_integrity(kResponseV6, short_term_key(kPassword)));

  MessageWriter writer(Class::SuccessResponse, Method::Binding, id_of(kResponseV6), 0x20);
  writer.add(Software{"test vector"}).add(mapped);
  writer.integrity(short_term_key(kPassword)).fingerprint();
  EXPECT_EQ(writer.finish(), kResponseV6);
}

TEST(Rfc5769, ReadsAndWritesTheLongTermRequest) {
  const auto message = Message::parse(kLongTerm);
  ASSERT_TRUE(message);
  const Username username{std::string(kUsername)};
  const Nonce nonce{"f//499k954d6OL34oL9FSTvy64sA"};
  const Realm realm{"example.org"};
  EXPECT_EQ(message->get<Username>(), username);
  EXPECT_EQ(message->get<Nonce>(), nonce);
  EXPECT_EQ(message->get<Realm>(), realm);
  const auto key = long_term_key_md5(kUsername, "example.org", "TheMatrIX");
  EXPECT_TRUE(has_integrity(kLongTerm, key));

  MessageWriter writer(Class::Request, Method::Binding, id_of(kLongTerm));
  writer.add(username).add(nonce).add(realm).integrity(key);
  EXPECT_EQ(writer.finish(), kLongTerm);
}

TEST(Rfc8489AppendixB, ReadsAndWritesTheLongTermRequestWithSha256) {
  const auto message = Message::parse(kLongTermSha256);
  ASSERT_TRUE(message);
  const Userhash hash{userhash(kUsername, "example.org")};
  const Nonce nonce{"obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"};
  const Realm realm{"example.org"};
  EXPECT_EQ(message->get<Userhash>(), hash);
  EXPECT_EQ(message->get<Nonce>(), nonce);
  EXPECT_EQ(message->get<Realm>(), realm);
  const auto key = long_term_key_sha256(kUsername, "example.org", "TheMatrIX");

  const Bytes printed = kLongTermSha256AsPrinted;
  EXPECT_THAT(integrity_sha256_of(printed.first(printed.size() - 36), key),
              ::testing::ElementsAreArray(printed.last(32)));
  EXPECT_EQ(Message::parse(printed), std::unexpected(ParseError::Truncated));

  MessageWriter writer(Class::Request, Method::Binding, id_of(kLongTermSha256));
  writer.add(hash).add(nonce).add(realm).integrity_sha256(key);
  const Buffer bytes = writer.finish();
  EXPECT_THAT(Bytes(bytes).first(bytes.size() - 32),
              ::testing::ElementsAreArray(Bytes(kLongTermSha256).first(bytes.size() - 32)));
  EXPECT_TRUE(has_integrity_sha256(bytes, key));
  EXPECT_FALSE(
      has_integrity_sha256(bytes, long_term_key_md5(kUsername, "example.org", "TheMatrIX")));
}

// docs/failures.md row 1
TEST(StunVectors, EveryTruncationIsRefused) {
  for (const Buffer& vector : kAll) {
    for (std::size_t size = 0; size < vector.size(); ++size) {
      // A copy of that size exactly, so that the sanitizers see one byte too many.
      const Buffer cut(vector.begin(), vector.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(Message::parse(cut)) << size;
      has_integrity_sha256(cut, short_term_key(kPassword));
      EXPECT_TRUE(size >= vector.size() - 8 || !has_integrity(cut, short_term_key(kPassword)));
    }
  }
}

TEST(StunVectors, EveryOtherMessageLengthIsRefused) {
  for (const Buffer& vector : kAll) {
    for (std::uint32_t length = 0; length <= 0xffff; ++length) {
      if (length == vector.size() - kHeaderSize) continue;
      Buffer changed = vector;
      ByteWriter(changed).set_u16(2, static_cast<std::uint16_t>(length));
      EXPECT_FALSE(Message::parse(changed)) << length;
    }
  }
}

// Whatever length an attribute claims: the message is refused, or read within its bounds and then
// without its integrity.
TEST(StunVectors, EveryOtherAttributeLengthBreaksParseOrIntegrity) {
  const auto key_md5 = long_term_key_md5(kUsername, "example.org", "TheMatrIX");
  const auto key_sha256 = long_term_key_sha256(kUsername, "example.org", "TheMatrIX");
  for (const Buffer& vector : kAll) {
    const bool short_term = vector != kLongTerm && vector != kLongTermSha256;
    for (std::size_t at = kHeaderSize; at < vector.size();) {
      const std::size_t size = std::size_t{vector[at + 2]} << 8 | vector[at + 3];
      for (std::uint32_t length = 0; length <= 0xffff; ++length) {
        if (length == size) continue;
        Buffer changed = vector;
        ByteWriter(changed).set_u16(at + 2, static_cast<std::uint16_t>(length));
        if (!Message::parse(changed)) continue;
        const Bytes key = short_term ? short_term_key(kPassword) : Bytes(key_md5);
        ASSERT_FALSE(has_integrity(changed, key)) << at << ' ' << length;
        ASSERT_FALSE(has_integrity_sha256(changed, key_sha256)) << at << ' ' << length;
      }
      at += 4 + (size + 3) / 4 * 4;
    }
  }
}

// Past the fingerprint comes only what makes another attribute of it.
TEST(StunVectors, TheFingerprintSeesEveryFlippedBit) {
  for (std::size_t bit = 0; bit < 8 * kRequest.size(); ++bit) {
    Buffer changed = kRequest;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
    const auto message = Message::parse(changed);
    EXPECT_TRUE(!message || !message->has(AttributeType::Fingerprint)) << bit;
  }
}

}  // namespace
}  // namespace specter::stun
