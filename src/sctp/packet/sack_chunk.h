// SACK, RFC 9260 §3.3.4.
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Type = 3    |  Chunk Flags  |         Chunk Length          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                      Cumulative TSN Ack                       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |          Advertised Receiver Window Credit (a_rwnd)           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   | Number of Gap Ack Blocks = N  |  Number of Duplicate TSNs = M |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  N times: start and end, 16 bits each, offsets from the Ack;
//   |  M times: a TSN
#pragma once

#include <vector>

#include "sctp/packet/packet.h"

namespace specter::sctp {

struct SackChunk {
  static constexpr ChunkType kType = ChunkType::Sack;
  static constexpr std::size_t kFixedBytes = 16;
  static constexpr std::size_t kEntryBytes = 4;  // a gap block, and a duplicate likewise

  struct GapBlock {
    std::uint16_t start = 0;
    std::uint16_t end = 0;
    bool operator==(const GapBlock&) const = default;
  };

  std::uint32_t cumulative_tsn = 0;
  std::uint32_t window_bytes = 0;
  std::vector<GapBlock> gaps;
  std::vector<std::uint32_t> duplicates;

  // Blocks are 1 ≤ start ≤ end; their order is not looked at. The counts fill the chunk exactly.
  static std::expected<SackChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const SackChunk&) const = default;
};

}  // namespace specter::sctp
