// Detects a timer of the core that is due again immediately after each turn. A correct core has
// that for a few turns at most. A faulty one would keep its loop busy forever, so the driver slows
// it down and logs the timer's name.
#pragma once

#include <string_view>

#include "specter/time.h"

namespace specter::io {

class TimerWatch {
 public:
  static constexpr int kTurns = 1000;  // in a row

  // Call it after each turn. Returns the timer's name once it was due immediately for kTurns turns
  // in a row, the first time; otherwise nothing.
  std::string_view see(Timestamp now, const WakeUp& next) {
    turns_ = next && *next <= now ? turns_ + 1 : 0;
    if (turns_ != kTurns || is_told_) return {};
    is_told_ = true;
    return next.timer;
  }

 private:
  int turns_ = 0;
  bool is_told_ = false;
};

}  // namespace specter::io
