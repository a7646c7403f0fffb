// HMAC-SHA1 for packets: one state to hash in, for any number of keys.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crypto/hmac.h"

#include "specter/bytes.h"

namespace specter::crypto {

class Sha1Hmac {
 public:
  static constexpr std::size_t kBytes = 20;
  using Tag = std::array<std::uint8_t, kBytes>;

  // RFC 2104 §2; of the parts one behind the other. The key has a block, 64 bytes, at most. No
  // allocation.
  Tag of(Bytes key, std::span<const Bytes> parts);

 private:
  DigestState state_{native_sha1()};
};

}  // namespace specter::crypto
