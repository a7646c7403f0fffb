#include "sctp/packet/forward_tsn_chunk.h"

#include <utility>

namespace specter::sctp {

std::expected<ForwardTsnChunk, ParseError> ForwardTsnChunk::parse(const ChunkView& chunk) {
  if (chunk.type != kType) return std::unexpected(ParseError::WrongType);
  ByteReader r(chunk.value);
  ForwardTsnChunk forward;
  forward.new_cumulative_tsn = r.u32();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() % kEntryBytes != 0) return std::unexpected(ParseError::BadLength);
  forward.skipped.reserve(r.remaining() / kEntryBytes);
  while (r.remaining() > 0) forward.skipped.push_back({StreamId{r.u16()}, r.u16()});
  return forward;
}

void ForwardTsnChunk::write(ByteWriter& w) const {
  write_chunk(w, kType, 0, [&] {
    w.u32(new_cumulative_tsn);
    for (const Skipped& entry : skipped) {
      w.u16(std::to_underlying(entry.stream));
      w.u16(entry.ssn);
    }
  });
}

}  // namespace specter::sctp
