// Numbers that wrap. They have no '<': unwrap them to 64 bits where they enter, and compare those.
#pragma once

#include <cstdint>
#include <type_traits>

namespace specter {

// The 64-bit number nearest to `reference` whose low bits are `wrapped` (RFC 1982's serial
// arithmetic, made total).
template <class Wrapped>
constexpr std::int64_t unwrap(Wrapped wrapped, std::int64_t reference) {
  static_assert(std::is_unsigned_v<Wrapped> && sizeof(Wrapped) < 8);
  const auto distance = static_cast<Wrapped>(wrapped - static_cast<Wrapped>(reference));
  return reference + static_cast<std::make_signed_t<Wrapped>>(distance);
}

// Unwraps a stream of numbers, each near to the highest one seen so far.
template <class Wrapped>
class Unwrapper {
 public:
  // The first number stands for itself plus one whole turn, so that what came just before it is not
  // negative.
  constexpr explicit Unwrapper(Wrapped first)
      : last_(std::int64_t{first} + (std::int64_t{1} << (8 * sizeof(Wrapped)))) {}

  constexpr std::int64_t operator()(Wrapped wrapped) {
    const std::int64_t value = unwrap(wrapped, last_);
    if (value > last_) last_ = value;
    return value;
  }

 private:
  std::int64_t last_;
};

}  // namespace specter
