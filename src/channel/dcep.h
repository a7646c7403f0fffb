// The Data Channel Establishment Protocol's two messages, and the payload protocol identifiers that
// tell them from user messages. RFC 8832 §5, RFC 8831 §8.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "sctp/association.h"

#include "specter/bytes.h"
#include "specter/options.h"

namespace specter::channel {

// RFC 8831 §8.
inline constexpr sctp::Ppid kPpidDcep{50};
inline constexpr sctp::Ppid kPpidText{51};
inline constexpr sctp::Ppid kPpidBinaryPartial{52};  // deprecated
inline constexpr sctp::Ppid kPpidBinary{53};
inline constexpr sctp::Ppid kPpidTextPartial{54};  // deprecated
inline constexpr sctp::Ppid kPpidTextEmpty{56};
inline constexpr sctp::Ppid kPpidBinaryEmpty{57};

// RFC 8832 §8.2.2. The high bit says unordered.
enum class ChannelType : std::uint8_t {
  Reliable = 0x00,
  PartialReliableRexmit = 0x01,
  PartialReliableTimed = 0x02,
  ReliableUnordered = 0x80,
  PartialReliableRexmitUnordered = 0x81,
  PartialReliableTimedUnordered = 0x82,
};

// DATA_CHANNEL_OPEN, RFC 8832 §5.1.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Message Type |  Channel Type |            Priority           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                    Reliability Parameter                      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         Label Length          |       Protocol Length         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Label, then Protocol: UTF-8, not terminated, not padded      |
struct OpenMessage {
  static constexpr std::uint8_t kType = 0x03;
  static constexpr std::size_t kHeadBytes = 12;  // before label and protocol

  ChannelType channel_type = ChannelType::Reliable;
  std::uint16_t priority = sctp::kNormalPriority;
  std::uint32_t reliability = 0;  // retransmissions or milliseconds, as channel_type says
  std::string label;              // at most 65,535 bytes, as is protocol
  std::string protocol;

  static std::expected<OpenMessage, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;

  // The options that fit in it, and those that it says. A limit above 65,535 is taken as 65,535.
  static OpenMessage from(std::string_view label, const DataChannelOptions& options);
  DataChannelOptions options() const;

  bool operator==(const OpenMessage&) const = default;
};

// DATA_CHANNEL_ACK, RFC 8832 §5.2: one byte, its type.
struct AckMessage {
  static constexpr std::uint8_t kType = 0x02;

  // What follows the type is passed over: some implementations write four bytes.
  static std::expected<AckMessage, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;

  bool operator==(const AckMessage&) const = default;
};

bool is_utf8(std::string_view text);  // RFC 3629: no surrogates, nothing longer than it need be

}  // namespace specter::channel
