/// @file
/// The time type of the sans-IO core.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>

#include "specter/export.h"

namespace specter {

/// The core's clock. It has no now(): the driver reads a real clock and passes the time in.
struct ProtocolClock {
  /// Nanoseconds.
  using duration = std::chrono::nanoseconds;
  /// The type of a count of nanoseconds.
  using rep = duration::rep;
  /// The unit as a fraction of a second.
  using period = duration::period;
  /// A point in time.
  using time_point = std::chrono::time_point<ProtocolClock>;
  /// Time never decreases.
  static constexpr bool is_steady = true;
};

/// A span of time, in nanoseconds. Durations of whole units convert to it: `5s`, `100ms`.
using Duration = ProtocolClock::duration;
/// A point in time. The driver chooses the epoch.
using Timestamp = ProtocolClock::time_point;
/// A point in time, or never (empty).
using Deadline = std::optional<Timestamp>;

/// The earlier of two deadlines.
constexpr Deadline soonest(Deadline a, Deadline b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

/// The earliest of several deadlines.
template <class... More>
constexpr Deadline soonest(Deadline a, Deadline b, More... more) {
  return soonest(soonest(a, b), more...);
}

/// A deadline and the timer that set it, for logs and debugging.
struct WakeUp : Deadline {
  /// Never.
  constexpr WakeUp() = default;
  /// `name` must be a string literal, or outlive the WakeUp otherwise.
  constexpr WakeUp(Deadline at, const char* name) : Deadline(at), timer(at ? name : "") {}

  /// The timer, e.g. "sctp t3". Empty: never.
  const char* timer = "";
};

/// The earlier of two.
constexpr WakeUp soonest(WakeUp a, WakeUp b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

/// The earliest of several.
template <class... More>
  requires(std::same_as<More, WakeUp> && ...)
constexpr WakeUp soonest(WakeUp a, WakeUp b, More... more) {
  return soonest(soonest(a, b), more...);
}

}  // namespace specter
