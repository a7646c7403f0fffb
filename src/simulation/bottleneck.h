// The line of a bottleneck and the queue before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "specter/time.h"

namespace specter::simulation {

// One packet after the other, at the line's rate; what finds the queue full is dropped. How long a
// packet waits shows at once when it comes, since nothing overtakes.
class Bottleneck {
 public:
  struct Line {
    std::uint64_t rate_bits_per_second = 0;
    std::size_t queue_bytes = 0;  // that may wait, the packet on the line not counted
  };

  // When the packet's last bit will have left; empty: the queue is full and it is dropped. The rate
  // must not be 0.
  Deadline pass(Timestamp now, std::size_t bytes, const Line& line);

  std::uint64_t dropped() const { return dropped_; }
  std::size_t waiting_bytes() const { return waiting_bytes_; }  // as of the last packet
  // How long a packet that comes now would wait.
  Duration delay(Timestamp now) const;
  Duration largest_delay() const { return largest_delay_; }  // that a packet has met
  // Over the time since the first packet or forget().
  Duration mean_delay(Timestamp now);
  // Measures anew from here on.
  void forget(Timestamp now);

 private:
  struct Waiting {
    Timestamp leaves;  // the queue, for the line
    std::size_t bytes;
  };

  void note_time(Timestamp now);

  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  Timestamp free_at_{};
  std::uint64_t dropped_ = 0;
  Duration largest_delay_{};
  Deadline since_;
  Timestamp noted_{};
  double delay_seconds_squared_ = 0;
};

}  // namespace specter::simulation
