// Which packets are asked for, and when. docs/failures.md row 153.
#include "media/nack_generator.h"

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kTurn = 1 << 16;

struct NackTest : ::testing::Test {
  Timestamp at(Duration after) const { return Timestamp{} + 1s + after; }
  void tell(Duration after, std::initializer_list<std::int64_t> sequences) {
    for (const std::int64_t each : sequences) EXPECT_TRUE(nack.handle_packet(at(after), each));
  }
  // The numbers that are asked for at this time.
  std::vector<std::uint16_t> asked(Duration after) {
    std::vector<rtcp::Message> out;
    EXPECT_EQ(nack.write(at(after), 1, 2, out), out.size());
    std::vector<std::uint16_t> numbers;
    for (const auto& each : out) {
      EXPECT_EQ(std::get<rtcp::Nack>(each).sender_ssrc, 1u);
      EXPECT_EQ(std::get<rtcp::Nack>(each).media_ssrc, 2u);
      std::get<rtcp::Nack>(each).for_each([&](std::uint16_t n) { numbers.push_back(n); });
    }
    return numbers;
  }

  NackGenerator nack;
};

using Numbers = std::vector<std::uint16_t>;

TEST_F(NackTest, AsksAtOnceForWhatTwoLaterPacketsShow) {
  tell(0ms, {10, 11, 13});
  EXPECT_EQ(asked(0ms), Numbers{});
  EXPECT_EQ(nack.next_timeout(), at(10ms));
  tell(1ms, {14});
  EXPECT_EQ(asked(1ms), Numbers{12});
}

TEST_F(NackTest, AsksAfterTenMillisecondsForWhatOneLaterPacketShows) {
  tell(0ms, {10, 12});
  EXPECT_EQ(asked(9ms), Numbers{});
  EXPECT_EQ(asked(10ms), Numbers{11});
}

TEST_F(NackTest, DoesNotAskForWhatWasOnlyReordered) {
  tell(0ms, {10, 12, 11, 13, 14, 15});
  EXPECT_EQ(nack.next_timeout(), std::nullopt);
  EXPECT_EQ(asked(1s), Numbers{});
}

TEST_F(NackTest, RepeatsEachRoundTripAndTenTimesAtMost) {
  tell(0ms, {10, 12, 13});
  Numbers times;
  int asks = 0;
  for (Duration t = 0ms; t < 5s; t += 1ms)
    if (!asked(t).empty()) {
      EXPECT_EQ(t, asks * 100ms);
      ++asks;
    }
  EXPECT_EQ(asks, NackGenerator::kMaxTries);
  EXPECT_EQ(nack.size(), 0u);
  EXPECT_EQ(nack.next_timeout(), std::nullopt) << "no timer for a stream that is paused";
}

TEST_F(NackTest, RepeatsByTheRoundTripThatIsKnown) {
  nack.set_round_trip(35ms);
  tell(0ms, {10, 12, 13});
  EXPECT_EQ(asked(0ms), Numbers{11});
  EXPECT_EQ(asked(34ms), Numbers{});
  EXPECT_EQ(nack.next_timeout(), at(35ms));
  EXPECT_EQ(asked(35ms), Numbers{11});
  nack.set_round_trip(1ms);
  EXPECT_EQ(asked(70ms), Numbers{11});
  EXPECT_EQ(nack.next_timeout(), at(70ms + NackGenerator::kMinRepeat));
}

TEST_F(NackTest, EndsWithThePacketItself) {
  tell(0ms, {10, 13, 14});
  EXPECT_EQ(asked(0ms), (Numbers{11, 12}));
  tell(50ms, {11});
  EXPECT_EQ(asked(100ms), Numbers{12});
  tell(110ms, {12});
  EXPECT_EQ(nack.size(), 0u);
}

TEST_F(NackTest, GivesUpWhatIsBelow) {
  tell(0ms, {10, 13, 15, 16});
  nack.forget_below(14);
  EXPECT_EQ(asked(0ms), Numbers{14});
}

TEST_F(NackTest, WrapsWithTheNumbers) {
  tell(0ms, {kTurn - 2, kTurn + 3, kTurn + 4});
  EXPECT_EQ(asked(0ms), (Numbers{65535, 0, 1, 2}));
}

TEST_F(NackTest, AThousandAtMostAreMissing) {
  tell(0ms, {0, 1001});
  EXPECT_EQ(nack.size(), NackGenerator::kMaxMissing);
  tell(0ms, {1002});
  EXPECT_EQ(asked(0ms).size(), 1000u);
  EXPECT_FALSE(nack.handle_packet(at(1ms), 1004)) << "one more: all are given up";
  EXPECT_EQ(nack.size(), 0u);
  tell(2ms, {1006, 1007, 1008});
  EXPECT_EQ(asked(2ms), Numbers{1005});
}

TEST_F(NackTest, TooManyForOneMessageAreSeveral) {
  // Every 18th: each needs an item of its own.
  std::int64_t sequence = 0;
  tell(0ms, {sequence});
  for (int i = 0; i < 254; ++i) {
    for (int k = 0; k < 17; ++k) tell(0ms, {++sequence});
    ++sequence;
  }
  tell(0ms, {++sequence, ++sequence});
  std::vector<rtcp::Message> out;
  EXPECT_EQ(nack.write(at(0ms), 1, 2, out), 2u);
  EXPECT_EQ(std::get<rtcp::Nack>(out[0]).items.size(), rtcp::Nack::kMaxItems);
}

TEST_F(NackTest, ForgetsWhatIsThreeSecondsOld) {
  nack.set_round_trip(2s);
  tell(0ms, {10, 12, 13});
  EXPECT_EQ(asked(0ms), Numbers{11});
  EXPECT_EQ(asked(2s), Numbers{11});
  EXPECT_EQ(asked(4s), Numbers{});
  EXPECT_EQ(nack.size(), 0u);
}

}  // namespace
}  // namespace specter::media
