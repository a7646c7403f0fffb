#include "sctp/packet/control_chunks.h"

#include "base/check.h"

namespace specter::sctp {
namespace {

constexpr std::uint16_t kHeartbeatInfo = 1;  // the only parameter of a HEARTBEAT
constexpr std::uint8_t kReflectedTag = 0x01;

}  // namespace

std::expected<HeartbeatChunk, ParseError> HeartbeatChunk::parse(const ChunkView& chunk) {
  HeartbeatChunk heartbeat;
  if (chunk.type == ChunkType::HeartbeatAck)
    heartbeat.kind = Kind::Ack;
  else if (chunk.type != ChunkType::Heartbeat)
    return std::unexpected(ParseError::WrongType);
  TlvReader parameters(chunk.value);
  const auto info = parameters.next();
  if (!info) return std::unexpected(ParseError::Truncated);
  if (info->type != kHeartbeatInfo) return std::unexpected(ParseError::BadValue);
  heartbeat.info = to_buffer(info->value);
  return heartbeat;
}

void HeartbeatChunk::write(ByteWriter& w) const {
  write_chunk(w, kind == Kind::Ack ? ChunkType::HeartbeatAck : ChunkType::Heartbeat, 0,
              [&] { write_tlv(w, kHeartbeatInfo, [&] { w.bytes(info); }); });
}

std::expected<ShutdownChunk, ParseError> ShutdownChunk::parse(const ChunkView& chunk) {
  if (chunk.type != kType) return std::unexpected(ParseError::WrongType);
  ByteReader r(chunk.value);
  ShutdownChunk shutdown;
  shutdown.cumulative_tsn = r.u32();
  if (!r.ok() || r.remaining() != 0) return std::unexpected(ParseError::BadLength);
  return shutdown;
}

void ShutdownChunk::write(ByteWriter& w) const {
  write_chunk(w, kType, 0, [&] { w.u32(cumulative_tsn); });
}

std::expected<BareChunk, ParseError> BareChunk::parse(const ChunkView& chunk) {
  if (chunk.type != ChunkType::ShutdownAck && chunk.type != ChunkType::CookieAck &&
      chunk.type != ChunkType::ShutdownComplete)
    return std::unexpected(ParseError::WrongType);
  if (!chunk.value.empty()) return std::unexpected(ParseError::BadLength);
  return BareChunk{chunk.type,
                   chunk.type == ChunkType::ShutdownComplete && (chunk.flags & kReflectedTag) != 0};
}

void BareChunk::write(ByteWriter& w) const {
  write_chunk(w, type, reflected_tag ? kReflectedTag : 0, [] {});
}

std::expected<CookieEchoChunk, ParseError> CookieEchoChunk::parse(const ChunkView& chunk) {
  if (chunk.type != kType) return std::unexpected(ParseError::WrongType);
  if (chunk.value.empty()) return std::unexpected(ParseError::Truncated);
  return CookieEchoChunk{to_buffer(chunk.value)};
}

void CookieEchoChunk::write(ByteWriter& w) const {
  write_chunk(w, kType, 0, [&] { w.bytes(cookie); });
}

void PadChunk::write(ByteWriter& w) const {
  SPECTER_CHECK(bytes >= kChunkHeaderBytes);
  write_chunk(w, kType, 0, [&] { w.zeros(bytes - kChunkHeaderBytes); });
}

}  // namespace specter::sctp
