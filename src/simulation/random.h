// Randomness that a seed decides.
#pragma once

#include "specter/random.h"

namespace specter::simulation {

// SplitMix64: small, well spread, and the same everywhere.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  void fill(MutableBytes out) override {
    for (std::size_t i = 0; i < out.size();) {
      std::uint64_t word = next();
      for (std::size_t k = 0; k < 8 && i < out.size(); ++k, ++i, word >>= 8)
        out[i] = static_cast<std::uint8_t>(word);
    }
  }

  // True with the given probability.
  bool chance(double probability) {
    return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
  }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace specter::simulation
