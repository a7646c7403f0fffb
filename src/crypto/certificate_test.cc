#include "crypto/certificate.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/check.h"
#include "simulation/random.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;

constexpr std::int64_t kNow = 1'795'000'000;  // in November 2026

Buffer der_of(std::uint64_t seed) {
  SeededRandom random(seed);
  return to_buffer(Certificate::generate(random, kNow)->der());
}

struct Parsed {
  explicit Parsed(Bytes der) {
    const std::uint8_t* at = der.data();
    x509.reset(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  }
  std::string name() const {
    std::array<char, 64> text{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(x509.get()), NID_commonName, text.data(),
                              static_cast<int>(text.size()));
    return text.data();
  }
  struct Free {
    void operator()(X509* object) const { X509_free(object); }
  };
  std::unique_ptr<X509, Free> x509;
};

TEST(Certificate, IsP256AndSignedByItself) {
  const Parsed parsed(der_of(1));
  ASSERT_TRUE(parsed.x509);
  EVP_PKEY* const key = X509_get0_pubkey(parsed.x509.get());
  std::array<char, 32> group{};
  std::size_t size = 0;
  ASSERT_EQ(EVP_PKEY_get_group_name(key, group.data(), group.size(), &size), 1);
  EXPECT_STREQ(group.data(), "prime256v1");
  EXPECT_EQ(X509_verify(parsed.x509.get(), key), 1);
  EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(parsed.x509.get()),
                          X509_get_issuer_name(parsed.x509.get())),
            0);
  EXPECT_EQ(X509_get_version(parsed.x509.get()), 2);
  EXPECT_EQ(X509_get_signature_nid(parsed.x509.get()), NID_ecdsa_with_SHA256);
}

TEST(Certificate, IsValidFromADayBeforeForThirtyDays) {
  const Parsed parsed(der_of(1));
  ASSERT_TRUE(parsed.x509);
  std::time_t from = kNow - 86'400, to = from + 30 * 86'400;
  EXPECT_EQ(ASN1_TIME_cmp_time_t(X509_get0_notBefore(parsed.x509.get()), from), 0);
  EXPECT_EQ(ASN1_TIME_cmp_time_t(X509_get0_notAfter(parsed.x509.get()), to), 0);
}

// RFC 5280 §4.1.2.5 changes the form of a date with the year 2050, and a day may be a leap day.
TEST(Certificate, HasTheDatesOfAnyYear) {
  for (const std::int64_t now : {951'868'800LL, 2'524'607'999LL, 2'524'608'000LL, 2'524'694'399LL,
                                 2'524'694'400LL, 4'102'444'800LL}) {
    SCOPED_TRACE(now);
    SeededRandom random(1);
    const Parsed parsed(Certificate::generate(random, now)->der());
    ASSERT_TRUE(parsed.x509);
    const ASN1_TIME* const from = X509_get0_notBefore(parsed.x509.get());
    const ASN1_TIME* const to = X509_get0_notAfter(parsed.x509.get());
    EXPECT_EQ(ASN1_TIME_cmp_time_t(from, now - 86'400), 0);
    EXPECT_EQ(ASN1_TIME_cmp_time_t(to, now + 29 * 86'400), 0);
    EXPECT_EQ(ASN1_STRING_type(from),
              now - 86'400 < 2'524'608'000 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME);
    EXPECT_EQ(ASN1_STRING_type(to),
              now + 29 * 86'400 < 2'524'608'000 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME);
  }
}

// The same parts, put together by OpenSSL.
Buffer rebuilt(X509* from) {
  X509* const made = X509_new();
  SPECTER_CHECK(X509_set_version(made, X509_get_version(from)) == 1 &&
                X509_set_serialNumber(made, X509_get_serialNumber(from)) == 1);
  X509_NAME* const name = X509_NAME_new();
  std::array<char, 64> text{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(from), NID_commonName,
                                             text.data(), static_cast<int>(text.size()));
  SPECTER_CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                           reinterpret_cast<const std::uint8_t*>(text.data()), size,
                                           -1, 0) == 1 &&
                X509_set_subject_name(made, name) == 1 && X509_set_issuer_name(made, name) == 1 &&
                X509_set1_notBefore(made, X509_get0_notBefore(from)) == 1 &&
                X509_set1_notAfter(made, X509_get0_notAfter(from)) == 1 &&
                X509_set_pubkey(made, X509_get0_pubkey(from)) == 1);
  const ASN1_BIT_STRING* signature = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&signature, &algorithm, from);
  SPECTER_CHECK(X509_ALGOR_copy(const_cast<X509_ALGOR*>(X509_get0_tbs_sigalg(made)), algorithm) ==
                1);
  std::uint8_t* der = nullptr;
  const int bytes = i2d_re_X509_tbs(made, &der);
  SPECTER_CHECK(bytes > 0);
  Buffer out(der, der + bytes);
  OPENSSL_free(der);
  X509_NAME_free(name);
  X509_free(made);
  return out;
}

TEST(Certificate, IsWrittenAsOpenSslWritesOne) {
  for (const KeyType type :
       {KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Rsa, KeyType::RsaPss, KeyType::Ed25519}) {
    SCOPED_TRACE(static_cast<int>(type));
    SeededRandom random(5);
    const auto certificate = Certificate::generate(type, random, kNow);
    const Parsed parsed(certificate->der());
    ASSERT_TRUE(parsed.x509);
    const Buffer expected = rebuilt(parsed.x509.get());
    const Bytes der = certificate->der();
    const std::size_t head = der[1] == 0x82 ? 4 : 3;
    ASSERT_GT(der.size(), head + expected.size());
    EXPECT_EQ(to_buffer(der.subspan(head, expected.size())), expected);
  }
}

TEST(Certificate, SameRandomSameBytesOnAnyThread) {
  const Buffer here = der_of(42);
  EXPECT_EQ(der_of(42), here);
  std::array<Buffer, 4> elsewhere;
  std::array<std::thread, 4> threads;
  for (std::size_t i = 0; i < threads.size(); ++i)
    threads[i] = std::thread([&elsewhere, i] { elsewhere[i] = der_of(42); });
  for (std::thread& thread : threads) thread.join();
  for (const Buffer& der : elsewhere) EXPECT_EQ(der, here);
}

TEST(Certificate, AnotherRandomAnotherKeySerialAndName) {
  const Parsed one(der_of(1)), two(der_of(2));
  ASSERT_TRUE(one.x509 && two.x509);
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(one.x509.get()), X509_get0_pubkey(two.x509.get())), 0);
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(one.x509.get()),
                             X509_get0_serialNumber(two.x509.get())),
            0);
  EXPECT_EQ(one.name().size(), 16u);
  EXPECT_NE(one.name(), two.name());
}

TEST(Certificate, FingerprintIsThatOfItsDer) {
  SeededRandom random(1);
  const auto certificate = Certificate::generate(random, kNow);
  for (const auto algorithm :
       {HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512}) {
    EXPECT_EQ(certificate->fingerprint(algorithm), Fingerprint::of(certificate->der(), algorithm));
  }
  EXPECT_EQ(certificate->fingerprint().algorithm, HashAlgorithm::Sha256);
}

TEST(Certificate, OfAnyKindIsSignedByItselfAndOnesRandomDecidesIt) {
  struct {
    KeyType type;
    const char* kind;
    int bits;
    int signature;
  } const kinds[] = {{KeyType::EcdsaP256, "EC", 256, NID_ecdsa_with_SHA256},
                     {KeyType::EcdsaP384, "EC", 384, NID_ecdsa_with_SHA384},
                     {KeyType::Rsa, "RSA", 2048, NID_sha256WithRSAEncryption},
                     {KeyType::RsaPss, "RSA-PSS", 2048, NID_rsassaPss},
                     {KeyType::Ed25519, "ED25519", 256, NID_ED25519}};
  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind.kind);
    SeededRandom random(3), again(3);
    const auto certificate = Certificate::generate(kind.type, random, kNow);
    EXPECT_EQ(certificate->key_type(), kind.type);
    EXPECT_EQ(to_buffer(certificate->der()),
              to_buffer(Certificate::generate(kind.type, again, kNow)->der()));
    const Parsed parsed(certificate->der());
    ASSERT_TRUE(parsed.x509);
    EVP_PKEY* const key = X509_get0_pubkey(parsed.x509.get());
    EXPECT_EQ(EVP_PKEY_is_a(key, kind.kind), 1);
    EXPECT_EQ(EVP_PKEY_get_bits(key), kind.bits);
    EXPECT_EQ(X509_verify(parsed.x509.get(), key), 1);
    EXPECT_EQ(X509_get_signature_nid(parsed.x509.get()), kind.signature);
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST(Certificate, IsOfP256WhenNobodySaysOtherwise) {
  SeededRandom one(1), two(1);
  const auto certificate = Certificate::generate(one, kNow);
  EXPECT_EQ(certificate->key_type(), KeyType::EcdsaP256);
  EXPECT_EQ(to_buffer(certificate->der()),
            to_buffer(Certificate::generate(KeyType::EcdsaP256, two, kNow)->der()));
}

TEST(Certificate, WithoutRandomnessThereIsNone) {
  struct Dry final : Random {
    void fill(MutableBytes) override { throw std::runtime_error("no entropy"); }
  } dry;
  EXPECT_THROW(Certificate::generate(dry, kNow), Bug);
}

}  // namespace
}  // namespace specter::crypto
