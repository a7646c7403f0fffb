#include "cli/rtp/reorder.h"

#include <algorithm>
#include <utility>

namespace specter::cli::transfer {

void Reorder::push(Timestamp now, std::uint16_t sequence, rtp::HeldPacket packet) {
  if (!unwrap_) unwrap_.emplace(sequence);
  const std::int64_t number = (*unwrap_)(sequence);
  if (next_ && number < *next_) {
    ++late_;
    return;
  }
  const auto place = std::ranges::lower_bound(held_, number, {}, &Waiting::sequence);
  if (place != held_.end() && place->sequence == number) {
    ++duplicates_;
    return;
  }
  if (place != held_.end()) ++reordered_;
  held_.insert(place, {number, now, std::move(packet)});
}

std::optional<Reorder::Ordered> Reorder::pop(Timestamp now) {
  if (held_.empty()) return std::nullopt;
  Waiting& front = held_.front();
  const bool is_next = next_ == front.sequence;
  if (!is_next && !is_flushing_ && held_.size() <= kMaxHeld && now < front.since + kMaxWait)
    return std::nullopt;
  Ordered out{std::move(front.packet), is_next || !has_given_};
  has_given_ = true;
  next_ = front.sequence + 1;
  held_.erase(held_.begin());
  return out;
}

void Reorder::restart() {
  held_.clear();
  unwrap_.reset();
  next_.reset();
  is_flushing_ = false;
}

Deadline Reorder::next_timeout() const {
  if (held_.empty()) return std::nullopt;
  return held_.front().since + kMaxWait;
}

}  // namespace specter::cli::transfer
