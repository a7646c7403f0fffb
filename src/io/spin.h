// Decides whether a thread polls for work for a while before it sleeps. Waking a thread costs about
// ten microseconds, more on another core. But if two threads that answer each other share a core,
// polling keeps the other one from running. So both ways are measured for a few waits, and the
// faster one is used for a while. A pure function of its inputs; the times come from the caller.
#pragma once

#include <algorithm>
#include <cstdint>

#include "specter/time.h"

namespace specter::io {

class Spin {
 public:
  static constexpr int kMaxMisses =
      4;  // polls in vain in a row; then it sleeps until a wait was short
  // A wait of at most so many limits is short. With two sleeping threads it contains two wake-ups.
  static constexpr int kShort = 4;
  static constexpr std::uint32_t kTrial = 16;            // waits each way
  static constexpr std::uint32_t kFirstUse = 4096;       // until the next trial; four times as long
  static constexpr std::uint32_t kLongestUse = 1 << 16;  // each time that the same way wins

  // Polls for at most `limit` per wait; zero: never.
  explicit Spin(Duration limit) : limit_(limit) {}

  // Whether to poll in the wait that begins now.
  bool is_worth_it() const { return limit_ > Duration{} && is_looking_ && misses_ < kMaxMisses; }
  Duration limit() const { return limit_; }

  // The wait has ended: while polling (found), or after sleeping (slept). `time`: from when there
  // was no work until the next work was done.
  void found(Duration time) {
    misses_ = 0;
    count(time, looked_);
  }
  void slept(Duration time) {
    const bool looked = is_worth_it();
    if (looked)
      ++misses_;
    else if (is_short(time))
      misses_ = 0;
    count(time, looked ? looked_ : slept_);
  }

 private:
  enum class Phase : std::uint8_t { TryLooking, TrySleeping, Use };
  struct Waits {
    Duration total{};
    std::uint32_t count = 0;
  };

  // Longer waits are not dominated by the wake-up, and do not count.
  bool is_short(Duration time) const { return time <= kShort * limit_; }

  void count(Duration time, Waits& waits) {
    if (limit_ == Duration{} || !is_short(time)) return;
    waits.total += time;
    ++waits.count;
    if (--left_ == 0) go_on();
  }

  void go_on() {
    switch (phase_) {
      case Phase::TryLooking:
        phase_ = Phase::TrySleeping;
        is_looking_ = false;
        left_ = kTrial;
        return;
      case Phase::TrySleeping: {
        const bool wins = looking_wins();
        use_ = wins == won_ ? std::min(4 * use_, kLongestUse) : kFirstUse;
        won_ = is_looking_ = wins;
        phase_ = Phase::Use;
        left_ = use_;
        return;
      }
      case Phase::Use:
        phase_ = Phase::TryLooking;
        is_looking_ = true;
        misses_ = 0;
        looked_ = slept_ = {};
        left_ = kTrial;
        return;
    }
  }
  // Polling must be faster by at least a tenth, because it uses a core.
  bool looking_wins() const {
    return looked_.count > 0 && slept_.count > 0 &&
           10 * looked_.total * slept_.count < 9 * slept_.total * looked_.count;
  }

  Duration limit_;
  Phase phase_ = Phase::TryLooking;
  bool is_looking_ = true;
  bool won_ = true;
  int misses_ = 0;
  std::uint32_t left_ = kTrial;
  std::uint32_t use_ = kFirstUse / 4;
  Waits looked_, slept_;  // of the trial
};

}  // namespace specter::io
