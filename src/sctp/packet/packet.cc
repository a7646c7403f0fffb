#include "sctp/packet/packet.h"

#include <array>

#include "sctp/packet/crc32c.h"

namespace specter::sctp {
namespace {

constexpr std::size_t kChecksumAt = 8;

// RFC 9260 §6.8: computed with zeros in the checksum's place.
std::uint32_t checksum(Bytes packet) {
  constexpr std::array<std::uint8_t, 4> kZeros{};
  return Crc32c()
      .add(packet.first(kChecksumAt))
      .add(kZeros)
      .add(packet.subspan(kChecksumAt + 4))
      .value();
}

// RFC 9260 appendix A: the CRC goes out with its lowest byte first.
std::uint32_t swapped(std::uint32_t value) { return __builtin_bswap32(value); }

// The size of the first TLV or chunk of `rest` without its padding; nothing when it can't be.
std::optional<std::size_t> framed_size(Bytes rest) {
  if (rest.size() < 4) return std::nullopt;
  const std::size_t size = std::size_t{rest[2]} << 8 | rest[3];
  // RFC 9260 §3.2: the length counts the header, so it is at least 4. A walk that believed less
  // would not get on.
  if (size < 4 || size > rest.size()) return std::nullopt;
  return size;
}

// §3.2: a receiver takes the last one with its padding or without.
Bytes after(Bytes rest, std::size_t size) {
  return rest.subspan(std::min(rest.size(), padded(size)));
}

}  // namespace

std::optional<ChunkView> ChunkReader::next() {
  const auto size = framed_size(rest_);
  if (!size) return std::nullopt;
  const Bytes whole = rest_.first(*size);
  rest_ = after(rest_, *size);
  return ChunkView{ChunkType{whole[0]}, whole[1], whole.subspan(4), whole};
}

std::optional<TlvView> TlvReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto size = framed_size(rest_);
  if (!size) {
    ok_ = false;
    rest_ = {};
    return std::nullopt;
  }
  const Bytes whole = rest_.first(*size);
  rest_ = after(rest_, *size);
  return TlvView{static_cast<std::uint16_t>(whole[0] << 8 | whole[1]), whole.subspan(4), whole};
}

std::expected<PacketView, ParseError> PacketView::parse(Bytes in, ZeroChecksum zero) {
  ByteReader r(in);
  PacketView packet;
  packet.header.source_port = r.u16();
  packet.header.destination_port = r.u16();
  packet.header.verification_tag = r.u32();
  const std::uint32_t given = r.u32();
  packet.chunks = r.rest();
  if (!r.ok() || packet.chunks.size() < kChunkHeaderBytes)
    return std::unexpected(ParseError::Truncated);
  const bool is_needless = given == 0 && zero == ZeroChecksum::Accepted;
  if (!is_needless && swapped(given) != checksum(in))
    return std::unexpected(ParseError::BadChecksum);

  for (Bytes rest = packet.chunks; !rest.empty();) {
    const auto size = framed_size(rest);
    if (!size) return std::unexpected(ParseError::BadLength);
    rest = after(rest, *size);
  }
  return packet;
}

PacketWriter::PacketWriter(const CommonHeader& header, std::size_t max_bytes)
    : max_bytes_(max_bytes & ~std::size_t{3}) {
  own_.reserve(max_bytes_);
  begin(header);
}

PacketWriter::PacketWriter(Buffer& out, const CommonHeader& header, std::size_t max_bytes)
    : max_bytes_(max_bytes & ~std::size_t{3}), out_(&out), origin_(out.size()) {
  begin(header);
}

void PacketWriter::begin(const CommonHeader& header) {
  ByteWriter w(out(), origin_);
  w.u16(header.source_port);
  w.u16(header.destination_port);
  w.u32(header.verification_tag);
  w.u32(0);
}

std::size_t PacketWriter::room() const {
  const std::size_t used = padded(size());
  return used < max_bytes_ ? max_bytes_ - used : 0;
}

void PacketWriter::add_bytes(Bytes chunk) {
  ByteWriter w(out(), origin_);
  w.pad(4);
  w.bytes(chunk);
}

void PacketWriter::finish_in_place(Checksum which) {
  ByteWriter w(out(), origin_);
  w.pad(4);
  if (which == Checksum::Crc32c)
    w.set_u32(kChecksumAt, swapped(checksum(Bytes(out()).subspan(origin_))));
}

Buffer PacketWriter::finish() {
  finish_in_place();
  return std::move(own_);
}

void PacketWriter::drop() { out().resize(origin_); }

void fix_checksum(Buffer& packet) {
  if (packet.size() < kCommonHeaderBytes) return;
  ByteWriter(packet).set_u32(kChecksumAt, swapped(checksum(packet)));
}

}  // namespace specter::sctp
