// Which section of the description a packet belongs to, RFC 9143 §15.
//
//   1 to 255 bytes of text: the section's a=mid; at most 16 in the one-byte form
#pragma once

#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

namespace specter::rtp {

struct Mid {
  static constexpr ExtensionKind kKind = ExtensionKind::Mid;

  std::string value;  // up to 15 bytes need no memory of their own

  // Errors: BadLength (empty), BadValue (no token of RFC 5888 §4).
  static std::expected<Mid, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const { out.text(value); }
  bool operator==(const Mid&) const = default;
};

}  // namespace specter::rtp
