#include "cli/rtp/srtp_key.h"

#include <gmock/gmock.h>

#include "base/base64.h"

namespace specter::cli::transfer {
namespace {

using ::testing::HasSubstr;

Buffer numbers(std::size_t size) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(0xa0 + i);
  return out;
}

std::string to_hex(Bytes bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

struct Size {
  const char* profile;
  std::size_t key, salt;
};

TEST(SrtpKey, IsHexOrBase64OrWhatSdesHas) {
  for (const Size& size :
       {Size{"AES_CM_128_HMAC_SHA1_80", 16, 14}, Size{"AES_CM_128_HMAC_SHA1_32", 16, 14},
        Size{"AEAD_AES_128_GCM", 16, 12}, Size{"AEAD_AES_256_GCM", 32, 12}}) {
    const Buffer bytes = numbers(size.key + size.salt);
    const std::string base64 = to_base64(bytes);
    for (const std::string& text :
         {to_hex(bytes), base64, "inline:" + base64, "inline:" + base64 + "|2^20|1:4",
          base64.substr(0, base64.find('='))}) {
      const auto key = parse_srtp_key(size.profile, text);
      ASSERT_TRUE(key) << text << ": " << key.error();
      EXPECT_TRUE(std::ranges::equal(key->master.key.bytes(), Bytes(bytes).first(size.key)));
      EXPECT_TRUE(std::ranges::equal(key->master.salt.bytes(), Bytes(bytes).subspan(size.key)));
    }
  }
}

TEST(SrtpKey, OfDigitsOnlyIsTakenByTheSizeThatIsNeeded) {
  // 30 bytes are 60 digits of hex; 44 bytes are 60 characters of base64.
  const std::string text(60, 'a');
  EXPECT_TRUE(parse_srtp_key("AES_CM_128_HMAC_SHA1_80", text));
  const auto other = parse_srtp_key("AEAD_AES_256_GCM", text);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error(), HasSubstr("45 bytes"));
}

TEST(SrtpKey, SaysHowManyBytesAreNeeded) {
  const auto key = parse_srtp_key("AEAD_AES_128_GCM", to_base64(numbers(30)));
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error(),
            "the key has 30 bytes, and AEAD_AES_128_GCM needs 28: 16 of key and 12 of salt");
}

TEST(SrtpKey, RefusesNonsense) {
  for (const std::string_view text : {"", "inline:", "äöü", "!!", "inline:|||", "="})
    EXPECT_FALSE(parse_srtp_key("AEAD_AES_128_GCM", text)) << text;
  const auto key = parse_srtp_key("ROT13", to_base64(numbers(30)));
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error(), HasSubstr("AEAD_AES_256_GCM"));
}

TEST(SrtpKey, ProfilesAreOfAnyCase) {
  EXPECT_TRUE(parse_srtp_key("aead_aes_128_gcm", to_base64(numbers(28))));
}

}  // namespace
}  // namespace specter::cli::transfer
