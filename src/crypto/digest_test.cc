#include "crypto/digest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace specter::crypto {
namespace {

std::string text(Bytes bytes) {
  std::string out;
  for (const auto byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

// RFC 1321 A.5, FIPS 180-4's "abc".
TEST(Digest, KnownAnswers) {
  EXPECT_EQ(text(md5(as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(text(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(text(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(text(sha384(as_bytes("abc"))).substr(0, 32), "cb00753f45a35e8bb5a03d699ac65007");
  EXPECT_EQ(text(sha512(as_bytes("abc"))).substr(0, 32), "ddaf35a193617abacc417349ae204131");
}

// RFC 2202 §3 case 2, RFC 4231 §4.3.
TEST(Hmac, KnownAnswers) {
  const Bytes key = as_bytes("Jefe");
  const Bytes data = as_bytes("what do ya want for nothing?");
  EXPECT_EQ(text(hmac_sha1(key, data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(text(hmac_sha256(key, data)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hmac, TakesAnEmptyKey) {
  EXPECT_EQ(text(hmac_sha1({}, {})), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

TEST(EqualInConstantTime, Compares) {
  EXPECT_TRUE(equal_in_constant_time(as_bytes("ab"), as_bytes("ab")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("ab"), as_bytes("ac")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("ab"), as_bytes("abc")));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

}  // namespace
}  // namespace specter::crypto
