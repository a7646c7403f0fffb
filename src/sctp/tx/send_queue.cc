#include "sctp/tx/send_queue.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace specter::sctp {

MessageIndex SendQueue::allocate() {
  if (free_.empty()) {
    slots_.emplace_back();
    return static_cast<MessageIndex>(slots_.size() - 1);
  }
  const MessageIndex index = free_.back();
  free_.pop_back();
  return index;
}

MessageIndex SendQueue::push(OutgoingMessage message) {
  const MessageIndex index = allocate();
  const std::uint32_t generation = slots_[index].generation;
  slots_[index] = std::move(message);
  OutgoingMessage& m = slots_[index];
  m.generation = generation;
  m.kind = OutgoingMessage::Kind::Message;
  m.size = m.bytes.size();
  held_bytes_ += m.size;
  ++messages_;
  // The byte that is kept is no byte that waits to be sent, or nobody would hear that all the
  // others were; the one of the part before waits from now on.
  stream(m.stream).buffered += m.size - (m.goes_on ? 1 : 0) + (m.continues ? 1 : 0);
  append(index);
  return index;
}

void SendQueue::push_reset(StreamId id) {
  const Stream& s = stream(id);
  if (s.tail != kNoMessage && slots_[s.tail].kind == OutgoingMessage::Kind::ResetMarker) return;
  const MessageIndex index = allocate();
  slots_[index].kind = OutgoingMessage::Kind::ResetMarker;
  slots_[index].stream = id;
  ++markers_;
  append(index);
}

void SendQueue::append(MessageIndex index) {
  OutgoingMessage& m = slots_[index];
  m.queued = true;
  m.next = kNoMessage;
  Stream& s = stream(m.stream);
  if (s.tail == kNoMessage)
    s.head = index;
  else
    slots_[s.tail].next = index;
  s.tail = index;
  settle(s);
}

void SendQueue::pop_head(Stream& s) {
  OutgoingMessage& m = slots_[s.head];
  m.queued = false;
  s.head = m.next;
  if (s.head == kNoMessage) s.tail = kNoMessage;
}

// Whatever changed on a stream: finds out what it waits for now. It may be gone afterwards.
void SendQueue::settle(Stream& s) {
  // Abandoned ones leave when they reach the head.
  while (s.head != kNoMessage && slots_[s.head].abandoned) {
    const MessageIndex index = s.head;
    pop_head(s);
    if (slots_[index].records == 0) {
      if (slots_[index].started()) {
        --s.started;
        --started_messages_;
      }
      free(index);
    }
  }
  if (s.head == kNoMessage) {
    const bool is_blank =
        s.started == 0 && s.next_mid == decltype(s.next_mid){} && s.threshold == 0 && !s.ready;
    if (is_blank) streams_.erase(std::to_underlying(s.id));
    return;
  }
  if (slots_[s.head].kind == OutgoingMessage::Kind::ResetMarker) {
    if (s.started == 0 && !s.resetting) {
      s.resetting = true;
      due_resets_.push_back(s.id);
    }
  } else if (!s.ready && can_go_on(s)) {
    s.ready = true;
    ready_.push(s);
  }
}

MessageIndex SendQueue::front() {
  while (!ready_.empty()) {
    Stream& s = ready_.front();
    if (can_go_on(s)) {
      if (open_or_put_off(s)) return s.head;
      continue;
    }
    // Its next part is not here yet, and without RFC 8260 nothing may come between.
    if (has_message(s) && !interleaving_ && (slots_[s.head].started() || slots_[s.head].continues))
      return kNoMessage;
    ready_.pop();
    s.ready = false;
    settle(s);
  }
  return kNoMessage;
}

void SendQueue::advance_front(std::size_t bytes, std::size_t wire_bytes, std::int64_t tsn) {
  Stream& s = ready_.front();
  const MessageIndex index = s.head;
  OutgoingMessage& m = slots_[index];
  if (!m.started()) start(s, m, tsn);
  m.sent += bytes;
  ++m.next_fsn;
  add_record(m, tsn);
  reduce_buffered(s, bytes);
  ready_.charge(wire_bytes, m.priority);
  if (m.sent < m.size) {
    if (m.is_open) ready_.requeue();
    return;
  }
  pop_head(s);
  if (m.goes_on) {
    finish_part(s, m);
    if (!interleaving_) return;  // its turn goes on
  }
  if (can_go_on(s) && !slots_[s.head].abandoned) {
    ready_.requeue();
  } else {
    ready_.pop();
    s.ready = false;
    settle(s);
  }
  close(m);
}

// Numbers: RFC 8260 §2.1 has one MID for all fragments of a message, and FSNs that count them.
void SendQueue::start(Stream& s, OutgoingMessage& m, std::int64_t tsn) {
  m.has_tsn = true;
  m.first_tsn = tsn;
  m.mid = m.continues ? s.open_mid : s.next_mid[m.unordered]++;
  m.next_fsn = next_fsn(m);
  ++s.started;
  ++started_messages_;
}

// What it had passes on to the next part, which is there, or the last byte would still be here.
void SendQueue::finish_part(Stream& s, OutgoingMessage& m) {
  SPECTER_CHECK(has_message(s) && slots_[s.head].continues);
  s.open_mid = m.mid;
  s.open_fsn = m.next_fsn;
  OutgoingMessage& next = slots_[s.head];
  next.share = m.share;
  next.is_open = std::exchange(m.is_open, false);
}

std::uint32_t SendQueue::next_fsn(const OutgoingMessage& m) {
  return m.continues && m.sent == 0 ? stream(m.stream).open_fsn : m.next_fsn;
}

bool SendQueue::is_message_open(StreamId id) const {
  const auto found = streams_.find(std::to_underlying(id));
  return found != streams_.end() && found->second.tail != kNoMessage &&
         slots_[found->second.tail].goes_on;
}

void SendQueue::end_message(StreamId id) {
  SPECTER_CHECK(is_message_open(id));
  Stream& s = stream(id);
  slots_[s.tail].goes_on = false;
  ++s.buffered;  // the byte that was kept
  settle(s);
}

MessageIndex SendQueue::cut_message(StreamId id) {
  SPECTER_CHECK(is_message_open(id));
  Stream& s = stream(id);
  slots_[s.tail].goes_on = false;
  ++s.buffered;
  // From its first part that is still here: all those before it were sent.
  MessageIndex first = s.head;
  for (MessageIndex at = s.head; at != kNoMessage; at = slots_[at].next)
    if (!slots_[at].continues) first = at;
  const bool is_known = slots_[first].started() || slots_[first].continues;
  for (MessageIndex at = is_known ? slots_[first].next : first; at != kNoMessage;) {
    const MessageIndex next = slots_[at].next;
    abandon(at);
    at = next;
  }
  return is_known ? first : kNoMessage;
}

void SendQueue::set_interleaving(std::optional<Interleaving> interleaving) {
  interleaving_ = interleaving;
  if (interleaving) open_messages_.set_buffer(interleaving->peer_buffer_bytes);
}

bool SendQueue::open(OutgoingMessage& m) {
  if (!open_messages_.has_room_for(m.share)) return false;
  open_messages_.add(m.share);
  m.is_open = true;
  return true;
}

// Whether the front of ready_ may have its turn; else it is out of there, and comes back when there
// is room for its message.
bool SendQueue::open_or_put_off(Stream& s) {
  OutgoingMessage& m = slots_[s.head];
  if (m.is_open || m.started() || !interleaving_) return true;
  if (!m.is_part() && m.size <= interleaving_->whole_bytes) return true;
  // How large one will be that comes in parts, nobody knows.
  m.share = open_messages_.share_of(m.is_part() ? std::numeric_limits<std::size_t>::max() : m.size);
  auto& others = put_off_[std::to_underlying(m.share.size)];
  if (others.empty() && open(m)) return true;
  ready_.pop();
  others.add(s);
  return false;
}

// It has all its TSNs, or was given up: others may follow it.
void SendQueue::close(OutgoingMessage& m) {
  if (!std::exchange(m.is_open, false)) return;
  open_messages_.remove(m.share);
  for (auto& others : put_off_) {
    while (!others.empty()) {
      Stream& s = others.front();
      // One may have been given up meanwhile, and what followed it be anything.
      const bool is_same = has_message(s) && slots_[s.head].share.bytes > 0;
      if (is_same && !open(slots_[s.head])) break;
      others.pop();
      ready_.add(s);
    }
  }
}

void SendQueue::add_record(OutgoingMessage& m, std::int64_t tsn) {
  m.last_tsn = tsn;
  ++m.records;
}

void SendQueue::add_empty_record(MessageIndex index, std::int64_t tsn) {
  OutgoingMessage& m = slots_[index];
  if (!m.started()) start(stream(m.stream), m, tsn);
  add_record(m, tsn);
}

void SendQueue::release_record(MessageIndex index) {
  OutgoingMessage& m = slots_[index];
  SPECTER_CHECK(m.records > 0);
  if (--m.records > 0 || m.queued) return;
  Stream& s = stream(m.stream);
  --s.started;
  --started_messages_;
  free(index);
  settle(s);
}

void SendQueue::drop_bytes(OutgoingMessage& message) {
  held_bytes_ -= message.bytes.size();
  message.bytes = Buffer();  // {} would keep the memory
}

void SendQueue::abandon(MessageIndex index) {
  OutgoingMessage& m = slots_[index];
  SPECTER_CHECK(m.kind == OutgoingMessage::Kind::Message);
  if (m.abandoned) return;
  m.abandoned = true;
  drop_bytes(m);
  if (!m.queued) return;
  Stream& s = stream(m.stream);
  reduce_buffered(s, m.size - m.sent);
  // Half sent and not to be mixed with others it stands at the front of all: its turn is over.
  if (m.started() && !interleaving_) {
    SPECTER_CHECK(!ready_.empty() && &ready_.front() == &s);
    ready_.requeue();
  }
  close(m);
  settle(s);
}

void SendQueue::free(MessageIndex index) {
  OutgoingMessage& m = slots_[index];
  if (m.kind == OutgoingMessage::Kind::Message) {
    drop_bytes(m);
    --messages_;
  }
  const std::uint32_t generation = m.generation + 1;
  m = OutgoingMessage{};
  m.generation = generation;
  free_.push_back(index);
}

void SendQueue::reduce_buffered(Stream& s, std::size_t bytes) {
  const bool was_above = s.buffered > s.threshold;
  s.buffered -= bytes;
  if (was_above && s.buffered <= s.threshold) low_.push_back(s.id);
}

std::vector<StreamId> SendQueue::take_due_resets(std::size_t max) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(max, due_resets_.size()));
  std::vector<StreamId> out(due_resets_.begin(), due_resets_.begin() + count);
  due_resets_.erase(due_resets_.begin(), due_resets_.begin() + count);
  return out;
}

void SendQueue::finish_reset(StreamId id, bool numbers_start_again) {
  Stream& s = stream(id);
  SPECTER_CHECK(s.resetting && s.head != kNoMessage);
  const MessageIndex marker = s.head;
  pop_head(s);
  free(marker);
  --markers_;
  s.resetting = false;
  if (numbers_start_again) {
    s.next_mid = {};  // RFC 6525 §5.1.2, RFC 8260 §2.3.2
    s.threshold = 0;  // it was the wish of who used the stream before
  }
  settle(s);
}

std::vector<StreamId> SendQueue::streams_to_reset() const {
  std::vector<StreamId> out;
  if (markers_ == 0) return out;
  for (const OutgoingMessage& slot : slots_)
    if (slot.kind == OutgoingMessage::Kind::ResetMarker) out.push_back(slot.stream);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

void SendQueue::set_threshold(StreamId id, std::size_t bytes) {
  Stream& s = stream(id);
  s.threshold = bytes;
  settle(s);
}

std::size_t SendQueue::buffered_bytes(StreamId id) const {
  const auto found = streams_.find(std::to_underlying(id));
  return found == streams_.end() ? 0 : found->second.buffered;
}

std::vector<StreamId> SendQueue::streams() const {
  std::vector<StreamId> out;
  out.reserve(streams_.size());
  for (const auto& [id, s] : streams_) out.push_back(StreamId{id});
  std::ranges::sort(out);
  return out;
}

std::vector<MessageIndex> SendQueue::messages_from(std::uint16_t first) const {
  std::vector<MessageIndex> out;
  for (const StreamId id : streams()) {
    if (std::to_underlying(id) < first) continue;
    for (MessageIndex i = streams_.at(std::to_underlying(id)).head; i != kNoMessage;
         i = slots_[i].next) {
      if (slots_[i].kind == OutgoingMessage::Kind::Message) out.push_back(i);
    }
  }
  return out;
}

}  // namespace specter::sctp
