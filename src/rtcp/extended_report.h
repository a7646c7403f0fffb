// XR, RFC 3611 §2: extended reports. Two kinds of blocks are read: the receiver's reference time
// and the answer to it, which give a receiver its round trip (§4.4, §4.5). Others are kept as they
// are.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|reserved |     PT=207    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  block type   | type-specific |    block's length in words    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  RRTR (4): NTP time, 64 bits                                  |
//   |  DLRR (5), for each receiver:                                 |
//   |    SSRC (32), last RRTR (32), delay since last RRTR (32)      |
#pragma once

#include <expected>
#include <variant>
#include <vector>

#include "rtcp/ntp.h"
#include "rtcp/packet.h"

namespace specter::rtcp {

// RFC 3611 §4.4
struct ReceiverReferenceTime {
  static constexpr std::uint8_t kType = 4;

  NtpTime ntp;

  bool operator==(const ReceiverReferenceTime&) const = default;
};

// RFC 3611 §4.5. One block holds the answers to all receivers.
struct DelaySinceLastRr {
  static constexpr std::uint8_t kType = 5;
  // More receivers than this in one block are refused.
  static constexpr std::size_t kMaxReceivers = 300;

  struct Receiver {
    static constexpr std::size_t kWords = 3;

    std::uint32_t ssrc = 0;
    CompactNtp last_rr;  // of its reference time; 0: none has come
    CompactNtp delay_since_last_rr;

    bool operator==(const Receiver&) const = default;
  };
  std::vector<Receiver> receivers;

  bool operator==(const DelaySinceLastRr&) const = default;
};

struct UnknownReportBlock {
  std::uint8_t type = 0;  // neither of those above
  std::uint8_t specific = 0;
  Buffer body;  // whole words

  bool operator==(const UnknownReportBlock&) const = default;
};

struct ExtendedReport {
  // More blocks than this are refused.
  static constexpr std::size_t kMaxBlocks = 64;

  using Block = std::variant<ReceiverReferenceTime, DelaySinceLastRr, UnknownReportBlock>;

  std::uint32_t ssrc = 0;
  std::vector<Block> blocks;

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated, BadLength (of an
  // RRTR or DLRR), TooMany.
  static std::expected<ExtendedReport, ParseError> parse(Bytes in);
  static std::expected<ExtendedReport, ParseError> parse(const RawPacket& packet);
  void write(ByteWriter& out) const;
  bool operator==(const ExtendedReport&) const = default;
};

}  // namespace specter::rtcp
