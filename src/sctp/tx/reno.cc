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
  if (what.smoothed) smoothed_ = what.smoothed;
  if (window_ <= threshold_) {  // §7.2.1
    if (what.is_window_limited && !what.in_recovery)
      window_ += std::min(what.bytes, kMaxSegmentsPerSack * segment_);
  } else {  // §7.2.2
    partly_acknowledged_ += what.bytes;
    if (partly_acknowledged_ >= window_) {
      if (!what.is_window_limited) {
        partly_acknowledged_ = window_;
      } else if (!what.in_recovery) {
        partly_acknowledged_ -= window_;
        window_ += segment_;
      }
    }
  }
  if (what.all_acknowledged) partly_acknowledged_ = 0;
}

void Reno::on_congestion(const Congestion&) {  // §7.2.3
  undo_ = Undo{window_, threshold_};
  threshold_ = halved();
  window_ = threshold_;
  partly_acknowledged_ = 0;
}

void Reno::on_spurious() {
  if (!undo_) return;
  window_ = std::max(window_, undo_->window);
  threshold_ = std::max(threshold_, undo_->threshold);
  undo_.reset();
}

void Reno::on_timeout(const Congestion&, bool repeated) {  // §7.2.3
  // RFC 5681 §3.1: the threshold halves for the first timeout of a row only. A blackout says
  // nothing of the path's capacity, and this way its end finds the old rate soon.
  if (!repeated) threshold_ = halved();
  window_ = segment_;
  partly_acknowledged_ = 0;
  undo_.reset();
}

void Reno::on_idle(int timeouts) {  // §7.2.1
  if (timeouts <= 0) return;
  if (window_ < threshold_) threshold_ = window_;
  for (int i = 0; i < timeouts && window_ > 4 * segment_; ++i) window_ = halved();
}

}  // namespace specter::sctp
