// A short list that lies in the value that has it: it allocates nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/check.h"

namespace specter::rtp {

// At most `kCapacity` values, in order. One more is a Bug (base/check.h): who reads from the
// network asks for the room first.
template <class T, std::size_t kCapacity>
class InlineList {
 public:
  static_assert(kCapacity < 256);

  InlineList() = default;
  InlineList(std::initializer_list<T> values) {
    for (const T& value : values) push_back(value);
  }

  void push_back(const T& value) {
    SPECTER_CHECK(size_ < kCapacity);
    values_[size_++] = value;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool is_full() const { return size_ == kCapacity; }
  std::span<const T> span() const { return std::span(values_).first(size_); }
  const T& operator[](std::size_t index) const { return values_[index]; }

  bool operator==(const InlineList& other) const {
    return std::ranges::equal(span(), other.span());
  }

 private:
  std::array<T, kCapacity> values_{};
  std::uint8_t size_ = 0;
};

}  // namespace specter::rtp
