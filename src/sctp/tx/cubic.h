// CUBIC, RFC 9438: after a loss the window goes back to where it was along a cubic curve, flat
// around that point; never slower than Reno would. Slow start ends by HyStart++ (RFC 9406).
#pragma once

#include "sctp/tx/congestion_control.h"
#include "sctp/tx/hystart.h"

namespace specter::sctp {

class Cubic final : public CongestionController {
 public:
  static constexpr double kScale = 0.4;  // §5.1: C, segments a second cubed
  static constexpr double kBeta = 0.7;   // §4.6
  // §4.3: Reno's growth that has the same average with our smaller decrease.
  static constexpr double kAlpha = 3 * (1 - kBeta) / (1 + kBeta);
  static constexpr double kMinSegments = 2;

  explicit Cubic(std::size_t segment_bytes);

  void on_acknowledged(const Acknowledged& what) override;
  void on_congestion(const Congestion& what) override;
  void on_spurious() override;
  void on_timeout(const Congestion& what, bool repeated) override;
  void on_idle(int timeouts) override;
  std::size_t window_bytes() const override {
    return static_cast<std::size_t>(state_.window * segment_);
  }
  std::optional<double> pacing_rate() const override {
    return pacing_of_window(window_bytes(), smoothed_, in_slow_start());
  }

  bool in_slow_start() const { return state_.window < state_.threshold; }

 private:
  // In segments and seconds, as the RFC has them.
  struct State {
    double window = 0;
    double prior = 0;          // cwnd_prior: when the threshold was set last
    double threshold = 0;      // ssthresh
    double highest = 0;        // W_max
    double k = 0;              // K: from the beginning of the epoch until W_max is reached
    double estimate = 0;       // W_est
    Deadline epoch;            // t_epoch; empty: the next acknowledgement begins it
    bool has_highest = false;  // or the epoch begins at it: after HyStart++ or a timeout
  };

  void grow_slowly(const Acknowledged& what);
  void begin_epoch(Timestamp now);

  double segment_;
  State state_;
  std::optional<State> undo_;
  HyStart hystart_;
  std::optional<Duration> smoothed_;
  Deadline limited_at_;  // an acknowledgement last found the window in use, or not
};

}  // namespace specter::sctp
