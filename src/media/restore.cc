#include "media/restore.h"

#include "base/bytes.h"
#include "rtp/header_extension.h"

namespace specter::media {

rtp::Packet restore(const rtp::Packet& repair, std::uint32_t ssrc, std::uint8_t payload_type) {
  rtp::Packet original = repair;
  ByteReader in(repair.payload);
  original.header.sequence = in.u16();
  original.header.ssrc = ssrc;
  original.header.payload_type = payload_type;
  original.payload = in.rest();
  original.padding = 0;
  return original;
}

void rename_repaired_rid(const rtp::ExtensionMap& extensions, Buffer& packet) {
  const auto from = extensions.id_of(rtp::ExtensionKind::RepairedRid);
  const auto to = extensions.id_of(rtp::ExtensionKind::Rid);
  if (!from || !to) return;
  const auto parsed = rtp::Packet::parse(packet);
  if (!parsed || !parsed->extension) return;
  const auto form = rtp::form_of(parsed->extension->profile);
  const auto value = rtp::find(*parsed->extension, *from);
  if (!form || !value || value->empty()) return;
  const auto at = static_cast<std::size_t>(value->data() - packet.data());
  if (*form == rtp::ExtensionForm::TwoByte) {
    packet[at - 2] = *to;
  } else if (*to <= rtp::kMaxOneByteId) {
    packet[at - 1] = static_cast<std::uint8_t>(*to << 4 | (packet[at - 1] & 0xf));
  }
}

}  // namespace specter::media
