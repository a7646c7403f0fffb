// BYE, RFC 3550 §6.6: sources that have ended.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| sources |     PT=203    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     SSRC or CSRC, each                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |     length    |  reason, padded with zeros: may be missing    |
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "rtcp/packet.h"

namespace specter::rtcp {

struct Bye {
  static constexpr std::size_t kMaxReasonSize = 255;

  std::vector<std::uint32_t> ssrcs;   // at most 31; none is legal and says nothing
  std::optional<std::string> reason;  // at most kMaxReasonSize bytes

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated.
  static std::expected<Bye, ParseError> parse(Bytes in);
  static std::expected<Bye, ParseError> parse(const RawPacket& packet);
  // More than 31 sources and a reason that is too long are a Bug.
  void write(ByteWriter& out) const;
  bool operator==(const Bye&) const = default;
};

}  // namespace specter::rtcp
