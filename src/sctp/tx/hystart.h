// When slow start has filled the path, told by its round trips getting longer before anything is
// lost. RFC 9406 (HyStart++).
//
//     SlowStart --a round's shortest RTT grew--> Css --five rounds--> Done
//         ^                                       |
//         +------ the RTT is back: it was noise --+
#pragma once

#include <cstdint>
#include <optional>

#include "specter/time.h"

namespace specter::sctp {

class HyStart {
 public:
  static constexpr Duration kMinThreshold = std::chrono::milliseconds(4);
  static constexpr Duration kMaxThreshold = std::chrono::milliseconds(16);
  static constexpr int kDivisor = 8;
  static constexpr int kSamples = 8;
  static constexpr int kGrowthDivisor = 4;
  static constexpr int kConservativeRounds = 5;

  enum class Phase { SlowStart, Conservative, Done };

  // One SACK: how much had been delivered when its newest chunk was sent, and is now; the round
  // trip of it, if it has one.
  Phase on_acknowledged(std::uint64_t prior_delivered, std::uint64_t delivered,
                        std::optional<Duration> round_trip);
  void finish() { phase_ = Phase::Done; }  // something was lost
  Phase phase() const { return phase_; }

 private:
  Phase phase_ = Phase::SlowStart;
  std::uint64_t round_ends_ = 0;  // when a chunk is acknowledged that was sent after so much
  std::optional<Duration> last_, current_, baseline_;  // shortest round trips
  int samples_ = 0;
  int rounds_ = 0;  // in the conservative phase
};

}  // namespace specter::sctp
