// What a receiver says of one source, in SR and RR: RFC 3550 §6.4.1.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                             SSRC                              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   | fraction lost |       cumulative packets lost, signed         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   highest sequence number received: cycles, then the number   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       interarrival jitter                     |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |              last SR (middle 32 bits of its NTP time)         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |              delay since last SR (units of 2^-16 s)           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "rtcp/ntp.h"

namespace specter::rtcp {

struct ReportBlock {
  static constexpr std::size_t kSize = 24;
  static constexpr std::int32_t kMaxLost = 0x7fffff;
  static constexpr std::int32_t kMinLost = -0x800000;

  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;      // in 1/256
  std::int32_t cumulative_lost = 0;    // kMinLost to kMaxLost; written clamped
  std::uint32_t highest_sequence = 0;  // cycles in the upper half
  std::uint32_t jitter = 0;            // in units of the RTP timestamp
  CompactNtp last_sr;                  // 0: none has come
  CompactNtp delay_since_last_sr;

  static ReportBlock parse(ByteReader& in);
  void write(ByteWriter& out) const;
  bool operator==(const ReportBlock&) const = default;
};

// RFC 3550 §6.4.1: the round trip that a block or a DLRR sub-block (RFC 3611 §4.5) tells the sender
// of what it answers. `now` is when it came, by the clock of that sender's reports. Nothing: no
// report was seen there (`last` is 0), or the result is negative or above kMaxRoundTrip, so a clock
// or a peer is wrong.
inline constexpr Duration kMaxRoundTrip = std::chrono::seconds(60);
std::optional<Duration> round_trip(CompactNtp now, CompactNtp last, CompactNtp delay);

// What is common to SR and RR: `count` blocks. More may follow in a packet: profile-specific
// extensions, which are left out.
std::vector<ReportBlock> parse_blocks(ByteReader& in, std::size_t count);

}  // namespace specter::rtcp
