#include "crypto/certificate.h"

#include <array>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "crypto/library.h"
#include "crypto/openssl.h"

namespace specter::crypto {
namespace {

using X509Object = std::unique_ptr<X509, With<X509_free>>;
using BigNumber = std::unique_ptr<BIGNUM, With<BN_free>>;

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::int64_t kLifetime = 30 * kDay;
constexpr long kVersion3 = 2;

constexpr std::size_t kRsaBits = 2048;

KeyContext key_context(KeyType type) {
  const auto from_name = [](const char* name) {
    return KeyContext(EVP_PKEY_CTX_new_from_name(library_context(), name, nullptr));
  };
  const auto from_curve = [](Curve curve) {
    return KeyContext(EVP_PKEY_CTX_new_from_pkey(library_context(), native(curve), nullptr));
  };
  switch (type) {
    case KeyType::EcdsaP256: return from_curve(Curve::P256);
    case KeyType::EcdsaP384: return from_curve(Curve::P384);
    case KeyType::Rsa: return from_name("RSA");
    case KeyType::RsaPss: return from_name("RSA-PSS");
    case KeyType::Ed25519: return from_name("ED25519");
  }
  SPECTER_CHECK(!"a kind of key that exists");
  return nullptr;
}

Key make_key(KeyType type) {
  const KeyContext context = key_context(type);
  SPECTER_CHECK(context && EVP_PKEY_keygen_init(context.get()) == 1);
  if (type == KeyType::Rsa || type == KeyType::RsaPss)
    SPECTER_CHECK(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kRsaBits) == 1);
  EVP_PKEY* key = nullptr;
  SPECTER_CHECK(EVP_PKEY_generate(context.get(), &key) == 1);
  return Key(key);
}

// RFC 5280 §4.1.2.2: positive, and at most 20 octets.
void set_serial(X509* certificate, Random& random) {
  std::array<std::uint8_t, 16> serial;
  random.fill(serial);
  serial[0] = (serial[0] & 0x7f) | 0x40;
  const BigNumber number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  SPECTER_CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

// RFC 8827 §6.5 wants certificates of different connections to be unlinkable: the name says
// nothing.
void set_names(X509* certificate, Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint8_t, 16> text;
  random.fill(text);
  for (std::uint8_t& byte : text) byte = static_cast<std::uint8_t>(kDigits[byte & 15]);
  X509_NAME* const name = X509_get_subject_name(certificate);
  SPECTER_CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text.data(),
                                           static_cast<int>(text.size()), -1, 0) == 1 &&
                X509_set_issuer_name(certificate, name) == 1);
}

// What X509_set_pubkey() does, for the curves that we make keys of: it would look through all
// encoders and decoders there are, which takes longer than to make the key and to sign with it.
void set_point(X509* certificate, int curve, EVP_PKEY* key) {
  std::array<std::uint8_t, 1 + 2 * 48> point;
  std::size_t size = 0;
  SPECTER_CHECK(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                                point.size(), &size) == 1);
  SPECTER_CHECK(size > 0 && point[0] == 4);  // RFC 5480 §2.2: uncompressed
  void* const taken = OPENSSL_memdup(point.data(), size);
  SPECTER_CHECK(taken &&
                X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate),
                                       OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                                       OBJ_nid2obj(curve), static_cast<std::uint8_t*>(taken),
                                       static_cast<int>(size)) == 1);
}

void set_public_key(X509* certificate, KeyType type, EVP_PKEY* key) {
  switch (type) {
    case KeyType::EcdsaP256: return set_point(certificate, NID_X9_62_prime256v1, key);
    case KeyType::EcdsaP384: return set_point(certificate, NID_secp384r1, key);
    case KeyType::Rsa:
    case KeyType::RsaPss:
    case KeyType::Ed25519: SPECTER_CHECK(X509_set_pubkey(certificate, key) == 1);
  }
}

// Of the certificate; none where the kind of key has its own.
const char* hash_name(KeyType type) {
  if (type == KeyType::Ed25519) return nullptr;
  return native_name(type == KeyType::EcdsaP384 ? HashAlgorithm::Sha384 : HashAlgorithm::Sha256);
}

void sign(X509* certificate, KeyType type, EVP_PKEY* key) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;  // the context's
  SPECTER_CHECK(context && EVP_DigestSignInit_ex(context.get(), &settings, hash_name(type),
                                                 library_context(), nullptr, key, nullptr) == 1);
  // RFC 4055 §3.1: a salt as long as the hash.
  if (type == KeyType::RsaPss)
    SPECTER_CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1);
  SPECTER_CHECK(X509_sign_ctx(certificate, context.get()) > 0);
}

Buffer encode(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  SPECTER_CHECK(size > 0);
  Buffer out(static_cast<std::size_t>(size));
  std::uint8_t* at = out.data();
  SPECTER_CHECK(i2d_X509(certificate, &at) == size);
  return out;
}

}  // namespace

struct Certificate::Impl {
  KeyType type;
  Key key;
  Buffer der;
};

std::shared_ptr<const Certificate> Certificate::generate(KeyType type, Random& random,
                                                         std::int64_t unix_seconds) {
  const CleanErrors clean;
  const RandomScope scope(random);
  auto impl = std::make_unique<Impl>();
  impl->type = type;
  impl->key = make_key(type);
  const X509Object object(X509_new_ex(library_context(), nullptr));
  X509* const certificate = object.get();
  SPECTER_CHECK(certificate && X509_set_version(certificate, kVersion3) == 1);
  set_serial(certificate, random);
  set_names(certificate, random);
  SPECTER_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate), unix_seconds - kDay) &&
                ASN1_TIME_set(X509_getm_notAfter(certificate), unix_seconds - kDay + kLifetime));
  set_public_key(certificate, type, impl->key.get());
  sign(certificate, type, impl->key.get());
  impl->der = encode(certificate);
  return std::shared_ptr<const Certificate>(new Certificate(std::move(impl)));
}

Certificate::Certificate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Certificate::~Certificate() = default;

KeyType Certificate::key_type() const { return impl_->type; }
Bytes Certificate::der() const { return impl_->der; }
Fingerprint Certificate::fingerprint(HashAlgorithm algorithm) const {
  return Fingerprint::of(impl_->der, algorithm);
}
void* Certificate::native_key() const { return impl_->key.get(); }

}  // namespace specter::crypto
