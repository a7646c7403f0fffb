// RFC 9260 §7.2: slow start, congestion avoidance, halving on loss.
#pragma once

#include "sctp/tx/congestion_control.h"

namespace specter::sctp {

class Reno final : public CongestionControl {
 public:
  // RFC 6928's initial window instead of RFC 9260's 4380 bytes, as browsers and TCP have it.
  static constexpr std::size_t kInitialSegments = 10;
  // RFC 9260 §7.2.1's L, RFC 3465's limit. One SACK may stand for a whole receive batch here, so it
  // is large; the sender's burst limit keeps what one SACK sets free small.
  static constexpr std::size_t kMaxSegmentsPerSack = 64;

  // `segment_bytes`: the largest DATA chunk of the path (PMDCS).
  explicit Reno(std::size_t segment_bytes);

  void on_acknowledged(const Acknowledged& what) override;
  void on_fast_retransmit() override;
  void on_timeout(bool repeated) override;
  void on_idle(int timeouts) override;
  std::size_t window_bytes() const override { return window_; }

  std::size_t slow_start_threshold_bytes() const { return threshold_; }

 private:
  std::size_t halved() const;

  std::size_t segment_;
  std::size_t window_;
  std::size_t threshold_;
  std::size_t partly_acknowledged_ = 0;  // §7.2.2's partial_bytes_acked
};

}  // namespace specter::sctp
