#include "media/rtp_clock.h"

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1000s};
constexpr std::uint32_t kVideo = 90'000, kOpus = 48'000;

Capture at(Timestamp time, std::uint32_t rate = kVideo) {
  return {.at = time, .duration = {}, .clock_rate = rate};
}

// The complaint of timestamps that grow by 33 ms steps: they come from the capture, rounded once.
TEST(RtpClock, IsExactAtNinetyKilohertzForHours) {
  RtpClock clock(0);
  for (std::int64_t i = 0; i < 400'000; ++i) {
    const Timestamp capture = kStart + Duration(i * 1'000'000'000 / 30);
    const auto expected = (capture - kStart).count() * 9 / 100'000;
    ASSERT_EQ(clock.stamp(capture + 20ms, at(capture)), static_cast<std::uint32_t>(expected)) << i;
  }
}

TEST(RtpClock, BeginsAnywhereAndWraps) {
  RtpClock clock(0xffffffff - 89'999);
  EXPECT_EQ(clock.stamp(kStart, at(kStart)), 0xffffffff - 89'999);
  EXPECT_EQ(clock.stamp(kStart + 1s, at(kStart + 1s)), 0u);
  EXPECT_EQ(clock.stamp(kStart + 2s, at(kStart + 2s)), 90'000u);
  EXPECT_EQ(clock.at(kStart + 3s), 180'000u);
}

TEST(RtpClock, NeverGoesBack) {
  RtpClock clock(5);
  clock.stamp(kStart, at(kStart));
  EXPECT_EQ(clock.stamp(kStart, at(kStart - 1s)), 6u);
  EXPECT_EQ(clock.stamp(kStart, at(kStart)), 7u);
  EXPECT_EQ(clock.stamp(kStart, at(kStart + 1s)), 90'005u);
}

// MediaSample::duration: the next one's timestamp is later by as much, whatever timers do.
TEST(RtpClock, FollowsDurationsWhileTheWriterIsAbout) {
  RtpClock clock(0);
  const Capture opus{.at = {}, .duration = 20ms, .clock_rate = kOpus};
  Timestamp now = kStart;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(clock.stamp(now, opus), i * 960);
    now += i % 2 == 0 ? 33ms : 7ms;
  }
}

TEST(RtpClock, TakesTheTimeAfterAPause) {
  RtpClock clock(0);
  const Capture opus{.at = {}, .duration = 20ms, .clock_rate = kOpus};
  clock.stamp(kStart, opus);
  // 20 ms of sound, then silence.
  EXPECT_EQ(clock.stamp(kStart + 20ms + RtpClock::kSlack - 1ns, opus), 960u);
  EXPECT_EQ(clock.stamp(kStart + 10s, opus), 480'000u);
}

TEST(RtpClock, GivesAFileThatIsWrittenAtOnceItsOwnTimes) {
  RtpClock clock(0);
  const Capture frame{.at = {}, .duration = 40ms, .clock_rate = kVideo};
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(clock.stamp(kStart, frame), i * 3600);
}

TEST(RtpClock, SaysWhereItStandsAndNotWhereTheLastFrameWas) {
  RtpClock clock(0);
  EXPECT_EQ(clock.at(kStart), std::nullopt);
  // docs/failures.md row 201: encoded for 300 ms.
  clock.stamp(kStart + 300ms, at(kStart));
  EXPECT_EQ(clock.at(kStart + 300ms), 27'000u);
}

// RFC 7160 §4.2
TEST(RtpClock, GoesOnWithAnotherRate) {
  RtpClock clock(0);
  clock.stamp(kStart, at(kStart, kOpus));
  EXPECT_EQ(clock.stamp(kStart + 1s, at(kStart + 1s, 8000)), 48'000u);
  EXPECT_EQ(clock.stamp(kStart + 2s, at(kStart + 2s, 8000)), 56'000u);
}

TEST(RtpClock, FollowsTheApplicationsTimestamps) {
  RtpClock clock(77);
  clock.follow(kStart, 5000, kVideo);
  EXPECT_EQ(clock.at(kStart), 5000u);
  // The rest of the frame, and a frame that came 16 ms late: a sixteenth of it shows.
  clock.follow(kStart + 5ms, 5000, kVideo);
  EXPECT_EQ(clock.at(kStart), 5000u);
  clock.follow(kStart + 49ms, 5000 + 2970, kVideo);
  EXPECT_EQ(clock.at(kStart + 49ms), 5000u + 4410 - 90);
  // Another source.
  clock.follow(kStart + 1s, 4'000'000'000, kVideo);
  EXPECT_EQ(clock.at(kStart + 1s), 4'000'000'000u);
  // A sample goes on from there.
  EXPECT_EQ(clock.stamp(kStart + 2s, at(kStart + 2s)), 4'000'090'000u);
}

}  // namespace
}  // namespace specter::media
