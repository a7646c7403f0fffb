#include "rtcp/congestion_feedback.h"

#include "base/check.h"
#include "rtcp/parse_as.h"

namespace specter::rtcp {
namespace {

using Packet = CongestionFeedback::Packet;
using Stream = CongestionFeedback::Stream;

constexpr std::uint16_t kReceivedBit = 0x8000;
constexpr int kEcnShift = 13;
constexpr std::uint16_t kOffsetMask = 0x1fff;
constexpr std::size_t kTimeSize = 4;
// From here on an offset has no number.
constexpr Duration kOldest =
    Duration(std::chrono::seconds(Packet::kMaxOffset + 1)) / Packet::kUnitsPerSecond;

Packet read_packet(std::uint16_t bits) {
  // RFC 8888 §3.1: the rest means nothing where the packet was not received.
  if ((bits & kReceivedBit) == 0) return {};
  return {.is_received = true,
          .ecn = static_cast<std::uint8_t>(bits >> kEcnShift & 0x03),
          .offset = static_cast<std::uint16_t>(bits & kOffsetMask)};
}

std::expected<Stream, ParseError> parse_stream(ByteReader& r) {
  Stream stream;
  stream.ssrc = r.u32();
  stream.first_sequence = r.u16();
  const std::size_t count = r.u16();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (count > CongestionFeedback::kMaxPackets) return std::unexpected(ParseError::TooMany);
  if (r.remaining() < 2 * count) return std::unexpected(ParseError::Truncated);
  stream.packets.reserve(count);
  for (std::size_t i = 0; i < count; ++i) stream.packets.push_back(read_packet(r.u16()));
  if (count % 2 != 0) r.skip(2);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return stream;
}

std::uint16_t bits_of(const Packet& packet) {
  if (!packet.is_received) return 0;
  SPECTER_CHECK(packet.ecn <= 3 && packet.offset <= kOffsetMask);
  return static_cast<std::uint16_t>(kReceivedBit | packet.ecn << kEcnShift | packet.offset);
}

}  // namespace

std::optional<Duration> Packet::age() const {
  if (!is_received || offset > kMaxOffset) return std::nullopt;
  return Duration(std::chrono::seconds(offset)) / kUnitsPerSecond;
}

Packet Packet::received(std::uint8_t ecn, Duration age) {
  Packet packet{.is_received = true, .ecn = ecn, .offset = kUnknown};
  if (age >= kOldest)
    packet.offset = kTooOld;
  else if (age >= Duration::zero())
    packet.offset = static_cast<std::uint16_t>(age * kUnitsPerSecond / std::chrono::seconds(1));
  return packet;
}

std::expected<CongestionFeedback, ParseError> CongestionFeedback::parse(Bytes in) {
  return parse_as<CongestionFeedback>(in);
}

std::expected<CongestionFeedback, ParseError> CongestionFeedback::parse(const RawPacket& packet) {
  if (!packet.is(TransportFormat::CongestionFeedback))
    return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  CongestionFeedback feedback;
  feedback.sender_ssrc = r.u32();
  if (!r.ok() || r.remaining() < kTimeSize) return std::unexpected(ParseError::Truncated);
  ByteReader streams(r.bytes(r.remaining() - kTimeSize));
  while (streams.remaining() > 0) {
    if (feedback.streams.size() == kMaxStreams) return std::unexpected(ParseError::TooMany);
    auto stream = parse_stream(streams);
    if (!stream) return std::unexpected(stream.error());
    feedback.streams.push_back(std::move(*stream));
  }
  feedback.report_time = {r.u32()};
  return feedback;
}

void CongestionFeedback::write(ByteWriter& out) const {
  SPECTER_CHECK(streams.size() <= kMaxStreams);
  PacketWriter packet(out, TransportFormat::CongestionFeedback);
  out.u32(sender_ssrc);
  for (const Stream& stream : streams) {
    SPECTER_CHECK(stream.packets.size() <= kMaxPackets);
    out.u32(stream.ssrc);
    out.u16(stream.first_sequence);
    out.u16(static_cast<std::uint16_t>(stream.packets.size()));
    for (const Packet& one : stream.packets) out.u16(bits_of(one));
    if (stream.packets.size() % 2 != 0) out.zeros(2);
  }
  out.u32(report_time.value);
  packet.finish();
}

}  // namespace specter::rtcp
