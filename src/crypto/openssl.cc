#include "crypto/openssl.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/library.h"

namespace specter::crypto {
namespace {

EVP_MD* fetch_digest(const char* name) {
  EVP_MD* const digest = EVP_MD_fetch(library_context(), name, nullptr);
  SPECTER_CHECK(digest != nullptr);
  return digest;
}
EVP_CIPHER* fetch_cipher(const char* name) {
  EVP_CIPHER* const cipher = EVP_CIPHER_fetch(library_context(), name, nullptr);
  SPECTER_CHECK(cipher != nullptr);
  return cipher;
}

EVP_PKEY* make_curve(const char* name) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(library_context(), "EC", nullptr));
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(name), 0),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  SPECTER_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEY_PARAMETERS, parameters) == 1);
  return key;
}

struct Algorithms {
  EVP_MD* md5 = fetch_digest("MD5");
  EVP_MD* sha1 = fetch_digest("SHA1");
  std::array<EVP_MD*, 3> digests{fetch_digest("SHA256"), fetch_digest("SHA384"),
                                 fetch_digest("SHA512")};
  std::array<EVP_CIPHER*, 3> masks{fetch_cipher("AES-128-ECB"), fetch_cipher("AES-256-ECB"),
                                   fetch_cipher("ChaCha20")};
  EVP_CIPHER* counter_mode = fetch_cipher("AES-128-CTR");
  std::array<EVP_PKEY*, 2> curves{make_curve("P-256"), make_curve("P-384")};
};

const Algorithms& algorithms() {
  static const Algorithms all;
  return all;
}

}  // namespace

const EVP_MD* native(HashAlgorithm algorithm) {
  return algorithms().digests.at(static_cast<std::size_t>(algorithm));
}
const EVP_MD* native_md5() { return algorithms().md5; }
const EVP_MD* native_sha1() { return algorithms().sha1; }
const EVP_CIPHER* native_mask(PacketAlgorithm algorithm) {
  return algorithms().masks.at(static_cast<std::size_t>(algorithm));
}

const EVP_CIPHER* native_counter_mode() { return algorithms().counter_mode; }

EVP_PKEY* native(Curve curve) { return algorithms().curves.at(static_cast<std::size_t>(curve)); }

Key point_key(Curve curve, Bytes point) {
  constexpr std::uint8_t kUncompressed = 4;  // SEC 1 §2.3.3
  if (point.size() != (curve == Curve::P256 ? 65u : 97u) || point[0] != kUncompressed)
    return nullptr;
  Key key(EVP_PKEY_new());
  SPECTER_CHECK(key && EVP_PKEY_copy_parameters(key.get(), native(curve)) == 1);
  // It refuses coordinates that are too large or not those of a point on the curve. The cofactor of
  // both curves is 1, so every point but infinity, which has no such form, is of their group.
  if (EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) != 1) return nullptr;
  return key;
}

const char* native_name(HashAlgorithm algorithm) {
  constexpr std::array kNames{"SHA256", "SHA384", "SHA512"};
  return kNames.at(static_cast<std::size_t>(algorithm));
}

}  // namespace specter::crypto
