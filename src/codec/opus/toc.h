// What the first bytes of an Opus packet say of it, RFC 6716 §3.1 and §3.2. Nothing is decoded.
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+
//   | config  |s| c |   then, with c = 3, a byte with the number of frames
//   +-+-+-+-+-+-+-+-+
#pragma once

#include <cstdint>
#include <expected>

#include "base/parse_error.h"

#include "specter/bytes.h"

namespace specter::codec::opus {

enum class Mode : std::uint8_t { Silk, Hybrid, Celt };

struct Toc {
  Mode mode = Mode::Silk;
  // In units of 1/48000 s, RTP's for Opus whatever is coded (RFC 7587 §4.1): 120 (2.5 ms) to 2880
  // (60 ms).
  std::uint32_t frame_duration = 0;
  std::uint8_t frames = 0;  // 1 to 48
  bool is_stereo = false;
  bool is_dtx = false;  // no frame has more than a byte: the encoder has nothing to say

  // In units of 1/48000 s, at most 5760 (120 ms).
  std::uint32_t duration() const { return frames * frame_duration; }

  // Of a whole packet: the sizes of its frames are held against it (RFC 6716 §3.4, R1 to R7).
  // Errors: Truncated, BadLength, BadValue (no frames, or over 120 ms).
  static std::expected<Toc, ParseError> parse(Bytes packet);

  bool operator==(const Toc&) const = default;
};

}  // namespace specter::codec::opus
