// Bytes, seen and owned.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "specter/export.h"

namespace specter {

using Bytes = std::span<const std::uint8_t>;   // a view: valid during the call it is given to
using MutableBytes = std::span<std::uint8_t>;  // a place to write to
using Buffer = std::vector<std::uint8_t>;      // owned

// The bytes of a text, without a copy.
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The text that some bytes are, without a copy and without a judgement of its encoding.
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace specter
