#include "srtp/profile.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/check.h"

namespace specter::srtp {
namespace {

TEST(Profile, IsOneOfTheFourThatDtlsOffers) {
  EXPECT_EQ(profile(0x0001), Profile::Aes128CmSha1_80);
  EXPECT_EQ(profile(0x0002), Profile::Aes128CmSha1_32);
  EXPECT_EQ(profile(0x0007), Profile::AeadAes128Gcm);
  EXPECT_EQ(profile(0x0008), Profile::AeadAes256Gcm);
  for (const std::uint16_t number : {0x0000, 0x0005, 0x0006, 0x0009, 0xffff})
    EXPECT_FALSE(profile(number));
}

// RFC 5764 §4.1.2: SRTP_AES128_CM_HMAC_SHA1_32 has tags of 80 bits in SRTCP.
TEST(Profile, HasTheTagsOfItsRfc) {
  EXPECT_EQ(crypto::tag_size(traits(Profile::Aes128CmSha1_80).rtp), 10u);
  EXPECT_EQ(crypto::tag_size(traits(Profile::Aes128CmSha1_80).rtcp), 10u);
  EXPECT_EQ(crypto::tag_size(traits(Profile::Aes128CmSha1_32).rtp), 4u);
  EXPECT_EQ(crypto::tag_size(traits(Profile::Aes128CmSha1_32).rtcp), 10u);
  EXPECT_EQ(crypto::tag_size(traits(Profile::AeadAes128Gcm).rtp), 16u);
  EXPECT_EQ(crypto::tag_size(traits(Profile::AeadAes256Gcm).rtcp), 16u);
}

TEST(Profile, ExportsKeysThenSalts) {
  EXPECT_EQ(kExporterLabel, "EXTRACTOR-dtls_srtp");
  EXPECT_EQ(exported_size(Profile::Aes128CmSha1_80), 60u);
  EXPECT_EQ(exported_size(Profile::Aes128CmSha1_32), 60u);
  EXPECT_EQ(exported_size(Profile::AeadAes128Gcm), 56u);
  EXPECT_EQ(exported_size(Profile::AeadAes256Gcm), 88u);
  for (const Profile each : {Profile::Aes128CmSha1_80, Profile::AeadAes256Gcm}) {
    const std::size_t key = traits(each).key_size, salt = traits(each).salt_size;
    Buffer exported(key, 1);
    exported.insert(exported.end(), key, 2);
    exported.insert(exported.end(), salt, 3);
    exported.insert(exported.end(), salt, 4);
    const MasterKeys keys = cut_exported(each, exported);
    EXPECT_EQ(to_buffer(keys.client.key), Buffer(key, 1));
    EXPECT_EQ(to_buffer(keys.server.key), Buffer(key, 2));
    EXPECT_EQ(to_buffer(keys.client.salt), Buffer(salt, 3));
    EXPECT_EQ(to_buffer(keys.server.salt), Buffer(salt, 4));
    exported.pop_back();
    EXPECT_THROW(cut_exported(each, exported), Bug);
  }
}

}  // namespace
}  // namespace specter::srtp
