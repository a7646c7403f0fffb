#include "media/jitter_buffer.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace specter::media {
namespace {

constexpr std::size_t kFewSlots = 64;

}  // namespace

JitterBuffer::Slot& JitterBuffer::slot(std::int64_t sequence) {
  return slots_[static_cast<std::size_t>(sequence) % slots_.size()];
}

bool JitterBuffer::has(std::int64_t sequence) {
  return !slots_.empty() && slot(sequence).sequence == sequence;
}

JitterBuffer::Verdict JitterBuffer::push(Timestamp now, std::int64_t sequence,
                                         const rtp::Packet& packet, bool begins_key_frame) {
  if (!next_) {
    next_ = sequence;
    is_started_ = begins_key_frame || wait_ == Duration::zero();
  }
  if (is_started_ && sequence < *next_) return Verdict::Late;
  if (has(sequence)) return Verdict::Late;
  const std::int64_t lowest = std::min(*next_, sequence);
  const std::int64_t highest = count_ == 0 ? sequence : std::max(highest_, sequence);
  const std::int64_t span = highest - lowest + 1;
  if (span > static_cast<std::int64_t>(kMaxPackets)) {
    if (count_ > 0) return Verdict::Far;
    skip_to(sequence);
  }
  if (is_started_ && sequence == *next_ && count_ == 0) {
    ++*next_;
    is_contiguous_ = std::exchange(is_next_contiguous_, true);
    return Verdict::Next;
  }
  next_ = lowest;
  highest_ = highest;
  keep(now, sequence, packet, static_cast<std::size_t>(span));
  if (!gap_since_) gap_since_ = now;
  if (!begins_key_frame) {
  } else if (is_started_) {
    key_frame_ = KeyFrame{sequence, sequence, packet.header.timestamp};
  } else {
    // What comes before it can't be decoded.
    skip_to(sequence);
    is_next_contiguous_ = true;
  }
  follow_key_frame();
  return Verdict::Kept;
}

// The ring has a place for each number between the lowest and the highest one.
void JitterBuffer::keep(Timestamp now, std::int64_t sequence, const rtp::Packet& packet,
                        std::size_t span) {
  std::size_t slots = std::max(slots_.size(), kFewSlots);
  while (slots < span) slots *= 2;
  if (slots != slots_.size()) grow(slots);
  Slot& place = slot(sequence);
  SPECTER_CHECK(place.sequence < 0);
  place.sequence = sequence;
  place.arrival = now;
  place.timestamp = packet.header.timestamp;
  place.marker = packet.header.marker;
  if (!spare_.empty()) {
    place.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  place.bytes.clear();
  ByteWriter out(place.bytes);
  packet.write(out);
  ++count_;
  bytes_ += place.bytes.size();
}

void JitterBuffer::grow(std::size_t slots) {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  for (Slot& each : old)
    if (each.sequence >= 0) slot(each.sequence) = std::move(each);
}

void JitterBuffer::discard(Slot& place) {
  bytes_ -= place.bytes.size();
  --count_;
  place.sequence = -1;
  if (spare_.size() < kSpareBuffers) spare_.push_back(std::move(place.bytes));
  place.bytes = Buffer();
}

std::optional<JitterBuffer::Ordered> JitterBuffer::pop(Timestamp now) {
  if (count_ == 0) {
    // What a flood has made of the ring goes with it.
    if (slots_.size() > 4 * kFewSlots) slots_ = std::vector<Slot>();
    return std::nullopt;
  }
  if (const Deadline due = next_timeout(); due && now >= *due) give_up();
  if (!is_started_ || !has(*next_)) return std::nullopt;

  Slot& place = slot(*next_);
  given_.clear();
  std::swap(given_, place.bytes);
  bytes_ -= given_.size();
  discard(place);
  ++*next_;
  const Ordered ordered{given_, std::exchange(is_next_contiguous_, true)};
  if (!has(*next_)) look_at_gap();
  return ordered;
}

std::int64_t JitterBuffer::first_kept() {
  std::int64_t sequence = *next_;
  while (!has(sequence)) ++sequence;
  return sequence;
}

void JitterBuffer::give_up() {
  if (count_ == 0) return;
  skip_to(first_kept());
}

void JitterBuffer::skip_to(std::int64_t sequence) {
  if (*next_ != sequence) is_next_contiguous_ = false;
  for (; *next_ < sequence; ++*next_)
    if (has(*next_)) discard(slot(*next_));
  is_started_ = true;
  look_at_gap();
}

// Whether something is missing now, and since when: since the first packet behind it came.
void JitterBuffer::look_at_gap() {
  gap_since_.reset();
  if (key_frame_ && key_frame_->first < *next_) key_frame_.reset();
  if (count_ == 0 || has(*next_)) return;
  for (const Slot& each : slots_)
    if (each.sequence >= 0) gap_since_ = std::min(gap_since_.value_or(each.arrival), each.arrival);
}

// A key frame that is whole needs nothing of what is missing before it.
void JitterBuffer::follow_key_frame() {
  if (!key_frame_) return;
  KeyFrame& frame = *key_frame_;
  bool is_whole = false;
  for (; !is_whole && has(frame.next); ++frame.next) {
    const Slot& place = slot(frame.next);
    is_whole = place.marker || place.timestamp != frame.timestamp;
  }
  if (!is_whole) return;
  const std::int64_t first = frame.first;
  key_frame_.reset();
  skip_to(first);
}

Deadline JitterBuffer::next_timeout() const {
  if (!gap_since_) return {};
  return *gap_since_ + (is_started_ ? wait_ : std::min(wait_, kStartWait));
}

std::optional<std::int64_t> JitterBuffer::next() const {
  return is_started_ ? next_ : std::nullopt;
}

void JitterBuffer::reset() {
  for (Slot& each : slots_)
    if (each.sequence >= 0) discard(each);
  next_.reset();
  is_started_ = false;
  is_next_contiguous_ = true;
  gap_since_.reset();
  key_frame_.reset();
}

}  // namespace specter::media
