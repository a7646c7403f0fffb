// A self-signed certificate with its private key, and fingerprints of certificates. RFC 8827 §6.5,
// RFC 8122 §5.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "specter/bytes.h"
#include "specter/random.h"

namespace specter::crypto {

// Of fingerprints: neither md5 (RFC 8122 §5 forbids it) nor sha-1, of which collisions can be made.
enum class HashAlgorithm { Sha256, Sha384, Sha512 };

std::string_view to_string(HashAlgorithm algorithm);  // "sha-256"
std::optional<HashAlgorithm> hash_algorithm(
    std::string_view name);  // in any case; nothing for an unknown one

struct Fingerprint {
  HashAlgorithm algorithm = HashAlgorithm::Sha256;
  Buffer digest;

  // "sha-256 4A:AD:…", as a=fingerprint has it: digits in any case when read, upper case when
  // written. Nothing for an unknown algorithm or a digest of the wrong length.
  static std::optional<Fingerprint> parse(std::string_view text);
  static Fingerprint of(Bytes certificate_der, HashAlgorithm algorithm);
  std::string to_string() const;

  bool operator==(const Fingerprint&) const = default;
};

// RsaPss: a key that may only sign so (id-RSASSA-PSS).
enum class KeyType : std::uint8_t { EcdsaP256, EcdsaP384, Rsa, RsaPss, Ed25519 };

struct SignatureKey;  // src/crypto's own

// Immutable; shared by the connections that use it.
class Certificate {
 public:
  // ECDSA P-256 (RFC 8827 §6.5), valid from a day before `unix_seconds` for 30 days; nobody checks
  // these dates, the fingerprint is the trust. Deterministic in `random`. Throws Bug when the
  // crypto library fails.
  static std::shared_ptr<const Certificate> generate(Random& random, std::int64_t unix_seconds) {
    return generate(KeyType::EcdsaP256, random, unix_seconds);
  }
  // With a key of another kind: Rsa is RSA-2048 (RFC 8827 §6.5 has it as the other that every peer
  // takes; making one costs some 100 to 500 ms of CPU). All kinds can be made, for tests.
  static std::shared_ptr<const Certificate> generate(KeyType type, Random& random,
                                                     std::int64_t unix_seconds);

  ~Certificate();
  Certificate(const Certificate&) = delete;

  KeyType key_type() const;
  Bytes der() const;
  Fingerprint fingerprint(HashAlgorithm algorithm = HashAlgorithm::Sha256) const;

  const SignatureKey& key() const;  // for src/crypto alone

 private:
  struct Impl;
  explicit Certificate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace specter::crypto
