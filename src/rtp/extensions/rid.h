// Which of a section's encodings a packet belongs to, and which one a repair packet repairs: RFC
// 8852 §3.1 and §3.2. Both are one text.
//
//   1 to 255 bytes of text: the encoding's a=rid; at most 16 in the one-byte form
#pragma once

#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

namespace specter::rtp {

// RFC 8852 §3: letters and digits, 1 to 255 bytes. What we name ourselves keeps to it. RFC 8851 §10
// allows '-' and '_' too, so they are read.
bool is_strict_rid(std::string_view text);

struct Rid {
  static constexpr ExtensionKind kKind = ExtensionKind::Rid;

  std::string value;  // up to 15 bytes need no memory of their own

  // Errors: BadLength (empty), BadValue (other letters than those of RFC 8851 §10).
  static std::expected<Rid, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const { out.text(value); }
  bool operator==(const Rid&) const = default;
};

// In packets of RTX (RFC 4588): the encoding that the original packet belonged to.
struct RepairedRid {
  static constexpr ExtensionKind kKind = ExtensionKind::RepairedRid;

  std::string value;

  // As Rid's.
  static std::expected<RepairedRid, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const { out.text(value); }
  bool operator==(const RepairedRid&) const = default;
};

}  // namespace specter::rtp
