#include <algorithm>
#include <array>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/library.h"
#include "crypto/signature.h"
#include "crypto/testing/test_certificate.h"
#include "simulation/random.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;
using testing::hex;

constexpr std::int64_t kNow = 1'795'000'000;
constexpr std::array kKeys = {KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Rsa, KeyType::RsaPss,
                              KeyType::Ed25519};

std::shared_ptr<const Certificate> certificate(KeyType type, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  return Certificate::generate(type, random, kNow);
}

bool is_taken(Bytes der) {
  const bool is = PublicKey::of_certificate(der).has_value();
  EXPECT_EQ(ERR_peek_error(), 0u);
  return is;
}
bool key_is_taken(Bytes key_info) { return is_taken(certificate_with(key_info)); }

TEST(PublicKey, IsReadFromOurOwnCertificatesOfAllKinds) {
  for (const KeyType type : kKeys) {
    const auto own = certificate(type);
    const auto key = PublicKey::of_certificate(own->der());
    ASSERT_TRUE(key) << static_cast<int>(type);
    EXPECT_EQ(key->type(), type);
    EXPECT_EQ(own->key_type(), type);
  }
}

TEST(PublicKey, EachTruncationOfACertificateAndAnythingBehindItAreRefused) {
  for (const KeyType type : kKeys) {
    const auto own = certificate(type);
    for (std::size_t size = 0; size < own->der().size(); ++size)
      EXPECT_FALSE(is_taken(own->der().first(size))) << size;
    Buffer longer = to_buffer(own->der());
    longer.push_back(0);
    EXPECT_FALSE(is_taken(longer));
  }
}

TEST(PublicKey, ACertificateMayBeAsLargeAsTheLimitAndNoLarger) {
  const Buffer info = key_info_of(certificate(KeyType::EcdsaP256)->der());
  const std::size_t overhead = certificate_with(info, 10'000).size() - 10'000;
  const std::size_t most = PublicKey::kMaxCertificateBytes - overhead;
  ASSERT_EQ(certificate_with(info, most).size(), PublicKey::kMaxCertificateBytes);
  EXPECT_TRUE(is_taken(certificate_with(info, most)));
  EXPECT_FALSE(is_taken(certificate_with(info, most + 1)));
  EXPECT_FALSE(is_taken(certificate_with(info, 65'000)));
  EXPECT_FALSE(is_taken(certificate_with(info, 70'000)));
}

TEST(PublicKey, GarbageIsRefused) {
  SeededRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes(random.below(200));
    random.fill(bytes);
    if (!bytes.empty() && random.chance(0.7)) bytes[0] = kSequence;
    EXPECT_FALSE(is_taken(bytes));
  }
  EXPECT_FALSE(key_is_taken({}));
  EXPECT_FALSE(key_is_taken(hex("3000")));
  EXPECT_FALSE(key_is_taken(hex("30023000")));
  EXPECT_FALSE(key_is_taken(Buffer(90, 0xff)));
}

// A changed bit leads to a refusal, to another key, or (elsewhere than in the key) to the same.
TEST(PublicKey, NoChangedBitMakesTheKeyOfAnotherPlace) {
  for (const KeyType type : {KeyType::EcdsaP256, KeyType::Ed25519}) {
    const auto own = certificate(type);
    const auto scheme =
        type == KeyType::Ed25519 ? SignatureScheme::Ed25519 : SignatureScheme::EcdsaSecp256r1Sha256;
    SeededRandom random(4);
    const Buffer signature = sign(*own, scheme, as_bytes("message"), random);
    const Buffer info = key_info_of(own->der());
    const Buffer original = to_buffer(own->der());
    const auto where = std::ranges::search(original, info);
    ASSERT_FALSE(where.empty());
    const auto begin = static_cast<std::size_t>(where.begin() - original.begin());
    std::size_t taken = 0;
    for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
      Buffer changed = original;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      const auto key = PublicKey::of_certificate(changed);
      if (!key) continue;
      ++taken;
      const bool is_in_key = bit / 8 >= begin && bit / 8 < begin + info.size();
      EXPECT_EQ(key->verify(scheme, as_bytes("message"), signature), !is_in_key) << bit;
    }
    EXPECT_GT(taken, original.size());  // the name, the dates, the signature: nobody looks there
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST(PublicKey, HoldsUpAgainstManyChangesAtOnce) {
  for (const KeyType type : kKeys) {
    const auto own = certificate(type);
    SeededRandom random(5);
    for (int i = 0; i < 3'000; ++i) {
      Buffer changed = to_buffer(own->der());
      for (std::uint32_t k = 0, count = 1 + random.below(6); k < count; ++k) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(changed.size()));
        changed[at] = static_cast<std::uint8_t>(random.u32());
      }
      if (random.chance(0.3))
        changed.resize(random.below(static_cast<std::uint32_t>(changed.size())));
      const auto key = PublicKey::of_certificate(changed);
      EXPECT_FALSE(key && key->verify(SignatureScheme::Ed25519, as_bytes("a"), as_bytes("b")));
    }
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

// ---- kinds of keys

TestKey made(const char* kind, const char* group = nullptr, const char* encoding = nullptr,
             const char* form = nullptr) {
  SeededRandom random(6);
  const RandomScope scope(random);
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(library_context(), kind, nullptr);
  EVP_PKEY* key = nullptr;
  SPECTER_CHECK(EVP_PKEY_keygen_init(context) == 1);
  if (group) SPECTER_CHECK(EVP_PKEY_CTX_set_group_name(context, group) == 1);
  SPECTER_CHECK(EVP_PKEY_generate(context, &key) == 1);
  EVP_PKEY_CTX_free(context);
  if (encoding)
    SPECTER_CHECK(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding) == 1);
  if (form)
    SPECTER_CHECK(
        EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form) == 1);
  return TestKey(key);
}

TEST(PublicKey, OtherKindsAreRefused) {
  EXPECT_TRUE(key_is_taken(key_info_of(made("EC", "P-256").get())));
  EXPECT_TRUE(key_is_taken(key_info_of(made("EC", "P-384").get())));
  EXPECT_TRUE(key_is_taken(key_info_of(made("ED25519").get())));
  for (const char* curve : {"P-521", "P-224", "secp256k1", "brainpoolP256r1", "sect283k1"})
    EXPECT_FALSE(key_is_taken(key_info_of(made("EC", curve).get()))) << curve;
  for (const char* kind : {"X25519", "X448", "ED448"})
    EXPECT_FALSE(key_is_taken(key_info_of(made(kind).get()))) << kind;
  // DSA, with p = 23, q = 11, g = 4, and a public key of 8.
  EXPECT_FALSE(
      key_is_taken(hex("301d 3014 06072a8648ce380401 3009 020117 02010b 020104 0305 00 020108"
                       "00")));
  EXPECT_FALSE(
      key_is_taken(hex("301b 3014 06072a8648ce380401 3009 020117 02010b 020104 0304 00 "
                       "020108")));
}

TEST(PublicKey, ACurveHasANameAndItsPointIsUncompressed) {
  const TestKey spelled_out = made("EC", "P-256", "explicit");
  const Buffer info = key_info_of(spelled_out.get());
  EXPECT_GT(info.size(), 200u);  // it is spelled out indeed
  EXPECT_FALSE(key_is_taken(info));
  for (const char* form : {"compressed", "hybrid"})
    EXPECT_FALSE(key_is_taken(key_info_of(made("EC", "P-256", nullptr, form).get()))) << form;
}

Buffer p256_key_info(Bytes parameters, Bytes bits) {
  const Buffer kind = hex("06072a8648ce3d0201");
  return der(kSequence, {der(kSequence, {kind, parameters}), der(kBits, {bits})});
}

TEST(PublicKey, APointIsOfTheCurveItClaims) {
  const TestKey own = made("EC", "P-256");
  const Buffer info = key_info_of(own.get());
  const Buffer name = hex("06082a8648ce3d030107"), other_name = hex("06052b81040022");
  const Buffer bits(info.end() - 66, info.end());  // and before them none is unused
  EXPECT_TRUE(key_is_taken(p256_key_info(name, bits)));
  EXPECT_FALSE(key_is_taken(p256_key_info(other_name, bits)));
  EXPECT_FALSE(key_is_taken(p256_key_info({}, bits)));
  EXPECT_FALSE(key_is_taken(p256_key_info(hex("0500"), bits)));
  EXPECT_FALSE(key_is_taken(p256_key_info(hex("06082a8648ce3d030107 0500"), bits)));
  Buffer changed = bits;
  changed.back() ^= 1;
  EXPECT_FALSE(key_is_taken(p256_key_info(name, changed)));
  changed = bits;
  changed[0] = 1;  // a bit that doesn't count
  EXPECT_FALSE(key_is_taken(p256_key_info(name, changed)));
  EXPECT_FALSE(key_is_taken(p256_key_info(name, Bytes(bits).first(65))));
  EXPECT_FALSE(key_is_taken(p256_key_info(name, hex("0000"))));
  EXPECT_FALSE(key_is_taken(p256_key_info(name, {})));
  changed = Buffer(66, 0);
  changed[1] = 4;  // (0, 0)
  EXPECT_FALSE(key_is_taken(p256_key_info(name, changed)));
}

TEST(PublicKey, Ed25519Has32BytesAndNoParameters) {
  const Buffer key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_TRUE(key_is_taken(ed25519_key_info(key)));
  EXPECT_FALSE(key_is_taken(ed25519_key_info(Bytes(key).first(31))));
  Buffer longer = key;
  longer.push_back(0);
  EXPECT_FALSE(key_is_taken(ed25519_key_info(longer)));
  const Buffer bits = der(kBits, {hex("00"), key});
  EXPECT_FALSE(key_is_taken(der(kSequence, {hex("300706032b6570 0500"), bits})));
}

// ---- RSA, with numbers of our choice

Buffer integer(Bytes number) {
  return number.empty() || number[0] < 0x80 ? der(kInteger, {number})
                                            : der(kInteger, {hex("00"), number});
}
const Buffer kRsa = hex("06092a864886f70d010101");
const Buffer kPss = hex("06092a864886f70d01010a");
const Buffer kNull = hex("0500");
const Buffer kUsual = hex("010001");

Buffer rsa_key_info(Bytes modulus, Bytes exponent, Bytes kind = kRsa, Bytes parameters = kNull) {
  const Buffer numbers = der(kSequence, {integer(modulus), integer(exponent)});
  return der(kSequence, {der(kSequence, {kind, parameters}), der(kBits, {hex("00"), numbers})});
}
// Odd, with its highest bit set; no product of two primes, which nobody can see.
Buffer modulus(std::size_t bits) {
  Buffer out((bits + 7) / 8, 0x5b);
  out[0] = static_cast<std::uint8_t>(1 << (bits + 7) % 8);
  return out;
}

TEST(PublicKey, RsaHas2048To8192Bits) {
  for (const std::size_t bits : {2048, 2049, 3072, 4096, 8191, 8192}) {
    EXPECT_TRUE(key_is_taken(rsa_key_info(modulus(bits), kUsual))) << bits;
    EXPECT_TRUE(key_is_taken(rsa_key_info(modulus(bits), kUsual, kPss, {}))) << bits;
  }
  for (const std::size_t bits : {8, 512, 1024, 2040, 2047, 8193, 16384, 100'000}) {
    EXPECT_FALSE(key_is_taken(rsa_key_info(modulus(bits), kUsual))) << bits;
    EXPECT_FALSE(key_is_taken(rsa_key_info(modulus(bits), kUsual, kPss, {}))) << bits;
  }
}

TEST(PublicKey, RsaHasASaneExponent) {
  for (const auto* exponent : {"03", "11", "010001", "0100000001", "01ffffffff"})
    EXPECT_TRUE(key_is_taken(rsa_key_info(modulus(2048), hex(exponent)))) << exponent;
  for (const auto* exponent : {"", "00", "01", "02", "010000", "0200000001", "010000000001"})
    EXPECT_FALSE(key_is_taken(rsa_key_info(modulus(2048), hex(exponent)))) << exponent;
  EXPECT_FALSE(key_is_taken(rsa_key_info(modulus(2048), modulus(2048))));
}

TEST(PublicKey, RsaHasNumbersAsDerWritesThem) {
  Buffer even = modulus(2048);
  even.back() ^= 1;
  EXPECT_FALSE(key_is_taken(rsa_key_info(even, kUsual)));
  const auto with = [](Bytes numbers, Bytes parameters = kNull) {
    return der(kSequence, {der(kSequence, {kRsa, parameters}), der(kBits, {hex("00"), numbers})});
  };
  const Buffer n = integer(modulus(2048)), e = integer(kUsual);
  EXPECT_TRUE(key_is_taken(with(der(kSequence, {n, e}))));
  EXPECT_FALSE(key_is_taken(with(der(kSequence, {n}))));
  EXPECT_FALSE(key_is_taken(with(der(kSequence, {n, e, e}))));
  EXPECT_FALSE(
      key_is_taken(with(der(kSequence, {der(kInteger, {modulus(2048)}), e}))));  // negative
  EXPECT_FALSE(key_is_taken(with(der(kSequence, {der(kInteger, {Buffer(2), modulus(2048)}), e}))));
  EXPECT_FALSE(key_is_taken(with(der(kSequence, {n, der(kInteger, {Buffer(1), kUsual})}))));
  Buffer behind = der(kSequence, {n, e});
  behind.push_back(0);
  EXPECT_FALSE(key_is_taken(with(behind)));
  EXPECT_FALSE(key_is_taken(with(der(kSequence, {n, e}), {})));
  EXPECT_FALSE(key_is_taken(with(der(kSequence, {n, e}), hex("050100"))));
  EXPECT_FALSE(key_is_taken(with(der(kSequence, {n, e}), hex("05000500"))));
}

// X.690 §10.1: BER's other ways to write a length are not DER.
TEST(PublicKey, LengthsAreInTheFewestOctets) {
  const Buffer key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const Buffer algorithm = hex("300506032b6570");
  const auto with = [&](std::string_view head) {
    const Buffer bits = hex(head);
    return der(kSequence, {algorithm, bits, key});
  };
  EXPECT_TRUE(key_is_taken(with("0321 00")));
  EXPECT_FALSE(key_is_taken(with("038121 00")));
  EXPECT_FALSE(key_is_taken(with("03820021 00")));
  EXPECT_FALSE(key_is_taken(with("0383000021 00")));
  EXPECT_FALSE(key_is_taken(with("0380 00")));
  EXPECT_FALSE(key_is_taken(with("0322 00")));
  EXPECT_FALSE(key_is_taken(with("03ff 00")));
}

TEST(PublicKey, ACertificateOfVersion1HasNoVersion) {
  EXPECT_TRUE(is_taken(certificate_with(ed25519_key_info(Buffer(32, 1)), 0, "")));
}

}  // namespace
}  // namespace specter::crypto
