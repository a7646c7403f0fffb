// How a picture is to be turned before it is shown, 3GPP TS 26.114 §7.4.5.
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+
//   |0 0 0 0|C|F|R R|
//   +-+-+-+-+-+-+-+-+
#pragma once

#include <expected>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

namespace specter::rtp {

struct VideoOrientation {
  static constexpr ExtensionKind kKind = ExtensionKind::VideoOrientation;

  bool is_back_camera = false;     // C
  bool is_flipped = false;         // F: mirrored left to right
  std::uint8_t quarter_turns = 0;  // R: 0 to 3, clockwise, that the receiver makes

  // The reserved bits are ignored. Errors: BadLength (not one byte).
  static std::expected<VideoOrientation, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const VideoOrientation&) const = default;
};

}  // namespace specter::rtp
