// RFC 9260 §7.2: slow start, congestion avoidance, halving on loss.
#pragma once

#include "sctp/tx/congestion_control.h"

namespace specter::sctp {

class Reno final : public CongestionController {
 public:
  // RFC 9260 §7.2.1's L, RFC 3465's limit. One SACK may stand for a whole receive batch here, so it
  // is large; pacing keeps what one SACK sets free from leaving at once.
  static constexpr std::size_t kMaxSegmentsPerSack = 64;

  // `segment_bytes`: the largest DATA chunk of the path (PMDCS).
  explicit Reno(std::size_t segment_bytes);

  void on_acknowledged(const Acknowledged& what) override;
  void on_congestion(const Congestion& what) override;
  void on_spurious() override;
  void on_timeout(const Congestion& what, bool repeated) override;
  void on_idle(int timeouts) override;
  std::size_t window_bytes() const override { return window_; }
  std::optional<double> pacing_rate() const override {
    return pacing_of_window(window_, smoothed_, window_ < threshold_);
  }

  std::size_t slow_start_threshold_bytes() const { return threshold_; }

 private:
  std::size_t halved() const;

  std::size_t segment_;
  std::size_t window_;
  std::size_t threshold_;
  std::size_t partly_acknowledged_ = 0;  // §7.2.2's partial_bytes_acked
  std::optional<Duration> smoothed_;
  struct Undo {
    std::size_t window, threshold;
  };
  std::optional<Undo> undo_;
};

}  // namespace specter::sctp
