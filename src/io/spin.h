// Whether it is worth looking for work a little longer before a thread sleeps: waking it costs more
// than finding the work at once. A pure function of what happened; the times come from outside.
#pragma once

#include "specter/time.h"

namespace specter::io {

class Spin {
 public:
  static constexpr int kMaxMisses = 4;  // in a row, then it sleeps at once

  // At most `limit` at a time; zero: never.
  explicit Spin(Duration limit) : limit_(limit) {}

  bool is_worth_it() const { return limit_ > Duration{} && misses_ < kMaxMisses; }
  Duration limit() const { return limit_; }
  void found() { misses_ = 0; }
  void missed() { ++misses_; }
  // Without looking. Had it been as short as a look, looking pays again.
  void slept(Duration time) {
    if (time <= limit_) misses_ = 0;
  }

 private:
  Duration limit_;
  int misses_ = 0;
};

}  // namespace specter::io
