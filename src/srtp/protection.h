// Inside: what sealing and opening share: a session key with its salt, nonces, sizes, and numbers
// at places of a packet.
#pragma once

#include <memory>

#include "crypto/packet_cipher.h"
#include "srtp/key_derivation.h"

#include "specter/bytes.h"

namespace specter::srtp {

inline constexpr std::size_t kSequenceAt = 2, kSsrcAt = 8;  // RFC 3550 §5.1
inline constexpr std::size_t kRtcpClearBytes = 8;           // RFC 3711 §3.4: as far as the SSRC
inline constexpr std::size_t kRtcpSsrcAt = 4;
inline constexpr std::size_t kRtcpIndexBytes = 4;
inline constexpr std::uint32_t kEncipheredBit = 0x8000'0000;  // RFC 3711 §3.4: E

inline std::uint16_t load16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
inline std::uint32_t load32(const std::uint8_t* at) {
  return std::uint32_t{load16(at)} << 16 | load16(at + 2);
}
inline void store16(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
inline void store32(std::uint8_t* at, std::uint32_t value) {
  store16(at, value >> 16);
  store16(at + 2, value);
}

// A version 2 header of RTCP, with a payload type that RFC 5761 §4 leaves to RTCP.
bool is_rtcp(Bytes packet);

// The key of RTP, or of RTCP, of one direction.
class Protection {
 public:
  Protection(const crypto::PacketCipher& cipher, crypto::PacketAlgorithm algorithm,
             crypto::Direction direction, const SessionKeys& keys);
  ~Protection();
  Protection(const Protection&) = delete;

  crypto::PacketKey* key() const { return key_.get(); }
  bool is_aead() const { return is_aead_; }
  std::size_t tag_size() const { return tag_size_; }
  // RFC 3711 §4.1.1; RFC 7714 §8.1, §9.1. `index` has 48 bits, of RTCP 31.
  void write_nonce(crypto::PacketNonce& out, std::uint32_t ssrc, std::uint64_t index) const;

 private:
  std::unique_ptr<crypto::PacketKey> key_;
  std::uint64_t salt_high_ = 0, salt_low_ = 0;  // its 16 bytes as numbers, zeros behind it
  bool is_aead_;
  std::size_t tag_size_;
};

// Four bytes that AES-CM authenticates behind a packet (the rollover counter), or the twelve that
// GCM authenticates before an SRTCP packet. A batch keeps them beside its jobs; a job points to
// them once the batch has stopped growing.
class Beside {
 public:
  void set_suffix(std::uint32_t value) {
    store32(bytes_.data(), value);
    size_ = 4;
    is_suffix_ = true;
  }
  // RFC 7714 §9.2.
  void set_rtcp_additional(Bytes clear, std::uint32_t index_word) {
    std::ranges::copy(clear.first<kRtcpClearBytes>(), bytes_.begin());
    store32(&bytes_[kRtcpClearBytes], index_word);
    size_ = kRtcpClearBytes + kRtcpIndexBytes;
    is_suffix_ = false;
  }
  template <class Job>
  void attach(Job& job) const {
    if (size_ > 0) (is_suffix_ ? job.suffix : job.additional) = Bytes(bytes_).first(size_);
  }

 private:
  std::array<std::uint8_t, kRtcpClearBytes + kRtcpIndexBytes> bytes_{};
  std::uint8_t size_ = 0;
  bool is_suffix_ = false;
};

}  // namespace specter::srtp
