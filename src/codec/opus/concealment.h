// Opus packets without sound in them: they ask the decoder to conceal that others are missing.
// RFC 7845 §4.1; a frame of zero bytes is lost, RFC 6716 §3.2.1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "specter/bytes.h"

namespace specter::codec::opus {

struct Concealment {
  std::array<std::uint8_t, 2> packet{};
  std::size_t size = 0;
  std::uint32_t duration = 0;  // in units of 1/48000 s, at most 5760 (120 ms)

  Bytes bytes() const { return Bytes(packet).first(size); }
};

// The first packet for a gap of `gap` units of 1/48000 s behind a packet whose first byte is `toc`,
// and in its mode, bandwidth, channels and frame size as long as they fit. Nothing: the gap is
// below 2.5 ms, the shortest frame.
std::optional<Concealment> conceal(std::uint8_t toc, std::int64_t gap);

}  // namespace specter::codec::opus
