#include "crypto/digest.h"

#include <algorithm>

#include <openssl/crypto.h>

#include "base/check.h"
#include "crypto/hmac.h"

namespace specter::crypto {
namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> in_place(const Secret& secret) {
  SPECTER_CHECK(secret.size() == Size);
  std::array<std::uint8_t, Size> out;
  std::ranges::copy(secret.bytes(), out.begin());
  return out;
}

}  // namespace

std::array<std::uint8_t, 16> md5(Bytes data) { return in_place<16>(digest(native_md5(), data)); }
std::array<std::uint8_t, 20> sha1(Bytes data) { return in_place<20>(digest(native_sha1(), data)); }
std::array<std::uint8_t, 32> sha256(Bytes data) {
  return in_place<32>(digest(native(HashAlgorithm::Sha256), data));
}
std::array<std::uint8_t, 48> sha384(Bytes data) {
  return in_place<48>(digest(native(HashAlgorithm::Sha384), data));
}
std::array<std::uint8_t, 64> sha512(Bytes data) {
  return in_place<64>(digest(native(HashAlgorithm::Sha512), data));
}

std::array<std::uint8_t, 20> hmac_sha1(Bytes key, std::initializer_list<Bytes> parts) {
  return in_place<20>(Hmac(native_sha1(), key).of(parts));
}
std::array<std::uint8_t, 32> hmac_sha256(Bytes key, std::initializer_list<Bytes> parts) {
  return in_place<32>(Hmac(native(HashAlgorithm::Sha256), key).of(parts));
}

bool equal_in_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace specter::crypto
