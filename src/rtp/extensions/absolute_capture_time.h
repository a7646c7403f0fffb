// When what a packet carries was captured, by the capturing system's clock: libwebrtc's
// abs-capture-time. It passes forwarders and mixers unchanged.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   capture time, NTP: 32 bits of seconds, 32 bits of fraction  |
//   |                                                               |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   clock offset, signed, in the same units; may be missing     |
//   |                                                               |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

namespace specter::rtp {

struct AbsoluteCaptureTime {
  static constexpr ExtensionKind kKind = ExtensionKind::AbsoluteCaptureTime;

  std::uint64_t ntp = 0;  // units of 2^-32 s since 1900
  // The capturing system's NTP clock minus the one of the sender of this packet, in units of 2^-32
  // s.
  std::optional<std::int64_t> clock_offset;

  // Errors: BadLength (neither 8 nor 16 bytes).
  static std::expected<AbsoluteCaptureTime, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const AbsoluteCaptureTime&) const = default;
};

}  // namespace specter::rtp
