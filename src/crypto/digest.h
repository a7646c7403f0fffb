// Hashes and message authentication codes.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "specter/bytes.h"

namespace specter::crypto {

std::array<std::uint8_t, 16> md5(Bytes data);  // STUN's long-term key only, RFC 8489 §9.2.2
std::array<std::uint8_t, 20> sha1(Bytes data);
std::array<std::uint8_t, 32> sha256(Bytes data);
std::array<std::uint8_t, 48> sha384(Bytes data);
std::array<std::uint8_t, 64> sha512(Bytes data);

// Of the parts one behind the other.
std::array<std::uint8_t, 20> hmac_sha1(Bytes key, std::initializer_list<Bytes> parts);
std::array<std::uint8_t, 32> hmac_sha256(Bytes key, std::initializer_list<Bytes> parts);
inline std::array<std::uint8_t, 20> hmac_sha1(Bytes key, Bytes data) {
  return hmac_sha1(key, {data});
}
inline std::array<std::uint8_t, 32> hmac_sha256(Bytes key, Bytes data) {
  return hmac_sha256(key, {data});
}

// Whether two secrets are the same, in a time that depends on their size alone.
bool equal_in_constant_time(Bytes a, Bytes b);

}  // namespace specter::crypto
