#include "media/pacer.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace specter::media {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Rounded up, so that it is there by then.
Duration time_of(double bytes, double bits_per_second) {
  return Duration(static_cast<Duration::rep>(std::ceil(bytes * 8e9 / bits_per_second)));
}

}  // namespace

// --- a lane

Draft Lane::take() {
  Draft draft = drafts_.take_front();
  bytes_ -= draft.bytes;
  begun_ = draft.header.timestamp;
  if (max_rate_) level_ -= static_cast<double>(draft.payload_size());
  return draft;
}

// The oldest packet of a frame that has not begun. One that has is not dropped: it would be taken
// for whole by receivers that end frames at the next timestamp (RFC 6184 §5.1).
Lane::Drafts::iterator Lane::first_waiting() {
  return std::find_if(drafts_.begin(), drafts_.end(),
                      [&](const Draft& draft) { return begun_ != draft.header.timestamp; });
}

bool Lane::drop_frame() {
  const auto first = first_waiting();
  if (first == drafts_.end()) return false;
  auto last = first;
  for (; last != drafts_.end() && last->header.timestamp == first->header.timestamp; ++last)
    bytes_ -= last->bytes;
  drafts_.erase(first, last);
  ++dropped_frames_;
  return true;
}

void Lane::clear() {
  while (drop_frame()) {
  }
  if (!drafts_.empty()) ++dropped_frames_;  // the one that has begun
  drafts_.clear();
  repairs_.clear();
  bytes_ = 0;
}

void Lane::refill(Timestamp now, Duration window) {
  if (!max_rate_) return;
  const double rate = static_cast<double>(*max_rate_) / 8;
  const double most = rate * seconds(window);
  level_ = filled_at_ ? std::min(most, level_ + rate * seconds(now - *filled_at_)) : most;
  filled_at_ = now;
}

// Nothing: its limit is zero.
Deadline Lane::eligible_at() const {
  if (!max_rate_ || is_in_frame() || !filled_at_ || level_ > 0) return Timestamp::min();
  if (*max_rate_ == 0) return std::nullopt;
  return *filled_at_ + time_of(1 - level_, static_cast<double>(*max_rate_));
}

// --- the pacer

void Pacer::add(Lane& lane) { lanes_.push_back(&lane); }

void Pacer::remove(Lane& lane) {
  std::erase(lanes_, &lane);
  if (current_ == &lane) current_ = nullptr;
  turn_ = 0;
}

double Pacer::rate(Timestamp now) const {
  return std::max(static_cast<double>(options_.min_rate),
                  options_.factor * 8 * queued_.rate(now));
}

void Pacer::refill(Timestamp now) {
  const double rate = this->rate(now) / 8;
  const double most = std::min(rate * seconds(options_.max_burst),
                               static_cast<double>(options_.max_burst_bytes));
  credit_ = filled_at_ ? std::min(most, credit_ + rate * seconds(now - *filled_at_)) : most;
  filled_at_ = now;
}

Pacer::Room Pacer::make_room(Timestamp now, Lane& lane, std::size_t bytes) {
  const std::uint64_t before = lane.dropped_frames_;
  const auto is_late = [&] {
    const auto oldest = lane.first_waiting();
    return oldest != lane.drafts_.end() && oldest->queued_at + options_.max_wait < now;
  };
  while ((is_late() || lane.bytes_ + bytes > options_.max_bytes) && lane.drop_frame()) {
  }
  const bool has_dropped = lane.dropped_frames_ != before;
  if (has_dropped) {
    const auto is_useless = [&] {
      const auto oldest = lane.first_waiting();
      return oldest != lane.drafts_.end() && !oldest->stands_alone;
    };
    while (is_useless()) lane.drop_frame();
  }
  return {.fits = lane.bytes_ + bytes <= options_.max_bytes,
          .has_dropped = has_dropped,
          .is_broken = has_dropped && lane.first_waiting() == lane.drafts_.end()};
}

void Pacer::push(Timestamp now, Lane& lane, Draft draft) {
  refill(now);
  lane.refill(now, options_.limit_window);
  draft.queued_at = now;
  queued_.add(now, draft.bytes);
  lane.bytes_ += draft.bytes;
  lane.drafts_.push_back(std::move(draft));
}

Lane* Pacer::audio() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane* const lane = lanes_[(turn_ + i) % lanes_.size()];
    if (lane->kind_ != MediaKind::Audio || lane->empty()) continue;
    turn_ = (turn_ + i + 1) % lanes_.size();
    return lane;
  }
  return nullptr;
}

Lane* Pacer::repair() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane* const lane = lanes_[(turn_ + i) % lanes_.size()];
    if (lane->repairs_.empty()) continue;
    turn_ = (turn_ + i + 1) % lanes_.size();
    return lane;
  }
  return nullptr;
}

// A frame that has begun is finished first: packets of another size between its own would cut the
// run in two.
Lane* Pacer::video(Timestamp now) {
  if (current_ && current_->is_in_frame()) return current_;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane* const lane = lanes_[(turn_ + i) % lanes_.size()];
    if (lane->empty() || lane->kind_ != MediaKind::Video) continue;
    lane->refill(now, options_.limit_window);
    const Deadline eligible = lane->eligible_at();
    if (!eligible || *eligible > now) continue;
    turn_ = (turn_ + i + 1) % lanes_.size();
    return current_ = lane;
  }
  return nullptr;
}

std::optional<Pacer::Turn> Pacer::next(Timestamp now) {
  refill(now);
  if (Lane* const lane = audio()) return Turn{.lane = lane, .draft = lane->take()};
  if (waits_until_ && now < *waits_until_) return std::nullopt;
  if (credit_ <= 0) {  // audio has spent it meanwhile
    wait(now);
    return std::nullopt;
  }
  waits_until_.reset();
  if (Lane* const lane = repair()) return Turn{.lane = lane, .repair = lane->repairs_.take_front()};
  if (Lane* const lane = video(now)) return Turn{.lane = lane, .draft = lane->take()};
  return std::nullopt;
}

void Pacer::spend(Timestamp now, std::size_t bytes) {
  credit_ -= static_cast<double>(bytes);
  if (credit_ <= 0 && !waits_until_) wait(now);
}

void Pacer::wait(Timestamp now) {
  waits_until_ = now + options_.tick + time_of(-credit_, rate(now));
}

Deadline Pacer::next_timeout() const {
  Deadline soonest_one;
  bool has_paced = false;
  for (const Lane* const lane : lanes_) {
    if (lane->kind_ == MediaKind::Audio && !lane->empty()) return Timestamp::min();
    Deadline at;
    if (!lane->repairs_.empty())
      at = Timestamp::min();
    else if (!lane->empty())
      at = lane->eligible_at();
    if (!at) continue;
    has_paced = true;
    soonest_one = soonest(soonest_one, at);
  }
  if (!has_paced) return std::nullopt;
  return waits_until_ ? std::max(*waits_until_, *soonest_one) : *soonest_one;
}

}  // namespace specter::media
