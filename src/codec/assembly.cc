#include "codec/assembly.h"

#include <utility>

#include "base/check.h"
#include "codec/piece.h"

namespace specter::codec {

void Assembly::arrive(const Arrival& arrival) {
  ready_count_ = polled_ = 0;
  // What precedes the first packet of all is not known, but nobody misses it.
  const bool is_gap = !arrival.is_contiguous && has_heard_;
  if (is_gap) {
    has_lost_ = true;
    if (is_open()) state_ = State::Broken;
  }
  if (is_gap || !has_heard_) has_gap_ = true;
  has_heard_ = true;
  // Padding does not say which frame the gap is in; the next packet with something in it does.
  if (arrival.payload.empty()) return;
  if (is_open() && arrival.timestamp != frame_.timestamp) end();
  if (std::exchange(has_gap_, false)) is_after_gap_ = true;
  if (is_open() && ++packets_ > kMaxPieces) {
    is_too_large_ = true;
    state_ = State::Broken;
  }
}

void Assembly::begin(std::uint32_t timestamp) {
  SPECTER_CHECK(!is_open());
  state_ = State::Whole;
  frame_ = {};
  frame_.timestamp = timestamp;
  packets_ = 1;
  is_unfinished_ = is_too_large_ = false;
  places_[place_].clear();
}

void Assembly::spoil(std::uint32_t timestamp) {
  if (!is_open()) begin(timestamp);
  state_ = State::Broken;
}

void Assembly::append(Bytes bytes) {
  if (state_ != State::Whole) return;
  Buffer& place = places_[place_];
  if (bytes.size() > kMaxFrameBytes - place.size()) {
    is_too_large_ = true;
    state_ = State::Broken;
    return;
  }
  place.insert(place.end(), bytes.begin(), bytes.end());
}

void Assembly::end() {
  if (!is_open()) return;
  if (is_unfinished_) state_ = State::Broken;
  const bool is_whole = std::exchange(state_, State::Between) == State::Whole;
  is_after_gap_ = is_unfinished_ = false;
  if (!is_whole) return drop(is_too_large_ ? counts_.too_large : counts_.incomplete);
  ++counts_.frames;
  frame_.bytes = places_[place_];
  frame_.follows_loss = std::exchange(has_lost_, false);
  SPECTER_CHECK(ready_count_ < ready_.size());
  ready_[ready_count_++] = frame_;
  place_ = 1 - place_;
}

std::optional<Frame> Assembly::poll() {
  if (polled_ == ready_count_) return std::nullopt;
  return ready_[polled_++];
}

void Assembly::take_back() {
  SPECTER_CHECK(polled_ > 0);
  --counts_.frames;
  ++counts_.incomplete;
  if (polled_ < ready_count_)
    ready_[polled_].follows_loss = true;
  else
    has_lost_ = true;
}

void Assembly::drop(std::uint64_t& count) {
  ++count;
  has_lost_ = true;
}

}  // namespace specter::codec
