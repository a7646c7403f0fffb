#include "rtcp/source_description.h"

#include <algorithm>

#include "base/check.h"
#include "rtcp/parse_as.h"

namespace specter::rtcp {
namespace {

constexpr std::uint8_t kEnd = 0;

// The chunk at the reader, whose position is a multiple of four from the body's start.
std::expected<SourceDescription::Chunk, ParseError> parse_chunk(ByteReader& r) {
  const std::size_t before = r.remaining();
  SourceDescription::Chunk chunk;
  chunk.ssrc = r.u32();
  for (;;) {
    const std::uint8_t type = r.u8();
    if (!r.ok()) return std::unexpected(ParseError::Truncated);
    if (type == kEnd) break;
    if (chunk.items.size() == SourceDescription::kMaxItems)
      return std::unexpected(ParseError::TooMany);
    const std::uint8_t size = r.u8();
    chunk.items.push_back({static_cast<ItemType>(type), r.text(size)});
  }
  // RFC 3550 §6.5: the next chunk begins with a word.
  r.skip((4 - (before - r.remaining()) % 4) % 4);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return chunk;
}

}  // namespace

const std::string* SourceDescription::cname(std::uint32_t ssrc) const {
  for (const Chunk& chunk : chunks) {
    if (chunk.ssrc != ssrc) continue;
    const auto found = std::ranges::find(chunk.items, ItemType::Cname, &Item::type);
    if (found != chunk.items.end()) return &found->text;
  }
  return nullptr;
}

std::expected<SourceDescription, ParseError> SourceDescription::parse(Bytes in) {
  return parse_as<SourceDescription>(in);
}

std::expected<SourceDescription, ParseError> SourceDescription::parse(const RawPacket& packet) {
  if (!packet.is(PacketType::SourceDescription)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  SourceDescription description;
  for (int i = 0; i < packet.count; ++i) {
    auto chunk = parse_chunk(r);
    if (!chunk) return std::unexpected(chunk.error());
    description.chunks.push_back(std::move(*chunk));
  }
  if (r.remaining() > 0) return std::unexpected(ParseError::BadLength);
  return description;
}

void SourceDescription::write(ByteWriter& out) const {
  PacketWriter packet(out, PacketType::SourceDescription, chunks.size());
  for (const Chunk& chunk : chunks) {
    const std::size_t start = out.size();
    out.u32(chunk.ssrc);
    for (const Item& item : chunk.items) {
      SPECTER_CHECK(item.type != ItemType{kEnd} && item.text.size() <= kMaxTextSize);
      out.u8(static_cast<std::uint8_t>(item.type));
      out.u8(static_cast<std::uint8_t>(item.text.size()));
      out.text(item.text);
    }
    out.u8(kEnd);
    out.pad(4, start);
  }
  packet.finish();
}

}  // namespace specter::rtcp
