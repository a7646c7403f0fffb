// Inside: packets' ciphers by Intel's multi-buffer library (libipsec-mb). No type of the library's
// shows here, and the other .cc files are built without its header. Where it is not built in,
// multi_buffer_absent.cc stands for it.
//
// Its GCM and ChaCha20-Poly1305 work on one packet a call, and gain by what they don't do around
// it. HMAC-SHA1 gains by lanes: up to 16 packets side by side.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "crypto/packet_cipher.h"

namespace specter::crypto::multi_buffer {

bool is_available();
std::string_view version();

std::unique_ptr<PacketKey> make_key(PacketAlgorithm algorithm, Direction direction, Bytes secret);

// AES-CM's packets, many at once.
class Lanes {
 public:
  Lanes();
  ~Lanes();

  // All jobs whose keys are of this library and no AEAD; the others are passed over.
  void seal(std::span<SealJob> jobs);
  void open(std::span<OpenJob> jobs);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// AES of one block, for record number masks: null for an algorithm that it has not.
class BlockKey {
 public:
  virtual ~BlockKey() = default;
  virtual std::array<std::uint8_t, 16> encrypt(std::span<const std::uint8_t, 16> block) const = 0;
};
std::unique_ptr<BlockKey> make_block_key(PacketAlgorithm algorithm, Bytes secret);

}  // namespace specter::crypto::multi_buffer
