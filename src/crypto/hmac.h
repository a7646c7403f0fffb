// HMAC with one key for any number of messages, RFC 2104 §2, over the plain digests of OpenSSL's
// provider. EVP's own digests take half as long again, its EVP_MAC twice that, and the one-shot
// HMAC() still more: they fetch the digest anew.
#pragma once

#include <array>
#include <initializer_list>

#include "crypto/certificate.h"
#include "crypto/secret.h"

namespace specter::crypto {

struct DigestFunctions;  // of one algorithm; looked up once, for good
const DigestFunctions& native(HashAlgorithm algorithm);
const DigestFunctions& native_md5();
const DigestFunctions& native_sha1();

// Any number of digests, one after the other. Throws Bug when the library fails, as all here does.
class DigestState {
 public:
  explicit DigestState(const DigestFunctions& functions);
  ~DigestState();
  DigestState(const DigestState&) = delete;
  DigestState& operator=(const DigestState&) = delete;

  void start();
  void update(Bytes data);
  Secret finish();

 private:
  const DigestFunctions& functions_;
  void* const context_;  // wipes itself when it goes
};

Secret digest(const DigestFunctions& functions, Bytes data);

class Hmac {
 public:
  Hmac(const DigestFunctions& functions, Bytes key);
  ~Hmac();
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  // Of the parts one behind the other.
  Secret of(std::initializer_list<Bytes> parts);

 private:
  static constexpr std::size_t kMaxBlockBytes = 128;  // SHA-384's and SHA-512's

  void set_key(Bytes key);

  DigestState state_;
  std::size_t block_;
  std::array<std::uint8_t, kMaxBlockBytes> inner_, outer_;
};

}  // namespace specter::crypto
