#include "sctp/tx/pacer.h"

#include <gtest/gtest.h>

#include "sctp/tx/proportional_rate.h"

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1h};
constexpr std::size_t kSegment = 1000;

int burst(Pacer& pacer) {
  int sent = 0;
  for (; pacer.may_send() && sent < 100'000; ++sent) pacer.sent(kSegment);
  return sent;
}

TEST(Pacer, LetsTenPacketsGoAndThenHoldsTheRate) {
  Pacer pacer(kSegment);
  const double rate = 1e6;  // a packet a millisecond
  pacer.advance(kStart, rate);
  EXPECT_EQ(burst(pacer), 10);
  ASSERT_TRUE(pacer.ready_at());
  int sent = 0;
  Timestamp now = kStart;
  while (now < kStart + 1s) {
    ASSERT_GT(*pacer.ready_at(), now) << "a driver would spin";
    now = *pacer.ready_at();
    pacer.advance(now, rate);
    ASSERT_TRUE(pacer.may_send());
    sent += burst(pacer);
  }
  EXPECT_NEAR(sent, 1000, 2);
}

TEST(Pacer, IsReadyAtOneTimeHoweverOftenItIsAsked) {
  const double rate = 80'000;  // a whole number of nanoseconds a packet, to be missed by one
  for (int asked = 1; asked < 300; ++asked) {
    Pacer once(kSegment), often(kSegment);
    for (Pacer* pacer : {&once, &often}) {
      pacer->advance(kStart, rate);
      burst(*pacer);
    }
    const Duration wait = *once.ready_at() - kStart;
    for (int i = 1; i < asked; ++i) often.advance(kStart + wait * i / asked, rate);
    ASSERT_EQ(often.ready_at(), once.ready_at()) << asked;
  }
}

TEST(Pacer, AtAByteInAnHourItWaitsAndDoesNotSpin) {
  Pacer pacer(kSegment);
  pacer.advance(kStart, 1.0 / 3600);
  burst(pacer);
  Timestamp now = kStart;
  for (int i = 0; i < 5; ++i) {
    ASSERT_GT(*pacer.ready_at(), now);
    now = *pacer.ready_at();
    pacer.advance(now, 1.0 / 3600);
    EXPECT_FALSE(pacer.may_send());
  }
}

TEST(Pacer, LeavesInBatchesOfHalfAMillisecond) {
  Pacer pacer(kSegment);
  const double rate = 1e8;  // 100 packets a millisecond
  pacer.advance(kStart, rate);
  burst(pacer);
  EXPECT_NEAR(static_cast<double>((*pacer.ready_at() - kStart).count()), 500e3, 10e3);
  pacer.advance(*pacer.ready_at(), rate);
  EXPECT_NEAR(burst(pacer), 50, 1);
}

TEST(Pacer, ALateDriverLosesNothingWithinAMillisecond) {
  Pacer pacer(kSegment);
  pacer.advance(kStart, 1e8);
  burst(pacer);
  pacer.advance(kStart + 900us, 1e8);
  EXPECT_EQ(burst(pacer), 90);
  pacer.advance(kStart + 1s, 1e8);
  EXPECT_EQ(burst(pacer), 100) << "no more than a millisecond's worth is saved up";
}

TEST(Pacer, WithoutARateNothingWaits) {
  Pacer pacer(kSegment);
  pacer.advance(kStart, std::nullopt);
  EXPECT_EQ(burst(pacer), 100'000);
  EXPECT_FALSE(pacer.ready_at());
}

// RFC 9937 §5: RecoverFS 20 segments, ssthresh 10: one leaves for two that arrive.
TEST(ProportionalRate, HalvesSmoothly) {
  ProportionalRate proportion(kSegment);
  proportion.begin(20'000);
  std::size_t flight = 19'000, sent = 0;
  for (int i = 1; i <= 18; ++i) {
    flight -= kSegment;
    proportion.on_acknowledged(kSegment, flight, 10'000, true);
    while (proportion.budget_bytes() > 0) {
      proportion.on_sent(kSegment);
      flight += kSegment;
      sent += kSegment;
    }
    EXPECT_NEAR(static_cast<double>(sent), i * 500, 1000);
  }
  EXPECT_NEAR(static_cast<double>(flight), 10'000, 1000);
}

TEST(ProportionalRate, GrowsBackWhenMoreIsLostThanTheWindowGivesUp) {
  ProportionalRate proportion(kSegment);
  proportion.begin(20'000);
  proportion.on_acknowledged(1000, 4000, 10'000, false);
  EXPECT_EQ(proportion.budget_bytes(), 1000u) << "what arrives, while more is lost";
  proportion.on_sent(1000);
  proportion.on_acknowledged(1000, 4000, 10'000, true);
  EXPECT_EQ(proportion.budget_bytes(), 2000u) << "and one more with progress";
  proportion.on_sent(2000);
  proportion.on_acknowledged(9000, 9'500, 10'000, true);
  EXPECT_EQ(proportion.budget_bytes(), 500u) << "up to the window";
}

}  // namespace
}  // namespace specter::sctp
