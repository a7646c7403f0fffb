// The small chunks of an association's life: a handful of bytes each, or opaque ones.
// RFC 9260 §3.3.5, §3.3.6 (HEARTBEAT), §3.3.8, §3.3.9, §3.3.13 (SHUTDOWN), §3.3.11, §3.3.12
// (COOKIE); RFC 4820 §3 (PAD).
#pragma once

#include "sctp/packet/packet.h"

namespace specter::sctp {

// HEARTBEAT and HEARTBEAT ACK. Both hold one parameter, the sender's own business, echoed as it
// came.
struct HeartbeatChunk {
  enum class Kind { Request, Ack };
  static constexpr std::size_t kFixedBytes = 8;  // both headers

  Kind kind = Kind::Request;
  Buffer info;

  static std::expected<HeartbeatChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const HeartbeatChunk&) const = default;
};

struct ShutdownChunk {
  static constexpr ChunkType kType = ChunkType::Shutdown;

  std::uint32_t cumulative_tsn = 0;

  static std::expected<ShutdownChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const ShutdownChunk&) const = default;
};

// SHUTDOWN ACK, COOKIE ACK and SHUTDOWN COMPLETE: a header and nothing else.
struct BareChunk {
  ChunkType type = ChunkType::CookieAck;
  bool reflected_tag = false;  // the T bit, of SHUTDOWN COMPLETE only: §8.5.1

  static std::expected<BareChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const BareChunk&) const = default;
};

// Nothing, as much of it as is wanted; its reader passes it over.
struct PadChunk {
  static constexpr ChunkType kType = ChunkType::Pad;

  std::uint16_t bytes = kChunkHeaderBytes;  // of the whole chunk; at least its header

  void write(ByteWriter& w) const;
};

struct CookieEchoChunk {
  static constexpr ChunkType kType = ChunkType::CookieEcho;

  Buffer cookie;

  static std::expected<CookieEchoChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const CookieEchoChunk&) const = default;
};

}  // namespace specter::sctp
