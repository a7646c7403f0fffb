// The mask over record numbers, RFC 9147 §4.2.3: AES-ECB over, or ChaCha20's key stream told by,
// the first 16 bytes of a record's ciphertext.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "crypto/packet_cipher.h"

namespace specter::crypto {

// One key (sn_key) a direction and epoch; of an AEAD's suite. Movable.
class NumberMask {
 public:
  // By the library that `cipher` has chosen for the algorithm, where it has a way for it. Throws
  // Bug when the key has not key_size() bytes.
  NumberMask(const PacketCipher& cipher, PacketAlgorithm algorithm, Bytes key);
  ~NumberMask();
  NumberMask(NumberMask&&) noexcept;
  NumberMask& operator=(NumberMask&&) noexcept;

  // No allocation.
  std::array<std::uint8_t, 2> mask(std::span<const std::uint8_t, 16> ciphertext);

 private:
  class Impl;
  class Block;
  class OpenSsl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace specter::crypto
