// HMAC-SHA1 for packets, by OpenSSL's default provider (provider-digest(7)): EVP's digests of
// OpenSSL 3.0 allocate at each start.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "specter/bytes.h"

namespace specter::crypto {

// What is hashed in, for any number of keys. No call allocates.
class Sha1Context {
 public:
  static constexpr std::size_t kBytes = 20;
  using Digest = std::array<std::uint8_t, kBytes>;

  Sha1Context();
  ~Sha1Context();
  Sha1Context(const Sha1Context&) = delete;

  // RFC 2104 §2; of the parts one behind the other. The key has a block, 64 bytes, at most.
  Digest hmac(Bytes key, std::initializer_list<Bytes> parts);

 private:
  void start();
  void update(Bytes data);
  Digest finish();

  void* const context_;
};

}  // namespace specter::crypto
