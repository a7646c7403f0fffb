#include "crypto/certificate.h"

#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "crypto/der.h"
#include "crypto/library.h"
#include "crypto/openssl.h"
#include "crypto/signature_key.h"

// The certificate is written here, RFC 5280 §4.1: OpenSSL's X509 objects take longer for it than
// the key and the signature together.
namespace specter::crypto {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::int64_t kLifetime = 30 * kDay;
constexpr std::size_t kRsaBits = 2048;

// ---- the key

Key make_evp_key(KeyType type) {
  const char* const name = type == KeyType::Rsa      ? "RSA"
                           : type == KeyType::RsaPss ? "RSA-PSS"
                                                     : "ED25519";
  const KeyContext context(EVP_PKEY_CTX_new_from_name(library_context(), name, nullptr));
  SPECTER_CHECK(context && EVP_PKEY_keygen_init(context.get()) == 1);
  if (type != KeyType::Ed25519)
    SPECTER_CHECK(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kRsaBits) == 1);
  EVP_PKEY* key = nullptr;
  SPECTER_CHECK(EVP_PKEY_generate(context.get(), &key) == 1);
  return Key(key);
}

SignatureKey make_key(KeyType type) {
  switch (type) {
    case KeyType::EcdsaP256: return {type, ProviderKey::generate(KeyCurve::P256)};
    case KeyType::EcdsaP384: return {type, ProviderKey::generate(KeyCurve::P384)};
    case KeyType::Rsa:
    case KeyType::RsaPss:
    case KeyType::Ed25519: return {type, make_evp_key(type)};
  }
  SPECTER_CHECK(!"a kind of key that exists");
  return {type, Key()};
}

// RFC 5480 §2.1.1: id-ecPublicKey, and the curve by its name.
constexpr auto kP256Algorithm =
    std::to_array<std::uint8_t>({0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07});
constexpr auto kP384Algorithm =
    std::to_array<std::uint8_t>({0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22});
constexpr std::array<std::uint8_t, 1> kNoUnusedBits{0};

// Its SubjectPublicKeyInfo.
Buffer key_info(const SignatureKey& key) {
  if (const auto* const on_curve = std::get_if<ProviderKey>(&key.native)) {
    const Bytes algorithm =
        key.type == KeyType::EcdsaP384 ? Bytes(kP384Algorithm) : Bytes(kP256Algorithm);
    const Buffer point = on_curve->public_bytes();
    return der_element(DerTag::Sequence,
                       {algorithm, der_element(DerTag::BitString, {kNoUnusedBits, point})});
  }
  EVP_PKEY* const native = std::get<Key>(key.native).get();
  const int size = i2d_PUBKEY(native, nullptr);
  SPECTER_CHECK(size > 0);
  Buffer out(static_cast<std::size_t>(size));
  std::uint8_t* at = out.data();
  SPECTER_CHECK(i2d_PUBKEY(native, &at) == size);
  return out;
}

// ---- the signature

struct SignatureAlgorithm {
  SignatureScheme scheme;
  Bytes identifier;  // the AlgorithmIdentifier
};

SignatureAlgorithm signature_algorithm(KeyType type) {
  // RFC 5758 §3.2: ecdsa-with-SHA256 and -SHA384, which have no parameters.
  static constexpr auto kEcdsaSha256 = std::to_array<std::uint8_t>(
      {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02});
  static constexpr auto kEcdsaSha384 = std::to_array<std::uint8_t>(
      {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03});
  // RFC 4055 §5: sha256WithRSAEncryption; its parameters are NULL.
  static constexpr auto kRsaSha256 = std::to_array<std::uint8_t>(
      {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00});
  // RFC 4055 §3.1: id-RSASSA-PSS with SHA-256, MGF1 with SHA-256, and a salt as long as the hash.
  static constexpr auto kRsaPssSha256 = std::to_array<std::uint8_t>(
      {0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30,
       0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
       0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
       0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
       0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20});
  // RFC 8410 §3.
  static constexpr auto kEd25519 =
      std::to_array<std::uint8_t>({0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70});
  switch (type) {
    case KeyType::EcdsaP256: return {SignatureScheme::EcdsaSecp256r1Sha256, kEcdsaSha256};
    case KeyType::EcdsaP384: return {SignatureScheme::EcdsaSecp384r1Sha384, kEcdsaSha384};
    case KeyType::Rsa: return {SignatureScheme::RsaPkcs1Sha256, kRsaSha256};
    case KeyType::RsaPss: return {SignatureScheme::RsaPssPssSha256, kRsaPssSha256};
    case KeyType::Ed25519: return {SignatureScheme::Ed25519, kEd25519};
  }
  SPECTER_CHECK(!"a kind of key that exists");
  return {};
}

// ---- what is signed

// RFC 5280 §4.1.2.2: positive, and at most 20 octets.
Buffer serial_number(Random& random) {
  std::array<std::uint8_t, 16> serial;
  random.fill(serial);
  serial[0] = (serial[0] & 0x7f) | 0x40;
  return der_element(DerTag::Integer, {serial});
}

// RFC 8827 §6.5 wants certificates of different connections to be unlinkable: the name says
// nothing.
Buffer name(Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  static constexpr auto kCommonName =
      std::to_array<std::uint8_t>({0x06, 0x03, 0x55, 0x04, 0x03});  // RFC 5280 appendix A.1
  std::array<std::uint8_t, 16> text;
  random.fill(text);
  for (std::uint8_t& byte : text) byte = static_cast<std::uint8_t>(kDigits[byte & 15]);
  const Buffer attribute =
      der_element(DerTag::Sequence, {kCommonName, der_element(DerTag::Utf8String, {text})});
  return der_element(DerTag::Sequence, {der_element(DerTag::Set, {attribute})});
}

// RFC 5280 §4.1.2.5: a UTCTime through 2049, a GeneralizedTime after.
Buffer time(std::int64_t unix_seconds) {
  using namespace std::chrono;
  const sys_seconds at{seconds(unix_seconds)};
  const auto midnight = floor<days>(at);
  const year_month_day date(midnight);
  const hh_mm_ss clock(at - midnight);
  const int year = static_cast<int>(date.year());
  SPECTER_CHECK(year >= 0 && year <= 9999);
  const std::string text =
      fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}Z", year, static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count());
  if (year < 1950 || year > 2049) return der_element(DerTag::GeneralizedTime, {as_bytes(text)});
  return der_element(DerTag::UtcTime, {as_bytes(text).subspan(2)});
}

Buffer to_be_signed(const SignatureKey& key, Bytes algorithm, Random& random,
                    std::int64_t unix_seconds) {
  static constexpr auto kVersion3 = std::to_array<std::uint8_t>({0xa0, 0x03, 0x02, 0x01, 0x02});
  const Buffer serial = serial_number(random);
  const Buffer own_name = name(random);
  const std::int64_t from = unix_seconds - kDay;
  const Buffer validity = der_element(DerTag::Sequence, {time(from), time(from + kLifetime)});
  return der_element(DerTag::Sequence,
                     {kVersion3, serial, algorithm, own_name, validity, own_name, key_info(key)});
}

}  // namespace

struct Certificate::Impl {
  SignatureKey key;
  Buffer der;
};

std::shared_ptr<const Certificate> Certificate::generate(KeyType type, Random& random,
                                                         std::int64_t unix_seconds) {
  const CleanErrors clean;
  const RandomScope scope(random);
  auto impl = std::make_unique<Impl>(make_key(type), Buffer());
  const SignatureAlgorithm algorithm = signature_algorithm(type);
  const Buffer content = to_be_signed(impl->key, algorithm.identifier, random, unix_seconds);
  const Buffer signature = sign(impl->key, algorithm.scheme, content);
  impl->der = der_element(
      DerTag::Sequence,
      {content, algorithm.identifier, der_element(DerTag::BitString, {kNoUnusedBits, signature})});
  return std::shared_ptr<const Certificate>(new Certificate(std::move(impl)));
}

Certificate::Certificate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Certificate::~Certificate() = default;

KeyType Certificate::key_type() const { return impl_->key.type; }
Bytes Certificate::der() const { return impl_->der; }
Fingerprint Certificate::fingerprint(HashAlgorithm algorithm) const {
  return Fingerprint::of(impl_->der, algorithm);
}
const SignatureKey& Certificate::key() const { return impl_->key; }

}  // namespace specter::crypto
