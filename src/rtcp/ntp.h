// Times as RTCP says them, RFC 3550 §4: seconds since 1900 and a fraction of a second.
#pragma once

#include <cstdint>

#include "specter/time.h"

namespace specter::rtcp {

// The middle 32 bits of an NTP time: 16 bits of seconds, 16 bits of fraction. Wraps each 18 hours.
struct CompactNtp {
  static constexpr std::int64_t kUnitsPerSecond = 1 << 16;

  std::uint32_t value = 0;  // units of 2^-16 s

  bool operator==(const CompactNtp&) const = default;
};

struct NtpTime {
  std::uint64_t value = 0;  // units of 2^-32 s since 1900

  // `now` is a time of the core's clock, and `epoch` what that clock's zero is in NTP time: the
  // driver knows it, since the core's clock is not tied to a calendar.
  static NtpTime at(Timestamp now, NtpTime epoch);

  constexpr CompactNtp compact() const { return {static_cast<std::uint32_t>(value >> 16)}; }

  bool operator==(const NtpTime&) const = default;
};

// A distance in compact units, rounded down; 0 when it is negative, the most there is when it is
// longer than 18 hours.
CompactNtp compact(Duration duration);
Duration to_duration(CompactNtp length);

}  // namespace specter::rtcp
