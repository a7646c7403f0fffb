#include "turn/framing.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "stun/integrity.h"
#include "stun/turn_attributes.h"

namespace specter::turn {

namespace {

std::uint16_t u16_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void set_u16(MutableBytes out, std::size_t at, std::size_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

}  // namespace

WireKind wire_kind(Bytes message) {
  if (message.empty()) return WireKind::Unknown;
  if (message[0] < 0x40) return WireKind::Stun;
  // RFC 8656 §12: 0x5000 and above are reserved, and other protocols' first bytes.
  return message[0] < 0x50 ? WireKind::ChannelData : WireKind::Unknown;
}

std::optional<ChannelData> parse_channel_data(MutableBytes message) {
  if (message.size() < kChannelHeaderSize) return std::nullopt;
  const std::size_t size = u16_at(message, 2);
  if (size > message.size() - kChannelHeaderSize) return std::nullopt;
  return ChannelData{u16_at(message, 0), message.subspan(kChannelHeaderSize, size)};
}

void write_channel_header(MutableBytes out, std::uint16_t number, std::size_t data_size) {
  set_u16(out, 0, number);
  set_u16(out, 2, data_size);
}

std::size_t indication_head_size(const IpAddress& peer) {
  return stun::kHeaderSize + 4 + 4 + peer.octets().size() + 4;
}

void write_send_indication(MutableBytes out, const Endpoint& peer, std::size_t data_size,
                           const stun::TransactionId& id) {
  const std::size_t head = indication_head_size(peer.address);
  SPECTER_CHECK(out.size() == head + data_size + padding_of(data_size));
  Buffer written;
  ByteWriter writer(written);
  stun::XorPeerAddress{peer}.write(writer, id);

  set_u16(out, 0, stun::message_type(stun::Class::Indication, stun::Method::Send));
  set_u16(out, 2, out.size() - stun::kHeaderSize);
  set_u16(out, 4, stun::kMagicCookie >> 16);
  set_u16(out, 6, stun::kMagicCookie & 0xffff);
  std::ranges::copy(id.bytes, out.begin() + 8);
  set_u16(out, 20, static_cast<std::uint16_t>(stun::AttributeType::XorPeerAddress));
  set_u16(out, 22, written.size());
  std::ranges::copy(written, out.begin() + 24);
  set_u16(out, head - 4, static_cast<std::uint16_t>(stun::AttributeType::Data));
  set_u16(out, head - 2, data_size);
  std::ranges::fill(out.subspan(head + data_size), std::uint8_t{0});
}

bool is_data_indication(Bytes message) {
  return message.size() >= stun::kHeaderSize &&
         u16_at(message, 0) == stun::message_type(stun::Class::Indication, stun::Method::Data);
}

std::optional<PeerData> parse_data_indication(MutableBytes message) {
  if (!is_data_indication(message)) return std::nullopt;
  ByteReader r(message);
  r.skip(2);
  const std::size_t length = r.u16();
  if (r.u32() != stun::kMagicCookie || length % 4 != 0 ||
      length != message.size() - stun::kHeaderSize) {
    return std::nullopt;
  }
  stun::TransactionId id;
  std::ranges::copy(r.bytes(id.bytes.size()), id.bytes.begin());

  std::optional<Endpoint> peer;
  std::optional<MutableBytes> data;
  for (std::size_t seen = 0; r.remaining() > 0; ++seen) {
    if (seen == stun::Message::kMaxAttributes) return std::nullopt;
    const std::size_t at = message.size() - r.remaining();
    const auto type = static_cast<stun::AttributeType>(r.u16());
    const std::size_t size = r.u16();
    const Bytes value = r.bytes(size);
    r.skip(padding_of(size));
    if (!r.ok()) return std::nullopt;
    switch (type) {
      case stun::AttributeType::XorPeerAddress: {
        const auto parsed = stun::XorPeerAddress::parse(value, id);
        if (!parsed) return std::nullopt;
        if (!peer) peer = parsed->endpoint;
        break;
      }
      case stun::AttributeType::Data:
        if (!data) data = message.subspan(at + 4, size);
        break;
      case stun::AttributeType::Fingerprint:
        if (!stun::is_fingerprint_of(message, at, value)) return std::nullopt;
        r.rest();  // RFC 8489 §14.7: it is the last
        break;
      default:
        if (stun::is_comprehension_required(type)) return std::nullopt;
    }
  }
  if (!peer || !data) return std::nullopt;
  return PeerData{*peer, *data};
}

void StreamReader::push(Bytes bytes) {
  if (is_broken_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<MutableBytes> StreamReader::next() {
  const MutableBytes rest = MutableBytes(buffer_).subspan(taken_);
  if (is_broken_ || rest.empty()) return std::nullopt;
  const WireKind kind = wire_kind(rest);
  const bool is_in_step =
      kind == WireKind::Stun
          ? rest.size() < 8 || (rest[3] % 4 == 0 && u16_at(rest, 4) == stun::kMagicCookie >> 16 &&
                                u16_at(rest, 6) == (stun::kMagicCookie & 0xffff))
          : kind == WireKind::ChannelData;
  if (!is_in_step) {
    is_broken_ = true;
    buffer_ = Buffer();
    taken_ = 0;
    return std::nullopt;
  }
  if (rest.size() < kChannelHeaderSize) return std::nullopt;
  const std::size_t length = u16_at(rest, 2);
  // RFC 8656 §12.5: over a stream the padding is not counted and always there.
  const std::size_t size = kind == WireKind::Stun
                               ? stun::kHeaderSize + length
                               : kChannelHeaderSize + length + padding_of(length);
  if (rest.size() < size) return std::nullopt;
  taken_ += size;
  return rest.first(size);
}

}  // namespace specter::turn
