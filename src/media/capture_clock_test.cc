#include "media/capture_clock.h"

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSecond = std::uint64_t{1} << 32;

TEST(CaptureClock, KnowsNothingBeforeAReport) {
  EXPECT_EQ(CaptureClock(90'000).at(5), std::nullopt);
}

// RFC 3550 §6.4.1, both ways from the report and over the wrap of the RTP timestamp.
TEST(CaptureClock, CarriesAReportOn) {
  CaptureClock clock(90'000);
  clock.handle_report({4'000'000'000u * kSecond + kSecond / 2}, 0xffff'ffff);
  EXPECT_EQ(clock.at(0xffff'ffff), 4'000'000'000s + 500ms);
  EXPECT_EQ(clock.at(89'999), 4'000'000'000s + 1500ms);
  EXPECT_EQ(clock.at(0xffff'ffff - 45'000), 4'000'000'000s);
}

TEST(CaptureClock, BelievesACaptureTimeForTenSeconds) {
  CaptureClock clock(1000);
  clock.handle_report({100 * kSecond}, 0);
  clock.handle_capture_time({.ntp = 500 * kSecond, .clock_offset = {}}, 1000);
  EXPECT_EQ(clock.at(1000), 500s);
  EXPECT_EQ(clock.at(3000), 502s);
  EXPECT_EQ(clock.at(11'000), 510s);
  EXPECT_EQ(clock.at(11'001), 111'001ms);
}

// RFC 7160 §4.2: where the rate changes both lines stand at the same time.
TEST(CaptureClock, GoesOnWithAnotherRate) {
  CaptureClock clock(48'000);
  clock.turn(8000, 5);  // nothing is known that could bend
  clock.turn(48'000, 5);
  EXPECT_EQ(clock.at(5), std::nullopt);
  clock.handle_report({100 * kSecond}, 0);
  clock.turn(8000, 48'000);
  EXPECT_EQ(clock.at(48'000), 101s);
  EXPECT_EQ(clock.at(56'000), 102s);
  clock.turn(8000, 60'000);
  EXPECT_EQ(clock.at(56'000), 102s);
  clock.turn(48'000, 56'000);
  EXPECT_EQ(clock.at(104'000), 103s);

  clock.handle_capture_time({.ntp = 500 * kSecond, .clock_offset = {}}, 104'000);
  clock.turn(8000, 152'000);
  EXPECT_EQ(clock.at(160'000), 502s);
  // Ten seconds are ten seconds: the report says 113 s here.
  EXPECT_EQ(clock.at(152'000 + 9 * 8000), 510s);
  EXPECT_EQ(clock.at(152'000 + 9 * 8000 + 8), 113s + 1ms);
}

TEST(CaptureClock, TakesTheOffsetBack) {
  CaptureClock clock(1000);
  clock.handle_capture_time(
      {.ntp = 500 * kSecond, .clock_offset = -static_cast<std::int64_t>(kSecond)}, 0);
  EXPECT_EQ(clock.at(0), 501s);
  EXPECT_EQ(clock.at(60'000), 561s) << "without a report it is all there is";
}

}  // namespace
}  // namespace specter::media
