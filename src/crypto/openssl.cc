#include "crypto/openssl.h"

#include <array>

#include "base/check.h"
#include "crypto/library.h"

namespace specter::crypto {
namespace {

EVP_CIPHER* fetch_cipher(const char* name) {
  EVP_CIPHER* const cipher = EVP_CIPHER_fetch(library_context(), name, nullptr);
  SPECTER_CHECK(cipher != nullptr);
  return cipher;
}

struct Algorithms {
  std::array<EVP_CIPHER*, 3> masks{fetch_cipher("AES-128-ECB"), fetch_cipher("AES-256-ECB"),
                                   fetch_cipher("ChaCha20")};
  EVP_CIPHER* counter_mode = fetch_cipher("AES-128-CTR");
  EVP_CIPHER* counter_mode256 = fetch_cipher("AES-256-CTR");
};

const Algorithms& algorithms() {
  static const Algorithms all;
  return all;
}

}  // namespace

const EVP_CIPHER* native_mask(PacketAlgorithm algorithm) {
  return algorithms().masks.at(static_cast<std::size_t>(algorithm));
}

const EVP_CIPHER* native_counter_mode() { return algorithms().counter_mode; }
const EVP_CIPHER* native_counter_mode256() { return algorithms().counter_mode256; }

const char* native_name(HashAlgorithm algorithm) {
  constexpr std::array kNames{"SHA256", "SHA384", "SHA512"};
  return kNames.at(static_cast<std::size_t>(algorithm));
}

}  // namespace specter::crypto
