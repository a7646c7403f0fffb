#include "sctp/tx/hystart.h"

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;
using Phase = HyStart::Phase;

// Rounds of twenty SACKs for a thousand bytes each.
struct Rounds {
  Phase round(Duration round_trip, int sacks = 20) {
    const std::uint64_t before = delivered;
    Phase phase = hystart.phase();
    for (int i = 0; i < sacks; ++i) {
      delivered += 1000;
      // All but the first were sent before this round's first acknowledgement.
      phase = hystart.on_acknowledged(i == 0 ? before : before - 1, delivered, round_trip);
    }
    return phase;
  }
  HyStart hystart;
  std::uint64_t delivered = 1;
};

TEST(HyStart, ALongerRoundTripEndsSlowStart) {  // RFC 9406 §4.2
  Rounds rounds;
  EXPECT_EQ(rounds.round(100ms), Phase::SlowStart);
  EXPECT_EQ(rounds.round(112ms), Phase::SlowStart) << "the threshold is an eighth of 100 ms";
  EXPECT_EQ(rounds.round(126ms), Phase::Conservative);
}

TEST(HyStart, TheThresholdHasBounds) {  // §4.3: 4 ms and 16 ms
  Rounds fast, slow;
  fast.round(1ms);
  EXPECT_EQ(fast.round(4'900us), Phase::SlowStart);
  EXPECT_EQ(fast.round(8'900us), Phase::Conservative);
  slow.round(400ms);
  EXPECT_EQ(slow.round(416ms), Phase::Conservative);
}

TEST(HyStart, FewSamplesProveNothing) {
  Rounds rounds;
  rounds.round(100ms);
  EXPECT_EQ(rounds.round(200ms, HyStart::kSamples - 1), Phase::SlowStart);
}

TEST(HyStart, NoiseIsForgiven) {
  Rounds rounds;
  rounds.round(100ms);
  EXPECT_EQ(rounds.round(120ms), Phase::Conservative);
  EXPECT_EQ(rounds.round(100ms), Phase::SlowStart);
}

TEST(HyStart, FiveConservativeRoundsAreAllThereIs) {
  Rounds rounds;
  rounds.round(100ms);
  rounds.round(120ms);  // counts, being a part of one
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rounds.round(130ms), Phase::Conservative);
  EXPECT_EQ(rounds.round(130ms), Phase::Done);
  EXPECT_EQ(rounds.round(10ms), Phase::Done);
}

}  // namespace
}  // namespace specter::sctp
