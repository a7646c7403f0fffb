// Which packet numbers were received. RFC 3711 §3.3.2, RFC 6347 §4.1.2.6, RFC 9147 §4.5.1.
#pragma once

#include <array>
#include <cstdint>

namespace specter {

// The caller asks is_new() before a packet is opened and calls mark() only after the packet was
// authenticated. `Size` is in packets, a multiple of 64.
template <std::uint64_t Size>
class ReplayWindow {
 public:
  static constexpr std::uint64_t kSize = Size;
  static_assert(kSize % 64 == 0);

  // False: the number was marked, or it is kSize or more below the highest one.
  bool is_new(std::uint64_t number) const {
    if (number >= next_) return true;
    if (next_ - number > kSize) return false;
    return (words_[word(number)] & bit(number)) == 0;
  }
  void mark(std::uint64_t number) {
    if (number >= next_) {
      if (number - next_ >= kSize) {
        words_ = {};
      } else {
        for (std::uint64_t i = next_; i < number; ++i) words_[word(i)] &= ~bit(i);
      }
      next_ = number + 1;
    }
    words_[word(number)] |= bit(number);
  }
  std::uint64_t next() const { return next_; }  // the highest marked number plus one; 0: none yet

 private:
  static std::size_t word(std::uint64_t number) { return number % kSize / 64; }
  static std::uint64_t bit(std::uint64_t number) { return std::uint64_t{1} << number % 64; }

  std::array<std::uint64_t, kSize / 64> words_{};  // a ring: each number has its bit
  std::uint64_t next_ = 0;
};

}  // namespace specter
