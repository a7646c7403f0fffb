#include "rtcp/packet.h"

#include "base/check.h"

namespace specter::rtcp {
namespace {

constexpr std::uint8_t kPaddingBit = 0x20;
constexpr std::uint8_t kCountMask = 0x1f;

}  // namespace

std::expected<std::size_t, ParseError> packet_size(Bytes in) {
  if (in.size() < kHeaderSize) return std::unexpected(ParseError::Truncated);
  return ((std::size_t{in[2]} << 8 | in[3]) + 1) * 4;
}

std::expected<RawPacket, ParseError> RawPacket::parse(Bytes in) {
  const auto size = packet_size(in);
  if (!size) return std::unexpected(size.error());
  if (in[0] >> 6 != kVersion) return std::unexpected(ParseError::BadValue);
  if (*size > in.size()) return std::unexpected(ParseError::Truncated);

  RawPacket packet;
  packet.type = static_cast<PacketType>(in[1]);
  packet.count = in[0] & kCountMask;
  packet.body = in.first(*size).subspan(kHeaderSize);
  if ((in[0] & kPaddingBit) != 0) {
    // RFC 3550 §6.4.1 wants a multiple of four; transport-wide feedback pads by single bytes.
    const std::size_t padding = packet.body.empty() ? 0 : packet.body.back();
    if (padding == 0 || padding > packet.body.size()) return std::unexpected(ParseError::BadLength);
    packet.body = packet.body.first(packet.body.size() - padding);
  }
  return packet;
}

std::expected<RawPacket, ParseError> RawPacket::parse_whole(Bytes in) {
  auto packet = parse(in);
  if (packet && *packet_size(in) != in.size()) return std::unexpected(ParseError::BadLength);
  return packet;
}

PacketWriter::PacketWriter(ByteWriter& out, PacketType type, std::size_t count)
    : out_(out),
      start_(out.size()),
      first_half_(static_cast<std::uint16_t>(kVersion << 14 | count << 8 |
                                             static_cast<std::uint8_t>(type))) {
  SPECTER_CHECK(count <= kMaxCount);
  out_.u16(first_half_);
  out_.u16(0);
}

PacketWriter::PacketWriter(ByteWriter& out, TransportFormat format)
    : PacketWriter(out, PacketType::TransportFeedback, static_cast<std::size_t>(format)) {}

PacketWriter::PacketWriter(ByteWriter& out, PayloadFormat format)
    : PacketWriter(out, PacketType::PayloadFeedback, static_cast<std::size_t>(format)) {}

void PacketWriter::finish() {
  const std::size_t missing = (4 - (out_.size() - start_) % 4) % 4;
  if (missing > 0) {
    out_.zeros(missing - 1);
    out_.u8(static_cast<std::uint8_t>(missing));
    out_.set_u16(start_, static_cast<std::uint16_t>(first_half_ | kPaddingBit << 8));
  }
  const std::size_t size = out_.size() - start_;
  SPECTER_CHECK(size <= kMaxPacketSize);
  out_.set_u16(start_ + 2, static_cast<std::uint16_t>(size / 4 - 1));
}

}  // namespace specter::rtcp
