// REMB, draft-alvestrand-rmcat-remb-03 §2.2: what a receiver thinks that the path to it carries.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| FMT=15  |     PT=206    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  not used: 0, ignored                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                   "REMB", four letters                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   | SSRCs' number | exponent  |            mantissa               |  bit/s: mantissa * 2^exponent
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     SSRC of a media source, each              |
#pragma once

#include <expected>
#include <vector>

#include "rtcp/packet.h"

namespace specter::rtcp {

struct BitrateEstimate {
  static constexpr std::size_t kMaxSsrcs = 255;
  // The highest rate below 2^64 that can be written; what is above is read as this.
  static constexpr std::uint64_t kMaxBitrate = std::uint64_t{0x3ffff} << 46;

  std::uint32_t sender_ssrc = 0;
  std::uint64_t bits_per_second = 0;  // written rounded down to 18 significant bits
  std::vector<std::uint32_t> ssrcs;   // that it is about: at most kMaxSsrcs

  // `in` is one whole packet. Errors: those of RawPacket, WrongType (also another application's
  // feedback), Truncated, BadLength (the number of SSRCs is not what there is).
  static std::expected<BitrateEstimate, ParseError> parse(Bytes in);
  static std::expected<BitrateEstimate, ParseError> parse(const RawPacket& packet);
  void write(ByteWriter& out) const;
  bool operator==(const BitrateEstimate&) const = default;
};

}  // namespace specter::rtcp
