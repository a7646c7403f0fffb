#include "srtp/key_derivation.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/check.h"
#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::hex;

MasterKey master(std::string_view key, std::string_view salt) {
  return {crypto::Secret(hex(key)), crypto::Secret(hex(salt))};
}
Buffer derived(const MasterKey& key, KeyLabel label, std::size_t size) {
  return to_buffer(derive_key(key, label, size));
}

// RFC 3711 B.3.
TEST(KeyDerivation, GivesTheKeysOfRfc3711) {
  const MasterKey key = master("e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6");
  EXPECT_EQ(derived(key, KeyLabel::RtpCipher, 16), hex("c61e7a93744f39ee10734afe3ff7a087"));
  EXPECT_EQ(derived(key, KeyLabel::RtpSalt, 14), hex("30cbbc08863d8c85d49db34a9ae1"));
  EXPECT_EQ(derived(key, KeyLabel::RtpAuthentication, 94),
            hex("cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad1"
                "75578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68"
                "642c59bbfc2f34db60dbdfb2"));
  const SessionKeys rtp = derive_keys(Profile::Aes128CmSha1_80, key).rtp;
  EXPECT_EQ(to_buffer(rtp.cipher),
            hex("c61e7a93744f39ee10734afe3ff7a087cebe321f6ff7716b6fd4ab49af256a156d38baa4"));
  EXPECT_EQ(to_buffer(rtp.salt), hex("30cbbc08863d8c85d49db34a9ae1"));
}

// RFC 6188 §7.2: the same with a 256-bit key.
TEST(KeyDerivation, GivesTheKeysOfRfc6188) {
  const MasterKey key = master("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
                               "3b04803de51ee7c96423ab5b78d2");
  EXPECT_EQ(derived(key, KeyLabel::RtpCipher, 32),
            hex("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"));
  EXPECT_EQ(derived(key, KeyLabel::RtpSalt, 14), hex("fa31791685ca444a9e07c6c64e93"));
  EXPECT_EQ(derived(key, KeyLabel::RtpAuthentication, 20),
            hex("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
}

// RFC 7714 §11.
TEST(KeyDerivation, ASaltOf96BitsHasTwoZeroBytesBehindIt) {
  const MasterKey twelve = master("000102030405060708090a0b0c0d0e0f", "a0a1a2a3a4a5a6a7a8a9aaab");
  const MasterKey fourteen =
      master("000102030405060708090a0b0c0d0e0f", "a0a1a2a3a4a5a6a7a8a9aaab0000");
  const DirectionKeys keys = derive_keys(Profile::AeadAes128Gcm, twelve);
  EXPECT_EQ(to_buffer(keys.rtp.cipher), derived(fourteen, KeyLabel::RtpCipher, 16));
  EXPECT_EQ(to_buffer(keys.rtp.salt), derived(fourteen, KeyLabel::RtpSalt, 12));
  EXPECT_EQ(to_buffer(keys.rtcp.cipher), derived(fourteen, KeyLabel::RtcpCipher, 16));
  EXPECT_EQ(to_buffer(keys.rtcp.salt), derived(fourteen, KeyLabel::RtcpSalt, 12));
  EXPECT_THROW(derive_keys(Profile::AeadAes128Gcm, fourteen), Bug);
}

}  // namespace
}  // namespace specter::srtp
