#include "media/circuit_breaker.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;

// A source of 100 packets of 1200 bytes a second (0.96 Mbit/s), whose peer reports each second.
struct Rig {
  void send(Duration duration, std::size_t bytes = 1200) {
    for (Duration at{}; at < duration; at += 10ms) {
      breaker.handle_timeout(now);
      breaker.handle_sent(now, bytes);
      highest += 1;
      now += 10ms;
    }
  }
  void report(double lost, std::optional<Duration> round_trip = 100ms, bool is_stuck = false) {
    rtcp::ReportBlock block;
    block.fraction_lost = static_cast<std::uint8_t>(std::min(lost * 256, 255.0));
    block.highest_sequence = is_stuck ? 5 : highest;
    breaker.handle_report(now, block, round_trip);
  }

  CircuitBreaker breaker;
  Timestamp now{1000s};
  std::uint32_t highest = 100;
};

TEST(CircuitBreaker, StaysClosedOnAHealthyPath) {
  Rig rig;
  for (int i = 0; i < 3600; ++i) {
    rig.send(1s);
    rig.report(i % 10 == 0 ? 0.05 : 0);
    ASSERT_FALSE(rig.breaker.is_open());
  }
}

// RFC 8083 §4.3: X = s / (Tr * sqrt(2 p / 3)): with 1200 bytes, 100 ms and a loss of p the limit is
// ten times that. 0.96 Mbit/s are above it from p = 1.5 on, so never; at 1 s of round trip from
// p = 0.015 on.
TEST(CircuitBreaker, OpensWhereATcpConnectionWouldGetATenthOfIt) {
  for (const auto& [lost, opens] : {std::pair(0.01, false), std::pair(0.02, true)}) {
    Rig rig;
    int reports = 0;
    for (; reports < 60 && !rig.breaker.is_open(); ++reports) {
      rig.send(1s);
      rig.report(lost, 1s);
    }
    EXPECT_EQ(rig.breaker.is_open(), opens) << lost;
    // Fifteen seconds' worth of reports, after the first, which begins a period.
    if (opens) {
      EXPECT_EQ(reports, 16);
    }
  }
}

TEST(CircuitBreaker, ForgivesASpikeOfLoss) {
  Rig rig;
  for (int i = 0; i < 60; ++i) {
    rig.send(1s);
    rig.report(i >= 30 && i < 33 ? 0.6 : 0);
    ASSERT_FALSE(rig.breaker.is_open()) << i;
  }
}

// RFC 8083 §4.3: frames of video depend on each other from one key frame to the next, which is as
// long as nobody asks for one; so the time that is judged is the longest that it knows.
TEST(CircuitBreaker, ForgivesSecondsOfLoss) {
  Rig rig;
  for (int i = 0; i < 60; ++i) {
    rig.send(1s);
    rig.report(i >= 30 && i < 35 ? 0.5 : 0, 200ms);
    ASSERT_FALSE(rig.breaker.is_open()) << i;
  }
}

// An outage is one event, however much it takes with it: TCP comes back after it as we do.
TEST(CircuitBreaker, ForgivesAnOutage) {
  Rig rig;
  for (int i = 0; i < 20; ++i) {
    rig.send(1s);
    rig.report(0, 300ms);
  }
  rig.send(10s);
  rig.report(0.95, 300ms);  // of the ten seconds
  for (int i = 0; i < 20; ++i) {
    ASSERT_FALSE(rig.breaker.is_open()) << i;
    rig.send(1s);
    rig.report(0, 300ms);
  }
}

TEST(CircuitBreaker, ComparesNothingWithoutARoundTrip) {
  Rig rig;
  for (int i = 0; i < 60; ++i) {
    rig.send(1s);
    rig.report(0.99, std::nullopt);
  }
  EXPECT_FALSE(rig.breaker.is_open());
}

// RFC 8083 §4.2
TEST(CircuitBreaker, OpensWhenNothingArrivesAnyMore) {
  Rig rig;
  for (int i = 0; i < 5; ++i) {
    rig.send(1s);
    rig.report(0);
  }
  int reports = 0;
  for (; reports < 20 && !rig.breaker.is_open(); ++reports) {
    rig.send(1s);
    rig.report(1, 100ms, true);
  }
  EXPECT_EQ(reports, 1 + CircuitBreaker::kStuckReports);
}

// A peer without reduced-size RTCP: a report stands before each early NACK (RFC 4585 §3.2).
TEST(CircuitBreaker, StaysClosedWhenReportsOfAMomentTellNothingNew) {
  Rig rig;
  for (int i = 0; i < 5; ++i) {
    rig.send(1s);
    rig.report(0);
  }
  for (int i = 0; i < 3 * CircuitBreaker::kStuckReports; ++i) {
    rig.send(20ms);
    rig.report(0, 100ms, true);
  }
  EXPECT_FALSE(rig.breaker.is_open());
}

// Nothing was sent, so nothing can arrive.
TEST(CircuitBreaker, StaysClosedOverAPause) {
  Rig rig;
  rig.send(1s);
  rig.report(0, 100ms, true);
  for (int i = 0; i < 60; ++i) {
    rig.now += 1s;
    rig.breaker.handle_timeout(rig.now);
    rig.report(0, 100ms, true);
  }
  EXPECT_FALSE(rig.breaker.is_open());
}

// RFC 8083 §4.1
TEST(CircuitBreaker, OpensWithoutReportsForFifteenSeconds) {
  Rig rig;
  rig.send(1s);
  rig.report(0);
  rig.send(15s);
  EXPECT_FALSE(rig.breaker.is_open());
  rig.send(10ms);
  EXPECT_TRUE(rig.breaker.is_open());
}

TEST(CircuitBreaker, NeedsNoReportsOfAPeerThatNeverReports) {
  Rig rig;
  rig.send(60s);
  EXPECT_FALSE(rig.breaker.is_open());
  EXPECT_EQ(rig.breaker.next_timeout(), std::nullopt);
}

TEST(CircuitBreaker, NeedsNoReportOfAFewPackets) {
  Rig rig;
  rig.send(1s);
  rig.report(0);
  rig.send(20ms);
  rig.now += 1min;
  rig.breaker.handle_timeout(rig.now);
  EXPECT_FALSE(rig.breaker.is_open());
  EXPECT_EQ(rig.breaker.next_timeout(), std::nullopt);
}

// RFC 8083 §4.5
TEST(CircuitBreaker, RestsTwiceAsLongEachTimeAndEightMinutesAtMost) {
  Rig rig;
  std::vector<Duration> rests;
  for (int i = 0; i < 7; ++i) {
    for (int reports = 0; reports < 60 && !rig.breaker.is_open(); ++reports) {
      rig.send(1s);
      rig.report(0.5, 1s);
    }
    ASSERT_TRUE(rig.breaker.is_open());
    const Timestamp end = *rig.breaker.next_timeout();
    rests.push_back(end - rig.now);
    rig.breaker.handle_timeout(end - 1ns);
    EXPECT_TRUE(rig.breaker.is_open());
    rig.now = end;
    rig.breaker.handle_timeout(end);
    EXPECT_FALSE(rig.breaker.is_open());
  }
  EXPECT_EQ(rests, (std::vector<Duration>{30s, 60s, 120s, 240s, 480s, 480s, 480s}));
  // It does well for two minutes.
  for (int i = 0; i < 130; ++i) {
    rig.send(1s);
    rig.report(0);
  }
  while (!rig.breaker.is_open()) {
    rig.send(1s);
    rig.report(0.5, 1s);
  }
  EXPECT_EQ(*rig.breaker.next_timeout() - rig.now, 30s);
}

// RFC 8083 §4.5: there is word that the path is there again. Of its congestion that says nothing.
TEST(CircuitBreaker, IsClosedByAPathThatAnswersAgainUnlessItWasCongested) {
  Rig silent;
  silent.send(1s);
  silent.report(0);
  silent.send(16s);
  ASSERT_TRUE(silent.breaker.is_open());
  silent.breaker.handle_path_answers();
  EXPECT_FALSE(silent.breaker.is_open());

  Rig stuck;
  for (int i = 0; i < 10 && !stuck.breaker.is_open(); ++i) {
    stuck.send(1s);
    stuck.report(1, 100ms, true);
  }
  ASSERT_TRUE(stuck.breaker.is_open());
  stuck.breaker.handle_path_answers();
  EXPECT_FALSE(stuck.breaker.is_open());

  Rig congested;
  while (!congested.breaker.is_open()) {
    congested.send(1s);
    congested.report(0.5, 1s);
  }
  congested.breaker.handle_path_answers();
  EXPECT_TRUE(congested.breaker.is_open());
}

TEST(CircuitBreaker, IsClosedByAReset) {
  Rig rig;
  while (!rig.breaker.is_open()) {
    rig.send(1s);
    rig.report(0.5, 1s);
  }
  rig.breaker.reset();
  EXPECT_FALSE(rig.breaker.is_open());
}

}  // namespace
}  // namespace specter::media
