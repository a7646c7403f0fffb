#include "srtp/protection.h"

#include <algorithm>

namespace specter::srtp {

bool is_rtcp(Bytes packet) {
  return packet.size() >= kRtcpClearBytes && packet[0] >> 6 == 2 && packet[1] >= 192 &&
         packet[1] <= 223;
}

Protection::Protection(const crypto::PacketCipher& cipher, crypto::PacketAlgorithm algorithm,
                       crypto::Direction direction, const SessionKeys& keys)
    : key_(cipher.make_key(algorithm, direction, keys.cipher)),
      is_aead_(crypto::is_aead(algorithm)),
      tag_size_(crypto::tag_size(algorithm)) {
  std::ranges::copy(keys.salt.bytes(), salt_.begin());
}

Protection::~Protection() { crypto::cleanse(salt_); }

crypto::PacketNonce Protection::nonce(std::uint32_t ssrc, std::uint64_t index) const {
  // AES-CM: salt·2^16 XOR SSRC·2^64 XOR index·2^16. GCM: (0 ‖ SSRC ‖ index) XOR salt, in 12 bytes.
  const std::size_t at = is_aead_ ? 2 : 4;
  crypto::PacketNonce out = salt_;
  for (std::size_t i = 0; i < 4; ++i)
    out[at + i] ^= static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  for (std::size_t i = 0; i < 6; ++i)
    out[at + 4 + i] ^= static_cast<std::uint8_t>(index >> (40 - 8 * i));
  return out;
}

}  // namespace specter::srtp
