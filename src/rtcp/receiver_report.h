// RR, RFC 3550 §6.4.2: what somebody who sends nothing has received.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| blocks  |     PT=201    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   then report blocks: report_block.h
#pragma once

#include <expected>
#include <vector>

#include "rtcp/packet.h"
#include "rtcp/report_block.h"

namespace specter::rtcp {

struct ReceiverReport {
  std::uint32_t ssrc = 0;
  std::vector<ReportBlock> blocks;  // at most 31; none: a report that keeps a compound in order

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated.
  static std::expected<ReceiverReport, ParseError> parse(Bytes in);
  static std::expected<ReceiverReport, ParseError> parse(const RawPacket& packet);
  // More than 31 blocks are a Bug: they go into further receiver reports.
  void write(ByteWriter& out) const;
  bool operator==(const ReceiverReport&) const = default;
};

}  // namespace specter::rtcp
