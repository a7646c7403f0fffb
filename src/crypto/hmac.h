// HMAC with one key for any number of messages, RFC 2104 §2, over OpenSSL's plain digests. Its own
// EVP_MAC takes twice as long, even copied from a context that has its digest, and the one-shot
// HMAC() more than three times: they fetch the digest anew.
#pragma once

#include <array>
#include <initializer_list>

#include "crypto/openssl.h"
#include "crypto/secret.h"

namespace specter::crypto {

// Throws Bug when the library fails, as all here does.
Secret digest(const EVP_MD* algorithm, Bytes data);

class Hmac {
 public:
  Hmac(const EVP_MD* algorithm, Bytes key);
  ~Hmac();
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  // Of the parts one behind the other.
  Secret of(std::initializer_list<Bytes> parts);

 private:
  static constexpr std::size_t kMaxBlockBytes = 128;  // SHA-384's and SHA-512's

  void set_key(Bytes key);

  const EVP_MD* algorithm_;
  DigestContext context_;  // wipes itself when it goes
  std::size_t block_;
  std::array<std::uint8_t, kMaxBlockBytes> inner_, outer_;
};

}  // namespace specter::crypto
