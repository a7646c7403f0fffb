#include "simulation/bottleneck.h"

#include <algorithm>

namespace specter::simulation {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Deadline Bottleneck::pass(Timestamp now, std::size_t bytes, const Line& line) {
  note_time(now);
  while (!waiting_.empty() && waiting_.front().leaves <= now) {
    waiting_bytes_ -= waiting_.front().bytes;
    waiting_.pop_front();
  }
  const Timestamp begins = std::max(now, free_at_);
  if (begins > now) {
    if (waiting_bytes_ + bytes > line.queue_bytes) {
      ++dropped_;
      return std::nullopt;
    }
    waiting_.push_back({begins, bytes});
    waiting_bytes_ += bytes;
  }
  largest_delay_ = std::max(largest_delay_, begins - now);
  free_at_ =
      begins + Duration(static_cast<Duration::rep>(static_cast<double>(bytes) * 8e9 /
                                                   static_cast<double>(line.rate_bits_per_second)));
  return free_at_;
}

Duration Bottleneck::delay(Timestamp now) const { return std::max(free_at_ - now, Duration{}); }

Duration Bottleneck::mean_delay(Timestamp now) {
  note_time(now);
  if (!since_ || now <= *since_) return Duration{};
  return Duration(
      static_cast<Duration::rep>(delay_seconds_squared_ / seconds(now - *since_) * 1e9));
}

void Bottleneck::forget(Timestamp now) {
  note_time(now);
  since_ = now;
  delay_seconds_squared_ = 0;
  largest_delay_ = Duration{};
  dropped_ = 0;
}

// Between packets the delay falls as time passes: what it adds up to is a triangle, or the part of
// one.
void Bottleneck::note_time(Timestamp now) {
  if (!since_) since_ = noted_ = now;
  const double before = seconds(delay(noted_));
  const double after = seconds(delay(now));
  delay_seconds_squared_ += (before * before - after * after) / 2;
  noted_ = std::max(noted_, now);
}

}  // namespace specter::simulation
