// Bytes as people write them.
#pragma once

#include <stdexcept>
#include <string_view>

#include "specter/bytes.h"

namespace specter::testing {

// "00 01 21:12 a4" and the like: hexadecimal digits, with anything that isn't one between bytes.
inline Buffer hex(std::string_view text) {
  Buffer out;
  int pending = -1;
  for (const char c : text) {
    int digit;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if (c >= 'a' && c <= 'f')
      digit = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      digit = c - 'A' + 10;
    else
      continue;
    if (pending < 0) {
      pending = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(pending << 4 | digit));
      pending = -1;
    }
  }
  if (pending >= 0) throw std::invalid_argument("an odd number of hexadecimal digits");
  return out;
}

}  // namespace specter::testing
