#include "sctp/tx/send_queue.h"

#include <algorithm>
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
  stream(m.stream).buffered += m.size;
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
  settle(m.stream);
}

void SendQueue::pop_head(Stream& s) {
  OutgoingMessage& m = slots_[s.head];
  m.queued = false;
  s.head = m.next;
  if (s.head == kNoMessage) s.tail = kNoMessage;
}

// Whatever changed on a stream: finds out what it waits for now.
void SendQueue::settle(StreamId id) {
  const auto found = streams_.find(std::to_underlying(id));
  if (found == streams_.end()) return;
  Stream& s = found->second;
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
    const bool blank = s.started == 0 && s.next_ssn == 0 && s.threshold == 0 && !s.ready;
    if (blank) streams_.erase(found);
    return;
  }
  if (slots_[s.head].kind == OutgoingMessage::Kind::ResetMarker) {
    if (s.started == 0 && !s.resetting) {
      s.resetting = true;
      due_resets_.push_back(id);
    }
  } else if (!s.ready) {
    s.ready = true;
    ready_.push_back(id);
  }
}

MessageIndex SendQueue::front() {
  while (!ready_.empty()) {
    const StreamId id = ready_.front();
    Stream& s = stream(id);
    if (s.head != kNoMessage && slots_[s.head].kind == OutgoingMessage::Kind::Message)
      return s.head;
    ready_.pop_front();
    s.ready = false;
    settle(id);
  }
  return kNoMessage;
}

void SendQueue::advance_front(std::size_t bytes, std::int64_t tsn) {
  const StreamId id = ready_.front();
  Stream& s = stream(id);
  const MessageIndex index = s.head;
  OutgoingMessage& m = slots_[index];
  if (!m.started()) {
    m.first_tsn = tsn;
    if (!m.unordered) m.ssn = s.next_ssn++;
    ++s.started;
    ++started_messages_;
  }
  m.sent += bytes;
  add_record(index, tsn);
  reduce_buffered(id, bytes);
  if (m.sent < m.size) return;
  pop_head(s);
  ready_.pop_front();
  s.ready = false;
  settle(id);  // behind the others, if it has more
}

void SendQueue::add_record(MessageIndex index, std::int64_t tsn) {
  slots_[index].last_tsn = tsn;
  ++slots_[index].records;
}

void SendQueue::release_record(MessageIndex index) {
  OutgoingMessage& m = slots_[index];
  SPECTER_CHECK(m.records > 0);
  if (--m.records > 0 || m.queued) return;
  const StreamId id = m.stream;
  --stream(id).started;
  --started_messages_;
  free(index);
  settle(id);
}

void SendQueue::drop_bytes(OutgoingMessage& message) {
  held_bytes_ -= message.bytes.size();
  message.bytes = {};
}

void SendQueue::abandon(MessageIndex index) {
  OutgoingMessage& m = slots_[index];
  SPECTER_CHECK(m.kind == OutgoingMessage::Kind::Message);
  if (m.abandoned) return;
  m.abandoned = true;
  drop_bytes(m);
  if (!m.queued) return;
  const StreamId id = m.stream;
  reduce_buffered(id, m.size - m.sent);
  // Half sent it stands at the front of all: the turn passes on.
  if (m.started()) {
    SPECTER_CHECK(!ready_.empty() && ready_.front() == id);
    ready_.pop_front();
    stream(id).ready = false;
  }
  settle(id);
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

void SendQueue::reduce_buffered(StreamId id, std::size_t bytes) {
  Stream& s = stream(id);
  const bool was_above = s.buffered > s.threshold;
  s.buffered -= bytes;
  if (was_above && s.buffered <= s.threshold) low_.push_back(id);
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
    s.next_ssn = 0;
    s.threshold = 0;  // it was the wish of who used the stream before
  }
  settle(id);
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
  stream(id).threshold = bytes;
  settle(id);
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

std::size_t SendQueue::drop_streams_from(std::uint16_t first) {
  std::size_t dropped = 0;
  for (const StreamId id : streams()) {
    if (std::to_underlying(id) < first) continue;
    for (MessageIndex index = stream(id).head; index != kNoMessage;) {
      const MessageIndex next = slots_[index].next;
      if (slots_[index].kind == OutgoingMessage::Kind::Message) {
        abandon(index);
        ++dropped;
      }
      index = next;
      if (!streams_.contains(std::to_underlying(id))) break;
    }
  }
  return dropped;
}

}  // namespace specter::sctp
