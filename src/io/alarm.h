// The one timer of a connection.
#pragma once

#include <functional>
#include <memory>

#include <asio/steady_timer.hpp>

#include "io/loop_impl.h"

#include "specter/time.h"

namespace specter::io {

class Alarm {
 public:
  // `ring` is called on the loop, at or after the deadline and never before it. It is not called
  // after `owner`, the object that has this alarm, is gone.
  Alarm(Loop& loop, std::weak_ptr<void> owner, std::function<void()> ring)
      : timer_(loop.impl().context), owner_(std::move(owner)), ring_(std::move(ring)) {}
  Alarm(const Alarm&) = delete;

  // A deadline later than the armed one does not change the timer: it fires once in vain and is
  // then armed again. Deadlines move with every packet, mostly to a later time.
  void set(Deadline deadline);
  void cancel();

 private:
  void arm(Timestamp deadline);
  void handle_timer();

  asio::steady_timer timer_;
  std::weak_ptr<void> owner_;
  std::function<void()> ring_;
  Deadline wanted_{};
  Deadline armed_{};
};

}  // namespace specter::io
