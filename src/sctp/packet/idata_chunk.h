// I-DATA, RFC 8260 §2.1: a fragment that says itself which message it is of and where in it it
// belongs, so that the fragments of different streams' messages may be mixed.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Type = 64   |  Res  |I|U|B|E|       Length = Variable       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                              TSN                              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |        Stream Identifier      |           Reserved            |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                   Message Identifier (MID)                    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |      B: Payload Protocol Identifier                           |
//   |   else: Fragment Sequence Number (FSN)                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  User Data
#pragma once

#include "sctp/ids.h"
#include "sctp/packet/packet.h"

namespace specter::sctp {

struct IDataChunk {
  static constexpr ChunkType kType = ChunkType::IData;
  static constexpr std::size_t kHeaderBytes = 20;

  std::uint32_t tsn = 0;
  StreamId stream{};
  std::uint32_t mid = 0;  // ordered and unordered messages of a stream are counted apart
  Ppid ppid{};            // of the first fragment only
  std::uint32_t fsn = 0;  // of the others; the first is number 0
  bool immediate = false;
  bool unordered = false;
  bool begin = false;
  bool end = false;
  Bytes payload;  // a view; may be empty on the wire, which is the reader's affair

  static std::expected<IDataChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  friend bool operator==(const IDataChunk& a, const IDataChunk& b) {
    return a.tsn == b.tsn && a.stream == b.stream && a.mid == b.mid && a.ppid == b.ppid &&
           a.fsn == b.fsn && a.immediate == b.immediate && a.unordered == b.unordered &&
           a.begin == b.begin && a.end == b.end && std::ranges::equal(a.payload, b.payload);
  }
};

}  // namespace specter::sctp
