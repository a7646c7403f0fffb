// How long after its capture a frame should be shown: libwebrtc's playout-delay.
//
//    0                   1                   2
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |       least           |         most          |    units of 10 ms
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

#include "specter/time.h"

namespace specter::rtp {

struct PlayoutDelay {
  static constexpr ExtensionKind kKind = ExtensionKind::PlayoutDelay;
  static constexpr Duration kUnit = std::chrono::milliseconds(10);
  static constexpr Duration kMax = 0xfff * kUnit;

  Duration least{};  // 0 to kMax, written in whole units, rounded down
  Duration most{};   // least to kMax

  // Errors: BadLength (not three bytes), BadValue (least > most).
  static std::expected<PlayoutDelay, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const PlayoutDelay&) const = default;
};

}  // namespace specter::rtp
