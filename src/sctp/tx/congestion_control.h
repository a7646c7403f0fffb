// How much may be under way. RFC 9260 §7 has one answer (Reno); others fit in here.
#pragma once

#include <cstddef>

namespace specter::sctp {

class CongestionControl {
 public:
  struct Acknowledged {
    std::size_t bytes = 0;          // of chunks acknowledged by this SACK, headers included
    std::size_t flight_before = 0;  // bytes under way before it came
    bool in_fast_recovery = false;
    bool all_acknowledged = false;
  };

  virtual ~CongestionControl() = default;

  virtual void on_acknowledged(const Acknowledged& what) = 0;
  virtual void on_fast_retransmit() = 0;  // once for each time fast recovery is entered
  // `repeated`: nothing was acknowledged since the last timeout.
  virtual void on_timeout(bool repeated) = 0;
  virtual void on_idle(int timeouts) = 0;  // nothing was sent for so many RTOs

  virtual std::size_t window_bytes() const = 0;
};

}  // namespace specter::sctp
