// The clock of the sans-IO core.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace specter {
#include "specter/export.h"


// The core's clock. It has no now(): time is an input, and only a driver can read a real clock.
struct ProtocolClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ProtocolClock>;
  static constexpr bool is_steady = true;
};

using Duration = ProtocolClock::duration;
using Timestamp = ProtocolClock::time_point;
using Deadline = std::optional<Timestamp>;  // empty: never

// The earlier of two deadlines.
constexpr Deadline soonest(Deadline a, Deadline b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

template <class... More>
constexpr Deadline soonest(Deadline a, Deadline b, More... more) {
  return soonest(soonest(a, b), more...);
}

}  // namespace specter
