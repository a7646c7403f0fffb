// Random bytes for the connections of one loop. A handshake draws 12 to 32 bytes about twenty
// times. A getrandom() call for so few bytes costs as much as one for half a kilobyte, so the pool
// draws more at once.
#pragma once

#include <array>
#include <cstring>

#include "specter/bytes.h"
#include "specter/random.h"

namespace specter::io {

// Thread: one. Bytes are wiped from the pool when they are returned. After fork() the child process
// has no loop thread that could return the same bytes again.
class RandomPool final : public Random {
 public:
  static constexpr std::size_t kBytes = 512;

  explicit RandomPool(Random& source) : source_(source) {}
  ~RandomPool() override { ::explicit_bzero(bytes_.data(), bytes_.size()); }
  RandomPool(const RandomPool&) = delete;
  RandomPool& operator=(const RandomPool&) = delete;

  // Throws what the source throws, and returns no bytes then.
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
  std::size_t left_ = 0;  // unused bytes, at the end of bytes_
};

}  // namespace specter::io
