#include "sctp/tx/sender.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/idata_chunk.h"

namespace specter::sctp {
namespace {

// A message is not cut to fill what is left of a packet when that is less.
constexpr std::size_t kMinFragment = 200;

}  // namespace

Sender::Sender(const Config& config, std::uint32_t initial_tsn)
    : config_(config),
      out_(queue_, initial_tsn),
      rto_(config.rto),
      congestion_(
          make_congestion_controller(config.congestion_control, config.segment_bytes, config.seed)),
      pacer_(config.segment_bytes),
      proportion_(config.segment_bytes),
      chunk_bytes_(config.segment_bytes),
      skip_point_(out_.cumulative()) {}

bool Sender::has_room_for(std::size_t message_bytes) const {
  return message_bytes <= config_.buffer_bytes &&
         queue_.held_bytes() <= config_.buffer_bytes - message_bytes;
}

void Sender::send(OutgoingMessage message) {
  const Deadline expires = message.expires;
  const MessageIndex index = queue_.push(std::move(message));
  if (expires) lifetimes_.add(*expires, index);
}

void Sender::start(const Peer& peer) {
  started_ = true;
  peer_window_ = peer.window_bytes;
  forward_tsn_ = peer.forward_tsn;
  interleaves_ = peer.interleaving;
  out_.set_header_bytes(interleaves_ ? IDataChunk::kHeaderBytes : DataChunk::kHeaderBytes);
  if (interleaves_)
    queue_.set_interleaving(SendQueue::Interleaving{max_fragment(), peer.window_bytes});
  else
    queue_.set_interleaving(std::nullopt);
  // A message that has TSNs is skipped as any other. If the peer knows no FORWARD TSN, it goes on:
  // chunks of streams that do not exist are acknowledged (RFC 9260 §6.5).
  for (const MessageIndex index : queue_.messages_from(peer.streams)) {
    const OutgoingMessage& message = queue_[index];
    if (forward_tsn_ || !(message.started() || message.continues)) give_up(index);
  }
}

void Sender::set_packet_bytes(std::size_t bytes) {
  const std::size_t chunks = (bytes + config_.segment_bytes - 1) / config_.segment_bytes;
  chunk_bytes_ = bytes / chunks & ~std::size_t{3};
}

std::size_t Sender::peer_window_bytes() const {
  return peer_window_ > out_.flight_payload() ? peer_window_ - out_.flight_payload() : 0;
}

// §6.1 B: the congestion window may be passed by one chunk.
bool Sender::window_open() const {
  if (in_fast_recovery() && congestion_->reduces_in_proportion())
    return proportion_.budget_bytes() > 0;
  return out_.flight_bytes() < congestion_->window_bytes();
}

bool Sender::window_is_small() const {
  return congestion_->window_bytes() < 2 * config_.segment_bytes;
}

bool Sender::may_send_new() const {
  return started_ && !is_overdue_ && window_open() && out_.lost().empty() &&
         out_.size() < Outstanding::kMaxChunks;
}

bool Sender::may_start(const OutgoingMessage& message) const {
  return message.started() || interleaves_ || queue_.started_messages() < kMaxStartedMessages;
}

// Whether there is something unsent for which the peer has room.
bool Sender::has_new() {
  const MessageIndex index = queue_.front();
  if (index == kNoMessage || is_overdue_) return false;
  const OutgoingMessage& message = queue_[index];
  if (!may_start(message)) return false;
  const std::size_t fragment = std::min(queue_.sendable(message), max_fragment());
  return fragment <= peer_window_bytes() || out_.flight_payload() == 0;
}

// With nothing under way there is nothing to be spread, and what was measured of the path may be
// what a process that was stopped made of it.
bool Sender::paces() const { return !pacer_.may_send() && out_.flight_bytes() > 0; }

bool Sender::may_leave() {
  waits_for_pacer_ = paces();
  return !waits_for_pacer_;
}

void Sender::prepare(Timestamp now) {
  pacer_.advance(now, congestion_->pacing_rate());
  // handle_timeout() has yet to give up what is too late.
  is_overdue_ = lifetimes_.has_expired(now);
  while (!out_.lost().empty()) {
    const OutstandingChunk& chunk = out_.at(out_.lost().lowest());
    if (!must_give_up(queue_[chunk.message], chunk, now)) break;
    give_up(chunk.message);
  }
}

bool Sender::wants_to_send() {
  waits_for_pacer_ = false;
  if (!started_) return false;
  if (forward_due_ || probe_due_) return true;
  if (!out_.lost().empty()) return fast_retransmit_due_ || (window_open() && may_leave());
  if (!may_send_new()) return false;
  if (has_new()) return may_leave();
  // draft-ietf-ccwg-bbr §4.1.2.4.
  if (queue_.front() == kNoMessage) rate_.note_app_limited(out_.flight_bytes());
  return false;
}

void Sender::fill(PacketWriter& packet, Timestamp now) {
  if (!started_) return;
  if (forward_due_) add_forward_tsn(packet, now);
  decay_when_idle(now);
  if (congestion_->holds_back()) rate_.note_app_limited(out_.flight_bytes());
  if (std::exchange(probe_due_, false)) return send_probe(packet, now);
  if (std::exchange(fast_retransmit_due_, false) && !out_.lost().empty())
    return repair_first(packet, now);
  if (paces()) return;
  while (!out_.lost().empty() && window_open() && add_lost(packet, now)) {
  }
  while (may_send_new() && add_new(packet, now)) {
  }
}

std::size_t Sender::chunk_to_repeat_bytes() {
  if (!started_) return 0;
  if (!out_.lost().empty()) return out_.wire_bytes(out_.at(out_.lost().lowest()));
  if (!probe_due_ || has_new()) return 0;
  const auto last = out_.last_in_flight();
  return last ? out_.wire_bytes(out_.at(*last)) : 0;
}

// §7.2.4: the first packet of a recovery goes at once; only what fits into it.
void Sender::repair_first(PacketWriter& packet, Timestamp now) {
  bool added = false;
  while (!out_.lost().empty() && add_lost(packet, now)) added = true;
  // Not even one fitted beside what else is in the packet: the next is for it.
  if (!added && !out_.lost().empty()) fast_retransmit_due_ = true;
}

bool Sender::add_lost(PacketWriter& packet, Timestamp now) {
  const std::int64_t tsn = out_.lost().lowest();
  const OutstandingChunk& chunk = out_.at(tsn);
  if (must_give_up(queue_[chunk.message], chunk, now)) {
    give_up(chunk.message);
    return true;
  }
  if (!packet.fits(out_.header_bytes() + chunk.size)) return false;
  const std::size_t bytes = out_.wire_bytes(chunk);
  if (in_fast_recovery() && may_undo_) {
    // Twice is too much to tell which of them came.
    if (chunk.transmissions > 1 || sent_again_.ranges().size() >= kMaxUndoRanges)
      may_undo_ = false;
    else
      sent_again_.add(tsn);
  }
  out_.send_again(tsn, record_sending(now, bytes, false), rate_.is_app_limited());
  ++retransmissions_;
  // §7.2.4, §6.3.2: the first outstanding chunk is sent again: its time begins anew.
  if (tsn == out_.cumulative() + 1) t3_ = now + rto_.value();
  const bool window_used = out_.flight_bytes() >= congestion_->window_bytes();
  write(packet, tsn, hurry_ || (window_used && window_is_small()));
  note_sent(now, tsn, bytes);
  return true;
}

bool Sender::add_new(PacketWriter& packet, Timestamp now, bool is_probe) {
  const MessageIndex index = queue_.front();
  if (index == kNoMessage) return false;
  const OutgoingMessage& message = queue_[index];
  if (!may_start(message)) return false;

  if (packet.room() <= out_.header_bytes()) return false;
  const std::size_t room = packet.room() - out_.header_bytes();
  const std::size_t rest = queue_.sendable(message);
  std::size_t size = std::min(rest, max_fragment());
  if (size > room) {
    if (room < std::min(kMinFragment, size)) return false;
    size = room;
  }
  // §6.1 A: with nothing under way one chunk may go whatever the window, to ask it.
  const bool asks_window = size > peer_window_bytes();
  if (asks_window && out_.flight_payload() > 0) return false;

  OutstandingChunk chunk;
  chunk.message = index;
  chunk.offset = static_cast<std::uint32_t>(message.sent);
  chunk.size = static_cast<std::uint16_t>(size);
  chunk.transmissions = 1;
  chunk.begin = message.sent == 0 && !message.continues;
  chunk.end = size == rest && !message.goes_on;
  chunk.is_app_limited = rate_.is_app_limited();
  chunk.fsn = static_cast<std::uint16_t>(queue_.next_fsn(message));
  const std::size_t bytes = out_.wire_bytes(chunk);
  chunk.sent = record_sending(now, bytes, false);
  const std::int64_t tsn = out_.push(chunk);
  queue_.advance_front(size, bytes, tsn);
  probing_window_ = asks_window;
  const bool window_used = out_.flight_bytes() >= congestion_->window_bytes();
  write(packet, tsn, hurry_ || is_probe || asks_window || (window_used && window_is_small()));
  note_sent(now, tsn, bytes);
  arm_probe(now);
  return true;
}

void Sender::write(PacketWriter& packet, std::int64_t tsn, bool immediate) {
  const OutstandingChunk& chunk = out_.at(tsn);
  const OutgoingMessage& message = queue_[chunk.message];
  const auto add = [&](auto& data) {
    data.tsn = static_cast<std::uint32_t>(tsn);
    data.stream = message.stream;
    data.ppid = message.ppid;
    data.immediate = immediate;
    data.unordered = message.unordered;
    data.begin = chunk.begin;
    data.end = chunk.end;
    data.payload = Bytes(message.bytes).subspan(chunk.offset, chunk.size);
    packet.add(data);
  };
  if (interleaves_) {
    IDataChunk data;
    data.mid = message.mid;
    data.fsn = message.next_fsn - static_cast<std::uint16_t>(message.next_fsn - chunk.fsn);
    add(data);
  } else {
    DataChunk data;
    // RFC 9260 §6.6: an unordered message has no number that says anything.
    data.ssn = message.unordered ? std::uint16_t{0} : static_cast<std::uint16_t>(message.mid);
    add(data);
  }
}

SendRecord Sender::record_sending(Timestamp now, std::size_t bytes, bool was_under_way) {
  const std::size_t before = out_.flight_bytes();
  congestion_->on_sent({.now = now,
                        .bytes = bytes,
                        .flight_before = before,
                        .is_app_limited = rate_.is_app_limited(),
                        .delivered = rate_.delivered()});
  SendRecord record = rate_.sent(now, before);
  record.flight = static_cast<std::uint32_t>(before + (was_under_way ? 0 : bytes));
  return record;
}

void Sender::note_sent(Timestamp now, std::int64_t tsn, std::size_t bytes) {
  last_sent_ = now;
  pacer_.sent(bytes);
  if (in_fast_recovery()) proportion_.on_sent(bytes);
  // "Full" with one segment's tolerance: a chunk that did not fit any more left it open.
  if (out_.flight_bytes() + config_.segment_bytes > congestion_->window_bytes())
    limited_tsn_ = std::max(limited_tsn_, tsn);
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

}  // namespace specter::sctp
