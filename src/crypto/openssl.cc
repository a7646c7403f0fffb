#include "crypto/openssl.h"

#include <array>

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

struct Algorithms {
  EVP_MD* md5 = fetch_digest("MD5");
  EVP_MD* sha1 = fetch_digest("SHA1");
  std::array<EVP_MD*, 3> digests{fetch_digest("SHA256"), fetch_digest("SHA384"),
                                 fetch_digest("SHA512")};
  std::array<EVP_CIPHER*, 3> masks{fetch_cipher("AES-128-ECB"), fetch_cipher("AES-256-ECB"),
                                   fetch_cipher("ChaCha20")};
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
const EVP_CIPHER* native_mask(AeadAlgorithm algorithm) {
  return algorithms().masks.at(static_cast<std::size_t>(algorithm));
}

const char* native_name(HashAlgorithm algorithm) {
  constexpr std::array kNames{"SHA256", "SHA384", "SHA512"};
  return kNames.at(static_cast<std::size_t>(algorithm));
}

}  // namespace specter::crypto
