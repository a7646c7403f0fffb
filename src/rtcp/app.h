// APP, RFC 3550 §6.7: what an application has made up.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| subtype |     PT=204    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                         SSRC or CSRC                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                      name: four letters                       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  data, whole words                                            |
#pragma once

#include <array>
#include <expected>

#include "rtcp/packet.h"

namespace specter::rtcp {

struct App {
  std::uint8_t subtype = 0;  // 0 to 31
  std::uint32_t ssrc = 0;
  std::array<std::uint8_t, 4> name{};
  Buffer data;  // bytes that are not whole words are written with padding

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated.
  static std::expected<App, ParseError> parse(Bytes in);
  static std::expected<App, ParseError> parse(const RawPacket& packet);
  void write(ByteWriter& out) const;
  bool operator==(const App&) const = default;
};

}  // namespace specter::rtcp
