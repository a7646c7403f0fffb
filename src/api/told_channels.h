// The channels that were told that there is room to send, and did not come for it yet. A slow owner
// answers late; while it does, the room that it was told of must not go to another.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "specter/time.h"

namespace specter::api {

class ToldChannels {
 public:
  using Ticket = std::uint64_t;  // a channel's; 0: it was not told
  // An owner that has nothing more to send never comes: its channel counts for one to two of these.
  static constexpr Duration kPatience = std::chrono::milliseconds(100);

  void add(Ticket& ticket) {
    remove(ticket);
    ticket = round_;
    ++here_;
  }
  // The channel came, or is gone.
  void remove(Ticket& ticket) {
    if (counts(ticket)) --(ticket == round_ ? here_ : before_);
    ticket = 0;
  }
  bool counts(Ticket ticket) const { return ticket != 0 && ticket + 1 >= round_; }
  std::size_t size() const { return here_ + before_; }

  void pass(Timestamp now) {
    if (now < end_of_round_) return;
    const bool is_next = now < end_of_round_ + kPatience;
    round_ += is_next ? 1 : 2;
    before_ = is_next ? here_ : 0;
    here_ = 0;
    end_of_round_ = now + kPatience;
  }

 private:
  Ticket round_ = 2;  // so that none of the round before is 0
  std::size_t here_ = 0, before_ = 0;
  Timestamp end_of_round_{};
};

}  // namespace specter::api
