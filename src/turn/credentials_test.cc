#include "turn/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stun/integrity.h"
#include "testing/hex.h"

namespace specter::turn {
namespace {

using stun::PasswordAlgorithmId;
using Verdict = Credentials::Verdict;

// The user and the password of RFC 5769 §2.4 and RFC 8489 appendix B.1.
constexpr std::string_view kUsername =
    "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";
constexpr std::string_view kPassword = "TheMatrIX";
const stun::TransactionId kId{
    {0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e}};

stun::Message message_of(stun::MessageWriter& writer) {
  return *stun::Message::parse(writer.finish());
}

stun::Message challenge(std::string realm, std::string nonce,
                        std::vector<PasswordAlgorithmId> algorithms = {}) {
  stun::MessageWriter writer(stun::Class::ErrorResponse, stun::Method::Allocate, kId);
  writer.add(stun::ErrorCode{401, ""});
  writer.add(stun::Realm{std::move(realm)}).add(stun::Nonce{std::move(nonce)});
  stun::PasswordAlgorithms list;
  for (const auto id : algorithms) list.algorithms.push_back({id, {}});
  if (!algorithms.empty()) writer.add(list);
  return message_of(writer);
}

struct Signed {
  explicit Signed(const Credentials& credentials) {
    stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding, kId);
    credentials.sign(writer);
    bytes = writer.finish();
    message = *stun::Message::parse(bytes);
  }
  Buffer bytes;
  stun::Message message;
};

Credentials matrix() { return {std::string(kUsername), std::string(kPassword)}; }

// RFC 5769 §2.4: the same integrity, over the attributes in the example's order.
TEST(Credentials, HaveTheKeyOfRfc5769) {
  Credentials credentials = matrix();
  ASSERT_EQ(credentials.take(challenge("example.org", "f//499k954d6OL34oL9FSTvy64sA")),
            Verdict::Taken);
  const Buffer example = testing::hex(
      "00 01 00 60 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e"
      "00 06 00 12 e3 83 9e e3 83 88 e3 83 aa e3 83 83 e3 82 af e3 82 b9 00 00"
      "00 15 00 1c 66 2f 2f 34 39 39 6b 39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34"
      "73 41 00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00"
      "00 08 00 14 f6 70 24 65 6d d6 4a 3e 02 b8 e0 71 2e 85 c9 a2 8c a8 96 66");
  EXPECT_TRUE(credentials.key().signed_message(example));
  EXPECT_FALSE(credentials.key().is_sha256);
  EXPECT_TRUE(credentials.key().signed_message(Signed(credentials).bytes));
}

// RFC 8489 appendix B.1: its nonce asks for a USERHASH, its key is SHA-256's.
TEST(Credentials, HaveTheUserhashAndKeyOfRfc8489AppendixB) {
  Credentials credentials = matrix();
  const std::string nonce = "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA";
  ASSERT_EQ(credentials.take(challenge("example.org", nonce, {PasswordAlgorithmId::Sha256})),
            Verdict::Taken);
  const Signed sent(credentials);
  const auto hash = sent.message.get<stun::Userhash>();
  ASSERT_TRUE(hash);
  EXPECT_EQ(Buffer(hash->hash.begin(), hash->hash.end()),
            testing::hex("4a 3c f3 8f ef 69 92 bd a9 52 c6 78 04 17 da 0f"
                         "24 81 94 15 56 9e 60 b2 05 c4 6e 41 40 7f 17 04"));
  EXPECT_FALSE(sent.message.get<stun::Username>());
  EXPECT_TRUE(stun::has_integrity_sha256(
      sent.bytes, stun::long_term_key_sha256(kUsername, "example.org", kPassword)));
}

TEST(Credentials, SayNothingBeforeAChallenge) {
  const Credentials credentials = matrix();
  EXPECT_TRUE(Signed(credentials).message.attributes.empty());
  EXPECT_FALSE(credentials.is_challenged());
}

// RFC 8489 §9.2.5: the first algorithm of the list that we have, and SHA-256 around the message
// whichever it is. The list goes back as it came.
TEST(Credentials, TakeTheFirstAlgorithmThatTheyHave) {
  const auto other = static_cast<PasswordAlgorithmId>(9);
  Credentials credentials = matrix();
  ASSERT_EQ(
      credentials.take(challenge("r", "obMatJos2AAABx",
                                 {other, PasswordAlgorithmId::Md5, PasswordAlgorithmId::Sha256})),
      Verdict::Taken);
  const Signed sent(credentials);
  EXPECT_EQ(sent.message.get<stun::PasswordAlgorithm>()->algorithm, PasswordAlgorithmId::Md5);
  EXPECT_EQ(sent.message.get<stun::PasswordAlgorithms>()->algorithms.size(), 3u);
  EXPECT_EQ(sent.message.get<stun::Username>()->text, kUsername);
  EXPECT_TRUE(
      stun::has_integrity_sha256(sent.bytes, stun::long_term_key_md5(kUsername, "r", kPassword)));
  EXPECT_FALSE(sent.message.has(stun::AttributeType::MessageIntegrity));
  EXPECT_EQ(matrix().take(challenge("r", "obMatJos2AAABx", {other})), Verdict::NoAlgorithm);
}

// RFC 8489 §9.2.5: a nonce that speaks of algorithms, without them. The bits are counted from
// either end, as servers do.
TEST(Credentials, AreNotBidDown) {
  for (const std::string nonce : {"obMatJos2AAABx", "obMatJos2gAAAx", "obMatJos2AAADx"}) {
    Credentials credentials = matrix();
    EXPECT_EQ(credentials.take(challenge("r", nonce)), Verdict::BidDown) << nonce;
    EXPECT_FALSE(credentials.is_challenged());
  }
  // Once SHA-256, always SHA-256.
  Credentials credentials = matrix();
  ASSERT_EQ(credentials.take(challenge("r", "obMatJos2AAABx", {PasswordAlgorithmId::Sha256})),
            Verdict::Taken);
  EXPECT_EQ(credentials.take(challenge("r", "plain")), Verdict::BidDown);
  EXPECT_TRUE(credentials.key().is_sha256);
}

TEST(Credentials, TakeNoncesThatOnlyResembleACookie) {
  for (const std::string nonce : {"", "obMatJos2", "obMatJos2AA", "obMatJos2****", "obMatJos"}) {
    Credentials credentials = matrix();
    EXPECT_EQ(credentials.take(challenge("r", nonce)), Verdict::Taken) << nonce;
    EXPECT_TRUE(Signed(credentials).message.get<stun::Username>());
  }
}

// An empty realm is one. docs/failures.md row 30: one of 10 kB is none.
TEST(Credentials, TakeAnyRealmOfLegalSize) {
  EXPECT_EQ(matrix().take(challenge("", "")), Verdict::Taken);
  EXPECT_EQ(matrix().take(challenge(std::string(763, 'r'), std::string(763, 'n'))), Verdict::Taken);
  EXPECT_EQ(matrix().take(challenge(std::string(764, 'r'), "n")), Verdict::Malformed);
  EXPECT_EQ(matrix().take(challenge("r", std::string(10'000, 'n'))), Verdict::Malformed);
  stun::MessageWriter writer(stun::Class::ErrorResponse, stun::Method::Allocate, kId);
  writer.add(stun::Realm{"r"});
  EXPECT_EQ(matrix().take(message_of(writer)), Verdict::Malformed);
}

// Of a short text the bytes are in the string itself.
TEST(Credentials, AreWipedWholly) {
  for (std::string text : {std::string("secret"), std::string(100, 'x')}) {
    const std::size_t size = text.size();
    const char* const memory = text.data();
    wipe(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.data(), memory);
    text.resize(text.capacity(), 'y');  // what was there is gone
    EXPECT_EQ(text.find_first_of("secretx"), std::string::npos) << size;
  }
}

}  // namespace
}  // namespace specter::turn
