#include "sctp/packet/i_forward_tsn_chunk.h"

#include <utility>

namespace specter::sctp {
namespace {

constexpr std::uint16_t kUnordered = 0x0001;

}  // namespace

std::expected<IForwardTsnChunk, ParseError> IForwardTsnChunk::parse(const ChunkView& chunk) {
  if (chunk.type != kType) return std::unexpected(ParseError::WrongType);
  ByteReader r(chunk.value);
  IForwardTsnChunk forward;
  forward.new_cumulative_tsn = r.u32();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() % kEntryBytes != 0) return std::unexpected(ParseError::BadLength);
  forward.skipped.reserve(r.remaining() / kEntryBytes);
  while (r.remaining() > 0) {
    Skipped entry;
    entry.stream = StreamId{r.u16()};
    entry.unordered = (r.u16() & kUnordered) != 0;
    entry.mid = r.u32();
    forward.skipped.push_back(entry);
  }
  return forward;
}

void IForwardTsnChunk::write(ByteWriter& w) const {
  write_chunk(w, kType, 0, [&] {
    w.u32(new_cumulative_tsn);
    for (const Skipped& entry : skipped) {
      w.u16(std::to_underlying(entry.stream));
      w.u16(entry.unordered ? kUnordered : 0);
      w.u32(entry.mid);
    }
  });
}

}  // namespace specter::sctp
