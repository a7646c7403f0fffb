// Spreads packets over time: a bucket of bytes that fills at the rate that the congestion control
// asks for.
//
// It holds ten packets, or a millisecond's worth where that is more: on a fast and short path no
// timer ever holds anything back. Once empty it is left alone for half a millisecond's worth, so
// that packets leave in batches and the driver need not wake for each.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "specter/time.h"

namespace specter::sctp {

class Pacer {
 public:
  static constexpr double kBurstSegments = 10;
  static constexpr double kBurstSeconds = 0.001;
  static constexpr double kBatchSeconds = 0.0005;

  explicit Pacer(std::size_t segment_bytes)
      : segment_(static_cast<double>(segment_bytes)), bytes_(kBurstSegments * segment_) {}

  // Time has passed. `rate`: bytes a second from now on; empty: no limit.
  void advance(Timestamp now, std::optional<double> rate) {
    const double before = rate_;
    rate_ = rate.value_or(0);
    if (rate_ <= 0) {
      waits_ = false;
      bytes_ = kBurstSegments * segment_;
    } else if (at_ && now > *at_) {
      bytes_ = std::min(bytes_ + (before > 0 ? before : rate_) *
                                     std::chrono::duration<double>(now - *at_).count(),
                        burst());
    }
    at_ = now;
    if (waits_ && bytes_ >= batch()) waits_ = false;
  }
  bool may_send() const { return !waits_; }
  void sent(std::size_t bytes) {
    if (rate_ <= 0) return;
    bytes_ -= static_cast<double>(bytes);
    if (bytes_ <= 0) waits_ = true;
  }
  // When it may again; later than the last advance().
  Deadline ready_at() const {
    if (!waits_ || !at_) return std::nullopt;
    const double seconds = std::min(std::max(batch() - bytes_, 0.0) / rate_, 10.0);
    return *at_ + Duration(static_cast<Duration::rep>(std::ceil(seconds * 1e9))) + Duration(1);
  }

 private:
  double burst() const { return std::max(kBurstSegments * segment_, rate_ * kBurstSeconds); }
  double batch() const { return std::max(segment_, rate_ * kBatchSeconds); }

  double segment_;
  double bytes_;
  double rate_ = 0;
  Deadline at_;
  bool waits_ = false;
};

}  // namespace specter::sctp
