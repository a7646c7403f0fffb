// Any amount of randomness out of a seed of 32 bytes: for operations that draw an amount which
// depends on what was done before (an RSA key renews its blinding now and then), or at a time when
// there is no Random at hand. What the caller's Random is asked for then is always the same.
#pragma once

#include <algorithm>
#include <array>

#include "crypto/kdf.h"

#include "specter/random.h"

namespace specter::crypto {

class Expansion final : public Random {
 public:
  static constexpr std::size_t kSeedBytes = 32;

  static Secret draw_seed(Random& random) {
    Secret seed(kSeedBytes);
    random.fill(seed.data());
    return seed;
  }

  explicit Expansion(const Secret& seed) : seed_(seed) {}
  explicit Expansion(Random& random) : seed_(draw_seed(random)) {}

  // Blocks of HMAC over a counter. What is left of a block is not kept for the next call.
  void fill(MutableBytes out) override {
    while (!out.empty()) {
      std::array<std::uint8_t, 8> counter;
      for (std::size_t i = 0; i < counter.size(); ++i)
        counter[i] = static_cast<std::uint8_t>(count_ >> (8 * i));
      ++count_;
      const Secret block = hmac(HashAlgorithm::Sha256, seed_, {counter});
      const std::size_t size = std::min(out.size(), block.size());
      std::ranges::copy(block.bytes().first(size), out.begin());
      out = out.subspan(size);
    }
  }

 private:
  Secret seed_;
  std::uint64_t count_ = 0;
};

}  // namespace specter::crypto
