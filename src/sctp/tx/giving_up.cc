// Messages that are not sent again for ever, and how the peer hears of it. RFC 3758 §3.5.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "sctp/packet/forward_tsn_chunk.h"
#include "sctp/packet/i_forward_tsn_chunk.h"
#include "sctp/tx/sender.h"

namespace specter::sctp {

using State = OutstandingChunk::State;

bool Sender::must_give_up(const OutgoingMessage& message, const OutstandingChunk& chunk,
                          Timestamp now) const {
  if (!forward_tsn_) return false;
  if (message.expires && *message.expires <= now) return true;
  return message.max_retransmits && chunk.transmissions > *message.max_retransmits;
}

// RFC 3758 §3.5: the whole message, whatever became of its fragments.
void Sender::give_up(MessageIndex index) {
  OutgoingMessage& message = queue_[index];
  if (message.abandoned) return;
  ++abandoned_;
  // Of a message in parts, those before this one were sent.
  if (message.started() || message.continues) {
    if (message.sent < message.size) {
      // The peer may have all that was sent of it, and waits for the rest. One TSN stands for that
      // rest, so that there is one to skip to.
      OutstandingChunk rest;
      rest.message = index;
      rest.state = State::Abandoned;
      rest.end = true;
      queue_.add_empty_record(index, out_.push(rest));
    }
    out_.abandon(index, message.first_tsn, message.last_tsn);
  }
  queue_.abandon(index);
  advance_skip_point();
}

void Sender::cut_message(StreamId stream) {
  if (!queue_.is_message_open(stream)) return;
  // RFC 8831 §5 asks every peer for RFC 3758; one without it has to take what there is.
  if (!forward_tsn_) return queue_.end_message(stream);
  const MessageIndex index = queue_.cut_message(stream);
  if (index == kNoMessage)
    ++abandoned_;
  else
    give_up(index);
}

void Sender::give_up_lost(Timestamp now) {
  for (const std::int64_t tsn : newly_lost_) {
    const OutstandingChunk chunk = out_.at(tsn);
    if (chunk.state == State::Lost && must_give_up(queue_[chunk.message], chunk, now))
      give_up(chunk.message);
  }
}

void Sender::give_up_expired(Timestamp now) {
  is_overdue_ = false;
  for (MessageIndex index; (index = lifetimes_.take_expired(now)) != kNoMessage;) {
    const OutgoingMessage& message = queue_[index];
    // What is under way as a whole may still arrive: it is given up when it is found to be lost.
    const bool all_sent = message.sent == message.size;
    if (!all_sent && (forward_tsn_ || !message.started())) give_up(index);
  }
}

// RFC 3758 §3.5 C2.
void Sender::advance_skip_point() {
  const std::int64_t before = skip_point_;
  skip_point_ = std::max(skip_point_, out_.cumulative());
  while (skip_point_ + 1 < out_.next_tsn() && out_.at(skip_point_ + 1).state == State::Abandoned)
    ++skip_point_;
  if (skip_point_ > before && skip_point_ > out_.cumulative()) forward_due_ = true;
}

namespace {

ForwardTsnChunk::Skipped skipped(const OutgoingMessage& message, const ForwardTsnChunk&) {
  return {message.stream, static_cast<std::uint16_t>(message.mid)};
}
IForwardTsnChunk::Skipped skipped(const OutgoingMessage& message, const IForwardTsnChunk&) {
  return {message.stream, message.unordered, message.mid};
}

}  // namespace

void Sender::add_forward_tsn(PacketWriter& packet, Timestamp now) {
  if (interleaves_)
    add_forward_tsn<IForwardTsnChunk>(packet, now);
  else
    add_forward_tsn<ForwardTsnChunk>(packet, now);
}

template <class Chunk>
void Sender::add_forward_tsn(PacketWriter& packet, Timestamp now) {
  Chunk forward;
  if (!packet.fits(Chunk::kFixedBytes)) return;
  const std::size_t max_entries = (packet.room() - Chunk::kFixedBytes) / Chunk::kEntryBytes;
  // RFC 3758 §3.5 C3: of each stream the last ordered message that is skipped; RFC 8260 §2.3.1: and
  // the last unordered one. What does not fit any more is skipped by the next one.
  std::unordered_map<std::uint32_t, std::size_t> entry_of;
  std::int64_t reached = out_.cumulative();
  MessageIndex last = kNoMessage;
  for (; reached < skip_point_; ++reached) {
    const MessageIndex index = out_.at(reached + 1).message;
    if (std::exchange(last, index) == index) continue;
    const OutgoingMessage& message = queue_[index];
    if (message.unordered && !interleaves_) continue;
    const std::uint32_t key = std::to_underlying(message.stream) * 2u + message.unordered;
    const auto [entry, is_new] = entry_of.try_emplace(key, forward.skipped.size());
    if (!is_new) {
      forward.skipped[entry->second] = skipped(message, forward);
    } else if (forward.skipped.size() < max_entries) {
      forward.skipped.push_back(skipped(message, forward));
    } else {
      break;
    }
  }
  forward_due_ = false;
  if (reached == out_.cumulative()) return;
  forward.new_cumulative_tsn = static_cast<std::uint32_t>(reached);
  packet.add(forward);
  forward_sent_ = now;
  if (!t3_) t3_ = now + rto_.value();  // RFC 3758 §3.5 F4
}

}  // namespace specter::sctp
