// I-FORWARD-TSN, RFC 8260 §2.3.1: FORWARD TSN for messages that went as I-DATA.
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Type = 194  | Flags = 0x00  |      Length = Variable        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       New Cumulative TSN                      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |       Stream Identifier       |          Reserved           |U|  any number
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  of these
//   |                       Message Identifier                      |  two lines
#pragma once

#include <vector>

#include "sctp/ids.h"
#include "sctp/packet/packet.h"

namespace specter::sctp {

struct IForwardTsnChunk {
  static constexpr ChunkType kType = ChunkType::IForwardTsn;
  static constexpr std::size_t kFixedBytes = 8;
  static constexpr std::size_t kEntryBytes = 8;

  // The last message given up on a stream; of the unordered ones, when it is `unordered`.
  struct Skipped {
    StreamId stream{};
    bool unordered = false;
    std::uint32_t mid = 0;
    bool operator==(const Skipped&) const = default;
  };

  std::uint32_t new_cumulative_tsn = 0;
  std::vector<Skipped> skipped;

  static std::expected<IForwardTsnChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const IForwardTsnChunk&) const = default;
};

}  // namespace specter::sctp
