#include "rtcp/bye.h"

#include "base/check.h"
#include "rtcp/parse_as.h"

namespace specter::rtcp {

std::expected<Bye, ParseError> Bye::parse(Bytes in) { return parse_as<Bye>(in); }

std::expected<Bye, ParseError> Bye::parse(const RawPacket& packet) {
  if (!packet.is(PacketType::Bye)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  Bye bye;
  for (int i = 0; i < packet.count; ++i) bye.ssrcs.push_back(r.u32());
  if (r.remaining() > 0) {
    const std::uint8_t size = r.u8();
    bye.reason = r.text(size);
  }
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return bye;
}

void Bye::write(ByteWriter& out) const {
  const std::size_t start = out.size();
  PacketWriter packet(out, PacketType::Bye, ssrcs.size());
  for (const std::uint32_t ssrc : ssrcs) out.u32(ssrc);
  if (reason) {
    SPECTER_CHECK(reason->size() <= kMaxReasonSize);
    out.u8(static_cast<std::uint8_t>(reason->size()));
    out.text(*reason);
    out.pad(4, start);
  }
  packet.finish();
}

}  // namespace specter::rtcp
