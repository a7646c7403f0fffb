#include "sctp/rx/receiver.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

namespace specter::sctp {
namespace {

// A message or a loose fragment of one byte costs us so much more: a node, its fields, memory of
// its own. All beyond the first few count against the buffer as that; those are what large messages
// have, for which a window is made of their bytes alone.
constexpr std::size_t kBytesPerItem = 192;
constexpr std::size_t kFreeItems = 1024;

}  // namespace

Receiver::Receiver(const Limits& limits, std::uint32_t peer_initial_tsn,
                   const PartStreams* in_parts)
    : limits_(limits),
      tsns_(peer_initial_tsn),
      reassembly_(limits.max_message_bytes, in_parts),
      advertised_bytes_(limits.buffer_bytes) {}

std::size_t Receiver::items() const { return reassembly_.items() + undelivered_messages_; }

std::size_t Receiver::used_bytes() const {
  const std::size_t count = items();
  return buffered_bytes() + (count > kFreeItems ? (count - kFreeItems) * kBytesPerItem : 0);
}

std::size_t Receiver::window_bytes() const {
  const std::size_t used = used_bytes();
  if (used >= limits_.buffer_bytes) return 0;
  const std::size_t room = limits_.buffer_bytes - used;
  // In bytes as the peer counts them: of what an item costs its bytes are so large a part. More
  // would be allowed and then dropped.
  const std::size_t bytes = buffered_bytes();
  if (used == bytes) return room;
  const auto whole = static_cast<double>(bytes + items() * kBytesPerItem);
  return static_cast<std::size_t>(static_cast<double>(room) * static_cast<double>(bytes) / whole);
}

template <class Chunk>
bool Receiver::accepts(std::int64_t tsn, const Chunk& chunk) const {
  const bool is_next = tsn == tsns_.cumulative() + 1;
  if (!is_next && !reassembly_.has_place_for(chunk)) return false;
  const std::size_t used = used_bytes();
  if (used < limits_.buffer_bytes) return true;
  // The buffer is full of what can't be delivered before this one came: without it nothing would
  // ever get out again. A sender that keeps the rules needs one buffer's worth of these at most. Of
  // a burst that was lost the chunks come in many packets at once, and all are taken. What only
  // goes on where nothing is missing waits while something can be polled: that is the
  // application's turn.
  const bool waits_for_nobody = is_next && undelivered_messages_ == 0;
  if (!tsns_.is_in_gap(tsn) && !waits_for_nobody) return false;
  const std::size_t size = chunk.payload.size();
  // What keeping track of many small ones costs, the sender does not know. It may have filled all
  // of that with what lies beyond, and what lets that out comes now: at most one incomplete
  // message, or with I-DATA what the sender may have open, a buffer's worth of bytes again.
  if (waits_for_nobody && tsns_.has_gaps())
    return used + size <= 3 * limits_.buffer_bytes &&
           buffered_bytes() + size <= 2 * limits_.buffer_bytes;
  return used + size <= 2 * limits_.buffer_bytes;
}

template <class Chunk>
Reassembly::Result Receiver::handle_data(const Chunk& chunk) {
  using Result = Reassembly::Result;
  packet_had_data_ = true;
  if (chunk.immediate) packet_wants_sack_ = true;  // RFC 9260 §6.2, RFC 7053 §5.2
  const std::int64_t tsn = tsns_.unwrap(chunk.tsn);
  switch (tsns_.look_at(tsn)) {
    case ReceivedTsns::Verdict::New: break;
    case ReceivedTsns::Verdict::Duplicate:
      tsns_.add_duplicate(chunk.tsn);
      packet_wants_sack_ = true;  // §6.2: at once
      return Result::Ok;
    case ReceivedTsns::Verdict::TooFar: packet_wants_sack_ = true; return Result::Ok;
  }
  if (!accepts(tsn, chunk)) {
    packet_wants_sack_ = true;  // §6.2: dropped, and the window told
    return Result::Ok;
  }
  // §6.7: out of order, or the filling of a gap: at once.
  if (tsns_.has_gaps() || tsn != tsns_.cumulative() + 1) packet_wants_sack_ = true;
  tsns_.add(tsn);
  return reassembly_.add(tsn, chunk, tsns_.cumulative());
}

template Reassembly::Result Receiver::handle_data(const DataChunk&);
template Reassembly::Result Receiver::handle_data(const IDataChunk&);

void Receiver::handle_unwanted(std::uint32_t wrapped) {
  packet_had_data_ = true;
  packet_wants_sack_ = true;
  const std::int64_t tsn = tsns_.unwrap(wrapped);
  if (tsns_.look_at(tsn) == ReceivedTsns::Verdict::New) tsns_.add(tsn);
}

template <class Chunk>
bool Receiver::handle_forward_tsn(const Chunk& chunk) {
  const std::int64_t target = tsns_.unwrap(chunk.new_cumulative_tsn);
  // RFC 3758 §3.6: an old one is answered, since the SACK that answered it may be lost.
  packet_had_data_ = true;
  packet_wants_sack_ = true;
  if (target <= tsns_.cumulative()) return true;
  // Every chunk skipped was one that our window had allowed, with at least one byte.
  const auto reachable = std::max<std::int64_t>(ReceivedTsns::kMaxDistance,
                                                static_cast<std::int64_t>(limits_.buffer_bytes));
  if (target - tsns_.cumulative() > reachable) return false;
  tsns_.skip_to(target);
  if constexpr (std::is_same_v<Chunk, IForwardTsnChunk>)
    reassembly_.skip(chunk.skipped);
  else
    reassembly_.skip(target, tsns_.cumulative(), chunk.skipped);
  return true;
}

template bool Receiver::handle_forward_tsn(const ForwardTsnChunk&);
template bool Receiver::handle_forward_tsn(const IForwardTsnChunk&);

void Receiver::handle_packet_end(Timestamp now) {
  if (!packet_had_data_) return;
  packet_had_data_ = false;
  ++packets_since_sack_;
  // RFC 9260 §6.2: for every second packet at least, and within the delay.
  if (std::exchange(packet_wants_sack_, false) || packets_since_sack_ >= 2)
    sack_due_ = true;
  else if (!sack_at_)
    sack_at_ = now + kSackDelay;
}

void Receiver::handle_timeout(Timestamp now) {
  if (!sack_at_ || *sack_at_ > now) return;
  sack_at_.reset();
  sack_due_ = true;
}

void Receiver::begin_reset(std::uint32_t last_tsn, std::vector<StreamId> streams) {
  reassembly_.begin_reset(tsns_.unwrap(last_tsn), std::move(streams));
}

std::optional<std::vector<StreamId>> Receiver::finish_reset() {
  return reassembly_.finish_reset(tsns_.cumulative());
}

std::vector<ReassembledMessage> Receiver::counted(std::vector<ReassembledMessage> messages) {
  for (const ReassembledMessage& message : messages) undelivered_bytes_ += message.bytes.size();
  undelivered_messages_ += messages.size();
  return messages;
}

std::vector<ReassembledMessage> Receiver::take_messages() {
  return counted(reassembly_.take_ready());
}

std::vector<ReassembledMessage> Receiver::take_before_reset() {
  return counted(reassembly_.take_before_reset());
}

void Receiver::release(std::size_t bytes) {
  undelivered_bytes_ -= bytes;
  --undelivered_messages_;
  // RFC 9260 §6.2, RFC 1122 §4.2.3.3: a window that had (nearly) closed is told to be open again,
  // but only when a full packet fits, lest the peer send in crumbs.
  const std::size_t enough = std::min(limits_.segment_bytes, limits_.buffer_bytes / 2);
  const std::size_t window = window_bytes();
  const bool peer_may_wait = advertised_bytes_ < 2 * limits_.segment_bytes;
  const bool much_more = window >= advertised_bytes_ + limits_.buffer_bytes / 2;
  if ((peer_may_wait && window >= advertised_bytes_ + enough) || much_more) sack_due_ = true;
}

SackChunk Receiver::make_sack(std::size_t max_bytes) {
  std::size_t entries = max_bytes > SackChunk::kFixedBytes
                            ? (max_bytes - SackChunk::kFixedBytes) / SackChunk::kEntryBytes
                            : 0;
  SackChunk sack;
  sack.cumulative_tsn = cumulative_tsn();
  sack.window_bytes = static_cast<std::uint32_t>(
      std::min<std::size_t>(window_bytes(), std::numeric_limits<std::uint32_t>::max()));
  for (const Range& range : tsns_.beyond()) {
    if (entries == 0) break;
    --entries;
    sack.gaps.push_back({static_cast<std::uint16_t>(range.first - tsns_.cumulative()),
                         static_cast<std::uint16_t>(range.last - tsns_.cumulative())});
  }
  sack.duplicates = tsns_.take_duplicates();
  if (sack.duplicates.size() > entries) sack.duplicates.resize(entries);

  sack_due_ = false;
  sack_at_.reset();
  packets_since_sack_ = 0;
  advertised_bytes_ = sack.window_bytes;
  return sack;
}

}  // namespace specter::sctp
