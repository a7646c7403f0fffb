// DATA, RFC 9260 §3.3.1; the I bit is RFC 7053's.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Type = 0    |  Res  |I|U|B|E|           Length              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                              TSN                              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |       Stream Identifier       |    Stream Sequence Number     |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  Payload Protocol Identifier                  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  User Data
#pragma once

#include "sctp/ids.h"
#include "sctp/packet/packet.h"

namespace specter::sctp {

struct DataChunk {
  static constexpr ChunkType kType = ChunkType::Data;
  static constexpr std::size_t kHeaderBytes = 16;

  std::uint32_t tsn = 0;
  StreamId stream{};
  std::uint16_t ssn = 0;
  Ppid ppid{};
  bool immediate = false;  // acknowledge without delay
  bool unordered = false;
  bool begin = false;  // the message's first fragment
  bool end = false;    // its last
  Bytes payload;       // a view; may be empty on the wire, which §6.2 makes the reader's affair

  static std::expected<DataChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  friend bool operator==(const DataChunk& a, const DataChunk& b) {
    return a.tsn == b.tsn && a.stream == b.stream && a.ssn == b.ssn && a.ppid == b.ppid &&
           a.immediate == b.immediate && a.unordered == b.unordered && a.begin == b.begin &&
           a.end == b.end && std::ranges::equal(a.payload, b.payload);
  }
};

}  // namespace specter::sctp
