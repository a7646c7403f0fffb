#include <algorithm>
#include <array>
#include <memory>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/key_exchange.h"
#include "crypto/library.h"
#include "crypto/signature_key.h"
#include "crypto/testing/test_certificate.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;
using testing::hex;

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

// RFC 8446 §4.2.3 for 1.3; RFC 5246 §7.4.1.4.1 and RFC 8422 §5.1.3 for 1.2.
TEST(Signature, SchemesFitTheirKeys) {
  using enum SignatureScheme;
  struct {
    KeyType key;
    std::vector<SignatureScheme> in_12, in_13;
  } const table[] = {
      {KeyType::EcdsaP256, {EcdsaSecp256r1Sha256, EcdsaSecp384r1Sha384}, {EcdsaSecp256r1Sha256}},
      {KeyType::EcdsaP384, {EcdsaSecp256r1Sha256, EcdsaSecp384r1Sha384}, {EcdsaSecp384r1Sha384}},
      {KeyType::Rsa,
       {RsaPkcs1Sha256, RsaPkcs1Sha384, RsaPkcs1Sha512, RsaPssRsaeSha256, RsaPssRsaeSha384,
        RsaPssRsaeSha512},
       {RsaPssRsaeSha256, RsaPssRsaeSha384, RsaPssRsaeSha512}},
      {KeyType::RsaPss,
       {RsaPssPssSha256, RsaPssPssSha384, RsaPssPssSha512},
       {RsaPssPssSha256, RsaPssPssSha384, RsaPssPssSha512}},
      {KeyType::Ed25519, {SignatureScheme::Ed25519}, {SignatureScheme::Ed25519}},
  };
  for (const auto& row : table) {
    const PublicKey key = key_of(row.key);
    for (const SignatureScheme scheme : kSchemes) {
      SCOPED_TRACE(describe(row.key, scheme));
      EXPECT_EQ(key.fits(scheme, false), std::ranges::count(row.in_12, scheme) == 1);
      EXPECT_EQ(key.fits(scheme, true), std::ranges::count(row.in_13, scheme) == 1);
    }
  }
}

TEST(Signature, SchemesHaveTheirNumbers) {
  std::size_t known = 0;
  for (int number = 0; number < 0x10000; ++number) {
    const auto scheme = signature_scheme(static_cast<std::uint16_t>(number));
    if (!scheme) continue;
    ++known;
    EXPECT_EQ(static_cast<int>(*scheme), number);
    EXPECT_EQ(std::ranges::count(kSchemes, *scheme), 1);
  }
  EXPECT_EQ(known, kSchemes.size());
}

SignatureScheme usual_scheme(KeyType type) {
  switch (type) {
    case KeyType::EcdsaP256: return SignatureScheme::EcdsaSecp256r1Sha256;
    case KeyType::EcdsaP384: return SignatureScheme::EcdsaSecp384r1Sha384;
    case KeyType::Rsa: return SignatureScheme::RsaPssRsaeSha256;
    case KeyType::RsaPss: return SignatureScheme::RsaPssPssSha256;
    case KeyType::Ed25519: break;
  }
  return SignatureScheme::Ed25519;
}

Buffer signed_by(KeyType type, SignatureScheme scheme, Bytes message = as_bytes("message")) {
  SeededRandom random(6);
  return sign(certificate(type), scheme, message, random);
}

TEST(Signature, NoBitOfItMayBeChangedNorAnyLeftOutOrAdded) {
  for (const KeyType type : kKeys) {
    const PublicKey key = key_of(type);
    const SignatureScheme scheme = usual_scheme(type);
    SCOPED_TRACE(describe(type, scheme));
    const Buffer signature = signed_by(type, scheme);
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
      Buffer forged = signature;
      forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      EXPECT_FALSE(key.verify(scheme, as_bytes("message"), forged)) << bit;
    }
    for (std::size_t size = 0; size < signature.size(); ++size)
      EXPECT_FALSE(key.verify(scheme, as_bytes("message"), Bytes(signature).first(size))) << size;
    Buffer longer = signature;
    longer.push_back(0);
    EXPECT_FALSE(key.verify(scheme, as_bytes("message"), longer));
    longer = signature;
    longer.insert(longer.begin(), 0);
    EXPECT_FALSE(key.verify(scheme, as_bytes("message"), longer));
    EXPECT_FALSE(key.verify(scheme, as_bytes("message"), Buffer(20'000, 0x30)));
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST(Signature, OneSchemesSignatureIsNotAnothers) {
  for (const KeyType type : kKeys) {
    const PublicKey key = key_of(type);
    for (const SignatureScheme made : kSchemes) {
      if (!key.fits(made, false)) continue;
      const Buffer signature = signed_by(type, made);
      for (const SignatureScheme checked : kSchemes) {
        SCOPED_TRACE(describe(type, made) + ", checked as " + describe(type, checked));
        EXPECT_EQ(key.verify(checked, as_bytes("message"), signature), made == checked);
      }
    }
  }
}

TEST(Signature, AnotherKeysIsRefused) {
  for (const KeyType type : {KeyType::EcdsaP256, KeyType::Ed25519}) {
    SeededRandom random(7);
    const auto other = Certificate::generate(type, random, kNow);
    const auto key = PublicKey::of_certificate(other->der());
    ASSERT_TRUE(key);
    EXPECT_FALSE(
        key->verify(usual_scheme(type), as_bytes("message"), signed_by(type, usual_scheme(type))));
  }
}

// RFC 3279 §2.2.3: SEQUENCE { r INTEGER, s INTEGER }, and in DER only.
TEST(Signature, EcdsaIsDer) {
  const PublicKey key = key_of(KeyType::EcdsaP256);
  const auto verifies = [&](const Buffer& signature) {
    return key.verify(SignatureScheme::EcdsaSecp256r1Sha256, as_bytes("message"), signature);
  };
  const Buffer good = signed_by(KeyType::EcdsaP256, SignatureScheme::EcdsaSecp256r1Sha256);
  ASSERT_EQ(good[0], kSequence);
  ASSERT_EQ(good[2], kInteger);
  const Buffer r(good.begin() + 4, good.begin() + 4 + good[3]);
  const Buffer s(good.begin() + 4 + good[3] + 2, good.end());
  const auto element = [](Bytes number) { return der(kInteger, {number}); };
  const Buffer zero(1, 0);
  EXPECT_TRUE(verifies(der(kSequence, {element(r), element(s)})));
  Buffer padded = r;
  padded.insert(padded.begin(), 0);
  EXPECT_FALSE(verifies(der(kSequence, {element(padded), element(s)})));
  Buffer padded_s = s;
  padded_s.insert(padded_s.begin(), 0);
  EXPECT_FALSE(verifies(der(kSequence, {element(r), element(padded_s)})));
  EXPECT_FALSE(verifies(der(kSequence, {element(r), element(s), element(zero)})));
  EXPECT_FALSE(verifies(der(kSequence, {element(r)})));
  EXPECT_FALSE(verifies(der(kSequence, {element(zero), element(zero)})));
  EXPECT_FALSE(verifies(der(kSequence, {element({}), element({})})));
  EXPECT_FALSE(verifies(der(kSequence, {element(s), element(r)})));
  Buffer long_form = good;  // BER: a length in more octets than it needs
  long_form.insert(long_form.begin() + 1, 0x81);
  EXPECT_FALSE(verifies(long_form));
  Buffer indefinite = good;
  indefinite[1] = 0x80;
  indefinite.insert(indefinite.end(), {0, 0});
  EXPECT_FALSE(verifies(indefinite));
  // The two numbers bare, one behind the other, as WebCrypto has them.
  Buffer bare(64, 0);
  std::copy_backward(r.end() - std::min<std::ptrdiff_t>(32, std::ssize(r)), r.end(),
                     bare.begin() + 32);
  std::copy_backward(s.end() - std::min<std::ptrdiff_t>(32, std::ssize(s)), s.end(), bare.end());
  EXPECT_FALSE(verifies(bare));
}

// A signature that OpenSSL makes with settings of our choice, by our own RSA key.
Buffer rsa_signature(const char* hash, const char* mask_hash, int salt_bytes) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* settings = nullptr;
  SeededRandom random(8);
  const RandomScope scope(random);
  const Bytes message = as_bytes("message");
  EVP_PKEY* const key = std::get<Key>(certificate(KeyType::Rsa).key().native).get();
  Buffer out(256);
  std::size_t size = out.size();
  SPECTER_CHECK(EVP_DigestSignInit_ex(context, &settings, hash, library_context(), nullptr, key,
                                      nullptr) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, salt_bytes) == 1 &&
                EVP_PKEY_CTX_set_rsa_mgf1_md_name(settings, mask_hash, nullptr) == 1 &&
                EVP_DigestSign(context, out.data(), &size, message.data(), message.size()) == 1);
  EVP_MD_CTX_free(context);
  return out;
}

// RFC 8446 §4.2.3: a salt as long as the hash, and the same hash in MGF1.
TEST(Signature, PssHasItsSaltAndItsMaskHash) {
  const PublicKey key = key_of(KeyType::Rsa);
  const auto verifies = [&](const Buffer& signature) {
    return key.verify(SignatureScheme::RsaPssRsaeSha256, as_bytes("message"), signature);
  };
  EXPECT_TRUE(verifies(rsa_signature("SHA256", "SHA256", 32)));
  for (const int salt_bytes : {0, 20, 31, 33, 48, 222})
    EXPECT_FALSE(verifies(rsa_signature("SHA256", "SHA256", salt_bytes))) << salt_bytes;
  EXPECT_FALSE(verifies(rsa_signature("SHA256", "SHA384", 32)));
  EXPECT_FALSE(verifies(rsa_signature("SHA384", "SHA256", 32)));
}

// RFC 4055 §3.3: a key that says so itself.
TEST(Signature, APssKeyMayBeRestrictedToOneHash) {
  SeededRandom random(12);
  const RandomScope scope(random);
  EVP_PKEY_CTX* const making = EVP_PKEY_CTX_new_from_name(library_context(), "RSA-PSS", nullptr);
  EVP_PKEY* made = nullptr;
  ASSERT_TRUE(EVP_PKEY_keygen_init(making) == 1 &&
              EVP_PKEY_CTX_set_rsa_keygen_bits(making, 2048) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(making, "SHA384", nullptr) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(making, "SHA384") == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(making, 48) == 1 &&
              EVP_PKEY_generate(making, &made) == 1);
  EVP_PKEY_CTX_free(making);
  const TestKey own(made);
  const auto key = PublicKey::of_certificate(certificate_with(key_info_of(own.get())));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type(), KeyType::RsaPss);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const Bytes message = as_bytes("message");
  Buffer signature(256);
  std::size_t size = signature.size();
  ASSERT_TRUE(
      EVP_DigestSignInit_ex(context, nullptr, "SHA384", nullptr, nullptr, own.get(), nullptr) ==
          1 &&
      EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1);
  EVP_MD_CTX_free(context);
  EXPECT_TRUE(key->verify(SignatureScheme::RsaPssPssSha384, message, signature));
  EXPECT_FALSE(key->verify(SignatureScheme::RsaPssPssSha256, message, signature));
  EXPECT_FALSE(key->verify(SignatureScheme::RsaPssPssSha512, message, signature));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

// RFC 8032 §7.1, tests 1 to 3.
TEST(Signature, Ed25519GivesTheAnswersOfRfc8032) {
  struct {
    std::string_view key, message, signature;
  } const known[] = {
      {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
       "f9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
       "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
       "4dc6594a7c15e9716ed28dc027beceea1ec40a"}};
  for (const auto& each : known) {
    const auto key = PublicKey::of_certificate(certificate_with(ed25519_key_info(hex(each.key))));
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->verify(SignatureScheme::Ed25519, hex(each.message), hex(each.signature)));
    EXPECT_FALSE(key->verify(SignatureScheme::Ed25519, hex("00"), hex(each.signature)));
  }
}

// However often an RSA key was used before, and has renewed its blinding.
TEST(Signature, TheSameRandomGivesTheSameAndIsAskedForTheSame) {
  for (const KeyType type : kKeys) {
    const SignatureScheme scheme = usual_scheme(type);
    SCOPED_TRACE(describe(type, scheme));
    Buffer first;
    std::uint64_t next = 0;
    for (int i = 0; i < 40; ++i) {
      SeededRandom random(9);
      const Buffer signature = sign(certificate(type), scheme, as_bytes("message"), random);
      if (i == 0) {
        first = signature;
        next = random.u64();
      } else {
        ASSERT_EQ(signature, first) << i;
        ASSERT_EQ(random.u64(), next) << i;
      }
    }
  }
}

TEST(Signature, AnotherRandomAnotherSignature) {
  for (const KeyType type : {KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::RsaPss}) {
    SeededRandom one(1), two(2);
    EXPECT_NE(sign(certificate(type), usual_scheme(type), as_bytes("message"), one),
              sign(certificate(type), usual_scheme(type), as_bytes("message"), two));
  }
}

// A certificate is shared by the connections of all loops.
TEST(Signature, OneKeySignsAndVerifiesOnManyThreads) {
  for (const KeyType type : kKeys) {
    const SignatureScheme scheme = usual_scheme(type);
    const PublicKey key = key_of(type);
    const Buffer expected = signed_by(type, scheme);
    std::array<int, 4> good{};
    std::array<std::thread, 4> threads;
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i] = std::thread([&, i] {
        for (int round = 0; round < 10; ++round) {
          const Buffer signature = signed_by(type, scheme);
          good[i] += signature == expected && key.verify(scheme, as_bytes("message"), signature);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, (std::array{10, 10, 10, 10})) << describe(type, scheme);
  }
}

// What somebody else left in the thread's error queue changes nothing, and nothing is left there.
TEST(Signature, AnotherCallersErrorsDoNotMatter) {
  const auto poison = [] { ERR_raise(ERR_LIB_USER, 1); };
  for (const KeyType type : kKeys) {
    SeededRandom random(10);
    poison();
    const auto key = PublicKey::of_certificate(certificate(type).der());
    EXPECT_EQ(ERR_peek_error(), 0u);
    ASSERT_TRUE(key);
    poison();
    const Buffer signature = sign(certificate(type), usual_scheme(type), as_bytes("a"), random);
    EXPECT_EQ(ERR_peek_error(), 0u);
    poison();
    EXPECT_TRUE(key->verify(usual_scheme(type), as_bytes("a"), signature));
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
  poison();
  SeededRandom random(11);
  const KeyOffer offer = KeyOffer::generate(Group::X25519, random);
  EXPECT_EQ(ERR_peek_error(), 0u);
  poison();
  const auto answer = answer_key_offer(Group::X25519, offer.share(), random);
  EXPECT_EQ(ERR_peek_error(), 0u);
  ASSERT_TRUE(answer);
  poison();
  EXPECT_TRUE(offer.finish(answer->share));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(Signature, WithoutRandomnessThereIsNone) {
  struct Dry final : Random {
    void fill(MutableBytes) override { throw Bug("no entropy"); }
  } dry;
  EXPECT_THROW(sign(certificate(KeyType::EcdsaP256), SignatureScheme::EcdsaSecp256r1Sha256,
                    as_bytes("message"), dry),
               Bug);
}

}  // namespace
}  // namespace specter::crypto
