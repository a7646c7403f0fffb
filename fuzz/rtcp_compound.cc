// A datagram of RTCP packets, and each message in it. What parses is written and parsed to the
// same; the walk's views lie in the datagram, one behind the other; what a message keeps is bounded
// by its bytes.
#include <vector>

#include "codec.h"
#include "rtcp/compound.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::rtcp;

constexpr std::size_t kMaxBytes = 65'536;

Buffer written_message(const Message& message) {
  Buffer bytes;
  ByteWriter out(bytes);
  write(out, message);
  return bytes;
}

void check_walk(Bytes input) {
  CompoundReader reader(input);
  std::size_t at = 0;
  std::size_t packets = 0;
  while (const auto packet = reader.next()) {
    const std::size_t size = *packet_size(input.subspan(at));
    SPECTER_CHECK(size % 4 == 0 && size <= input.size() - at);
    SPECTER_CHECK(is_view_of(input.subspan(at, size), packet->body));
    SPECTER_CHECK(packet->body.size() + kHeaderSize <= size);
    SPECTER_CHECK(packet->count <= kMaxCount);
    at += size;
    ++packets;
  }
  SPECTER_CHECK(packets <= CompoundReader::kMaxPackets);
  SPECTER_CHECK(reader.error().has_value() == (at < input.size()));
}

struct CheckBounds {
  std::size_t size;  // of the message

  void operator()(const SenderReport& m) const { SPECTER_CHECK(m.blocks.size() <= kMaxCount); }
  void operator()(const ReceiverReport& m) const { SPECTER_CHECK(m.blocks.size() <= kMaxCount); }
  void operator()(const SourceDescription& m) const { SPECTER_CHECK(m.chunks.size() <= kMaxCount); }
  void operator()(const Bye& m) const { SPECTER_CHECK(m.ssrcs.size() <= kMaxCount); }
  void operator()(const App& m) const { SPECTER_CHECK(m.data.size() <= size); }
  void operator()(const ExtendedReport& m) const {
    SPECTER_CHECK(m.blocks.size() <= ExtendedReport::kMaxBlocks);
  }
  void operator()(const Nack& m) const {
    std::size_t numbers = 0;
    m.for_each([&numbers](std::uint16_t) { ++numbers; });
    SPECTER_CHECK(numbers >= m.items.size() && numbers <= 17 * m.items.size());
    SPECTER_CHECK(m.items.size() <= Nack::kMaxItems);
  }
  void operator()(const PictureLoss&) const {}
  void operator()(const FullIntraRequest& m) const {
    SPECTER_CHECK(m.requests.size() <= FullIntraRequest::kMaxRequests);
  }
  void operator()(const BitrateEstimate& m) const {
    SPECTER_CHECK(m.bits_per_second <= BitrateEstimate::kMaxBitrate);
  }
  void operator()(const TransportFeedback& m) const { check(m); }
  void operator()(const CongestionFeedback& m) const {
    std::size_t packets = 0;
    for (const auto& stream : m.streams) packets += stream.packets.size();
    SPECTER_CHECK(2 * packets <= size);
  }
  void operator()(const UnknownPacket& m) const { SPECTER_CHECK(m.body.size() <= size); }

  // The arrivals that it tells of, said again by us from their times.
  void check(const TransportFeedback& m) const {
    SPECTER_CHECK(m.arrivals.size() <= size);
    std::int64_t ticks = m.reference_ticks(0);
    std::vector<TransportArrival> arrivals;
    for (const auto& arrival : m.arrivals) {
      const auto at = static_cast<std::uint16_t>(arrival.sequence - m.first_sequence);
      SPECTER_CHECK(at < m.count);
      arrivals.push_back({at, Timestamp((ticks += arrival.delta) * TransportFeedback::kTick)});
    }
    std::span<const TransportArrival> left = arrivals;
    std::int64_t next = 0;
    while (!left.empty()) {
      TransportFeedback said;
      const std::size_t taken = fill(said, left, {.first_sequence = next, .max_bytes = 200});
      SPECTER_CHECK(taken > 0 && taken <= left.size());
      const Buffer bytes = written(said);
      SPECTER_CHECK(bytes.size() <= 200);
      SPECTER_CHECK(TransportFeedback::parse(bytes) == said);
      std::int64_t told = said.reference_ticks(0);
      for (std::size_t i = 0; i < taken; ++i) {
        told += said.arrivals[i].delta;
        SPECTER_CHECK(said.arrivals[i].sequence == static_cast<std::uint16_t>(left[i].sequence));
        const Timestamp at(told * TransportFeedback::kTick);
        // The reference time wraps; all else is what it was.
        SPECTER_CHECK(static_cast<std::uint32_t>((left[i].at - at) / TransportFeedback::kTick) ==
                      0);
      }
      next = left[taken - 1].sequence + 1;
      left = left.subspan(taken);
    }
  }
};

}  // namespace

void run(Bytes input) {
  if (input.size() > kMaxBytes) return;
  check_walk(input);
  const auto compound = Compound::parse(input, CompoundForm::ReducedSize);
  const auto full = Compound::parse(input, CompoundForm::Full);
  if (!compound) {
    SPECTER_CHECK(!full);
    return;
  }
  if (full) SPECTER_CHECK(*full == *compound);
  SPECTER_CHECK(compound->messages.size() + compound->malformed <= CompoundReader::kMaxPackets);

  Buffer all;
  CompoundWriter writer(all, 4 * kMaxBytes);
  for (const Message& message : compound->messages) {
    std::visit(CheckBounds{input.size()}, message);
    const Buffer bytes = written_message(message);
    SPECTER_CHECK(bytes.size() % 4 == 0);
    const auto packet = RawPacket::parse_whole(bytes);
    SPECTER_CHECK(packet.has_value());
    const auto again = parse_message(*packet);
    SPECTER_CHECK(again.has_value());
    SPECTER_CHECK(*again == message);
    SPECTER_CHECK(writer.add(message));
  }
  if (compound->messages.empty()) return;
  const auto again = Compound::parse(all, CompoundForm::ReducedSize);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(again->messages == compound->messages);
  SPECTER_CHECK(again->malformed == 0 && !again->stopped);
}

}  // namespace specter::fuzz
