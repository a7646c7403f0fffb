// The bytes 00 00 01, at which MPEG's byte streams are cut (H.264 Annex B).
#pragma once

#include <cstdint>
#include <cstring>

#include "specter/bytes.h"

namespace specter {

inline constexpr std::size_t kStartCodeBytes = 3;

// Where the next start code begins, at `from` or later; in.size() when there is none.
inline std::size_t find_start_code(Bytes in, std::size_t from) {
  // The library looks for the last byte, many at once; coded pictures have few of them.
  for (std::size_t third = from + 2; third < in.size(); ++third) {
    const void* const one = std::memchr(in.data() + third, 1, in.size() - third);
    if (!one) break;
    third = static_cast<std::size_t>(static_cast<const std::uint8_t*>(one) - in.data());
    if (in[third - 1] == 0 && in[third - 2] == 0) return third - 2;
  }
  return in.size();
}

// Without the zeros at its end: H.264 §B.1 allows any number of them between two units, and
// H.264 §7.4.1 has no unit end with one.
inline Bytes without_trailing_zeros(Bytes in) {
  while (!in.empty() && in.back() == 0) in = in.first(in.size() - 1);
  return in;
}

}  // namespace specter
