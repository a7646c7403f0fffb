#include "channel/dcep.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace specter::channel {
namespace {

constexpr std::uint8_t kUnordered = 0x80;
constexpr std::size_t kMaxTextBytes = 0xffff;

bool is_known(ChannelType type) {
  switch (type) {
    case ChannelType::Reliable:
    case ChannelType::PartialReliableRexmit:
    case ChannelType::PartialReliableTimed:
    case ChannelType::ReliableUnordered:
    case ChannelType::PartialReliableRexmitUnordered:
    case ChannelType::PartialReliableTimedUnordered: return true;
  }
  return false;
}

// W3C WebRTC Priority Control §4: a number between two of them is the greater one.
Priority priority_of(std::uint16_t number) {
  for (const Priority each : {Priority::VeryLow, Priority::Low, Priority::Medium})
    if (number <= std::to_underlying(each)) return each;
  return Priority::High;
}

ChannelType ordered_form(ChannelType type) {
  return ChannelType(static_cast<std::uint8_t>(type) & ~kUnordered);
}

}  // namespace

std::expected<OpenMessage, ParseError> OpenMessage::parse(Bytes in) {
  ByteReader r(in);
  if (r.u8() != kType) return std::unexpected(ParseError::WrongType);

  OpenMessage m;
  m.channel_type = ChannelType{r.u8()};
  m.priority = r.u16();
  m.reliability = r.u32();
  const std::uint16_t label_size = r.u16();
  const std::uint16_t protocol_size = r.u16();
  m.label = r.text(label_size);
  m.protocol = r.text(protocol_size);

  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() != 0) return std::unexpected(ParseError::BadLength);
  if (!is_known(m.channel_type)) return std::unexpected(ParseError::BadValue);
  if (!is_utf8(m.label) || !is_utf8(m.protocol)) return std::unexpected(ParseError::BadValue);
  return m;
}

void OpenMessage::write(ByteWriter& out) const {
  SPECTER_CHECK(label.size() <= kMaxTextBytes && protocol.size() <= kMaxTextBytes);
  out.u8(kType);
  out.u8(static_cast<std::uint8_t>(channel_type));
  out.u16(priority);
  out.u32(reliability);
  out.u16(static_cast<std::uint16_t>(label.size()));
  out.u16(static_cast<std::uint16_t>(protocol.size()));
  out.text(label);
  out.text(protocol);
}

OpenMessage OpenMessage::from(std::string_view label, const DataChannelOptions& options) {
  OpenMessage m;
  auto type = ChannelType::Reliable;
  if (options.max_retransmits) {
    type = ChannelType::PartialReliableRexmit;
    m.reliability = *options.max_retransmits;
  } else if (options.max_packet_life_time) {
    type = ChannelType::PartialReliableTimed;
    m.reliability = static_cast<std::uint32_t>(options.max_packet_life_time->count());
  }
  m.channel_type =
      options.ordered ? type : ChannelType(static_cast<std::uint8_t>(type) | kUnordered);
  m.priority = std::to_underlying(options.priority);
  m.label = label;
  m.protocol = options.protocol;
  return m;
}

DataChannelOptions OpenMessage::options() const {
  DataChannelOptions options;
  options.ordered = (static_cast<std::uint8_t>(channel_type) & kUnordered) == 0;
  options.protocol = protocol;
  options.priority = priority_of(priority);
  const auto limit = static_cast<std::uint16_t>(std::min<std::uint32_t>(reliability, 0xffff));
  // RFC 8832 §5.1: the reliability of a reliable channel is ignored.
  if (ordered_form(channel_type) == ChannelType::PartialReliableRexmit)
    options.max_retransmits = limit;
  else if (ordered_form(channel_type) == ChannelType::PartialReliableTimed)
    options.max_packet_life_time = std::chrono::milliseconds(limit);
  return options;
}

std::expected<AckMessage, ParseError> AckMessage::parse(Bytes in) {
  ByteReader r(in);
  const std::uint8_t type = r.u8();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (type != kType) return std::unexpected(ParseError::WrongType);
  return AckMessage{};
}

void AckMessage::write(ByteWriter& out) const { out.u8(kType); }

bool is_utf8(std::string_view text) {
  // RFC 3629 §4, by the first byte: how many follow, and the range of the one that comes next.
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at++);
    if (first < 0x80) continue;
    const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || text.size() - at < more) return false;
    const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(at) < low || byte(at) > high) return false;
    for (std::size_t i = 1; i < more; ++i) {
      if ((byte(at + i) & 0xc0) != 0x80) return false;
    }
    at += more;
  }
  return true;
}

}  // namespace specter::channel
