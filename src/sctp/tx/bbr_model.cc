// BBR's picture of the path: draft-ietf-ccwg-bbr-06 §5.5.
#include <algorithm>
#include <cmath>

#include "sctp/tx/bbr.h"

namespace specter::sctp {

// §5.5.1.
void Bbr::update_round(const Acknowledged& what) {
  round_start_ = what.sample.flight > 0 && what.sample.prior_delivered >= next_round_delivered_;
  if (!round_start_) return;
  start_round(what.delivered);
  ++round_count_;
  ++rounds_since_probe_;
}

// §5.5.5.
void Bbr::update_max_bandwidth(const Acknowledged& what) {
  update_round(what);
  const RateSample& sample = what.sample;
  if (sample.bytes_per_second <= 0) return;
  // What the application held back says nothing about the path, unless it was still the fastest.
  if (sample.bytes_per_second >= max_bandwidth() || !sample.is_app_limited)
    bandwidths_[1] = std::max(bandwidths_[1], sample.bytes_per_second);
}

// §5.5.10.3.
void Bbr::update_latest_signals(const Acknowledged& what) {
  loss_round_start_ = false;
  bandwidth_latest_ = std::max(bandwidth_latest_, what.sample.bytes_per_second);
  inflight_latest_ = std::max(inflight_latest_, static_cast<double>(what.sample.delivered));
  if (what.sample.flight > 0 && what.sample.prior_delivered >= loss_round_delivered_) {
    loss_round_delivered_ = what.delivered;
    loss_round_start_ = true;
  }
}

void Bbr::update_congestion_signals(const Acknowledged& what) {
  update_max_bandwidth(what);
  if (!loss_round_start_) return;
  adapt_short_term();
  is_loss_in_round_ = false;
}

// Once a round: what was just delivered is what can be had, but not much less than before.
void Bbr::adapt_short_term() {
  if (is_probing_bandwidth() || !is_loss_in_round_) return;
  if (bandwidth_short_ == kInfinite) bandwidth_short_ = max_bandwidth();
  if (inflight_short_ == kInfinite) inflight_short_ = window_;
  bandwidth_short_ = std::max(bandwidth_latest_, kBeta * bandwidth_short_);
  inflight_short_ = std::max(inflight_latest_, kBeta * inflight_short_);
}

void Bbr::reset_congestion_signals() {
  is_loss_in_round_ = false;
  bandwidth_latest_ = 0;
  inflight_latest_ = 0;
}

void Bbr::reset_short_term() { bandwidth_short_ = inflight_short_ = kInfinite; }

// §5.5.9: acknowledgements that come in lumps need so much more under way.
void Bbr::update_aggregation(const Acknowledged& what) {
  double expected = bandwidth_ * seconds(what.now - extra_acked_since_);
  if (extra_acked_delivered_ <= expected) {
    extra_acked_delivered_ = 0;
    extra_acked_since_ = what.now;
    expected = 0;
  }
  extra_acked_delivered_ += static_cast<double>(what.bytes);
  const double extra = std::min(extra_acked_delivered_ - expected, window_);
  const std::uint64_t half = full_reached_ ? kAggregationRounds / 2 : 1;
  if (round_count_ >= extra_acked_round_ + half) {
    extra_acked_[0] = full_reached_ ? extra_acked_[1] : 0;
    extra_acked_[1] = 0;
    extra_acked_round_ = round_count_;
  }
  extra_acked_[1] = std::max(extra_acked_[1], extra);
}

// §5.3.1.2: three rounds in a row without a quarter's growth.
void Bbr::check_full_bandwidth(const Acknowledged& what) {
  const RateSample& sample = what.sample;
  if (full_now_ || !round_start_ || sample.is_app_limited || sample.bytes_per_second <= 0) return;
  if (sample.bytes_per_second >= full_bandwidth_ * kFullGrowth)
    return reset_full_bandwidth(sample.bytes_per_second);
  full_now_ = ++full_count_ >= kFullRounds;
  if (full_now_) full_reached_ = true;
}

void Bbr::reset_full_bandwidth(double rate) {
  full_bandwidth_ = rate;
  full_count_ = 0;
  full_now_ = false;
}

// §5.3.4.3.
void Bbr::update_min_rtt(const Acknowledged& what) {
  probe_rtt_expired_ = what.now > probe_rtt_min_at_ + kProbeRttInterval;
  if (what.round_trip && (*what.round_trip < probe_rtt_min_ || probe_rtt_expired_)) {
    probe_rtt_min_ = *what.round_trip;
    probe_rtt_min_at_ = what.now;
  }
  const bool expired = what.now > min_rtt_at_ + kMinRttWindow;
  if (probe_rtt_min_ < min_rtt_ || expired) {
    min_rtt_ = probe_rtt_min_;
    min_rtt_at_ = probe_rtt_min_at_;
  }
}

// §5.5.10.2.
void Bbr::note_loss(const Lost& what) {
  if (!is_loss_in_round_) {
    loss_round_delivered_ = what.delivered;
    loss_ranges_ = 0;
    save_state_upon_loss();
  }
  is_loss_in_round_ = true;
  if (what.tsn != last_lost_tsn_ + 1) ++loss_ranges_;
  last_lost_tsn_ = what.tsn;
}

void Bbr::on_lost(const Lost& what) {
  note_loss(what);
  if (!is_probe_sample_) return;
  const auto flight = static_cast<double>(what.flight);
  const auto lost = static_cast<double>(what.lost_since_sent);
  if (!too_much_lost(lost, flight)) return;
  // How much was under way when the threshold was crossed, perhaps in the midst of this chunk.
  const auto size = static_cast<double>(what.bytes);
  const double flight_before = flight - size;
  const double lost_before = lost - size;
  const double prefix =
      std::max((kLossThreshold * flight_before - lost_before) / (1 - kLossThreshold), 0.0);
  handle_inflight_too_high(what.now, what.delivered, flight_before + prefix, what.is_app_limited);
}

void Bbr::handle_inflight_too_high(Timestamp now, std::uint64_t delivered, double flight,
                                   bool is_app_limited) {
  previous_too_high_ = true;
  is_probe_sample_ = false;  // once for each probe
  if (!is_app_limited) inflight_long_ = std::max(flight, target_inflight() * kBeta);
  if (state_ != State::Up) return;
  undo_.state = State::Up;
  start_down(now, delivered);
}

double Bbr::bdp() const {
  return min_rtt_ == Duration::max() ? kInitialSegments * segment_ : bandwidth_ * seconds(min_rtt_);
}

// §5.6.4.2.
double Bbr::quantized(double bytes) const {
  double out = std::max({bytes, send_quantum_, kMinPipeSegments * segment_});
  if (state_ == State::Up) out += 2 * segment_;
  return out;
}

double Bbr::inflight_for(double gain) const { return quantized(gain * bdp()); }

double Bbr::inflight_with_headroom() const {
  if (inflight_long_ == kInfinite) return kInfinite;
  const double headroom = std::max(segment_, kHeadroom * inflight_long_);
  return std::max(inflight_long_ - headroom, kMinPipeSegments * segment_);
}

}  // namespace specter::sctp
