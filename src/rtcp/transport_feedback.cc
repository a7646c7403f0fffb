#include "rtcp/transport_feedback.h"

#include <algorithm>

#include "base/check.h"
#include "base/sequence.h"
#include "rtcp/parse_as.h"
#include "rtcp/status_chunks.h"

namespace specter::rtcp {
namespace {

constexpr std::size_t kFixedSize = kHeaderSize + 16;
constexpr std::int64_t kMinDelta = -0x8000;
constexpr std::int64_t kMaxDelta = 0x7fff;
constexpr std::int16_t kMaxSmallDelta = 0xff;

Symbol symbol_of(std::int16_t delta) {
  return delta >= 0 && delta <= kMaxSmallDelta ? Symbol::Small : Symbol::Large;
}

std::size_t size_of(Symbol symbol) { return symbol == Symbol::Small ? 1 : 2; }

// To the nearest tick.
std::int64_t ticks(Timestamp at) {
  using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 4000>>;
  static_assert(Ticks(1) == TransportFeedback::kTick);
  return std::chrono::round<Ticks>(at.time_since_epoch()).count();
}

std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

struct Reported {
  std::uint16_t sequence = 0;
  Symbol symbol{};
};

// Those that came, of `count` packets; the reader stands behind the chunks then.
std::expected<std::vector<Reported>, ParseError> parse_chunks(ByteReader& r, std::uint16_t first,
                                                              std::size_t count) {
  std::vector<Reported> reported;
  std::size_t delta_bytes = 0;
  for (std::size_t at = 0; at < count;) {
    const StatusChunk chunk(r.u16());
    if (!r.ok()) return std::unexpected(ParseError::Truncated);
    const std::size_t end = std::min(at + chunk.size(), count);
    // A long run of these is no more work than a short one.
    if (chunk.is_run() && chunk[0] == Symbol::NotReceived) {
      at = end;
      continue;
    }
    for (std::size_t i = 0; at < end; ++at, ++i) {
      const Symbol symbol = chunk[i];
      if (symbol == Symbol::Reserved) return std::unexpected(ParseError::BadValue);
      if (symbol == Symbol::NotReceived) continue;
      // Each has a distance, so no more are kept than there are bytes.
      delta_bytes += size_of(symbol);
      if (delta_bytes > r.remaining()) return std::unexpected(ParseError::Truncated);
      reported.push_back({static_cast<std::uint16_t>(first + at), symbol});
    }
  }
  return reported;
}

}  // namespace

std::int64_t TransportFeedback::reference_ticks(std::int64_t last) const {
  // 24 bits of 256 ticks are the upper part of 32 bits of ticks.
  return unwrap(static_cast<std::uint32_t>(reference * kTicksPerReference), last);
}

std::expected<TransportFeedback, ParseError> TransportFeedback::parse(Bytes in) {
  return parse_as<TransportFeedback>(in);
}

std::expected<TransportFeedback, ParseError> TransportFeedback::parse(const RawPacket& packet) {
  if (!packet.is(TransportFormat::TransportWide)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  TransportFeedback feedback;
  feedback.sender_ssrc = r.u32();
  feedback.media_ssrc = r.u32();
  feedback.first_sequence = r.u16();
  feedback.count = r.u16();
  feedback.reference = r.u24();
  feedback.feedback_count = r.u8();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (feedback.count == 0) return std::unexpected(ParseError::BadValue);

  const auto reported = parse_chunks(r, feedback.first_sequence, feedback.count);
  if (!reported) return std::unexpected(reported.error());
  feedback.arrivals.reserve(reported->size());
  for (const Reported& one : *reported) {
    const auto delta =
        one.symbol == Symbol::Small ? std::int16_t{r.u8()} : static_cast<std::int16_t>(r.u16());
    feedback.arrivals.push_back({one.sequence, delta});
  }
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return feedback;
}

void TransportFeedback::write(ByteWriter& out) const {
  SPECTER_CHECK(count > 0 && reference <= kReferenceMask);
  PacketWriter packet(out, TransportFormat::TransportWide);
  out.u32(sender_ssrc);
  out.u32(media_ssrc);
  out.u16(first_sequence);
  out.u16(count);
  out.u24(reference);
  out.u8(feedback_count);

  StatusChunkWriter chunks;
  for (const Arrival& arrival : arrivals) {
    const auto at = static_cast<std::uint16_t>(arrival.sequence - first_sequence);
    SPECTER_CHECK(at < count && at >= chunks.symbols());
    chunks.add(Symbol::NotReceived, at - chunks.symbols());
    chunks.add(symbol_of(arrival.delta));
  }
  chunks.add(Symbol::NotReceived, count - chunks.symbols());
  for (const std::uint16_t chunk : chunks.finish()) out.u16(chunk);
  for (const Arrival& arrival : arrivals) {
    if (symbol_of(arrival.delta) == Symbol::Small)
      out.u8(static_cast<std::uint8_t>(arrival.delta));
    else
      out.u16(static_cast<std::uint16_t>(arrival.delta));
  }
  packet.finish();
}

std::size_t fill(TransportFeedback& out, std::span<const TransportArrival> arrivals,
                 const TransportFeedbackBounds& bounds) {
  using Bounds = TransportFeedbackBounds;
  SPECTER_CHECK(!arrivals.empty() && bounds.max_bytes >= Bounds::kMinBytes);
  std::int64_t first = bounds.first_sequence;
  SPECTER_CHECK(arrivals.front().sequence >= first);
  const auto is_in_reach = [&first](std::int64_t sequence) {
    return sequence - first < static_cast<std::int64_t>(Bounds::kMaxCount);
  };
  if (!is_in_reach(arrivals.front().sequence)) first = arrivals.front().sequence;

  std::int64_t last_ticks = ticks(arrivals.front().at);
  // Rounded down, before the beginning of time too.
  const std::int64_t reference = last_ticks >> 8;
  last_ticks = reference * TransportFeedback::kTicksPerReference;
  out.first_sequence = static_cast<std::uint16_t>(first);
  out.reference = static_cast<std::uint32_t>(reference) & TransportFeedback::kReferenceMask;
  out.arrivals.clear();

  StatusChunkWriter chunks;
  std::size_t delta_bytes = 0;
  for (const TransportArrival& arrival : arrivals) {
    const std::int64_t arrival_ticks = ticks(arrival.at);
    const std::int64_t delta = arrival_ticks - last_ticks;
    const std::int64_t at = arrival.sequence - first;
    SPECTER_CHECK(at >= static_cast<std::int64_t>(chunks.symbols()));
    if (!is_in_reach(arrival.sequence) || delta < kMinDelta || delta > kMaxDelta) break;
    const Symbol symbol = symbol_of(static_cast<std::int16_t>(delta));
    chunks.add(Symbol::NotReceived, static_cast<std::size_t>(at) - chunks.symbols());
    chunks.add(symbol);
    delta_bytes += size_of(symbol);
    if (padded(kFixedSize + chunks.bytes() + delta_bytes) > bounds.max_bytes) break;
    out.arrivals.push_back(
        {static_cast<std::uint16_t>(arrival.sequence), static_cast<std::int16_t>(delta)});
    out.count = static_cast<std::uint16_t>(at + 1);
    last_ticks = arrival_ticks;
  }
  SPECTER_CHECK(!out.arrivals.empty());
  return out.arrivals.size();
}

}  // namespace specter::rtcp
