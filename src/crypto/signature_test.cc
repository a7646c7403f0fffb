#include "crypto/signature.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "base/bytes.h"
#include "base/check.h"
#include "testing/random.h"

namespace specter::crypto {
namespace {

using testing::SeededRandom;

constexpr std::int64_t kNow = 1'795'000'000;
constexpr std::array kKeys = {KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Rsa, KeyType::RsaPss,
                              KeyType::Ed25519};
constexpr std::array kSchemes = {SignatureScheme::RsaPkcs1Sha256,
                                 SignatureScheme::RsaPkcs1Sha384,
                                 SignatureScheme::RsaPkcs1Sha512,
                                 SignatureScheme::EcdsaSecp256r1Sha256,
                                 SignatureScheme::EcdsaSecp384r1Sha384,
                                 SignatureScheme::RsaPssRsaeSha256,
                                 SignatureScheme::RsaPssRsaeSha384,
                                 SignatureScheme::RsaPssRsaeSha512,
                                 SignatureScheme::Ed25519,
                                 SignatureScheme::RsaPssPssSha256,
                                 SignatureScheme::RsaPssPssSha384,
                                 SignatureScheme::RsaPssPssSha512};

// One of each kind; RSA keys take a while to make.
const Certificate& certificate(KeyType type) {
  static const auto all = [] {
    std::array<std::shared_ptr<const Certificate>, kKeys.size()> out;
    for (const KeyType each : kKeys) {
      SeededRandom random(100 + static_cast<std::uint64_t>(each));
      out.at(static_cast<std::size_t>(each)) = Certificate::generate(each, random, kNow);
    }
    return out;
  }();
  return *all.at(static_cast<std::size_t>(type));
}

PublicKey key_of(KeyType type) {
  auto key = PublicKey::of_certificate(certificate(type).der());
  SPECTER_CHECK(key);
  return std::move(*key);
}

std::string describe(KeyType key, SignatureScheme scheme) {
  return ::testing::PrintToString(static_cast<int>(key)) + " with " +
         ::testing::PrintToString(static_cast<int>(scheme));
}

TEST(Signature, EachFittingPairGoesRoundAndEachOtherIsRefused) {
  const Bytes message = as_bytes("what both sides have seen");
  for (const KeyType type : kKeys) {
    const PublicKey key = key_of(type);
    EXPECT_EQ(key.type(), type);
    for (const SignatureScheme scheme : kSchemes) {
      SCOPED_TRACE(describe(type, scheme));
      SeededRandom random(5);
      if (!key.fits(scheme, false)) {
        EXPECT_THROW(sign(certificate(type), scheme, message, random), Bug);
        EXPECT_FALSE(key.verify(scheme, message, message));
        continue;
      }
      const Buffer signature = sign(certificate(type), scheme, message, random);
      EXPECT_TRUE(key.verify(scheme, message, signature));
      EXPECT_FALSE(key.verify(scheme, as_bytes("something else"), signature));
      EXPECT_EQ(ERR_peek_error(), 0u);
    }
  }
}

}  // namespace
}  // namespace specter::crypto
