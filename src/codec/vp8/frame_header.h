// The first bytes of a VP8 frame, RFC 6386 §9.1.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/parse_error.h"
#include "codec/frame.h"

#include "specter/bytes.h"

namespace specter::codec::vp8 {

struct FrameHeader {
  std::uint8_t version = 0;  // 0 to 7; decoders know 0 to 3
  bool is_shown = true;
  std::uint32_t first_partition_bytes = 0;  // 19 bits
  std::optional<PictureSize> size;          // a key frame has it, no other has

  bool is_key_frame() const { return size.has_value(); }

  // Of a whole frame, or as much of its beginning as there is. Errors: Truncated, BadValue (a key
  // frame without its start code).
  static std::expected<FrameHeader, ParseError> parse(Bytes frame);

  bool operator==(const FrameHeader&) const = default;
};

}  // namespace specter::codec::vp8
