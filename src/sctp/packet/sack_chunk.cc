#include "sctp/packet/sack_chunk.h"

namespace specter::sctp {

std::expected<SackChunk, ParseError> SackChunk::parse(const ChunkView& chunk) {
  if (chunk.type != kType) return std::unexpected(ParseError::WrongType);
  ByteReader r(chunk.value);
  SackChunk sack;
  sack.cumulative_tsn = r.u32();
  sack.window_bytes = r.u32();
  const std::size_t gaps = r.u16();
  const std::size_t duplicates = r.u16();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  // The counts are the peer's word; the bytes are there or not.
  if (r.remaining() != (gaps + duplicates) * kEntryBytes)
    return std::unexpected(ParseError::BadLength);

  sack.gaps.reserve(gaps);
  for (std::size_t i = 0; i < gaps; ++i) {
    const GapBlock block{r.u16(), r.u16()};
    if (block.start == 0 || block.start > block.end) return std::unexpected(ParseError::BadValue);
    sack.gaps.push_back(block);
  }
  sack.duplicates.reserve(duplicates);
  for (std::size_t i = 0; i < duplicates; ++i) sack.duplicates.push_back(r.u32());
  return sack;
}

void SackChunk::write(ByteWriter& w) const {
  write_chunk(w, kType, 0, [&] {
    w.u32(cumulative_tsn);
    w.u32(window_bytes);
    w.u16(static_cast<std::uint16_t>(gaps.size()));
    w.u16(static_cast<std::uint16_t>(duplicates.size()));
    for (const GapBlock& block : gaps) {
      w.u16(block.start);
      w.u16(block.end);
    }
    for (const std::uint32_t tsn : duplicates) w.u32(tsn);
  });
}

}  // namespace specter::sctp
