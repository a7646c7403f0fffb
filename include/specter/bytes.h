/// @file
/// Byte ranges: views and owned buffers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "specter/export.h"

namespace specter {

/// A view of bytes. As an argument it must stay valid during the call only.
using Bytes = std::span<const std::uint8_t>;

/// A view of bytes that the callee may change.
using MutableBytes = std::span<std::uint8_t>;

/// Owned bytes.
using Buffer = std::vector<std::uint8_t>;

/// The bytes of a text, without a copy.
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The bytes as text, without a copy. The encoding is not checked.
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace specter
