// What protects a STUN message: MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256, FINGERPRINT, and the
// keys for them. RFC 8489 §9, §14.5 to §14.7.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "specter/bytes.h"

namespace specter::stun {

inline constexpr std::size_t kIntegritySize = 20;
inline constexpr std::size_t kIntegritySha256Size = 32;

// ---- keys. Passwords and names are taken as they are: whoever asks people for them prepares them
// (RFC 8265 OpaqueString) before.

// RFC 8489 §9.1.1: a short-term key is the password itself.
inline Bytes short_term_key(std::string_view password) { return as_bytes(password); }
// RFC 8489 §9.2.2: for the password algorithms MD5 and SHA-256.
std::array<std::uint8_t, 16> long_term_key_md5(std::string_view username, std::string_view realm,
                                               std::string_view password);
std::array<std::uint8_t, 32> long_term_key_sha256(std::string_view username, std::string_view realm,
                                                  std::string_view password);
// RFC 8489 §14.4: what USERHASH carries in place of USERNAME.
std::array<std::uint8_t, 32> userhash(std::string_view username, std::string_view realm);

// ---- checking a received datagram (one that Message::parse() took)

// False as well when there is no such attribute. Takes the same time for any wrong value.
bool has_integrity(Bytes message, Bytes key);
// RFC 8489 §14.6: a value cut to 16, 20, 24 or 28 bytes is accepted.
bool has_integrity_sha256(Bytes message, Bytes key);

// ---- computing: `covered` is the header, its length field already set to the end of the attribute
// that will hold the result, and all before that attribute.

std::array<std::uint8_t, kIntegritySize> integrity_of(Bytes covered, Bytes key);
std::array<std::uint8_t, kIntegritySha256Size> integrity_sha256_of(Bytes covered, Bytes key);
std::uint32_t fingerprint_of(Bytes covered);
// Whether `value` is the FINGERPRINT, at offset `at`, of `message`.
bool is_fingerprint_of(Bytes message, std::size_t at, Bytes value);

// CRC-32 of ITU V.42 (also Ethernet's and zip's).
std::uint32_t crc32(Bytes data);

}  // namespace specter::stun
