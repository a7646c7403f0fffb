// BBR's states, and what follows from them: draft-ietf-ccwg-bbr-06 §5.2 to §5.4, §5.6.
#include "sctp/tx/bbr.h"

#include <algorithm>
#include <utility>

namespace specter::sctp {
namespace {

constexpr double kMaxQuantum = 64 * 1024;

}  // namespace

std::string_view to_string(Bbr::State state) {
  switch (state) {
    case Bbr::State::Startup: return "startup";
    case Bbr::State::Drain: return "drain";
    case Bbr::State::Down: return "down";
    case Bbr::State::Cruise: return "cruise";
    case Bbr::State::Refill: return "refill";
    case Bbr::State::Up: return "up";
    case Bbr::State::ProbeRtt: return "probe RTT";
  }
  return "unknown";
}

Bbr::Bbr(std::size_t segment_bytes, std::uint64_t seed)
    : segment_(static_cast<double>(segment_bytes)),
      random_(seed),
      window_(kInitialSegments * segment_),
      // §5.6.2: until there is a round trip, as if it were a millisecond.
      pacing_rate_(kStartupPacingGain * window_ / 0.001),
      send_quantum_(2 * segment_) {}

// SplitMix64; nobody gains by guessing it.
double Bbr::random_unit() {
  random_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void Bbr::set_state(State state) {
  state_ = state;
  switch (state) {
    case State::Startup: pacing_gain_ = kStartupPacingGain; break;
    case State::Drain: pacing_gain_ = kDrainPacingGain; break;
    case State::Down: pacing_gain_ = 0.9; break;
    case State::Up: pacing_gain_ = 1.25; break;
    case State::Cruise:
    case State::Refill:
    case State::ProbeRtt: pacing_gain_ = 1; break;
  }
  window_gain_ = state == State::Up         ? kUpWindowGain
                 : state == State::ProbeRtt ? kProbeRttWindowGain
                                            : kWindowGain;
}

// §5.2.3: model, state, controls.
void Bbr::on_acknowledged(const Acknowledged& what) {
  if (what.round_trip && !std::exchange(has_round_trip_, true)) {
    const Duration time = std::max<Duration>(*what.round_trip, std::chrono::microseconds(1));
    pacing_rate_ = kStartupPacingGain * kInitialSegments * segment_ / seconds(time);
    probe_rtt_min_at_ = min_rtt_at_ = extra_acked_since_ = what.now;
  }
  update_latest_signals(what);
  const bool was_loss_in_round = is_loss_in_round_;
  update_congestion_signals(what);
  update_aggregation(what);
  check_full_bandwidth(what);
  if (was_loss_in_round) check_startup_done(what);
  if (state_ == State::Startup && full_reached_) enter_drain();
  check_drain_done(what);
  update_cycle(what);
  update_min_rtt(what);
  check_probe_rtt(what);
  if (loss_round_start_) {
    bandwidth_latest_ = what.sample.bytes_per_second;
    inflight_latest_ = static_cast<double>(what.sample.delivered);
  }
  bandwidth_ = std::min(max_bandwidth(), bandwidth_short_);
  set_pacing_rate(pacing_gain_);
  // §5.6.3.
  send_quantum_ = std::max(std::min(pacing_rate_ * 0.001, kMaxQuantum), 2 * segment_);
  set_window(what);
}

// ---- Startup and Drain

void Bbr::enter_startup() { set_state(State::Startup); }

// §5.3.1.3: a round in recovery with much lost, and not all of it in one place.
void Bbr::check_startup_done(const Acknowledged& what) {
  if (full_reached_ || !loss_round_start_) return;
  const bool much =
      too_much_lost(static_cast<double>(what.sample.lost), static_cast<double>(what.sample.flight));
  if (!what.in_recovery || loss_ranges_ < kStartupLossRanges || !much) return;
  undo_.state = State::Startup;
  full_reached_ = true;
  inflight_long_ = std::max(bdp(), inflight_latest_);
}

void Bbr::enter_drain() {
  set_state(State::Drain);
  drain_start_round_ = round_count_;
}

void Bbr::check_drain_done(const Acknowledged& what) {
  if (state_ != State::Drain) return;
  if (static_cast<double>(what.flight) <= inflight_for(1) || round_count_ > drain_start_round_ + 3)
    start_down(what.now, what.delivered);
}

// ---- The cycle of probing, §5.3.3

void Bbr::start_down(Timestamp now, std::uint64_t delivered) {
  reset_congestion_signals();
  up_acked_per_increase_ = kInfinite;
  // §5.3.3.8.3: flows that begin together shall not probe together.
  rounds_since_probe_ = random_unit() < 0.5 ? 0 : 1;
  probe_wait_ =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(2 + random_unit()));
  cycle_began_ = now;
  ack_phase_ = AckPhase::ProbeStopping;
  start_round(delivered);
  set_state(State::Down);
}

void Bbr::start_refill(std::uint64_t delivered) {
  reset_short_term();
  up_rounds_ = 0;
  up_acked_ = 0;
  previous_precautionary_ = false;
  ack_phase_ = AckPhase::Refilling;
  start_round(delivered);
  set_state(State::Refill);
}

void Bbr::start_up(const Acknowledged& what) {
  ack_phase_ = AckPhase::ProbeStarting;
  start_round(what.delivered);
  reset_full_bandwidth(what.sample.bytes_per_second);
  set_state(State::Up);
  raise_long_term_slope();
}

void Bbr::update_cycle(const Acknowledged& what) {
  if (!full_reached_ || adapt_long_term(what) || !in_probe_bandwidth()) return;
  switch (state_) {
    case State::Down:
      if (is_time_to_probe(what)) return;
      if (is_time_to_cruise(what)) start_cruise();
      return;
    case State::Cruise: is_time_to_probe(what); return;
    case State::Refill:
      if (!round_start_) return;
      is_probe_sample_ = true;
      start_up(what);
      return;
    case State::Up:
      if (!is_time_to_go_down(what)) return;
      previous_too_high_ = false;  // no high loss, so far
      start_down(what.now, what.delivered);
      return;
    default: return;
  }
}

bool Bbr::is_time_to_probe(const Acknowledged& what) {
  constexpr double kMostRounds = 63;  // §5.3.3.8.2: as often as Reno would, on short paths
  const double rounds = std::min(target_inflight() / segment_, kMostRounds);
  if (what.now <= cycle_began_ + probe_wait_ && static_cast<double>(rounds_since_probe_) < rounds)
    return false;
  start_refill(what.delivered);
  return true;
}

bool Bbr::is_time_to_cruise(const Acknowledged& what) const {
  const auto flight = static_cast<double>(what.flight);
  return flight <= inflight_with_headroom() && flight <= inflight_for(1);
}

bool Bbr::is_time_to_go_down(const Acknowledged& what) {
  // §5.3.3.6: what was too much the last time is tried for a moment only.
  if (previous_too_high_ && static_cast<double>(what.flight) >= inflight_long_) {
    previous_precautionary_ = true;
    return true;
  }
  if (what.is_window_limited && window_ >= inflight_long_)
    reset_full_bandwidth(what.sample.bytes_per_second);
  else if (full_now_)
    return true;
  return false;
}

bool Bbr::adapt_long_term(const Acknowledged& what) {
  if (ack_phase_ == AckPhase::ProbeStarting && round_start_) ack_phase_ = AckPhase::ProbeFeedback;
  if (ack_phase_ == AckPhase::ProbeStopping && round_start_) {
    is_probe_sample_ = false;
    ack_phase_ = AckPhase::Init;
    if (in_probe_bandwidth()) {
      if (!what.sample.is_app_limited) bandwidths_ = {bandwidths_[1], 0};
      if (previous_precautionary_ && !previous_too_high_) {
        start_refill(what.delivered);
        return true;
      }
    }
  }
  if (too_much_lost(static_cast<double>(what.sample.lost), static_cast<double>(what.sample.flight)))
    return false;
  if (inflight_long_ == kInfinite) return false;
  inflight_long_ = std::max(inflight_long_, static_cast<double>(what.sample.flight));
  if (state_ == State::Up) probe_long_term_upward(what);
  return false;
}

void Bbr::raise_long_term_slope() {
  const double growth = static_cast<double>(std::uint64_t{1} << up_rounds_);
  up_rounds_ = std::min(up_rounds_ + 1, 30);
  up_acked_per_increase_ = std::max(window_ / growth, segment_);
}

void Bbr::probe_long_term_upward(const Acknowledged& what) {
  if (!what.is_window_limited || window_ < inflight_long_) return;
  up_acked_ += static_cast<double>(what.bytes);
  while (up_acked_ >= up_acked_per_increase_) {
    up_acked_ -= up_acked_per_increase_;
    inflight_long_ += segment_;
  }
  if (round_start_) raise_long_term_slope();
}

// ---- ProbeRtt, §5.3.4

void Bbr::check_probe_rtt(const Acknowledged& what) {
  if (state_ != State::ProbeRtt && probe_rtt_expired_ && !idle_restart_) {
    save_window();
    // Against §5.3.3.9, a probe that this cuts short counts: else a path with a long queue, whose
    // rounds are long, may never see the end of one, and keeps a rate that is gone.
    const bool has_probed = ack_phase_ == AckPhase::ProbeFeedback ||
                            (ack_phase_ == AckPhase::ProbeStopping && full_reached_);
    if (has_probed && !what.sample.is_app_limited) bandwidths_ = {bandwidths_[1], 0};
    set_state(State::ProbeRtt);
    probe_rtt_done_at_.reset();
    ack_phase_ = AckPhase::ProbeStopping;
    start_round(what.delivered);
  }
  if (state_ == State::ProbeRtt) handle_probe_rtt(what);
  if (what.sample.delivered > 0) idle_restart_ = false;
}

double Bbr::probe_rtt_window() const {
  return std::max(kProbeRttWindowGain * bdp(), kMinPipeSegments * segment_);
}

void Bbr::handle_probe_rtt(const Acknowledged& what) {
  if (!probe_rtt_done_at_) {
    if (static_cast<double>(what.flight) > probe_rtt_window()) return;
    probe_rtt_done_at_ = what.now + kProbeRttTime;
    probe_rtt_round_done_ = false;
    start_round(what.delivered);
    return;
  }
  if (round_start_) probe_rtt_round_done_ = true;
  if (probe_rtt_round_done_) check_probe_rtt_done(what.now, what.delivered);
}

void Bbr::check_probe_rtt_done(Timestamp now, std::uint64_t delivered) {
  if (!probe_rtt_done_at_ || now <= *probe_rtt_done_at_) return;
  probe_rtt_min_at_ = now;
  restore_window();
  reset_short_term();  // §5.3.4.4
  if (full_reached_) {
    start_down(now, delivered);
    start_cruise();
  } else {
    enter_startup();
  }
}

// ---- What the sender tells

void Bbr::on_sent(const Sent& what) {
  // §5.4.1.
  if (what.flight_before > 0 || !what.is_app_limited) return;
  idle_restart_ = true;
  extra_acked_since_ = what.now;
  extra_acked_delivered_ = 0;
  if (in_probe_bandwidth())
    set_pacing_rate(1);
  else if (state_ == State::ProbeRtt)
    check_probe_rtt_done(what.now, what.delivered);
}

void Bbr::on_congestion(const Congestion&) {
  save_window();
  in_recovery_ = true;
}

void Bbr::on_recovered() {
  in_recovery_ = false;
  restore_window();
  bound_window();
}

void Bbr::on_timeout(const Congestion&, bool) {
  save_state_upon_loss();
  in_recovery_ = true;
  window_ = segment_;  // §5.6.4.4; nothing is under way any more
}

// §5.5.11.2.
void Bbr::on_spurious() {
  restore_window();
  in_recovery_ = false;
  is_loss_in_round_ = false;
  reset_full_bandwidth();
  bandwidth_short_ = std::max(bandwidth_short_, undo_.bandwidth_short);
  inflight_short_ = std::max(inflight_short_, undo_.inflight_short);
  inflight_long_ = std::max(inflight_long_, undo_.inflight_long);
  const std::optional<State> before = std::exchange(undo_.state, std::nullopt);
  if (before == State::Startup && state_ != State::Startup) {
    full_reached_ = false;
    if (state_ != State::ProbeRtt) enter_startup();
  } else if (before == State::Up && state_ != State::Up && state_ != State::ProbeRtt) {
    start_refill(next_round_delivered_);
  }
}

void Bbr::save_window() {
  prior_window_ =
      !in_recovery_ && state_ != State::ProbeRtt ? window_ : std::max(prior_window_, window_);
}

void Bbr::save_state_upon_loss() {
  save_window();
  undo_ = {std::nullopt, bandwidth_short_, inflight_short_, inflight_long_};
}

// ---- Controls, §5.6

void Bbr::set_pacing_rate(double gain) {
  // Against §5.6.2, no margin below a rate that losses have taken back already: each round with a
  // loss would cost another percent, until the next probe.
  const double margin = bandwidth_ < max_bandwidth() ? 1 : kPacingMargin;
  const double rate = gain * bandwidth_ * margin;
  // Before the path is known to be full the rate only grows: samples that the application held back
  // say nothing.
  if (rate > 0 && (full_reached_ || rate > pacing_rate_)) pacing_rate_ = rate;
}

void Bbr::set_window(const Acknowledged& what) {
  const double most = quantized(window_gain_ * bdp() + std::max(extra_acked_[0], extra_acked_[1]));
  const auto acked = static_cast<double>(what.bytes);
  if (full_reached_)
    window_ = std::min(window_ + acked, most);
  else if (window_ < most || static_cast<double>(what.delivered) < kInitialSegments * segment_)
    window_ += acked;
  bound_window();
}

void Bbr::bound_window() {
  window_ = std::max(window_, kMinPipeSegments * segment_);
  if (state_ == State::ProbeRtt) window_ = std::min(window_, probe_rtt_window());
  double most = kInfinite;
  if (in_probe_bandwidth() && state_ != State::Cruise)
    most = inflight_long_;
  else if (state_ == State::ProbeRtt || state_ == State::Cruise)
    most = inflight_with_headroom();
  most = std::max(std::min(most, inflight_short_), kMinPipeSegments * segment_);
  window_ = std::min(window_, most);
}

}  // namespace specter::sctp
