// The clock of the sans-IO core.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>

#include "specter/export.h"

namespace specter {

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

// A deadline, and which timer asked for it: whoever is woken too often can say by whom.
struct WakeUp : Deadline {
  constexpr WakeUp() = default;
  // `name` lives for ever: a literal.
  constexpr WakeUp(Deadline at, const char* name) : Deadline(at), timer(at ? name : "") {}

  const char* timer = "";  // e.g. "sctp t3"; empty: never
};

constexpr WakeUp soonest(WakeUp a, WakeUp b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

template <class... More>
  requires(std::same_as<More, WakeUp> && ...)
constexpr WakeUp soonest(WakeUp a, WakeUp b, More... more) {
  return soonest(soonest(a, b), more...);
}

}  // namespace specter
