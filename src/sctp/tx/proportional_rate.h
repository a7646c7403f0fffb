// How the sender goes from what was under way to the smaller window while it repairs losses: as
// much leaves as arrives, in the proportion of both. RFC 9937.
#pragma once

#include <algorithm>
#include <cstddef>

namespace specter::sctp {

class ProportionalRate {
 public:
  explicit ProportionalRate(std::size_t segment_bytes) : segment_(segment_bytes) {}

  void begin(std::size_t flight_bytes) {  // RecoverFS
    flight_at_start_ = std::max<std::size_t>(flight_bytes, 1);
    delivered_ = sent_ = budget_ = 0;
  }
  // A SACK in recovery. `is_progress`: nothing more was lost.
  void on_acknowledged(std::size_t bytes, std::size_t flight, std::size_t window,
                       bool is_progress) {
    delivered_ += bytes;
    if (flight > window) {
      const std::size_t due = (delivered_ * window + flight_at_start_ - 1) / flight_at_start_;
      budget_ = due > sent_ ? due - sent_ : 0;
    } else {
      // What pacing has not let go yet is still due.
      budget_ = std::min(window - flight, budget_ + bytes + (is_progress ? segment_ : 0));
    }
    // "Force a fast retransmit upon entering recovery."
    if (sent_ == 0) budget_ = std::max(budget_, segment_);
  }
  void on_sent(std::size_t bytes) {
    sent_ += bytes;
    budget_ -= std::min(budget_, bytes);
  }
  bool has_just_begun() const { return sent_ == 0; }
  std::size_t budget_bytes() const { return budget_; }

 private:
  std::size_t segment_;
  std::size_t flight_at_start_ = 1;
  std::size_t delivered_ = 0;
  std::size_t sent_ = 0;
  std::size_t budget_ = 0;
};

}  // namespace specter::sctp
