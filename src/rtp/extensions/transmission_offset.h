// How long after its capture a packet was sent, RFC 5450 §3.
//
//    0                   1                   2
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         transmission offset, signed           |    in units of the RTP timestamp
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

namespace specter::rtp {

struct TransmissionOffset {
  static constexpr ExtensionKind kKind = ExtensionKind::TransmissionOffset;
  static constexpr std::int32_t kMin = -0x800000;
  static constexpr std::int32_t kMax = 0x7fffff;

  std::int32_t value = 0;  // kMin to kMax

  // Errors: BadLength (not three bytes).
  static std::expected<TransmissionOffset, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const TransmissionOffset&) const = default;
};

}  // namespace specter::rtp
