#include "sctp/tx/hystart.h"

#include <algorithm>

namespace specter::sctp {

HyStart::Phase HyStart::on_acknowledged(std::uint64_t prior_delivered, std::uint64_t delivered,
                                        std::optional<Duration> round_trip) {
  if (phase_ == Phase::Done) return phase_;
  if (prior_delivered >= round_ends_) {  // §4.2: a round ends when what was sent in it is there
    round_ends_ = delivered;
    last_ = current_;
    current_.reset();
    samples_ = 0;
    // "That partial round counts towards the limit."
    if (phase_ == Phase::Conservative && ++rounds_ >= kConservativeRounds) {
      phase_ = Phase::Done;
      return phase_;
    }
  }
  if (round_trip) {
    current_ = current_ ? std::min(*current_, *round_trip) : *round_trip;
    ++samples_;
  }
  if (samples_ < kSamples || !current_) return phase_;
  if (phase_ == Phase::SlowStart) {
    if (!last_) return phase_;
    const Duration threshold = std::max(kMinThreshold, std::min(*last_ / kDivisor, kMaxThreshold));
    if (*current_ >= *last_ + threshold) {
      baseline_ = current_;
      rounds_ = 0;
      phase_ = Phase::Conservative;
    }
  } else if (*current_ < *baseline_) {
    baseline_.reset();
    phase_ = Phase::SlowStart;
  }
  return phase_;
}

}  // namespace specter::sctp
