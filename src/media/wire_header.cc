#include "media/wire_header.h"

#include "base/bytes.h"
#include "rtp/extensions/absolute_send_time.h"
#include "rtp/extensions/transport_sequence.h"

namespace specter::media {

using rtp::ExtensionKind;

bool has_transport_sequence(const rtp::SendParameters& section) {
  return section.extensions.id_of(ExtensionKind::TransportSequence) ||
         section.extensions.id_of(ExtensionKind::TransportSequence2);
}

void WireHeader::fill(const HeaderContext& context, Bytes more_extensions) {
  const rtp::ExtensionMap& map = context.section.extensions;
  extensions_.clear();
  const auto add_text = [&](ExtensionKind kind, std::string_view text) {
    const auto id = map.id_of(kind);
    if (id && !text.empty() && text.size() <= rtp::kMaxTwoByteValue)
      extensions_.add(*id, as_bytes(text));
  };
  if (context.names == Names::Present) {
    add_text(ExtensionKind::Mid, context.section.mid);
    add_text(context.is_repair ? ExtensionKind::RepairedRid : ExtensionKind::Rid, context.rid);
  }
  if (!map.add(extensions_, rtp::TransportSequence{context.transport_sequence}))
    map.add(extensions_, rtp::TransportSequence2{context.transport_sequence, std::nullopt});
  map.add(extensions_, rtp::AbsoluteSendTime::at(context.now));
  for (const Bytes elements : {context.elements, more_extensions}) {
    ByteReader reader(elements);
    while (reader.remaining() > 0) {
      const std::uint8_t id = reader.u8();
      extensions_.add(id, reader.bytes(reader.u8()));
    }
  }
  if (context.section.may_mix_extensions) return;
  if (map.needs_two_byte())
    extensions_.use_two_byte();
  else
    extensions_.keep_one_byte();
}

Bytes WireHeader::write(const rtp::Header& header, const HeaderContext& context, bool has_padding,
                        Bytes more_extensions) {
  fill(context, more_extensions);
  bytes_.clear();
  ByteWriter out(bytes_);
  header.write(out, {.has_extension = !extensions_.empty(), .has_padding = has_padding});
  extensions_.write(out);
  return bytes_;
}

std::size_t WireHeader::size(const rtp::Header& header, const HeaderContext& context,
                             Bytes more_extensions) {
  fill(context, more_extensions);
  return header.size() + extensions_.size();
}

}  // namespace specter::media
