#include "sctp/packet/idata_chunk.h"

#include <utility>

namespace specter::sctp {
namespace {

constexpr std::uint8_t kEnd = 0x01;
constexpr std::uint8_t kBegin = 0x02;
constexpr std::uint8_t kUnordered = 0x04;
constexpr std::uint8_t kImmediate = 0x08;

}  // namespace

std::expected<IDataChunk, ParseError> IDataChunk::parse(const ChunkView& chunk) {
  if (chunk.type != kType) return std::unexpected(ParseError::WrongType);
  ByteReader r(chunk.value);
  IDataChunk data;
  data.tsn = r.u32();
  data.stream = StreamId{r.u16()};
  r.u16();  // reserved, ignored
  data.mid = r.u32();
  const std::uint32_t ppid_or_fsn = r.u32();
  data.immediate = (chunk.flags & kImmediate) != 0;
  data.unordered = (chunk.flags & kUnordered) != 0;
  data.begin = (chunk.flags & kBegin) != 0;
  data.end = (chunk.flags & kEnd) != 0;
  if (data.begin)
    data.ppid = Ppid{ppid_or_fsn};
  else
    data.fsn = ppid_or_fsn;
  data.payload = r.rest();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return data;
}

void IDataChunk::write(ByteWriter& w) const {
  const int flags = (immediate ? kImmediate : 0) | (unordered ? kUnordered : 0) |
                    (begin ? kBegin : 0) | (end ? kEnd : 0);
  write_chunk(w, kType, static_cast<std::uint8_t>(flags), [&] {
    w.u32(tsn);
    w.u16(std::to_underlying(stream));
    w.u16(0);
    w.u32(mid);
    w.u32(begin ? std::to_underlying(ppid) : fsn);
    w.bytes(payload);
  });
}

}  // namespace specter::sctp
