// How fast requests may leave: one each interval, and a small burst when it was quiet before.
#pragma once

#include <algorithm>

#include "specter/time.h"

namespace specter::ice {

class Pacer {
 public:
  Pacer(Duration interval, int burst) : interval_(interval), slack_((burst - 1) * interval) {}

  bool is_ready(Timestamp now) const { return now >= ready_at(); }
  Timestamp ready_at() const { return next_ - slack_; }
  // Whether that many could leave at once.
  bool has(Timestamp now, int count) const { return now >= ready_at() + (count - 1) * interval_; }
  void take(Timestamp now) { next_ = std::max(next_, now) + interval_; }

 private:
  Duration interval_;
  Duration slack_;
  Timestamp next_{};  // when the next would leave if there were no bursts
};

}  // namespace specter::ice
