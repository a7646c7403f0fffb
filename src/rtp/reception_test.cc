#include "rtp/reception.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace specter::rtp {
namespace {

using namespace std::chrono_literals;
using Verdict = Reception::Verdict;

constexpr Timestamp kStart{1000s};

Header packet(int sequence) { return {.sequence = static_cast<std::uint16_t>(sequence)}; }

Reception from(int sequence) { return {90'000, kStart, packet(sequence)}; }

void receive(Reception& reception, int first, int last) {
  for (int sequence = first; sequence <= last; ++sequence)
    EXPECT_EQ(reception.handle_packet(kStart, packet(sequence)), Verdict::Taken) << sequence;
}

TEST(RtpReception, LosesNothingInOrder) {
  Reception reception = from(10);
  receive(reception, 11, 109);
  EXPECT_EQ(reception.report(), (ReceptionReport{0, 0, 109, 0}));
  EXPECT_EQ(reception.expected(), 100);
  EXPECT_EQ(reception.received(), 100u);
}

// Media fact 9, RFC 3550 A.3: the fraction is of what was expected since the last report.
TEST(RtpReception, CountsTheFractionSinceTheLastReport) {
  Reception reception = from(0);
  receive(reception, 1, 63);
  receive(reception, 96, 127);  // 32 of 128 are missing
  EXPECT_EQ(reception.report(), (ReceptionReport{64, 32, 127, 0}));
  receive(reception, 128, 227);
  EXPECT_EQ(reception.report(), (ReceptionReport{0, 32, 227, 0}));
  EXPECT_EQ(reception.report(), (ReceptionReport{0, 32, 227, 0}));  // nothing came
}

// Media fact 9: duplicates count as received, so the loss may be below zero; the fraction may not.
TEST(RtpReception, DuplicatesMakeTheLossNegative) {
  Reception reception = from(0);
  receive(reception, 1, 9);
  receive(reception, 0, 4);
  EXPECT_EQ(reception.report(), (ReceptionReport{0, -5, 9, 0}));
  receive(reception, 12,
          19);  // two missing, five duplicates of before: the interval has its own loss
  EXPECT_EQ(reception.report(), (ReceptionReport{51, -3, 19, 0}));
}

// Media fact 9: what comes late after a report was lost in it and makes the next interval's loss
// negative, which is no fraction of 255.
TEST(RtpReception, LatePacketsNeverWrapTheFraction) {
  Reception reception = from(0);
  receive(reception, 1, 9);
  receive(reception, 20, 20);
  EXPECT_EQ(reception.report(), (ReceptionReport{121, 10, 20, 0}));
  receive(reception, 10, 19);
  EXPECT_EQ(reception.report(), (ReceptionReport{0, 0, 20, 0}));
}

TEST(RtpReception, AlmostAllLostIs255) {
  Reception reception = from(0);
  reception.report();
  receive(reception, 2999, 2999);
  EXPECT_EQ(reception.report().fraction_lost, 255);
}

// Media fact 9: sequence numbers wrap; the cycles stand in the upper half.
TEST(RtpReception, CountsCycles) {
  Reception reception = from(65'530);
  for (int i = 1; i <= 2 * 65'536; ++i) reception.handle_packet(kStart, packet(65'530 + i));
  EXPECT_EQ(reception.report(), (ReceptionReport{0, 0, 2u << 16 | 65'530u, 0}));
  EXPECT_EQ(reception.expected(), 2 * 65'536 + 1);
}

TEST(RtpReception, ReordersOverTheWrap) {
  Reception reception = from(65'534);
  for (const int sequence : {1, 65'535, 0, 2})
    EXPECT_EQ(reception.handle_packet(kStart, packet(sequence)), Verdict::Taken);
  EXPECT_EQ(reception.report(), (ReceptionReport{0, 0, 1u << 16 | 2u, 0}));
  // What came before the first packet is no loss either.
  EXPECT_EQ(reception.handle_packet(kStart, packet(65'533)), Verdict::Taken);
  EXPECT_EQ(reception.report().cumulative_lost, -1);
}

// Media fact 9: 24 bits, clamped at both ends.
TEST(RtpReception, ClampsTheCumulativeLoss) {
  Reception reception = from(0);
  int sequence = 0;
  while (reception.lost() <= Reception::kMaxLost) {
    sequence += 2999;
    reception.handle_packet(kStart, packet(sequence));
  }
  EXPECT_EQ(reception.report().cumulative_lost, 0x7fffff);

  Reception doubled = from(0);
  while (doubled.lost() >= Reception::kMinLost) doubled.handle_packet(kStart, packet(0));
  EXPECT_EQ(doubled.report().cumulative_lost, -0x800000);
}

// RFC 3550 A.1: one number from far away is refused; two that follow each other are a new
// beginning.
TEST(RtpReception, AJumpIsTakenWhenASecondPacketFollowsIt) {
  Reception reception = from(100);
  EXPECT_EQ(reception.handle_packet(kStart, packet(100 + 3000)), Verdict::Refused);
  EXPECT_EQ(reception.handle_packet(kStart, packet(101)), Verdict::Taken);
  EXPECT_EQ(reception.handle_packet(kStart, packet(40'000)), Verdict::Refused);
  EXPECT_EQ(reception.handle_packet(kStart, packet(50'000)), Verdict::Refused);
  EXPECT_EQ(reception.handle_packet(kStart, packet(50'001)), Verdict::Restarted);
  EXPECT_EQ(reception.report(), (ReceptionReport{0, 0, 50'001, 0}));
}

TEST(RtpReception, TakesWhatIsLateByLessThanItsBound) {
  Reception reception = from(0);
  receive(reception, 1, 2000);
  EXPECT_EQ(reception.handle_packet(kStart, packet(2000 - 1023)), Verdict::Taken);
  EXPECT_EQ(reception.handle_packet(kStart, packet(2000 - 1024)), Verdict::Refused);
}

// Packets that come late have waited to be sent once more, or were overtaken: that is no jitter.
// What is retransmitted under its own number looks like that.
TEST(RtpReception, PacketsThatComeLateAreNoJitter) {
  const auto at = [](int sequence) {
    return Header{.sequence = static_cast<std::uint16_t>(sequence),
                  .timestamp = static_cast<std::uint32_t>(sequence * 1800)};
  };
  Reception reception(90'000, kStart, at(0));
  for (int i = 1; i <= 100; ++i) {
    const Timestamp now = kStart + i * 20ms;
    if (i % 10 != 5) reception.handle_packet(now, at(i));
    if (i % 10 == 0) {
      reception.handle_packet(now + 1ms, at(i - 5));
      reception.handle_packet(now + 2ms, at(i - 5));  // and a duplicate
    }
  }
  EXPECT_EQ(reception.jitter(), 0u);
  EXPECT_EQ(reception.received(), 111u) << "they count all the same";
}

// Sequence numbers and timestamps of a stream, as those who keep them unwrap them
// (base/sequence.h).
TEST(RtpUnwrapping, FollowsNumbersAndTimesOverTheirEnds) {
  Unwrapper<std::uint16_t> sequence(65'534);
  EXPECT_EQ(sequence(1) - sequence(65'534), 3);
  EXPECT_EQ(sequence(65'533), 65'536 + 65'533);  // late by four
  Unwrapper<std::uint32_t> timestamp(0xffffff00);
  const std::int64_t first = timestamp(0xffffff00);
  EXPECT_EQ(timestamp(0x00000100) - first, 512);
  EXPECT_EQ(timestamp(0xfffffff0) - first, 240);
}

// ---- RFC 3550 A.8

TEST(RtpJitter, EvenPacketsHaveNone) {
  Jitter jitter(8000);
  for (int i = 0; i < 100; ++i)
    jitter.handle_packet(kStart + i * 20ms, static_cast<std::uint32_t>(i * 160));
  EXPECT_EQ(jitter.value(), 0u);
}

// Packets that come 10 ms (80 units) late and on time by turns: by J += (|D| - J) / 16 the jitter
// goes towards 80.
TEST(RtpJitter, GoesTowardsTheMeanDifference) {
  Jitter jitter(8000);
  jitter.handle_packet(kStart, 0);
  jitter.handle_packet(kStart + 30ms, 160);
  EXPECT_EQ(jitter.value(), 5u);
  double expected = 80.0 / 16;
  for (int i = 2; i < 500; ++i) {
    jitter.handle_packet(kStart + i * 20ms + (i % 2) * 10ms, static_cast<std::uint32_t>(i * 160));
    expected += (80 - expected) / 16;
    EXPECT_NEAR(jitter.value(), expected, 1.5) << i;  // a whole number, cut off
  }
}

// Media fact 9: packets of one frame have one timestamp; the first one counts.
TEST(RtpJitter, TakesTheFirstPacketOfATimestamp) {
  Jitter one(90'000);
  Jitter many(90'000);
  for (int i = 0; i < 50; ++i) {
    const auto timestamp = static_cast<std::uint32_t>(i * 3000);
    const Timestamp at = kStart + i * std::chrono::nanoseconds(33'333'333) + (i % 3) * 4ms;
    one.handle_packet(at, timestamp);
    for (int part = 0; part < 5; ++part) many.handle_packet(at + part * 1ms, timestamp);
  }
  EXPECT_EQ(many.value(), one.value());
  EXPECT_GT(one.value(), 100u);
}

TEST(RtpJitter, SurvivesTheWrapOfTimestampAndClock) {
  // The clock in units of 90 kHz wraps 2^32 after 47,721.8 s; the timestamps wrap before that.
  Jitter jitter(90'000);
  for (int i = 0; i < 200; ++i)
    jitter.handle_packet(Timestamp(47'720s) + i * 20ms,
                         0xffffff00u + static_cast<std::uint32_t>(i) * 1800);
  EXPECT_EQ(jitter.value(), 0u);
}

// A sender that begins anew with other timestamps is no jitter.
TEST(RtpJitter, LeavesOutJumpsOfMoreThanFiveSeconds) {
  Jitter jitter(90'000);
  jitter.handle_packet(kStart, 0);
  jitter.handle_packet(kStart + 20ms, 1800);
  jitter.handle_packet(kStart + 40ms, 2'000'000'000);
  jitter.handle_packet(kStart + 60ms, 2'000'001'800);
  EXPECT_EQ(jitter.value(), 0u);
  jitter.handle_packet(kStart + 60ms + 5s, 2'000'001'800 + 1);
  EXPECT_GT(jitter.value(), 0u);
}

TEST(RtpJitter, NeedsAClockRate) {
  EXPECT_THROW(Jitter(0), Bug);
  EXPECT_THROW(Jitter(8000).set_clock_rate(0), Bug);
}

// RFC 7160 §4.3, and the values of its table 4: packets 20 ms apart, without jitter.
TEST(RtpJitter, IsNotMadeByAnotherClockRate) {
  struct Row {
    std::uint32_t clock_rate, timestamp;
  };
  constexpr Row kTable[] = {{8000, 0},     {8000, 160},    {8000, 320},  {8000, 480}, {16'000, 640},
                            {16'000, 960}, {16'000, 1280}, {8000, 1600}, {8000, 1760}};
  Jitter jitter(8000);
  Timestamp at = kStart + 100ms;
  for (const Row& row : kTable) {
    jitter.set_clock_rate(row.clock_rate);
    jitter.handle_packet(at, row.timestamp);
    EXPECT_EQ(jitter.value(), 0u) << row.timestamp;
    EXPECT_EQ(jitter.clock_rate(), row.clock_rate);
    at += 20ms;
  }
}

// What was measured is the same time in the other units; and it goes on to be measured.
TEST(RtpJitter, IsKeptOverAnotherClockRate) {
  Jitter jitter(8000);
  for (int i = 0; i < 500; ++i)
    jitter.handle_packet(kStart + i * 20ms + (i % 2) * 10ms, static_cast<std::uint32_t>(i * 160));
  const std::uint32_t before = jitter.value();
  EXPECT_NEAR(before, 80, 2);
  jitter.set_clock_rate(48'000);
  jitter.handle_packet(kStart + 500 * 20ms, 500 * 160);
  EXPECT_NEAR(jitter.value(), 6 * before, 12);
  for (int i = 501; i < 1000; ++i) {
    jitter.handle_packet(kStart + i * 20ms + (i % 2) * 10ms,
                         static_cast<std::uint32_t>(500 * 160 + (i - 500) * 960));
  }
  EXPECT_NEAR(jitter.value(), 480, 2);
}

}  // namespace
}  // namespace specter::rtp
