// The VP8 payload descriptor, RFC 7741 §4.2: the first bytes of each packet's payload.
//
//       0 1 2 3 4 5 6 7
//      +-+-+-+-+-+-+-+-+
//      |X|R|N|S|R| PID |   X: the next byte is there; N: non-reference; S: a partition starts
//      +-+-+-+-+-+-+-+-+
//   X: |I|L|T|K| RSV   |
//      +-+-+-+-+-+-+-+-+
//   I: |M| PictureID   |   M: 15 bits, the next byte has the lower 8
//      +-+-+-+-+-+-+-+-+
//   L: |   TL0PICIDX   |
//      +-+-+-+-+-+-+-+-+
// T/K: |TID|Y| KEYIDX  |
//      +-+-+-+-+-+-+-+-+
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "codec/piece.h"

namespace specter::codec::vp8 {

enum class PictureIdBits : std::uint8_t { Seven = 7, Fifteen = 15 };

// A number that grows by one a frame and wraps at its width. The width may change from one frame to
// the next (RFC 7741 §4.2), so who rewrites a number keeps the width or widens it.
struct PictureId {
  std::uint16_t value = 0;
  PictureIdBits bits = PictureIdBits::Fifteen;

  std::uint16_t mask() const { return bits == PictureIdBits::Seven ? 0x7f : 0x7fff; }
  bool operator==(const PictureId&) const = default;
};

struct Descriptor {
  bool is_non_reference = false;
  bool starts_partition = false;
  std::uint8_t partition = 0;  // 0 to 7. 0 has the frame's header
  std::optional<PictureId> picture_id;
  std::optional<std::uint8_t> tl0_picture_index;
  std::optional<std::uint8_t> temporal_id;  // 0 to 3
  bool is_layer_sync = false;               // said with a temporal_id only
  std::optional<std::uint8_t> key_index;    // 0 to 31

  // Whether the packet is the first one of a frame.
  bool starts_frame() const { return starts_partition && partition == 0; }

  // Leaves `in` at the first byte behind it. Error: Truncated.
  static std::expected<Descriptor, ParseError> parse(ByteReader& in);
  // As short as what it says allows, at most 6 bytes.
  void write(InlineBytes<24>& out) const;

  bool operator==(const Descriptor&) const = default;
};

}  // namespace specter::codec::vp8
