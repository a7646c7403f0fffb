// Randomness for the connections of one loop. Handshakes draw some twenty times 12 to 32 bytes
// each, and a call of getrandom() for them costs as much as half a kilobyte at once.
#pragma once

#include <array>
#include <cstring>

#include "specter/bytes.h"
#include "specter/random.h"

namespace specter::io {

// For one thread. What was handed out is wiped; what was not is as secret as the keys that the
// connections hold. After fork() the child has no thread that would draw the same bytes again.
class RandomPool final : public Random {
 public:
  static constexpr std::size_t kBytes = 512;

  explicit RandomPool(Random& source) : source_(source) {}
  ~RandomPool() override { ::explicit_bzero(bytes_.data(), bytes_.size()); }
  RandomPool(const RandomPool&) = delete;
  RandomPool& operator=(const RandomPool&) = delete;

  // Throws what its source throws, and has handed out nothing then.
  void fill(MutableBytes out) override {
    if (out.empty()) return;
    if (out.size() > kBytes / 4) return source_.fill(out);
    if (left_ < out.size()) {
      left_ = 0;
      source_.fill(bytes_);
      left_ = kBytes;
    }
    std::uint8_t* const next = bytes_.data() + (kBytes - left_);
    std::memcpy(out.data(), next, out.size());
    ::explicit_bzero(next, out.size());
    left_ -= out.size();
  }

 private:
  Random& source_;
  std::array<std::uint8_t, kBytes> bytes_{};
  std::size_t left_ = 0;  // at the end
};

}  // namespace specter::io
