// Transport-wide feedback. docs/failures.md row 155.
#include "media/arrival_log.h"

#include <map>

#include <gtest/gtest.h>

#include "base/sequence.h"
#include "rtcp/compound.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;

struct ArrivalLogTest : ::testing::Test {
  Timestamp at(Duration after) const { return Timestamp{} + 100s + after; }
  void come(Duration after, std::uint16_t number, std::size_t bytes = 1000) {
    log.handle_packet(at(after), number, bytes);
  }
  std::vector<rtcp::TransportFeedback> written(Duration after) {
    std::vector<rtcp::Message> out;
    log.write(at(after), 1, 2, out);
    std::vector<rtcp::TransportFeedback> feedback;
    for (const auto& each : out) feedback.push_back(std::get<rtcp::TransportFeedback>(each));
    return feedback;
  }
  // The numbers of all arrivals.
  static std::vector<std::uint16_t> numbers(const std::vector<rtcp::TransportFeedback>& all) {
    std::vector<std::uint16_t> out;
    for (const auto& each : all)
      for (const auto& arrival : each.arrivals) out.push_back(arrival.sequence);
    return out;
  }

  ArrivalLog log;
};

using Numbers = std::vector<std::uint16_t>;

TEST_F(ArrivalLogTest, IsDue100MillisecondsAfterTheFirst) {
  EXPECT_EQ(log.next_timeout(), std::nullopt);
  come(0ms, 65'534);
  come(10ms, 65'535);
  come(20ms, 1);  // 0 is lost
  EXPECT_EQ(log.next_timeout(), at(100ms));
  EXPECT_TRUE(written(99ms).empty());
  const auto feedback = written(100ms);
  ASSERT_EQ(feedback.size(), 1u);
  EXPECT_EQ(feedback[0].sender_ssrc, 1u);
  EXPECT_EQ(feedback[0].media_ssrc, 2u);
  EXPECT_EQ(feedback[0].first_sequence, 65'534) << "a first number above 32,767 is legal";
  EXPECT_EQ(feedback[0].count, 4);
  EXPECT_EQ(feedback[0].feedback_count, 0);
  EXPECT_EQ(numbers(feedback), (Numbers{65'534, 65'535, 1}));
  EXPECT_EQ(feedback[0].arrivals[1].delta, 40);  // 10 ms
  EXPECT_EQ(log.next_timeout(), std::nullopt) << "nothing came: nothing is due";
}

TEST_F(ArrivalLogTest, TheNextBeginsWhereTheLastEnded) {
  come(0ms, 10);
  written(100ms);
  come(110ms, 13);
  const auto feedback = written(400ms);
  ASSERT_EQ(feedback.size(), 1u);
  EXPECT_EQ(feedback[0].first_sequence, 11) << "11 and 12 are told to be lost";
  EXPECT_EQ(feedback[0].count, 3);
  EXPECT_EQ(feedback[0].feedback_count, 1);
}

TEST_F(ArrivalLogTest, WhatComesLateIsToldWithThoseBehindIt) {
  come(0ms, 10);
  come(0ms, 12);
  written(100ms);
  come(120ms, 11);
  const auto feedback = written(400ms);
  ASSERT_EQ(feedback.size(), 1u);
  EXPECT_EQ(feedback[0].first_sequence, 11);
  EXPECT_EQ(numbers(feedback), (Numbers{11, 12}));
}

TEST_F(ArrivalLogTest, TheFirstTimeOfATwinCounts) {
  come(0ms, 10);
  come(50ms, 10);
  const auto feedback = written(100ms);
  EXPECT_EQ(numbers(feedback), Numbers{10});
  EXPECT_EQ(feedback[0].reference_ticks(0) + feedback[0].arrivals[0].delta, 100s / 250us);
}

TEST_F(ArrivalLogTest, ItsIntervalIsATwentiethOfWhatComesWithinBounds) {
  come(0ms, 1, 100);
  written(100ms);
  come(110ms, 2, 100);  // 1000 bytes/s: 68 bytes would be a twentieth each 1.36 s
  EXPECT_EQ(log.next_timeout(), at(110ms + 250ms));
  written(360ms);
  for (int i = 0; i < 130; ++i) come(360ms, static_cast<std::uint16_t>(3 + i), 100);
  written(610ms);  // 13,000 bytes in 250 ms
  come(620ms, 200);
  EXPECT_EQ(log.next_timeout(), at(620ms + 50ms));
}

TEST_F(ArrivalLogTest, IsDueAtOnceWhenTheSenderAsks) {
  come(0ms, 1);
  log.ask(at(5ms));
  EXPECT_EQ(written(5ms).size(), 1u);
  log.ask(at(6ms));
  EXPECT_EQ(log.next_timeout(), std::nullopt) << "there is nothing to tell";
}

TEST_F(ArrivalLogTest, CutsWhatIsTooLongForAPacket) {
  // Every other one is lost, and each distance needs two bytes.
  for (int i = 0; i < 1000; ++i) come(i * 80ms, static_cast<std::uint16_t>(2 * i));
  const auto feedback = written(100s);
  EXPECT_GT(feedback.size(), 2u);
  for (const auto& each : feedback) {
    Buffer bytes;
    ByteWriter out(bytes);
    each.write(out);
    EXPECT_LE(bytes.size(), ArrivalLog::kMaxReportBytes);
  }
  EXPECT_EQ(numbers(feedback).size(), 1000u);
}

TEST_F(ArrivalLogTest, KeepsEightThousandAtMost) {
  for (int i = 0; i < 10'000; ++i) come(0ms, static_cast<std::uint16_t>(i), 1);
  EXPECT_EQ(log.size(), ArrivalLog::kMaxArrivals);
  EXPECT_EQ(log.next_timeout(), at(0ms)) << "it should be written now";
  const auto feedback = written(0ms);
  EXPECT_EQ(feedback[0].first_sequence, 10'000 - ArrivalLog::kMaxArrivals);
  written(0ms);
  come(600ms, 10'001);
  written(1s);
  EXPECT_EQ(log.size(), 1u) << "what was told half a second ago is forgotten";
}

TEST_F(ArrivalLogTest, IgnoresWhatIsFarBehind) {
  come(0ms, 20'000);
  come(0ms, 20'000 - ArrivalLog::kMaxBehind);
  EXPECT_EQ(log.size(), 1u);
}

// Another peer, or the same one after an outage: what it counts is no stray.
TEST_F(ArrivalLogTest, BeginsAnewWhereManyInARowAreFarBehind) {
  come(0ms, 20'000);
  Numbers told;
  for (std::uint16_t number = 1; number <= 100; ++number) {
    come(number * 10ms, number);
    for (const std::uint16_t each : numbers(written(number * 10ms))) told.push_back(each);
  }
  for (const std::uint16_t each : numbers(written(2s))) told.push_back(each);
  EXPECT_EQ(told.front(), 20'000);
  told.erase(told.begin());
  ASSERT_EQ(told.size(), 100u - ArrivalLog::kMostBehind + 1);
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], ArrivalLog::kMostBehind + i);
}

// A day of packets each 100 ms or so: times are right to a tick, and none is told twice or never.
TEST_F(ArrivalLogTest, TellsADayExactly) {
  Duration time{};
  std::uint16_t number = 60'000;
  std::int64_t sequence = number;
  std::map<std::int64_t, Duration> sent;
  std::int64_t ticks = 0;
  std::int64_t told = sequence - 1;
  std::uint32_t step = 1;
  const auto check = [&] {
    for (const auto& each : written(time)) {
      ticks = each.reference_ticks(ticks);
      std::int64_t arrival = ticks;
      for (const auto& one : each.arrivals) {
        arrival += one.delta;
        told = unwrap(one.sequence, told);
        const auto found = sent.find(told);
        ASSERT_NE(found, sent.end()) << told;
        const Duration error = arrival * rtcp::TransportFeedback::kTick - (100s + found->second);
        EXPECT_LE(std::max(error, -error), 250us);
        sent.erase(found);
      }
    }
  };
  while (time < 24h) {
    step = step * 1'103'515'245 + 12'345;
    time += std::chrono::microseconds(step % 200'000);
    if (step % 10 != 0) {
      come(time, number);
      sent[sequence] = time;
    }
    ++number;
    ++sequence;
    if (log.next_timeout() && at(time) >= *log.next_timeout()) check();
  }
  EXPECT_LE(sent.size(), 10u);
}

}  // namespace
}  // namespace specter::media
