#include "sctp/tx/rto.h"

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;

const Rto::Limits kLimits{500ms, 200ms, 10s};

// RFC 9260 §6.3.1 C2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR.
TEST(Rto, FollowsTheFirstMeasurement) {
  Rto rto(kLimits);
  EXPECT_EQ(rto.value(), 500ms);
  EXPECT_FALSE(rto.smoothed());
  rto.sample(200ms);
  EXPECT_EQ(rto.smoothed(), 200ms);
  EXPECT_EQ(rto.value(), 600ms);
  rto.sample(200ms);  // C3: RTTVAR = 3/4 · 100 ms
  EXPECT_EQ(rto.value(), 500ms);
}

// On an even path RTTVAR goes to zero. A peer may hold a SACK back all the same (§6.2: 200 ms), and
// its SACK of two packets measures the path without that.
TEST(Rto, LeavesRoomForASackThatIsDelayed) {
  Rto rto(kLimits);
  for (int i = 0; i < 50; ++i) rto.sample(220ms);
  EXPECT_EQ(rto.value(), 420ms);
}

// The peer's process stood still, or a queue was full. The path's round trip is another one.
TEST(Rto, BeginsAnewWithAMeasurementThatIsMuchShorter) {
  Rto rto(kLimits);
  rto.sample(6700ms);
  EXPECT_EQ(rto.value(), 10s);
  rto.sample(40ms);
  EXPECT_EQ(rto.smoothed(), 40ms);
  EXPECT_EQ(rto.value(), 240ms);
  // Half as long is nothing unusual.
  rto.sample(20ms);
  EXPECT_GT(rto.smoothed(), 35ms);
}

TEST(Rto, StaysWithinItsLimits) {
  Rto rto(kLimits);
  for (int i = 0; i < 50; ++i) rto.sample(1us);
  EXPECT_EQ(rto.value(), 200ms + 1us);
  for (int i = 0; i < 50; ++i) rto.sample(60s);
  EXPECT_EQ(rto.value(), 10s);
}

// RFC 9260 §6.3.3 E2, with the bound of docs/failures.md row 107.
TEST(Rto, DoublesUpToTwoSeconds) {
  Rto rto(kLimits);
  rto.back_off();
  EXPECT_EQ(rto.value(), 1s);
  for (int i = 0; i < 100; ++i) rto.back_off();
  EXPECT_EQ(rto.value(), 2s);
  rto.restore();
  EXPECT_EQ(rto.value(), 500ms);
  rto.sample(3s);  // a path that slow keeps its own timeout
  rto.back_off();
  EXPECT_EQ(rto.value(), 9s);
}

}  // namespace
}  // namespace specter::sctp
