// Tells which timer of the core asks again at once after each turn. A correct core does so for a
// few turns at most; a wrong one would keep its loop busy for ever, so the driver slows it down
// and says who it was.
#pragma once

#include <string_view>

#include "specter/time.h"

namespace specter::io {

class TimerWatch {
 public:
  static constexpr int kTurns = 1000;  // in a row

  // After a turn at `now`. The timer's name, the first time that it has asked at once for so many
  // turns in a row; else nothing.
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
