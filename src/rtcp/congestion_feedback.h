// CCFB, RFC 8888 §3.1: which packets of each stream came, when, and with what ECN mark.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| FMT=11  |     PT=205    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     SSRC of a stream                          |  for each stream
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  first sequence number        |      number of packets        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |R|ECN|  arrival time offset    |  the next packet ...          |  zeros to whole words
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  the report's time: the middle 32 bits of its NTP time        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "rtcp/ntp.h"
#include "rtcp/packet.h"

namespace specter::rtcp {

struct CongestionFeedback {
  // RFC 8888 §3.1: packets of one stream in one report.
  static constexpr std::size_t kMaxPackets = 16'384;
  // More streams than this are refused.
  static constexpr std::size_t kMaxStreams = 256;

  struct Packet {
    static constexpr std::uint16_t kUnitsPerSecond = 1024;
    static constexpr std::uint16_t kMaxOffset = 0x1ffd;
    static constexpr std::uint16_t kTooOld = 0x1ffe;   // more than kMaxOffset before the report
    static constexpr std::uint16_t kUnknown = 0x1fff;  // not measured, or after the report's time

    bool is_received = false;
    std::uint8_t ecn = 0;  // 0 to 3, RFC 3168 §5; 0 when it was not received
    std::uint16_t offset =
        0;  // units of 1/1024 s before the report's time; 0 when it was not received

    // How long before the report it came. Nothing: not received, or no time is known.
    std::optional<Duration> age() const;
    static Packet received(std::uint8_t ecn, Duration age);

    bool operator==(const Packet&) const = default;
  };
  struct Stream {
    std::uint32_t ssrc = 0;
    std::uint16_t first_sequence = 0;
    std::vector<Packet> packets;  // from the first number on, without gaps; at most kMaxPackets

    bool operator==(const Stream&) const = default;
  };

  std::uint32_t sender_ssrc = 0;
  std::vector<Stream> streams;  // at most kMaxStreams
  CompactNtp report_time;

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated, TooMany.
  static std::expected<CongestionFeedback, ParseError> parse(Bytes in);
  static std::expected<CongestionFeedback, ParseError> parse(const RawPacket& packet);
  void write(ByteWriter& out) const;
  bool operator==(const CongestionFeedback&) const = default;
};

}  // namespace specter::rtcp
