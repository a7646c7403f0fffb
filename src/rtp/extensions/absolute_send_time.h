// When a packet left its sender: libwebrtc's abs-send-time.
//
//    0                   1                   2
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  seconds  |       2^-18 seconds               |    wraps each 64 s
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

#include "specter/time.h"

namespace specter::rtp {

struct AbsoluteSendTime {
  static constexpr ExtensionKind kKind = ExtensionKind::AbsoluteSendTime;

  std::uint32_t value = 0;  // units of 2^-18 s, 24 bits

  // The time, rounded to the nearest unit. Only differences mean something to the receiver.
  static AbsoluteSendTime at(Timestamp now);

  // How much later this one is; negative when it is earlier. Right up to 32 s either way.
  Duration since(AbsoluteSendTime earlier) const;

  // Errors: BadLength (not three bytes).
  static std::expected<AbsoluteSendTime, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const AbsoluteSendTime&) const = default;
};

}  // namespace specter::rtp
