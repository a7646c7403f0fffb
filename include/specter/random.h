/// @file
/// The random source of the sans-IO core.
#pragma once

#include <cstdint>

#include "specter/bytes.h"
#include "specter/export.h"

namespace specter {

/// A source of random bytes. Keys and credentials are made from it: outside of tests it must be
/// cryptographically secure. core::SystemRandom is.
class SPECTER_EXPORT Random {
 public:
  virtual ~Random() = default;

  /// Fills `out` with random bytes.
  virtual void fill(MutableBytes out) = 0;

  /// A random number of 32 bits.
  std::uint32_t u32() {
    std::uint8_t bytes[4];
    fill(bytes);
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | bytes[3];
  }
  /// A random number of 64 bits.
  std::uint64_t u64() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  /// A random number in [0, bound). `bound` must be positive. The bias is below bound / 2^32.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((std::uint64_t{u32()} * bound) >> 32);
  }
};

}  // namespace specter
