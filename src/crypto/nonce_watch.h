// Notices a nonce that comes twice under one key, in builds with assertions: for GCM that gives the
// authentication key away (NIST SP 800-38D §8).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "crypto/packet_cipher.h"

namespace specter::crypto {

class NonceWatch {
 public:
  static constexpr std::size_t kRemembered = 1024;  // the last ones, by 64 bits of each

  // False: it was there.
  bool add(const PacketNonce& nonce) {
    const std::uint64_t mark = mark_of(nonce);
    if (std::ranges::find(marks_, mark) != marks_.end()) return false;
    if (marks_.size() < kRemembered)
      marks_.push_back(mark);
    else
      marks_[next_++ % kRemembered] = mark;
    return true;
  }

 private:
  // Of two nonces that differ they differ, but for one pair in 2^64.
  static std::uint64_t mark_of(const PacketNonce& nonce) {
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(nonce);
    std::uint64_t mark = halves[0] * 0x9e3779b97f4a7c15 ^ std::rotl(halves[1], 31);
    mark = (mark ^ mark >> 32) * 0xd6e8feb86659fd93;
    return mark ^ mark >> 32;
  }

  std::vector<std::uint64_t> marks_;
  std::size_t next_ = 0;
};

}  // namespace specter::crypto
