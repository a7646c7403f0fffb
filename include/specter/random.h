// Where the core's randomness comes from.
#pragma once

#include <cstdint>

#include "specter/bytes.h"
#include "specter/export.h"

namespace specter {

// A source of random bytes, given to the core from outside. Keys and credentials are made from it:
// outside of tests it must be one fit for cryptography (SystemRandom, in specter/core.h).
class SPECTER_EXPORT Random {
 public:
  virtual ~Random() = default;

  virtual void fill(MutableBytes out) = 0;

  std::uint32_t u32() {
    std::uint8_t bytes[4];
    fill(bytes);
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | bytes[3];
  }
  std::uint64_t u64() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  // A number in [0, bound); bound > 0. Its bias is below 2^-32 for the small bounds that protocols
  // use.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((std::uint64_t{u32()} * bound) >> 32);
  }
};

}  // namespace specter
