// A packet's index: the rollover counter (ROC) in front of the sequence number. RFC 3711 §3.3.1.
#pragma once

#include <cstdint>
#include <optional>

namespace specter::srtp {

inline constexpr std::uint64_t kMaxRtpPackets = std::uint64_t{1} << 48;   // a key; RFC 3711 §9.2
inline constexpr std::uint64_t kMaxRtcpPackets = std::uint64_t{1} << 31;  // a key; RFC 3711 §9.2
inline constexpr std::uint64_t kRollover = 1 << 16;  // indices from one ROC to the next

constexpr std::uint32_t rollover_counter(std::uint64_t index) {
  return static_cast<std::uint32_t>(index >> 16);
}

// The index of a packet of a stream whose highest index so far is `highest`. Nothing: it would be
// below 0. RFC 3711 appendix A.
constexpr std::optional<std::uint64_t> guess_index(std::uint16_t sequence, std::uint64_t highest) {
  constexpr int kHalf = 0x8000;
  const int last = static_cast<int>(highest % kRollover);
  std::uint64_t counter = highest / kRollover;
  if (last < kHalf) {
    if (sequence - last > kHalf) {
      if (counter == 0) return std::nullopt;
      --counter;
    }
  } else if (last - kHalf > sequence) {
    ++counter;
  }
  return counter * kRollover + sequence;
}

}  // namespace specter::srtp
