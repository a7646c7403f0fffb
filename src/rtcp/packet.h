// What all RTCP packets begin with, RFC 3550 §6.4.1.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|  count  |  packet type  |   length in words, minus one  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  body, then if P padding whose last byte is its size          |
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "base/parse_error.h"

namespace specter::rtcp {

inline constexpr std::uint8_t kVersion = 2;
inline constexpr std::size_t kHeaderSize = 4;
inline constexpr std::size_t kMaxPacketSize = 65'536 * 4;
inline constexpr std::size_t kMaxCount = 31;  // of a packet's five bits

// RFC 3550 §12.1, 4585 §6.1, 3611 §2. Any other value is kept as it is.
enum class PacketType : std::uint8_t {
  SenderReport = 200,
  ReceiverReport = 201,
  SourceDescription = 202,
  Bye = 203,
  App = 204,
  TransportFeedback = 205,  // RTPFB: the count says which, TransportFormat
  PayloadFeedback = 206,    // PSFB: PayloadFormat
  ExtendedReport = 207,
};

// The count of a packet of type TransportFeedback.
enum class TransportFormat : std::uint8_t {
  Nack = 1,                 // RFC 4585 §6.2.1
  CongestionFeedback = 11,  // RFC 8888 §3.1
  TransportWide = 15,       // draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1
};

// The count of a packet of type PayloadFeedback.
enum class PayloadFormat : std::uint8_t {
  PictureLoss = 1,       // RFC 4585 §6.3.1
  FullIntraRequest = 4,  // RFC 5104 §4.3.1
  Application = 15,      // RFC 4585 §6.4: REMB among others
};

// One packet of a compound, as a view.
struct RawPacket {
  PacketType type{};
  std::uint8_t count = 0;  // 0 to 31: what it means is the type's affair
  Bytes body;              // without header and padding

  bool is(PacketType other) const { return type == other; }
  bool is(TransportFormat format) const {
    return type == PacketType::TransportFeedback && count == static_cast<std::uint8_t>(format);
  }
  bool is(PayloadFormat format) const {
    return type == PacketType::PayloadFeedback && count == static_cast<std::uint8_t>(format);
  }

  // `in` begins with a packet; more may follow it. Errors: Truncated, BadValue (a version that is
  // not 2), BadLength (P is set and the padding's size is 0 or more than the body).
  static std::expected<RawPacket, ParseError> parse(Bytes in);
  // `in` is one packet and nothing else, or the error is BadLength as well.
  static std::expected<RawPacket, ParseError> parse_whole(Bytes in);
};

// The whole packet's size in bytes, by its header; it may be more than there is. Truncated: there
// is no header.
std::expected<std::size_t, ParseError> packet_size(Bytes in);

// Writes a packet's header, and its length and padding when all is there.
class PacketWriter {
 public:
  PacketWriter(ByteWriter& out, PacketType type, std::size_t count);
  PacketWriter(ByteWriter& out, TransportFormat format);
  PacketWriter(ByteWriter& out, PayloadFormat format);

  // The body was written behind the header. What is missing to whole words becomes padding with the
  // P bit. A packet longer than kMaxPacketSize is a Bug.
  void finish();

 private:
  ByteWriter& out_;
  std::size_t start_;
  std::uint16_t first_half_;  // of the first word
};

}  // namespace specter::rtcp
