#include "sctp/tx/cubic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace specter::sctp {

Cubic::Cubic(std::size_t segment_bytes) : segment_(static_cast<double>(segment_bytes)) {
  state_.window = kInitialSegments;
  state_.threshold = std::numeric_limits<double>::infinity();
}

void Cubic::on_acknowledged(const Acknowledged& what) {
  if (what.smoothed) smoothed_ = what.smoothed;
  const Timestamp before = limited_at_.value_or(what.now);
  limited_at_ = what.now;
  if (!what.is_window_limited) {
    // §4.2, §5.8: time in which the window could not grow does not count.
    if (state_.epoch) *state_.epoch += what.now - before;
    return;
  }
  if (what.in_recovery) return;
  if (!in_slow_start()) return grow_slowly(what);

  const double acked = static_cast<double>(what.bytes) / segment_;
  if (std::isinf(state_.threshold)) {
    // RFC 9406 §4.3: only in the first slow start; L is infinite, since this is paced.
    switch (
        hystart_.on_acknowledged(what.sample.prior_delivered, what.delivered, what.round_trip)) {
      case HyStart::Phase::SlowStart: state_.window += acked; return;
      case HyStart::Phase::Conservative: state_.window += acked / HyStart::kGrowthDivisor; return;
      case HyStart::Phase::Done: break;
    }
    state_.threshold = state_.prior = state_.window;
    return;
  }
  state_.window += std::min(acked, state_.threshold - state_.window);
}

void Cubic::begin_epoch(Timestamp now) {
  state_.epoch = now;
  state_.estimate = state_.window;
  // §4.8, §4.10: without a W_max, after a timeout or HyStart++, the curve begins at its flat point.
  if (!std::exchange(state_.has_highest, false) || state_.highest <= state_.window) {
    state_.k = 0;
    state_.highest = state_.window;
  } else {
    state_.k = std::cbrt((state_.highest - state_.window) / kScale);  // Figure 2
  }
}

void Cubic::grow_slowly(const Acknowledged& what) {
  if (!state_.epoch) begin_epoch(what.now);
  const double acked = static_cast<double>(what.bytes) / segment_;
  const double t = seconds(what.now - *state_.epoch);
  const auto curve = [&](double at) {  // Figure 1
    const double x = at - state_.k;
    return kScale * x * x * x + state_.highest;
  };
  // Figure 4; §4.3: Reno's own pace once it is where it had been.
  state_.estimate += (state_.estimate >= state_.prior ? 1.0 : kAlpha) * acked / state_.window;
  if (curve(t) < state_.estimate) {
    state_.window = std::max(state_.window, state_.estimate);
    return;
  }
  const double target = std::clamp(curve(t + seconds(smoothed_.value_or(Duration{}))),
                                   state_.window, 1.5 * state_.window);
  state_.window += (target - state_.window) / state_.window * acked;
}

void Cubic::on_congestion(const Congestion&) {
  undo_ = state_;
  hystart_.finish();
  // §4.7: fast convergence gives room to flows that came later.
  const bool falls = state_.highest > 0 && state_.window < state_.highest;
  state_.highest = falls ? state_.window * (1 + kBeta) / 2 : state_.window;
  state_.has_highest = true;
  state_.prior = state_.window;
  // §4.6. Of the window instead of the flight: it grows only while it is used.
  state_.threshold = std::max(state_.window * kBeta, kMinSegments);
  state_.window = state_.threshold;
  state_.epoch.reset();
}

void Cubic::on_spurious() {  // §4.9.2
  if (undo_ && state_.window < undo_->window) state_ = *undo_;
  undo_.reset();
}

void Cubic::on_timeout(const Congestion&, bool repeated) {  // §4.8
  undo_.reset();
  hystart_.finish();
  // As Reno here: a row of timeouts is one event.
  if (!repeated) {
    state_.prior = state_.window;
    state_.threshold = std::max(state_.window * kBeta, kMinSegments);
  }
  state_.window = 1;
  state_.has_highest = false;
  state_.highest = 0;
  state_.epoch.reset();
}

void Cubic::on_idle(int timeouts) {  // RFC 9260 §7.2.1
  if (timeouts <= 0) return;
  constexpr double kRestart = kInitialSegments;
  // RFC 2861 §3.2: what was in use is the threshold, but one that nothing has set yet is not set by
  // a pause either.
  state_.threshold = std::max(state_.threshold, 0.75 * state_.window);
  for (int i = 0; i < timeouts && state_.window > kRestart; ++i)
    state_.window = std::max(state_.window / 2, kRestart);
  state_.epoch.reset();
  limited_at_.reset();
}

}  // namespace specter::sctp
