#include "rtp/header.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::uint8_t kPaddingBit = 0x20;
constexpr std::uint8_t kExtensionBit = 0x10;
constexpr std::uint8_t kCountMask = 0x0f;
constexpr std::uint8_t kMarkerBit = 0x80;
constexpr std::uint8_t kPayloadTypeMask = 0x7f;

bool has_our_version(std::uint8_t first) { return first >> 6 == kVersion; }

std::size_t csrcs_end(std::uint8_t first) {
  return kFixedHeaderSize + 4 * (std::size_t{first} & kCountMask);
}

// Each packet comes by here, so these take the place of a ByteReader; the bounds are the caller's.
std::uint16_t load16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
std::uint32_t load32(const std::uint8_t* at) {
  return std::uint32_t{load16(at)} << 16 | load16(at + 2);
}

Header read_header(const std::uint8_t* at) {
  Header header{.marker = (at[1] & kMarkerBit) != 0,
                .payload_type = static_cast<std::uint8_t>(at[1] & kPayloadTypeMask),
                .sequence = load16(at + 2),
                .timestamp = load32(at + 4),
                .ssrc = load32(at + 8),
                .csrcs = {}};
  for (int i = 0; i < (at[0] & kCountMask); ++i)
    header.csrcs.push_back(load32(at + kFixedHeaderSize + 4 * i));
  return header;
}

}  // namespace

std::expected<Header, ParseError> Header::parse(Bytes in) {
  if (in.size() < kFixedHeaderSize || in.size() < csrcs_end(in[0]))
    return std::unexpected(ParseError::Truncated);
  if (!has_our_version(in[0])) return std::unexpected(ParseError::BadValue);
  return read_header(in.data());
}

void Header::write(ByteWriter& out, HeaderFlags flags) const {
  SPECTER_CHECK(payload_type <= kPayloadTypeMask);
  const auto first =
      static_cast<std::uint8_t>(kVersion << 6 | (flags.has_padding ? kPaddingBit : 0) |
                                (flags.has_extension ? kExtensionBit : 0) | csrcs.size());
  const auto second = static_cast<std::uint8_t>((marker ? kMarkerBit : 0) | payload_type);
  out.u32(std::uint32_t{first} << 24 | std::uint32_t{second} << 16 | sequence);
  out.u64(std::uint64_t{timestamp} << 32 | ssrc);
  for (const std::uint32_t csrc : csrcs.span()) out.u32(csrc);
}

std::expected<HeaderLayout, ParseError> HeaderLayout::parse(Bytes in) {
  if (in.size() < kFixedHeaderSize) return std::unexpected(ParseError::Truncated);
  const std::uint8_t first = in[0];
  if (!has_our_version(first)) return std::unexpected(ParseError::BadValue);

  HeaderLayout layout;
  layout.flags = {.has_extension = (first & kExtensionBit) != 0,
                  .has_padding = (first & kPaddingBit) != 0};
  layout.csrcs_end = rtp::csrcs_end(first);
  layout.size = layout.csrcs_end;
  if (layout.flags.has_extension) {
    if (in.size() < layout.csrcs_end + ExtensionBlock::kHeaderSize)
      return std::unexpected(ParseError::Truncated);
    const std::size_t words = load16(in.data() + layout.csrcs_end + 2);
    layout.size += ExtensionBlock::kHeaderSize + 4 * words;
  }
  if (in.size() < layout.size) return std::unexpected(ParseError::Truncated);
  return layout;
}

std::expected<Packet, ParseError> Packet::parse(Bytes in) {
  const auto layout = HeaderLayout::parse(in);
  if (!layout) return std::unexpected(layout.error());

  Packet packet{.header = read_header(in.data()),
                .extension = {},
                .payload = in.subspan(layout->size),
                .padding = 0};
  if (layout->flags.has_extension) {
    const Bytes block = in.first(layout->size).subspan(layout->csrcs_end);
    packet.extension =
        ExtensionBlock{load16(block.data()), block.subspan(ExtensionBlock::kHeaderSize)};
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
