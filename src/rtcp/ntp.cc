#include "rtcp/ntp.h"

#include <algorithm>
#include <limits>

namespace specter::rtcp {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

NtpTime NtpTime::at(Timestamp now, NtpTime epoch) {
  const std::int64_t nanoseconds = now.time_since_epoch().count();
  const auto seconds = static_cast<std::uint64_t>(nanoseconds / kNanosecondsPerSecond);
  const auto rest = static_cast<std::uint64_t>(nanoseconds % kNanosecondsPerSecond);
  return {epoch.value + (seconds << 32) + (rest << 32) / kNanosecondsPerSecond};
}

CompactNtp compact(Duration duration) {
  const std::int64_t nanoseconds = std::max<std::int64_t>(duration.count(), 0);
  const std::int64_t seconds = nanoseconds / kNanosecondsPerSecond;
  if (seconds >= CompactNtp::kUnitsPerSecond) return {std::numeric_limits<std::uint32_t>::max()};
  const std::int64_t rest = nanoseconds % kNanosecondsPerSecond;
  return {static_cast<std::uint32_t>(seconds * CompactNtp::kUnitsPerSecond +
                                     rest * CompactNtp::kUnitsPerSecond / kNanosecondsPerSecond)};
}

Duration to_duration(CompactNtp length) {
  return Duration(std::int64_t{length.value} * kNanosecondsPerSecond / CompactNtp::kUnitsPerSecond);
}

}  // namespace specter::rtcp
