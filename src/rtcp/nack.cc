#include "rtcp/nack.h"

#include "base/check.h"
#include "rtcp/parse_as.h"

namespace specter::rtcp {
namespace {

constexpr std::size_t kItemSize = 4;

}  // namespace

bool Nack::add(std::uint16_t sequence) {
  if (!items.empty()) {
    Item& last = items.back();
    const auto distance = static_cast<std::uint16_t>(sequence - last.sequence);
    if (distance == 0) return true;
    if (distance <= Item::kMaskBits) {
      last.mask = static_cast<std::uint16_t>(last.mask | 1 << (distance - 1));
      return true;
    }
  }
  if (items.size() == kMaxItems) return false;
  items.push_back({.sequence = sequence, .mask = 0});
  return true;
}

std::expected<Nack, ParseError> Nack::parse(Bytes in) { return parse_as<Nack>(in); }

std::expected<Nack, ParseError> Nack::parse(const RawPacket& packet) {
  if (!packet.is(TransportFormat::Nack)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  Nack nack;
  nack.sender_ssrc = r.u32();
  nack.media_ssrc = r.u32();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() == 0 || r.remaining() % kItemSize != 0)
    return std::unexpected(ParseError::BadLength);
  if (r.remaining() / kItemSize > kMaxItems) return std::unexpected(ParseError::TooMany);
  while (r.remaining() > 0) {
    const std::uint16_t sequence = r.u16();
    nack.items.push_back({.sequence = sequence, .mask = r.u16()});
  }
  return nack;
}

void Nack::write(ByteWriter& out) const {
  SPECTER_CHECK(!items.empty() && items.size() <= kMaxItems);
  PacketWriter packet(out, TransportFormat::Nack);
  out.u32(sender_ssrc);
  out.u32(media_ssrc);
  for (const Item& item : items) {
    out.u16(item.sequence);
    out.u16(item.mask);
  }
  packet.finish();
}

}  // namespace specter::rtcp
