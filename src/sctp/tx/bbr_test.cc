#include "sctp/tx/bbr.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <ranges>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;
using State = Bbr::State;

constexpr Timestamp kStart{1h};
constexpr std::size_t kSegment = 1000;

// A sender with always something to send, a line of a given rate with a queue without end, and a
// receiver that acknowledges every chunk.
struct Path {
  explicit Path(double rate_bytes_per_second, Duration round_trip)
      : rate(rate_bytes_per_second), delay(round_trip) {}

  void run(Duration time) {
    const Timestamp end = now + time;
    for (; now < end; now += 1ms) {
      while (!under_way.empty() && under_way.front().arrives <= now) acknowledge();
      tokens = std::min(tokens + *bbr.pacing_rate() * 0.001, 64e3);
      while (tokens > 0 && flight + kSegment <= bbr.window_bytes() && sends) send();
      if (states.empty() || states.back() != bbr.state()) states.push_back(bbr.state());
      most_flight = std::max(most_flight, flight);
      flight_milliseconds += flight;
    }
  }
  void send() {
    bbr.on_sent({.now = now,
                 .bytes = kSegment,
                 .flight_before = flight,
                 .is_app_limited = rates.is_app_limited(),
                 .delivered = rates.delivered()});
    Chunk chunk{tsn++, rates.sent(now, flight), {}, rates.is_app_limited()};
    flight += kSegment;
    chunk.record.flight = static_cast<std::uint32_t>(flight);
    free_at = std::max(free_at, now) + Duration(static_cast<Duration::rep>(kSegment / rate * 1e9));
    chunk.arrives = free_at + delay;
    tokens -= kSegment;
    under_way.push_back(chunk);
    limited = flight + kSegment > bbr.window_bytes() ? chunk.tsn : limited;
  }
  void acknowledge() {
    const Chunk chunk = under_way.front();
    under_way.pop_front();
    const std::size_t before = flight;
    flight -= kSegment;
    if (loses && loses(chunk.tsn)) {
      rates.lost(kSegment);
      bbr.on_lost({.now = now,
                   .tsn = chunk.tsn,
                   .bytes = kSegment,
                   .flight = chunk.record.flight,
                   .lost_since_sent = rates.lost_since(chunk.record),
                   .delivered = rates.delivered(),
                   .is_app_limited = chunk.is_app_limited});
      if (!recovery) bbr.on_congestion({});
      recovery = true;
      return;
    }
    rates.begin();
    rates.acknowledged(now, chunk.record, chunk.tsn, kSegment, chunk.is_app_limited);
    bbr.on_acknowledged({.now = now,
                         .bytes = kSegment,
                         .flight_before = before,
                         .flight = flight,
                         .delivered = rates.delivered(),
                         .is_window_limited = chunk.tsn <= limited,
                         .in_recovery = recovery,
                         .round_trip = now - chunk.record.sent_at,
                         .sample = rates.finish(delay)});
    if (bbr.holds_back()) rates.note_app_limited(flight);
  }

  struct Chunk {
    std::int64_t tsn;
    SendRecord record;
    Timestamp arrives;
    bool is_app_limited;
  };
  double rate;
  Duration delay;
  Bbr bbr{kSegment, 1};
  DeliveryRate rates;
  Timestamp now = kStart;
  Timestamp free_at{};
  double tokens = 0;
  std::size_t flight = 0, most_flight = 0, flight_milliseconds = 0;
  std::int64_t tsn = 1, limited = 0;
  bool recovery = false, sends = true;
  std::function<bool(std::int64_t)> loses;
  std::deque<Chunk> under_way;
  std::vector<State> states;
};

TEST(Bbr, FindsTheRateAndTheRoundTrip) {
  Path path(1e6, 100ms);  // 100 segments
  path.run(3s);
  EXPECT_NEAR(path.bbr.max_bandwidth(), 1e6, 2e4);
  EXPECT_NEAR(static_cast<double>(path.bbr.min_round_trip().count()), 101e6, 1e6);
  EXPECT_GT(path.rates.delivered(), 2'300'000u);
}

TEST(Bbr, GoesThroughItsStates) {  // draft-ietf-ccwg-bbr-06 §3.3's figure
  Path path(1e6, 100ms);
  path.run(15s);
  std::erase(path.states, State::ProbeRtt);
  std::string seen;
  for (const State state : path.states) seen.append(to_string(state)).append(" ");
  SCOPED_TRACE(seen);
  // After Drain there is no queue, so that Down is over as soon as it begins.
  const std::vector beginning{State::Startup, State::Drain, State::Cruise};
  const std::vector cycle{State::Cruise, State::Refill, State::Up, State::Down};
  EXPECT_TRUE(std::ranges::equal(beginning, path.states | std::views::take(3)));
  EXPECT_FALSE(std::ranges::search(path.states, cycle).empty());
}

TEST(Bbr, ProbesTheRoundTripEveryFiveSeconds) {  // §5.3.4
  Path path(1e6, 100ms);
  path.run(20s);
  const auto probes = std::ranges::count(path.states, State::ProbeRtt);
  EXPECT_GE(probes, 2);
  EXPECT_LE(probes, 4);
  EXPECT_GT(path.rates.delivered(), 18'500'000u) << "which costs little";
}

TEST(Bbr, KeepsTheQueueShort) {
  Path path(1e6, 100ms);
  path.run(2s);
  path.most_flight = 0;
  path.flight_milliseconds = 0;
  path.run(18s);
  EXPECT_LE(path.most_flight, 250'000u) << "three rounds at five quarters, every few seconds";
  EXPECT_LE(path.flight_milliseconds / 18'000, 150'000u);
}

TEST(Bbr, FollowsARateThatFalls) {
  Path path(1e6, 100ms);
  path.run(5s);
  path.rate = 0.5e6;
  path.run(15s);
  EXPECT_NEAR(path.bbr.max_bandwidth(), 0.5e6, 3e4);
}

TEST(Bbr, FollowsARateThatRises) {
  Path path(1e6, 100ms);
  path.run(5s);
  path.rate = 2e6;
  path.run(15s);
  EXPECT_NEAR(path.bbr.max_bandwidth(), 2e6, 4e4);
}

TEST(Bbr, RandomLossesCostLittle) {  // §3.4: less than two percent a round trip
  Path path(1e6, 100ms);
  path.loses = [](std::int64_t tsn) { return tsn % 100 == 0; };
  path.run(20s);
  EXPECT_GT(path.rates.delivered(), 15'000'000u);
}

// §5.3.1.3, §5.5.10.2: what drops beyond an amount under way is not filled up again.
TEST(Bbr, MuchLossEndsStartupAndSetsABound) {
  Path path(1e6, 100ms);
  path.loses = [&](std::int64_t tsn) { return path.flight > 120'000 && tsn % 3 == 0; };
  path.run(10s);
  EXPECT_LT(path.bbr.inflight_long_term(), 200'000);
  EXPECT_GT(path.rates.delivered(), 7'000'000u);
}

TEST(Bbr, AfterAPauseItPacesAtOnce) {  // §5.4
  Path path(1e6, 100ms);
  path.run(3s);
  path.sends = false;
  path.rates.note_app_limited(path.flight);
  path.run(1s);
  EXPECT_EQ(path.flight, 0u);
  const std::uint64_t before = path.rates.delivered();
  path.sends = true;
  path.run(1s);
  EXPECT_GT(path.rates.delivered() - before, 800'000u);
}

TEST(Bbr, TheSameSeedDoesTheSame) {
  Path a(1e6, 100ms), b(1e6, 100ms);
  a.run(12s);
  b.run(12s);
  EXPECT_EQ(a.rates.delivered(), b.rates.delivered());
  EXPECT_EQ(a.states, b.states);
}

TEST(Bbr, ATimeoutLeavesOneSegmentUntilItIsRepaired) {  // §5.6.4.4
  Path path(1e6, 100ms);
  path.run(3s);
  const std::size_t before = path.bbr.window_bytes();
  path.bbr.on_timeout({}, false);
  EXPECT_EQ(path.bbr.window_bytes(), kSegment);
  path.bbr.on_recovered();
  EXPECT_EQ(path.bbr.window_bytes(), before);
}

}  // namespace
}  // namespace specter::sctp
