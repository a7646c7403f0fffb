// Key derivation: HMAC, HKDF (RFC 5869), the PRF of TLS 1.2 (RFC 5246 §5), the key stream that is
// SRTP's PRF. No label has a meaning here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "crypto/certificate.h"  // HashAlgorithm
#include "crypto/secret.h"

#include "specter/bytes.h"

namespace specter::crypto {

std::size_t digest_size(HashAlgorithm algorithm);  // bytes: 32, 48, 64
Secret digest(HashAlgorithm algorithm, Bytes data);
// Of the parts one behind the other.
Secret hmac(HashAlgorithm algorithm, Bytes key, std::initializer_list<Bytes> parts);

Secret hkdf_extract(HashAlgorithm algorithm, Bytes salt, Bytes input);
// SPECTER_CHECK: at most 255 digests' worth.
void hkdf_expand(HashAlgorithm algorithm, Bytes key, Bytes info, std::span<std::uint8_t> out);

// PRF(secret, label, seed) of RFC 5246 §5, with the suite's hash (SHA-256 or SHA-384).
void tls12_prf(HashAlgorithm algorithm, Bytes secret, std::string_view label, Bytes seed,
               std::span<std::uint8_t> out);

// The key stream of AES in counter mode from a first counter block on. RFC 3711 §4.1.1, §4.3.3;
// RFC 6188 §2. The key has 16 or 32 bytes, another size is a Bug.
void aes_key_stream(Bytes key, std::span<const std::uint8_t, 16> counter,
                    std::span<std::uint8_t> out);

}  // namespace specter::crypto
