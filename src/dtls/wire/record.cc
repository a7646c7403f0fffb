#include "dtls/wire/record.h"

#include <utility>

namespace specter::dtls {
namespace {

// The most that a fragment may have.
constexpr std::size_t kMostPlain = (1u << 14) + 2048;   // RFC 5246 §6.2.3
constexpr std::size_t kMostUnified = (1u << 14) + 256;  // RFC 8446 §5.2

// RFC 9147 §4.2.3: what is shorter has nothing that its number could have been masked with.
constexpr std::size_t kLeastUnified = 16;

// RFC 9147 §4.1, figure 5. A record with a connection id (25, tls12_cid) can't be read: we have
// negotiated none, and so know nothing of its length.
bool is_plain(std::uint8_t first) { return first >= 20 && first <= 26 && first != 25; }
bool is_unified(std::uint8_t first) { return first >> 5 == 0b001; }

constexpr std::uint8_t kConnectionId = 0x10;
constexpr std::uint8_t kLongSequence = 0x08;
constexpr std::uint8_t kHasLength = 0x04;
constexpr std::uint8_t kEpochBits = 0x03;

PlainHeader read_plain_header(ByteReader& in) {
  PlainHeader header;
  header.type = in.u8();
  header.version = in.u16();
  header.epoch = in.u16();
  header.sequence = in.u48();
  header.length = in.u16();
  if (header.length > kMostPlain) in.fail();
  return header;
}

UnifiedHeader read_unified_header(ByteReader& in) {
  UnifiedHeader header;
  const std::uint8_t first = in.u8();
  if (first & kConnectionId) in.fail();
  header.epoch_bits = first & kEpochBits;
  header.long_sequence = (first & kLongSequence) != 0;
  header.sequence_bits = header.long_sequence ? in.u16() : in.u8();
  if (first & kHasLength) header.length = in.u16();
  const std::size_t size = header.length ? *header.length : in.remaining();
  if (size < kLeastUnified || size > kMostUnified) in.fail();
  return header;
}

std::optional<RecordView> read_record(Bytes datagram) {
  if (datagram.empty()) return std::nullopt;
  ByteReader in(datagram);
  RecordView record;
  if (is_plain(datagram.front())) {
    record.plain = read_plain_header(in);
  } else if (is_unified(datagram.front())) {
    record.unified = read_unified_header(in);
  } else {
    return std::nullopt;
  }
  record.header = datagram.first(datagram.size() - in.remaining());
  if (record.plain) {
    record.fragment = in.bytes(record.plain->length);
  } else {
    record.fragment = in.bytes(record.unified->length.value_or(in.remaining()));
  }
  if (!in.ok()) return std::nullopt;
  return record;
}

}  // namespace

void PlainHeader::write(std::span<std::uint8_t, kSize> out) const {
  const auto put = [&](std::size_t at, std::size_t size, std::uint64_t value) {
    for (std::size_t i = size; i-- > 0; value >>= 8) out[at + i] = static_cast<std::uint8_t>(value);
  };
  put(0, 1, type);
  put(1, 2, version);
  put(3, 2, epoch);
  put(5, 6, sequence);
  put(11, 2, length);
}

std::optional<RecordView> next_record(Bytes& datagram) {
  const std::optional<RecordView> record = read_record(datagram);
  datagram = record ? datagram.subspan(record->header.size() + record->fragment.size()) : Bytes{};
  return record;
}

HandshakeFragment HandshakeFragment::read(ByteReader& in) {
  HandshakeFragment fragment;
  fragment.type = in.u8();
  fragment.message_size = in.u24();
  fragment.message_seq = in.u16();
  fragment.offset = in.u24();
  const std::uint32_t size = in.u24();
  // Both are of 24 bits: their sum doesn't wrap.
  if (fragment.offset + size > fragment.message_size) in.fail();
  fragment.body = in.bytes(size);
  return fragment;
}

void HandshakeFragment::write(ByteWriter& out) const {
  out.u8(type);
  out.u24(message_size);
  out.u16(message_seq);
  out.u24(offset);
  out.u24(static_cast<std::uint32_t>(body.size()));
  out.bytes(body);
}

}  // namespace specter::dtls
