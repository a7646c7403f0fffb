// SR, RFC 3550 §6.4.1: what a sender has sent, and what it has received.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| blocks  |     PT=200    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                   NTP time, seconds                           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                   NTP time, fraction                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                RTP timestamp of the same instant              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                         packets sent                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |              octets sent: payload, without padding            |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   then report blocks: report_block.h
#pragma once

#include <expected>
#include <vector>

#include "rtcp/packet.h"
#include "rtcp/report_block.h"

namespace specter::rtcp {

struct SenderReport {
  std::uint32_t ssrc = 0;
  NtpTime ntp;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  std::vector<ReportBlock> blocks;  // at most 31

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated.
  static std::expected<SenderReport, ParseError> parse(Bytes in);
  static std::expected<SenderReport, ParseError> parse(const RawPacket& packet);
  // More than 31 blocks are a Bug: they go into further receiver reports.
  void write(ByteWriter& out) const;
  bool operator==(const SenderReport&) const = default;
};

}  // namespace specter::rtcp
