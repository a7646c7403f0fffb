#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "crypto/library.h"

namespace specter::crypto {
namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> digest(const EVP_MD* algorithm, Bytes data) {
  std::array<std::uint8_t, Size> out;
  unsigned int size = 0;
  prepare_library();
  SPECTER_CHECK(EVP_Digest(data.data(), data.size(), out.data(), &size, algorithm, nullptr) == 1 &&
                size == Size);
  return out;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> hmac(const EVP_MD* algorithm, Bytes key, Bytes data) {
  std::array<std::uint8_t, Size> out;
  unsigned int size = 0;
  prepare_library();
  // OpenSSL takes a null key for "the key of before".
  const std::uint8_t none = 0;
  const std::uint8_t* key_data = key.empty() ? &none : key.data();
  SPECTER_CHECK(HMAC(algorithm, key_data, static_cast<int>(key.size()), data.data(), data.size(),
                     out.data(), &size) != nullptr &&
                size == Size);
  return out;
}

}  // namespace

std::array<std::uint8_t, 16> md5(Bytes data) { return digest<16>(EVP_md5(), data); }
std::array<std::uint8_t, 20> sha1(Bytes data) { return digest<20>(EVP_sha1(), data); }
std::array<std::uint8_t, 32> sha256(Bytes data) { return digest<32>(EVP_sha256(), data); }
std::array<std::uint8_t, 48> sha384(Bytes data) { return digest<48>(EVP_sha384(), data); }
std::array<std::uint8_t, 64> sha512(Bytes data) { return digest<64>(EVP_sha512(), data); }

std::array<std::uint8_t, 20> hmac_sha1(Bytes key, Bytes data) {
  return hmac<20>(EVP_sha1(), key, data);
}
std::array<std::uint8_t, 32> hmac_sha256(Bytes key, Bytes data) {
  return hmac<32>(EVP_sha256(), key, data);
}

bool equal_in_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace specter::crypto
