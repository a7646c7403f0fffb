// PLI, RFC 4585 §6.3.1: a decoder has lost the picture and wants a key frame.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|  FMT=1  |     PT=206    |           length=2            |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     SSRC of media source                      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>

#include "rtcp/packet.h"

namespace specter::rtcp {

struct PictureLoss {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated. What follows is
  // ignored: RFC 4585 §6.3.1 has nothing there.
  static std::expected<PictureLoss, ParseError> parse(Bytes in);
  static std::expected<PictureLoss, ParseError> parse(const RawPacket& packet);
  void write(ByteWriter& out) const;
  bool operator==(const PictureLoss&) const = default;
};

}  // namespace specter::rtcp
