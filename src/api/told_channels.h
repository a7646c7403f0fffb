// Counts the channels that received BufferedAmountLow and have not called send() since. Room in the
// send buffer is reserved for them while they react, so that other channels do not take it.
//
// A channel that never calls send() again must not reserve room forever. Time is divided into
// rounds of kPatience, and a channel counts in the round of its event and in the next one: for 100
// to 200 ms.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "specter/time.h"

namespace specter::api {

class ToldChannels {
 public:
  // The round of a channel's event, kept by the channel. 0: no event since its last send().
  using Ticket = std::uint64_t;
  // The length of a round.
  static constexpr Duration kPatience = std::chrono::milliseconds(100);

  // The channel received BufferedAmountLow.
  void add(Ticket& ticket) {
    remove(ticket);
    ticket = round_;
    ++here_;
  }
  // The channel called send(), or is closed.
  void remove(Ticket& ticket) {
    if (counts(ticket)) --(ticket == round_ ? here_ : before_);
    ticket = 0;
  }
  // Whether room is reserved for the channel.
  bool counts(Ticket ticket) const { return ticket != 0 && ticket + 1 >= round_; }
  // The number of channels that room is reserved for.
  std::size_t size() const { return here_ + before_; }

  // Starts a new round if the current one is over. Two or more rounds later, no channel counts.
  void pass(Timestamp now) {
    if (now < end_of_round_) return;
    const bool is_next = now < end_of_round_ + kPatience;
    round_ += is_next ? 1 : 2;
    before_ = is_next ? here_ : 0;
    here_ = 0;
    end_of_round_ = now + kPatience;
  }

 private:
  Ticket round_ = 2;                   // from 2: the round before must not be 0, which is no ticket
  std::size_t here_ = 0, before_ = 0;  // channels of this round and of the one before
  Timestamp end_of_round_{};
};

}  // namespace specter::api
