// FIR, RFC 5104 §4.3.1: key frames that are wanted, by their sources.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|  FMT=4  |     PT=206    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  not used: 0, ignored                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     SSRC of media source                      |  at least one
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |    number     |                   reserved                    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>
#include <vector>

#include "rtcp/packet.h"

namespace specter::rtcp {

struct FullIntraRequest {
  // More requests than this are refused.
  static constexpr std::size_t kMaxRequests = 64;

  struct Request {
    std::uint32_t ssrc = 0;
    // Of the sender and this source: one equal to the last is a repetition, RFC 5104 §4.3.1.2.
    std::uint8_t number = 0;

    bool operator==(const Request&) const = default;
  };

  std::uint32_t sender_ssrc = 0;
  std::vector<Request> requests;  // 1 to kMaxRequests

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated, BadLength (no
  // request or half of one), TooMany.
  static std::expected<FullIntraRequest, ParseError> parse(Bytes in);
  static std::expected<FullIntraRequest, ParseError> parse(const RawPacket& packet);
  void write(ByteWriter& out) const;
  bool operator==(const FullIntraRequest&) const = default;
};

}  // namespace specter::rtcp
