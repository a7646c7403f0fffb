// FORWARD TSN, RFC 3758 §3.2: the sender gave up what lies before.
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Type = 192   |  Flags = 0x00 |        Length = Variable      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                      New Cumulative TSN                       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |            Stream             |        Stream Sequence        |  any number
#pragma once

#include <vector>

#include "sctp/ids.h"
#include "sctp/packet/packet.h"

namespace specter::sctp {

struct ForwardTsnChunk {
  static constexpr ChunkType kType = ChunkType::ForwardTsn;
  static constexpr std::size_t kFixedBytes = 8;
  static constexpr std::size_t kEntryBytes = 4;

  // The last ordered message given up on a stream.
  struct Skipped {
    StreamId stream{};
    std::uint16_t ssn = 0;
    bool operator==(const Skipped&) const = default;
  };

  std::uint32_t new_cumulative_tsn = 0;
  std::vector<Skipped> skipped;

  static std::expected<ForwardTsnChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const ForwardTsnChunk&) const = default;
};

}  // namespace specter::sctp
