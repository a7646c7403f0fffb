// INIT and INIT ACK, RFC 9260 §3.3.2, §3.3.3: of one form, but that INIT ACK brings a cookie.
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   | Type = 1 or 2 |  Chunk Flags  |         Chunk Length          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                         Initiate Tag                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |          Advertised Receiver Window Credit (a_rwnd)           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Number of Outbound Streams   |   Number of Inbound Streams   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                          Initial TSN                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Parameters
#pragma once

#include <vector>

#include "sctp/packet/packet.h"

namespace specter::sctp {

struct InitChunk {
  enum class Kind { Init, InitAck };
  static constexpr std::size_t kFixedBytes = 20;  // with the chunk header, without parameters

  Kind kind = Kind::Init;
  std::uint32_t initiate_tag = 0;
  std::uint32_t window_bytes = 0;
  std::uint16_t outbound_streams = 0;
  std::uint16_t inbound_streams = 0;
  std::uint32_t initial_tsn = 0;

  bool forward_tsn = false;    // RFC 3758 §3.1, or listed as an extension
  bool zero_checksum = false;  // RFC 9653 §4: takes packets without a checksum, since DTLS has one
  std::vector<std::uint8_t> extensions;         // chunk types, RFC 5061 §4.2.7
  Buffer cookie;                                // INIT ACK only, and there always
  std::vector<Buffer> unrecognized_parameters;  // INIT ACK: what it reports of our INIT

  // Parameters we don't know and whose type asks for a report (§3.2.1), as they came. Not written.
  std::vector<Buffer> to_report;

  // Only form is judged here: a zero tag or no streams are the state machine's affair (§3.3.2).
  // Address parameters are passed over: RFC 8261 §6 leaves nothing for them to do.
  static std::expected<InitChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const InitChunk&) const = default;
};

}  // namespace specter::sctp
