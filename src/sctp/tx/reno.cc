#include "sctp/tx/reno.h"

#include <algorithm>
#include <limits>

namespace specter::sctp {

Reno::Reno(std::size_t segment_bytes)
    : segment_(segment_bytes),
      window_(kInitialSegments * segment_bytes),
      threshold_(std::numeric_limits<std::size_t>::max()) {}

std::size_t Reno::halved() const { return std::max(window_ / 2, 4 * segment_); }

void Reno::on_acknowledged(const Acknowledged& what) {
  // "Fully used" with one segment's tolerance: a chunk that did not fit any more left it open.
  const bool fully_used = what.flight_before + segment_ > window_;
  if (window_ <= threshold_) {  // §7.2.1
    if (fully_used && !what.in_fast_recovery)
      window_ += std::min(what.bytes, kMaxSegmentsPerSack * segment_);
  } else {  // §7.2.2
    partly_acknowledged_ += what.bytes;
    if (partly_acknowledged_ >= window_) {
      if (!fully_used) {
        partly_acknowledged_ = window_;
      } else if (!what.in_fast_recovery) {
        partly_acknowledged_ -= window_;
        window_ += segment_;
      }
    }
  }
  if (what.all_acknowledged) partly_acknowledged_ = 0;
}

void Reno::on_fast_retransmit() {  // §7.2.3
  threshold_ = halved();
  window_ = threshold_;
  partly_acknowledged_ = 0;
}

void Reno::on_timeout(bool repeated) {  // §7.2.3
  // RFC 5681 §3.1: the threshold halves for the first timeout of a row only. A blackout says
  // nothing of the path's capacity, and this way its end finds the old rate soon.
  if (!repeated) threshold_ = halved();
  window_ = segment_;
  partly_acknowledged_ = 0;
}

void Reno::on_idle(int timeouts) {  // §7.2.1
  if (timeouts <= 0) return;
  if (window_ < threshold_) threshold_ = window_;
  for (int i = 0; i < timeouts && window_ > 4 * segment_; ++i) window_ = halved();
}

}  // namespace specter::sctp
