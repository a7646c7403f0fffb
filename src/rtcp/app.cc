#include "rtcp/app.h"

#include <algorithm>

#include "rtcp/parse_as.h"

namespace specter::rtcp {

std::expected<App, ParseError> App::parse(Bytes in) { return parse_as<App>(in); }

std::expected<App, ParseError> App::parse(const RawPacket& packet) {
  if (!packet.is(PacketType::App)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  App app;
  app.subtype = packet.count;
  app.ssrc = r.u32();
  const Bytes name = r.bytes(app.name.size());
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  std::ranges::copy(name, app.name.begin());
  app.data = to_buffer(r.rest());
  return app;
}

void App::write(ByteWriter& out) const {
  PacketWriter packet(out, PacketType::App, subtype);
  out.u32(ssrc);
  out.bytes(name);
  out.bytes(data);
  packet.finish();
}

}  // namespace specter::rtcp
