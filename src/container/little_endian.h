// Numbers in files, least significant byte first.
#pragma once

#include <concepts>

#include "base/bytes.h"

namespace specter::container {

template <std::unsigned_integral Number>
Number read_little(ByteReader& in) {
  const Bytes bytes = in.bytes(sizeof(Number));
  Number value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i)
    value = static_cast<Number>(value << 8 | bytes[i - 1]);
  return value;
}

template <std::unsigned_integral Number>
void write_little(Buffer& out, Number value) {
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace specter::container
