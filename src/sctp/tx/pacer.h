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
    if (rate.value_or(0) != rate_ || now >= at_ + kLongest) anchor(now, rate.value_or(0));
    now_ = std::max(now_, now);
    if (waits_ && (rate_ <= 0 || available() >= batch())) waits_ = false;
  }
  bool may_send() const { return !waits_; }
  void sent(std::size_t bytes) {
    if (rate_ <= 0) return;
    anchor(now_, rate_);
    bytes_ -= static_cast<double>(bytes);
    if (bytes_ <= 0) waits_ = true;
  }
  // When it may again; later than the last advance(), and the same however often that was called.
  Deadline ready_at() const {
    if (!waits_) return std::nullopt;
    const double seconds = std::max(batch() - bytes_, 0.0) / rate_;
    if (seconds > std::chrono::duration<double>(kLongest).count()) return at_ + kLongest;
    return at_ + Duration(static_cast<Duration::rep>(std::ceil(seconds * 1e9))) + Duration(1);
  }

 private:
  static constexpr Duration kLongest = std::chrono::hours(1);

  double burst() const { return std::max(kBurstSegments * segment_, rate_ * kBurstSeconds); }
  double batch() const { return std::max(segment_, rate_ * kBatchSeconds); }
  double available() const {
    const double elapsed = std::chrono::duration<double>(now_ - at_).count();
    return std::min(bytes_ + rate_ * elapsed, burst());
  }
  // What is there from now on is counted from here. Nowhere else: a sum in many small steps would
  // be another number, and when a packet leaves would depend on how often it was asked for.
  void anchor(Timestamp now, double rate) {
    now_ = std::max(now_, now);
    if (rate_ <= 0) rate_ = rate;
    bytes_ = rate > 0 ? available() : kBurstSegments * segment_;
    rate_ = rate;
    at_ = now_;
  }

  double segment_;
  double bytes_;  // at_
  double rate_ = 0;
  Timestamp at_{};
  Timestamp now_{};  // of the last advance()
  bool waits_ = false;
};

}  // namespace specter::sctp
