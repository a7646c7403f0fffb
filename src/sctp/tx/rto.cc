#include "sctp/tx/rto.h"

#include <algorithm>

namespace specter::sctp {
namespace {

constexpr Duration kGranularity = std::chrono::milliseconds(1);  // of the minimum, at least
constexpr int kMaxDoublings = 16;
// A measurement so many times shorter than the smoothed one is of another path, or that one was of
// a process that stood still.
constexpr int kMuchShorter = 8;

}  // namespace

Rto::Rto(const Limits& limits)
    : limits_{limits.initial, std::max(limits.min, kGranularity), std::max(limits.max, limits.min)},
      base_(std::clamp(limits.initial, limits_.min, limits_.max)) {}

void Rto::sample(Duration round_trip_time) {
  const Duration r = std::max(round_trip_time, Duration{});
  if (!smoothed_ || r * kMuchShorter < *smoothed_) {  // rule C2
    smoothed_ = r;
    variation_ = r / 2;
  } else {  // rule C3, with its alpha of 1/8 and beta of 1/4
    const Duration off = *smoothed_ > r ? *smoothed_ - r : r - *smoothed_;
    variation_ = variation_ * 3 / 4 + off / 4;
    smoothed_ = *smoothed_ * 7 / 8 + r / 8;
  }
  // The minimum is above the round trip, and not the least value: on an even path RTTVAR goes to
  // zero, and a peer may still hold a SACK back (§6.2).
  base_ = std::min(*smoothed_ + std::max(limits_.min, 4 * variation_), limits_.max);
  doublings_ = 0;
}

void Rto::back_off() { doublings_ = std::min(doublings_ + 1, kMaxDoublings); }

Duration Rto::value() const {
  const Duration longest = std::max(base_, std::min(kMaxBackoff, limits_.max));
  return std::min(base_ * (std::int64_t{1} << doublings_), longest);
}

}  // namespace specter::sctp
