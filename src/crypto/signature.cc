#include "crypto/signature.h"

#include <openssl/rsa.h>

#include "base/check.h"
#include "crypto/expansion.h"
#include "crypto/hmac.h"
#include "crypto/library.h"
#include "crypto/openssl.h"
#include "crypto/signature_key.h"

namespace specter::crypto {
namespace {

enum class Method { RsaPkcs1, RsaPss, Ecdsa, Ed25519 };

struct Traits {
  Method method;
  KeyType key;                        // that it needs; of ECDSA: the one it is bound to in 1.3
  std::optional<HashAlgorithm> hash;  // none: the method has its own
};

// RFC 8446 §4.2.3's table.
Traits traits(SignatureScheme scheme) {
  using enum HashAlgorithm;
  switch (scheme) {
    case SignatureScheme::RsaPkcs1Sha256: return {Method::RsaPkcs1, KeyType::Rsa, Sha256};
    case SignatureScheme::RsaPkcs1Sha384: return {Method::RsaPkcs1, KeyType::Rsa, Sha384};
    case SignatureScheme::RsaPkcs1Sha512: return {Method::RsaPkcs1, KeyType::Rsa, Sha512};
    case SignatureScheme::EcdsaSecp256r1Sha256: return {Method::Ecdsa, KeyType::EcdsaP256, Sha256};
    case SignatureScheme::EcdsaSecp384r1Sha384: return {Method::Ecdsa, KeyType::EcdsaP384, Sha384};
    case SignatureScheme::RsaPssRsaeSha256: return {Method::RsaPss, KeyType::Rsa, Sha256};
    case SignatureScheme::RsaPssRsaeSha384: return {Method::RsaPss, KeyType::Rsa, Sha384};
    case SignatureScheme::RsaPssRsaeSha512: return {Method::RsaPss, KeyType::Rsa, Sha512};
    case SignatureScheme::Ed25519: return {Method::Ed25519, KeyType::Ed25519, std::nullopt};
    case SignatureScheme::RsaPssPssSha256: return {Method::RsaPss, KeyType::RsaPss, Sha256};
    case SignatureScheme::RsaPssPssSha384: return {Method::RsaPss, KeyType::RsaPss, Sha384};
    case SignatureScheme::RsaPssPssSha512: return {Method::RsaPss, KeyType::RsaPss, Sha512};
  }
  SPECTER_CHECK(!"a signature scheme that exists");
  return {};
}

bool fits_key(SignatureScheme scheme, KeyType key, bool curve_is_bound) {
  const Traits its = traits(scheme);
  switch (its.method) {
    case Method::RsaPkcs1:
      // RFC 8446 §4.2.3: in 1.3 it stands for signatures within certificates alone.
      return key == its.key && !curve_is_bound;
    case Method::Ecdsa:
      // RFC 5246 §7.4.1.4.1: a hash and a method; the curve is the certificate's.
      return key == its.key ||
             (!curve_is_bound && (key == KeyType::EcdsaP256 || key == KeyType::EcdsaP384));
    case Method::RsaPss:
    case Method::Ed25519: return key == its.key;
  }
  return false;
}

bool set_padding(EVP_PKEY_CTX* context, Method method) {
  if (method == Method::RsaPkcs1)
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (method != Method::RsaPss) return true;
  // RFC 8446 §4.2.3: MGF1 with the same hash (OpenSSL's default), and a salt as long as its output.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

const char* hash_name(const Traits& its) { return its.hash ? native_name(*its.hash) : nullptr; }

bool evp_verifies(EVP_PKEY* key, const Traits& its, Bytes message, Bytes signature) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;  // the context's
  SPECTER_CHECK(context);
  // It fails for an id-RSASSA-PSS key that is restricted to another hash.
  return EVP_DigestVerifyInit_ex(context.get(), &settings, hash_name(its), library_context(),
                                 nullptr, key, nullptr) == 1 &&
         set_padding(settings, its.method) &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

Buffer evp_sign(EVP_PKEY* key, const Traits& its, Bytes message) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;
  SPECTER_CHECK(context &&
                EVP_DigestSignInit_ex(context.get(), &settings, hash_name(its), library_context(),
                                      nullptr, key, nullptr) == 1 &&
                set_padding(settings, its.method));
  std::size_t size = 0;
  SPECTER_CHECK(EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1);
  Buffer out(size);
  SPECTER_CHECK(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) ==
                    1 &&
                size <= out.size());
  out.resize(size);
  return out;
}

}  // namespace

std::optional<SignatureScheme> signature_scheme(std::uint16_t number) {
  switch (const SignatureScheme scheme{number}) {
    case SignatureScheme::RsaPkcs1Sha256:
    case SignatureScheme::RsaPkcs1Sha384:
    case SignatureScheme::RsaPkcs1Sha512:
    case SignatureScheme::EcdsaSecp256r1Sha256:
    case SignatureScheme::EcdsaSecp384r1Sha384:
    case SignatureScheme::RsaPssRsaeSha256:
    case SignatureScheme::RsaPssRsaeSha384:
    case SignatureScheme::RsaPssRsaeSha512:
    case SignatureScheme::Ed25519:
    case SignatureScheme::RsaPssPssSha256:
    case SignatureScheme::RsaPssPssSha384:
    case SignatureScheme::RsaPssPssSha512: return scheme;
  }
  return std::nullopt;
}

bool PublicKey::fits(SignatureScheme scheme, bool curve_is_bound) const {
  return fits_key(scheme, type(), curve_is_bound);
}

bool PublicKey::verify(SignatureScheme scheme, Bytes message, Bytes signature) const {
  SPECTER_CHECK(key_ != nullptr);
  if (!fits(scheme, false)) return false;
  const CleanErrors clean;
  const Traits its = traits(scheme);
  const auto* const key = std::get_if<ProviderKey>(&key_->native);
  const bool holds = key ? key->verify(digest(native(*its.hash), message), signature)
                         : evp_verifies(std::get<Key>(key_->native).get(), its, message, signature);
  if (!holds) CleanErrors::blame_nobody_for_memory();
  return holds;
}

Buffer sign(const SignatureKey& key, SignatureScheme scheme, Bytes message) {
  SPECTER_CHECK(fits_key(scheme, key.type, false));
  const Traits its = traits(scheme);
  if (const auto* const on_curve = std::get_if<ProviderKey>(&key.native))
    return on_curve->sign(digest(native(*its.hash), message));
  return evp_sign(std::get<Key>(key.native).get(), its, message);
}

Buffer sign(const Certificate& certificate, SignatureScheme scheme, Bytes message, Random& random) {
  const CleanErrors clean;
  Expansion expansion(random);
  const RandomScope scope(expansion);
  return sign(certificate.key(), scheme, message);
}

}  // namespace specter::crypto
