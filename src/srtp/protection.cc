#include "srtp/protection.h"

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
  const Bytes salt = keys.salt;
  for (std::size_t i = 0; i < salt.size(); ++i) {
    std::uint64_t& half = i < 8 ? salt_high_ : salt_low_;
    half |= std::uint64_t{salt[i]} << (56 - 8 * (i % 8));
  }
}

Protection::~Protection() {
  for (std::uint64_t* const half : {&salt_high_, &salt_low_})
    crypto::cleanse({reinterpret_cast<std::uint8_t*>(half), sizeof *half});
}

void Protection::write_nonce(crypto::PacketNonce& out, std::uint32_t ssrc,
                             std::uint64_t index) const {
  std::uint64_t high = salt_high_, low = salt_low_;
  if (is_aead_) {  // (0 ‖ SSRC ‖ index) XOR salt, in 12 bytes
    high ^= std::uint64_t{ssrc} << 16 | index >> 32;
    low ^= index << 32;
  } else {  // salt·2^16 XOR SSRC·2^64 XOR index·2^16
    high ^= ssrc;
    low ^= index << 16;
  }
  store32(&out[0], static_cast<std::uint32_t>(high >> 32));
  store32(&out[4], static_cast<std::uint32_t>(high));
  store32(&out[8], static_cast<std::uint32_t>(low >> 32));
  store32(&out[12], static_cast<std::uint32_t>(low));
}

}  // namespace specter::srtp
