#include "sctp/tx/congestion_control.h"

#include <algorithm>

#include "sctp/tx/bbr.h"
#include "sctp/tx/cubic.h"
#include "sctp/tx/reno.h"

namespace specter::sctp {

std::optional<double> pacing_of_window(std::size_t window_bytes, std::optional<Duration> round_trip,
                                       bool in_slow_start) {
  if (!round_trip) return std::nullopt;
  constexpr double kInSlowStart = 2.0, kAfterwards = 1.2;
  const Duration time = std::max<Duration>(*round_trip, std::chrono::microseconds(1));
  return (in_slow_start ? kInSlowStart : kAfterwards) * static_cast<double>(window_bytes) /
         seconds(time);
}

std::unique_ptr<CongestionController> make_congestion_controller(CongestionControl which,
                                                                 std::size_t segment_bytes,
                                                                 std::uint64_t seed) {
  switch (which) {
    case CongestionControl::Reno: return std::make_unique<Reno>(segment_bytes);
    case CongestionControl::Bbr: return std::make_unique<Bbr>(segment_bytes, seed);
    case CongestionControl::Cubic: break;
  }
  return std::make_unique<Cubic>(segment_bytes);
}

}  // namespace specter::sctp
