// How long to wait for an answer. RFC 9260 §6.3.1, §6.3.3.
#pragma once

#include <optional>

#include "specter/time.h"

namespace specter::sctp {

class Rto {
 public:
  // Doubling stops here, unless the measured timeout itself is longer: when a path comes back after
  // a blackout, the next packet must not be far off (docs/failures.md row 107), and one packet in
  // two seconds hurts no path.
  static constexpr Duration kMaxBackoff = std::chrono::seconds(2);

  struct Limits {
    Duration initial;
    Duration min;
    Duration max;
  };

  explicit Rto(const Limits& limits);

  void sample(Duration round_trip_time);
  void back_off();
  void restore() { doublings_ = 0; }  // a round trip was measured

  Duration value() const;
  std::optional<Duration> smoothed() const { return smoothed_; }

 private:
  Limits limits_;
  Duration base_;
  std::optional<Duration> smoothed_;
  Duration variation_{};
  int doublings_ = 0;
};

}  // namespace specter::sctp
