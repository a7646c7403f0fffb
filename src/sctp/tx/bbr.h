// BBR, version 3: a model of the path (how fast it delivers, how long its round trip is, how much
// it holds before it drops) instead of a window that waits for losses. draft-ietf-ccwg-bbr-06.
//
//   Startup --the rate stops growing, or much is lost--> Drain --the queue is gone--> Down
//
//      +--> Down --room--> Cruise --2 to 3 s, or 63 rounds--> Refill --a round--> Up --+
//      +--------------------- no growth, or more than 2 % lost -----------------------+
//
//   ProbeRtt: from any of them, when no round trip was as short for 5 s; then Cruise again.
#pragma once

#include <array>
#include <limits>
#include <string_view>

#include "sctp/tx/congestion_control.h"

namespace specter::sctp {

class Bbr final : public CongestionController {
 public:
  static constexpr double kStartupPacingGain = 2.77;
  static constexpr double kDrainPacingGain = 0.5;
  static constexpr double kWindowGain = 2;
  static constexpr double kUpWindowGain = 2.25;
  static constexpr double kProbeRttWindowGain = 0.5;
  static constexpr double kLossThreshold = 0.02;
  static constexpr double kBeta = 0.7;
  static constexpr double kHeadroom = 0.15;
  static constexpr double kPacingMargin = 0.99;  // §5.6.2: on average just below the path's rate
  static constexpr double kFullGrowth = 1.25;
  static constexpr int kFullRounds = 3;
  static constexpr int kStartupLossRanges = 6;
  static constexpr std::size_t kMinPipeSegments = 4;
  static constexpr int kAggregationRounds = 10;
  static constexpr Duration kMinRttWindow = std::chrono::seconds(10);
  static constexpr Duration kProbeRttInterval = std::chrono::seconds(5);
  static constexpr Duration kProbeRttTime = std::chrono::milliseconds(200);

  enum class State { Startup, Drain, Down, Cruise, Refill, Up, ProbeRtt };

  Bbr(std::size_t segment_bytes, std::uint64_t seed);

  void on_sent(const Sent& what) override;
  void on_lost(const Lost& what) override;
  void on_acknowledged(const Acknowledged& what) override;
  void on_congestion(const Congestion& what) override;
  void on_recovered() override;
  void on_spurious() override;
  void on_timeout(const Congestion& what, bool repeated) override;
  void on_idle(int) override {}  // §5.4: it paces instead of starting anew
  std::size_t window_bytes() const override { return static_cast<std::size_t>(window_); }
  std::optional<double> pacing_rate() const override { return pacing_rate_; }
  bool reduces_in_proportion() const override { return false; }           // §5.6.4.4
  bool holds_back() const override { return state_ == State::ProbeRtt; }  // §5.3.4.3

  State state() const { return state_; }
  double max_bandwidth() const { return std::max(bandwidths_[0], bandwidths_[1]); }
  double bandwidth() const { return bandwidth_; }  // bytes a second
  Duration min_round_trip() const { return min_rtt_; }
  double inflight_long_term() const { return inflight_long_; }

 private:
  static constexpr double kInfinite = std::numeric_limits<double>::infinity();

  enum class AckPhase { Init, Refilling, ProbeStarting, ProbeFeedback, ProbeStopping };

  bool is_probing_bandwidth() const {
    return state_ == State::Startup || state_ == State::Refill || state_ == State::Up;
  }
  bool in_probe_bandwidth() const {
    return state_ == State::Down || state_ == State::Cruise || state_ == State::Refill ||
           state_ == State::Up;
  }

  // ---- the model, bbr_model.cc
  void update_round(const Acknowledged& what);
  void start_round(std::uint64_t delivered) { next_round_delivered_ = delivered; }
  void update_latest_signals(const Acknowledged& what);
  void update_congestion_signals(const Acknowledged& what);
  void update_max_bandwidth(const Acknowledged& what);
  void adapt_short_term();
  void reset_congestion_signals();
  void reset_short_term();
  void update_aggregation(const Acknowledged& what);
  void check_full_bandwidth(const Acknowledged& what);
  void reset_full_bandwidth(double rate = 0);
  void update_min_rtt(const Acknowledged& what);
  void note_loss(const Lost& what);
  void handle_inflight_too_high(Timestamp now, std::uint64_t delivered, double flight,
                                bool is_app_limited);
  double bdp() const;
  double inflight_for(double gain) const;
  double quantized(double bytes) const;
  double target_inflight() const { return std::min(bdp(), window_); }
  double inflight_with_headroom() const;
  static bool too_much_lost(double lost, double flight) { return lost > flight * kLossThreshold; }

  // ---- the states, bbr.cc
  void enter_startup();
  void check_startup_done(const Acknowledged& what);
  void check_drain_done(const Acknowledged& what);
  void enter_drain();
  void start_down(Timestamp now, std::uint64_t delivered);
  void start_cruise() { set_state(State::Cruise); }
  void start_refill(std::uint64_t delivered);
  void start_up(const Acknowledged& what);
  void update_cycle(const Acknowledged& what);
  bool adapt_long_term(const Acknowledged& what);
  void raise_long_term_slope();
  void probe_long_term_upward(const Acknowledged& what);
  bool is_time_to_probe(const Acknowledged& what);
  bool is_time_to_cruise(const Acknowledged& what) const;
  bool is_time_to_go_down(const Acknowledged& what);
  void check_probe_rtt(const Acknowledged& what);
  void handle_probe_rtt(const Acknowledged& what);
  void check_probe_rtt_done(Timestamp now, std::uint64_t delivered);
  double probe_rtt_window() const;
  void set_state(State state);
  void set_pacing_rate(double gain);
  void set_window(const Acknowledged& what);
  void bound_window();
  void save_window();
  void restore_window() { window_ = std::max(window_, prior_window_); }
  void save_state_upon_loss();
  double random_unit();

  const double segment_;
  std::uint64_t random_;

  State state_ = State::Startup;
  double pacing_gain_ = kStartupPacingGain;
  double window_gain_ = kWindowGain;
  double window_;
  double prior_window_ = 0;
  double pacing_rate_;
  double send_quantum_;
  bool has_round_trip_ = false;
  bool in_recovery_ = false;
  bool idle_restart_ = false;

  // Rounds: from the sending of a chunk to its acknowledgement.
  std::uint64_t next_round_delivered_ = 0;
  std::uint64_t round_count_ = 0;
  bool round_start_ = false;

  // How fast.
  std::array<double, 2> bandwidths_{};  // best samples of the last cycle and of this
  double bandwidth_ = 0;
  double bandwidth_short_ = kInfinite;
  double bandwidth_latest_ = 0;
  double full_bandwidth_ = 0;
  int full_count_ = 0;
  bool full_now_ = false;
  bool full_reached_ = false;

  // How long.
  Duration min_rtt_ = Duration::max();
  Timestamp min_rtt_at_{};
  Duration probe_rtt_min_ = Duration::max();
  Timestamp probe_rtt_min_at_{};
  bool probe_rtt_expired_ = false;
  Deadline probe_rtt_done_at_;
  bool probe_rtt_round_done_ = false;

  // How much.
  double inflight_long_ = kInfinite;
  double inflight_short_ = kInfinite;
  double inflight_latest_ = 0;
  std::array<double, 2> extra_acked_{};  // of some rounds, and of those before
  std::uint64_t extra_acked_round_ = 0;  // when the newer began
  Timestamp extra_acked_since_{};
  double extra_acked_delivered_ = 0;

  // Losses, by rounds of their own.
  bool is_loss_in_round_ = false;
  std::uint64_t loss_round_delivered_ = 0;
  bool loss_round_start_ = false;
  int loss_ranges_ = 0;
  std::int64_t last_lost_tsn_ = -2;

  // The cycle of probing.
  Timestamp cycle_began_{};
  Duration probe_wait_{};
  std::uint64_t rounds_since_probe_ = 0;
  std::uint64_t drain_start_round_ = 0;
  AckPhase ack_phase_ = AckPhase::Init;
  bool is_probe_sample_ = false;
  bool previous_too_high_ = false;
  bool previous_precautionary_ = false;
  double up_acked_per_increase_ = kInfinite;
  double up_acked_ = 0;
  int up_rounds_ = 0;

  struct Undo {
    std::optional<State> state;
    double bandwidth_short = 0, inflight_short = 0, inflight_long = 0;
  };
  Undo undo_;
};

std::string_view to_string(Bbr::State state);

}  // namespace specter::sctp
