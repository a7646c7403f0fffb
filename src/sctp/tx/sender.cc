#include "sctp/tx/sender.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/sequence.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/forward_tsn_chunk.h"
#include "sctp/tx/reno.h"

namespace specter::sctp {
namespace {

using State = OutstandingChunk::State;

// A message is not cut to fill what is left of a packet when that is less.
constexpr std::size_t kMinFragment = 200;

}  // namespace

Sender::Sender(const Config& config, std::uint32_t initial_tsn)
    : config_(config),
      out_(queue_, initial_tsn),
      rto_(config.rto),
      congestion_(std::make_unique<Reno>(config.segment_bytes)),
      burst_(static_cast<std::int64_t>(Reno::kInitialSegments * config.segment_bytes)),
      skip_point_(out_.cumulative()) {}

bool Sender::has_room_for(std::size_t message_bytes) const {
  return message_bytes <= config_.buffer_bytes &&
         queue_.held_bytes() <= config_.buffer_bytes - message_bytes;
}

void Sender::send(OutgoingMessage message) {
  const Deadline expires = message.expires;
  const MessageIndex index = queue_.push(std::move(message));
  if (expires) lifetimes_.push({*expires, index, queue_[index].generation});
}

void Sender::start(std::uint32_t window_bytes, bool forward_tsn) {
  started_ = true;
  peer_window_ = window_bytes;
  forward_tsn_ = forward_tsn;
}

std::size_t Sender::peer_window_bytes() const {
  return peer_window_ > out_.flight_payload() ? peer_window_ - out_.flight_payload() : 0;
}

// §6.1 B: the congestion window may be passed by one chunk.
bool Sender::window_open() const {
  return out_.flight_bytes() < congestion_->window_bytes() && burst_ > 0;
}

bool Sender::may_send_new() const {
  return started_ && window_open() && out_.lost().empty() && out_.size() < Outstanding::kMaxChunks;
}

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
  if (message.started()) {
    if (message.sent < message.size) {
      // The peer may have all that was sent of it, and waits for the rest. One TSN stands for that
      // rest, so that there is one to skip to.
      OutstandingChunk rest;
      rest.message = index;
      rest.state = State::Abandoned;
      rest.end = true;
      queue_.add_record(index, out_.push(rest));
    }
    out_.abandon(message.first_tsn, message.last_tsn);
  }
  queue_.abandon(index);
  advance_skip_point();
}

void Sender::give_up_lost(const std::vector<std::int64_t>& tsns, Timestamp now) {
  for (const std::int64_t tsn : tsns) {
    const OutstandingChunk chunk = out_.at(tsn);
    if (chunk.state == State::Lost && must_give_up(queue_[chunk.message], chunk, now))
      give_up(chunk.message);
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

void Sender::prepare(Timestamp now) {
  polled_since_sack_ = true;
  while (!out_.lost().empty()) {
    const OutstandingChunk& chunk = out_.at(out_.lost().lowest());
    if (!must_give_up(queue_[chunk.message], chunk, now)) break;
    give_up(chunk.message);
  }
  if (out_.flight_bytes() == 0)
    burst_ =
        std::max(burst_, static_cast<std::int64_t>(Reno::kInitialSegments * config_.segment_bytes));
}

bool Sender::wants_to_send() {
  if (!started_) return false;
  if (forward_due_) return true;
  if (!out_.lost().empty()) return fast_retransmit_due_ || window_open();
  if (!may_send_new()) return false;
  const MessageIndex index = queue_.front();
  if (index == kNoMessage) return false;
  const OutgoingMessage& message = queue_[index];
  if (!message.started() && queue_.started_messages() >= kMaxStartedMessages) return false;
  const std::size_t fragment =
      std::min(message.size - message.sent, config_.segment_bytes - DataChunk::kHeaderBytes);
  return fragment <= peer_window_bytes() || out_.flight_payload() == 0;
}

void Sender::fill(PacketWriter& packet, Timestamp now) {
  if (!started_) return;
  if (forward_due_) add_forward_tsn(packet, now);
  decay_when_idle(now);
  const bool fast = std::exchange(fast_retransmit_due_, false);
  if (fast && !out_.lost().empty()) {
    // §7.2.4: this one packet goes at once; only what fits into it.
    const std::int64_t first = out_.lost().lowest();
    bool added = false;
    while (!out_.lost().empty() && add_lost(packet, now)) added = true;
    // Not even one fitted beside what else is in the packet: the next is for it.
    if (!added && !out_.lost().empty()) fast_retransmit_due_ = true;
    if (added && first == out_.cumulative() + 1) t3_ = now + rto_.value();
    return;
  }
  while (!out_.lost().empty() && window_open() && add_lost(packet, now)) {
  }
  while (may_send_new() && add_new(packet, now)) {
  }
}

bool Sender::add_lost(PacketWriter& packet, Timestamp now) {
  const std::int64_t tsn = out_.lost().lowest();
  OutstandingChunk& chunk = out_.at(tsn);
  if (must_give_up(queue_[chunk.message], chunk, now)) {
    give_up(chunk.message);
    return true;
  }
  if (!packet.fits(DataChunk::kHeaderBytes + chunk.size)) return false;
  out_.send_again(tsn);
  ++retransmissions_;
  // RFC 9260 §6.3.1 C5, Karn's rule: an answer could be to either transmission.
  if (measurement_ && measurement_->tsn == tsn) measurement_.reset();
  const bool window_used = out_.flight_bytes() >= congestion_->window_bytes();
  write(packet, tsn,
        hurry_ || (window_used && congestion_->window_bytes() < 2 * config_.segment_bytes));
  note_sent(now, Outstanding::wire_bytes(chunk));
  return true;
}

bool Sender::add_new(PacketWriter& packet, Timestamp now) {
  const MessageIndex index = queue_.front();
  if (index == kNoMessage) return false;
  const OutgoingMessage& message = queue_[index];
  if (!message.started() && queue_.started_messages() >= kMaxStartedMessages) return false;

  if (packet.room() <= DataChunk::kHeaderBytes) return false;
  const std::size_t room = packet.room() - DataChunk::kHeaderBytes;
  const std::size_t rest = message.size - message.sent;
  std::size_t size = std::min(rest, config_.segment_bytes - DataChunk::kHeaderBytes);
  if (size > room) {
    if (room < std::min(kMinFragment, size)) return false;
    size = room;
  }
  // §6.1 A: with nothing under way one chunk may go whatever the window, to ask it.
  const bool probe = size > peer_window_bytes();
  if (probe && out_.flight_payload() > 0) return false;

  OutstandingChunk chunk;
  chunk.message = index;
  chunk.offset = static_cast<std::uint32_t>(message.sent);
  chunk.size = static_cast<std::uint16_t>(size);
  chunk.transmissions = 1;
  chunk.begin = message.sent == 0;
  chunk.end = size == rest;
  const std::int64_t tsn = out_.push(chunk);
  queue_.advance_front(size, tsn);
  probing_ = probe;
  if (!measurement_) measurement_ = Measurement{tsn, now};
  const bool window_used = out_.flight_bytes() >= congestion_->window_bytes();
  write(
      packet, tsn,
      hurry_ || probe || (window_used && congestion_->window_bytes() < 2 * config_.segment_bytes));
  note_sent(now, Outstanding::wire_bytes(chunk));
  return true;
}

void Sender::write(PacketWriter& packet, std::int64_t tsn, bool immediate) {
  const OutstandingChunk& chunk = out_.at(tsn);
  const OutgoingMessage& message = queue_[chunk.message];
  DataChunk data;
  data.tsn = static_cast<std::uint32_t>(tsn);
  data.stream = message.stream;
  data.ssn = message.ssn;
  data.ppid = message.ppid;
  data.immediate = immediate;
  data.unordered = message.unordered;
  data.begin = chunk.begin;
  data.end = chunk.end;
  data.payload = Bytes(message.bytes).subspan(chunk.offset, chunk.size);
  packet.add(data);
}

void Sender::note_sent(Timestamp now, std::size_t bytes) {
  burst_ -= static_cast<std::int64_t>(bytes);
  last_sent_ = now;
  if (!t3_) t3_ = now + rto_.value();  // §6.3.2 R1
}

void Sender::decay_when_idle(Timestamp now) {
  if (!last_sent_ || !out_.empty()) return;
  const Timestamp since = std::max(*last_sent_, decayed_at_.value_or(*last_sent_));
  const auto timeouts = (now - since) / rto_.value();
  if (timeouts <= 0) return;
  congestion_->on_idle(static_cast<int>(std::min<std::int64_t>(timeouts, 32)));
  decayed_at_ = now;
}

void Sender::add_forward_tsn(PacketWriter& packet, Timestamp now) {
  ForwardTsnChunk forward;
  if (!packet.fits(ForwardTsnChunk::kFixedBytes)) return;
  const std::size_t max_entries =
      (packet.room() - ForwardTsnChunk::kFixedBytes) / ForwardTsnChunk::kEntryBytes;
  // RFC 3758 §3.5 C3: of each stream the last ordered message that is skipped. What does not fit
  // any more is skipped by the next one.
  std::unordered_map<std::uint16_t, std::size_t> entry_of;
  std::int64_t reached = out_.cumulative();
  while (reached < skip_point_) {
    const OutgoingMessage& message = queue_[out_.at(reached + 1).message];
    if (!message.unordered) {
      const auto [entry, is_new] =
          entry_of.try_emplace(std::to_underlying(message.stream), forward.skipped.size());
      if (is_new) {
        if (forward.skipped.size() == max_entries) break;
        forward.skipped.push_back({message.stream, message.ssn});
      } else {
        forward.skipped[entry->second].ssn = message.ssn;
      }
    }
    reached = std::min(message.last_tsn, skip_point_);
  }
  forward_due_ = false;
  if (reached == out_.cumulative()) return;
  forward.new_cumulative_tsn = static_cast<std::uint32_t>(reached);
  packet.add(forward);
  forward_sent_ = now;
  if (!t3_) t3_ = now + rto_.value();  // RFC 3758 §3.5 F4
}

std::vector<Range> Sender::gap_ranges(const SackChunk& sack, std::int64_t cumulative) const {
  std::vector<Range> ranges;
  ranges.reserve(sack.gaps.size());
  for (const SackChunk::GapBlock& block : sack.gaps) {
    // A block that touches the cumulative point or names what was never sent is none.
    const Range range{cumulative + block.start, cumulative + block.end};
    if (block.start > 1 && range.last < out_.next_tsn()) ranges.push_back(range);
  }
  if (!std::ranges::is_sorted(ranges, {}, &Range::first))
    std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> disjoint;
  disjoint.reserve(ranges.size());
  for (const Range& range : ranges) {
    if (!disjoint.empty() && range.first <= disjoint.back().last + 1)
      disjoint.back().last = std::max(disjoint.back().last, range.last);
    else
      disjoint.push_back(range);
  }
  return disjoint;
}

Sender::SackResult Sender::handle_sack(Timestamp now, const SackChunk& sack) {
  const std::int64_t cumulative = unwrap(sack.cumulative_tsn, out_.cumulative());
  if (cumulative < out_.cumulative()) return SackResult::Stale;  // §6.2.1 i
  if (cumulative >= out_.next_tsn()) return SackResult::NeverSent;

  const std::size_t flight_before = out_.flight_bytes();
  const bool was_probing = probing_ && peer_window_ < config_.segment_bytes;
  const auto measured =
      measurement_ ? std::optional(measurement_->tsn) : std::optional<std::int64_t>{};
  const Outstanding::Outcome outcome = out_.acknowledge(cumulative, gap_ranges(sack, cumulative),
                                                        measured, recovery_until_.has_value());
  peer_window_ = sack.window_bytes;
  if (outcome.measured) rto_.sample(now - measurement_->sent);
  if (measurement_ && (outcome.measured || measurement_->tsn <= cumulative)) measurement_.reset();
  after_acknowledgement(now, outcome, flight_before);

  // The window that we asked is open, and the chunk that asked was dropped: no need to wait.
  if (was_probing && outcome.bytes == 0 && peer_window_ > 0 && out_.flight_payload() > 0 &&
      peer_window_ >= out_.flight_payload()) {
    out_.mark_all_lost();
    fast_retransmit_due_ = true;
    probing_ = false;
  }
  if (out_.flight_payload() == 0) probing_ = false;
  return SackResult::Ok;
}

void Sender::after_acknowledgement(Timestamp now, const Outstanding::Outcome& outcome,
                                   std::size_t flight_before) {
  if (outcome.bytes > 0) {
    congestion_->on_acknowledged({.bytes = outcome.bytes,
                                  .flight_before = flight_before,
                                  .in_fast_recovery = recovery_until_.has_value(),
                                  .all_acknowledged = out_.empty()});
  }
  if (recovery_until_ && out_.cumulative() >= *recovery_until_) recovery_until_.reset();
  if (!outcome.newly_lost.empty() && !recovery_until_) {  // §7.2.4
    congestion_->on_fast_retransmit();
    recovery_until_ = out_.next_tsn() - 1;
    fast_retransmit_due_ = true;
  }
  give_up_lost(outcome.newly_lost, now);

  if (outcome.advanced) {
    timeouts_ = 0;
    // Against the letter of §6.3.3, which keeps the doubled timeout until a new measurement: with
    // much loss there is none for long, and the path has just shown that it works.
    rto_.restore();
    t3_.reset();
  }
  // §6.3.2 R2, R3, and what follows from them: while something is outstanding, T3 runs.
  if (out_.empty())
    t3_.reset();
  else if (!t3_)
    t3_ = now + rto_.value();

  const auto freed =
      static_cast<std::int64_t>(outcome.bytes + kMaxBurstSegments * config_.segment_bytes);
  burst_ = std::exchange(polled_since_sack_, false) ? freed : burst_ + freed;

  advance_skip_point();
  // RFC 3758 §3.5 C3: while the peer has not got there, it is told; not more often than it could
  // have answered.
  const Duration round_trip = rto_.smoothed().value_or(rto_.value());
  if (skip_point_ > out_.cumulative() && forward_sent_ && now - *forward_sent_ >= round_trip)
    forward_due_ = true;
}

bool Sender::handle_timeout(Timestamp now) {
  while (!lifetimes_.empty() && lifetimes_.top().expires <= now) {
    const Lifetime due = lifetimes_.top();
    lifetimes_.pop();
    const OutgoingMessage& message = queue_[due.message];
    if (message.generation != due.generation || message.kind != OutgoingMessage::Kind::Message)
      continue;
    // What is under way as a whole may still arrive: it is given up when it is found to be lost.
    const bool all_sent = message.sent == message.size;
    if (!all_sent && (forward_tsn_ || !message.started())) give_up(due.message);
  }
  if (!t3_ || *t3_ > now) return false;

  // §6.3.3.
  if (!probing_) congestion_->on_timeout(timeouts_ > 0);
  ++timeouts_;
  rto_.back_off();
  recovery_until_.reset();
  fast_retransmit_due_ = false;
  measurement_.reset();
  out_.mark_all_lost();
  burst_ = static_cast<std::int64_t>(Reno::kInitialSegments * config_.segment_bytes);
  if (skip_point_ > out_.cumulative()) forward_due_ = true;
  t3_ = now + rto_.value();
  std::vector<std::int64_t> lost;
  for (const Range& range : out_.lost().ranges())
    for (std::int64_t tsn = range.first; tsn <= range.last; ++tsn) lost.push_back(tsn);
  give_up_lost(lost, now);
  return true;
}

Deadline Sender::next_timeout() const {
  return soonest(t3_, lifetimes_.empty() ? Deadline{} : Deadline{lifetimes_.top().expires});
}

}  // namespace specter::sctp
