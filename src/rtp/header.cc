#include "rtp/header.h"

#include <algorithm>

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::uint8_t kPaddingBit = 0x20;
constexpr std::uint8_t kExtensionBit = 0x10;
constexpr std::uint8_t kCountMask = 0x0f;
constexpr std::uint8_t kMarkerBit = 0x80;
constexpr std::uint8_t kPayloadTypeMask = 0x7f;

bool has_our_version(std::uint8_t first) { return first >> 6 == kVersion; }

}  // namespace

void Csrcs::push_back(std::uint32_t source) {
  SPECTER_CHECK(size_ < kMaxCsrcs);
  values_[size_++] = source;
}

bool Csrcs::operator==(const Csrcs& other) const {
  return std::ranges::equal(span(), other.span());
}

std::expected<Header, ParseError> Header::parse(Bytes in) {
  ByteReader r(in);
  const std::uint8_t first = r.u8();
  const std::uint8_t second = r.u8();
  Header header;
  header.marker = (second & kMarkerBit) != 0;
  header.payload_type = second & kPayloadTypeMask;
  header.sequence = r.u16();
  header.timestamp = r.u32();
  header.ssrc = r.u32();
  for (int i = first & kCountMask; i > 0; --i) header.csrcs.push_back(r.u32());
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (!has_our_version(first)) return std::unexpected(ParseError::BadValue);
  return header;
}

void Header::write(ByteWriter& out, HeaderFlags flags) const {
  SPECTER_CHECK(payload_type <= kPayloadTypeMask);
  out.u8(static_cast<std::uint8_t>(kVersion << 6 | (flags.has_padding ? kPaddingBit : 0) |
                                   (flags.has_extension ? kExtensionBit : 0) | csrcs.size()));
  out.u8(static_cast<std::uint8_t>((marker ? kMarkerBit : 0) | payload_type));
  out.u16(sequence);
  out.u32(timestamp);
  out.u32(ssrc);
  for (const std::uint32_t csrc : csrcs.span()) out.u32(csrc);
}

std::expected<HeaderLayout, ParseError> HeaderLayout::parse(Bytes in) {
  if (in.size() < kFixedHeaderSize) return std::unexpected(ParseError::Truncated);
  const std::uint8_t first = in[0];
  if (!has_our_version(first)) return std::unexpected(ParseError::BadValue);

  HeaderLayout layout;
  layout.flags = {.has_extension = (first & kExtensionBit) != 0,
                  .has_padding = (first & kPaddingBit) != 0};
  layout.csrcs_end =
      kFixedHeaderSize + 4 * std::size_t{static_cast<std::uint8_t>(first & kCountMask)};
  layout.size = layout.csrcs_end;
  if (layout.flags.has_extension) {
    if (in.size() < layout.csrcs_end + ExtensionBlock::kHeaderSize)
      return std::unexpected(ParseError::Truncated);
    const std::size_t words = std::size_t{in[layout.csrcs_end + 2]} << 8 | in[layout.csrcs_end + 3];
    layout.size += ExtensionBlock::kHeaderSize + 4 * words;
  }
  if (in.size() < layout.size) return std::unexpected(ParseError::Truncated);
  return layout;
}

std::expected<Packet, ParseError> Packet::parse(Bytes in) {
  const auto layout = HeaderLayout::parse(in);
  if (!layout) return std::unexpected(layout.error());
  const auto header = Header::parse(in);
  if (!header) return std::unexpected(header.error());

  Packet packet;
  packet.header = *header;
  packet.payload = in.subspan(layout->size);
  if (layout->flags.has_extension) {
    ByteReader r(in.first(layout->size).subspan(layout->csrcs_end));
    const std::uint16_t profile = r.u16();
    r.skip(2);
    packet.extension = ExtensionBlock{profile, r.rest()};
  }
  if (layout->flags.has_padding) {
    // RFC 3550 §5.1: the last byte counts itself, so 0 is no size. All may be padding.
    if (packet.payload.empty()) return std::unexpected(ParseError::BadLength);
    packet.padding = packet.payload.back();
    if (packet.padding == 0 || packet.padding > packet.payload.size())
      return std::unexpected(ParseError::BadLength);
    packet.payload = packet.payload.first(packet.payload.size() - packet.padding);
  }
  return packet;
}

void Packet::write(ByteWriter& out) const {
  header.write(out, {.has_extension = extension.has_value(), .has_padding = padding > 0});
  if (extension) {
    SPECTER_CHECK(extension->body.size() % 4 == 0);
    SPECTER_CHECK(extension->body.size() <= ExtensionBlock::kMaxBodySize);
    out.u16(extension->profile);
    out.u16(static_cast<std::uint16_t>(extension->body.size() / 4));
    out.bytes(extension->body);
  }
  out.bytes(payload);
  if (padding > 0) {
    out.zeros(padding - std::size_t{1});
    out.u8(padding);
  }
}

std::size_t Packet::size() const {
  const std::size_t extension_size =
      extension ? ExtensionBlock::kHeaderSize + extension->body.size() : 0;
  return header.size() + extension_size + payload.size() + padding;
}

}  // namespace specter::rtp
