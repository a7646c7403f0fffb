// For tests: a key both ways, and packets sealed and opened one at a time.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "crypto/packet_cipher.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::testing {

inline Buffer filled(Random& random, std::size_t size) {
  Buffer out(size);
  random.fill(out);
  return out;
}

inline crypto::PacketNonce packet_nonce(Bytes bytes) {
  crypto::PacketNonce nonce{};
  std::ranges::copy(bytes, nonce.begin());
  return nonce;
}
inline crypto::PacketNonce packet_nonce(Random& random, crypto::PacketAlgorithm algorithm) {
  return packet_nonce(filled(random, crypto::is_aead(algorithm) ? crypto::kAeadNonceBytes : 14));
}

class One {
 public:
  One(crypto::PacketCipher& cipher, crypto::PacketAlgorithm algorithm, Bytes secret)
      : cipher_(cipher),
        sealer_(cipher.make_key(algorithm, crypto::Direction::Seal, secret)),
        opener_(cipher.make_key(algorithm, crypto::Direction::Open, secret)) {}

  const crypto::PacketKey& sealer() const { return *sealer_; }

  // Ciphertext and tag.
  Buffer seal(const crypto::PacketNonce& nonce, Bytes additional, Bytes text, Bytes suffix = {}) {
    Buffer out = to_buffer(text);
    out.resize(text.size() + tag());
    const MutableBytes place = MutableBytes(out).first(text.size());
    crypto::SealJob job{sealer_.get(), nonce, additional,
                        place,         place, MutableBytes(out).subspan(text.size()),
                        suffix};
    cipher_.seal(std::span(&job, 1));
    return out;
  }
  std::optional<Buffer> open(const crypto::PacketNonce& nonce, Bytes additional, Bytes packet,
                             Bytes suffix = {}) {
    const Bytes text = packet.first(packet.size() - tag());
    Buffer out(text.size(), 0xee);
    crypto::OpenJob job{opener_.get(), nonce, additional, text, out, packet.last(tag()), suffix};
    if (cipher_.open(std::span(&job, 1)) == 1) return out;
    if (out != Buffer(out.size(), 0)) throw std::logic_error("what failed is not wiped");
    return std::nullopt;
  }
  bool open_in_place(const crypto::PacketNonce& nonce, Bytes additional, Buffer& packet) {
    const MutableBytes text = MutableBytes(packet).first(packet.size() - tag());
    crypto::OpenJob job{opener_.get(), nonce, additional, text, text, Bytes(packet).last(tag())};
    return cipher_.open(std::span(&job, 1)) == 1;
  }

 private:
  std::size_t tag() const { return crypto::tag_size(sealer_->algorithm()); }

  crypto::PacketCipher& cipher_;
  std::unique_ptr<crypto::PacketKey> sealer_, opener_;
};

}  // namespace specter::testing
