#include "io/alarm.h"

#include "io/clock.h"

namespace specter::io {

void Alarm::set(Deadline deadline) {
  wanted_ = deadline;
  if (deadline && (!armed_ || *deadline < *armed_)) arm(*deadline);
}

void Alarm::cancel() {
  wanted_.reset();
  timer_.cancel();
}

void Alarm::arm(Timestamp deadline) {
  armed_ = deadline;
  timer_.expires_at(std::chrono::steady_clock::time_point(deadline.time_since_epoch()));
  timer_.async_wait([this, owner = owner_](const std::error_code& error) {
    const auto alive = owner.lock();
    if (alive && !error) handle_timer();
  });
}

void Alarm::handle_timer() {
  armed_.reset();
  if (!wanted_) return;
  if (now() < *wanted_) {
    arm(*wanted_);
    return;
  }
  wanted_.reset();
  ring_();
}

}  // namespace specter::io
