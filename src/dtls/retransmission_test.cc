// Time, loss and sizes: RFC 6347 §4.2.4.
#include <atomic>
#include <ctime>

#include <sys/time.h>

#include "dtls/ends.h"

namespace {
// Seconds by which the clock of this process leaps at each look.
std::atomic<std::int64_t> wall_clock_leap = 0;
std::atomic<std::int64_t> wall_clock_looks = 0;  // other tests of this program use threads
}  // namespace

// In OpenSSL's way to the wall clock.
extern "C" __attribute__((visibility("default"))) int gettimeofday(timeval* now, void*) noexcept {
  timespec real{};
  clock_gettime(CLOCK_REALTIME, &real);
  const std::int64_t looks = ++wall_clock_looks;
  now->tv_sec = real.tv_sec + wall_clock_leap * (looks % 2 ? 1 : -1) * looks;
  now->tv_usec = real.tv_nsec / 1000;
  return 0;
}

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;

// When the client's or the server's datagrams left, with all of them lost from the nth on.
std::vector<Duration> send_times(Ends& ends, bool of_client, int lost_from) {
  std::vector<Duration> out;
  ends.pair.filter = [&, lost_from](bool from_a, Buffer&) {
    if (from_a != of_client) return true;
    out.push_back(ends.pair.now() - testing::kStart);
    return static_cast<int>(out.size()) <= lost_from;
  };
  ends.start();
  ends.pair.run_for(60s);
  return out;
}

// Each repeated flight goes out twice.
TEST(Retransmission, KeepsItsSchedule) {
  Ends ends;
  EXPECT_THAT(send_times(ends, true, 0),
              ElementsAre(0ms, 100ms, 100ms, 300ms, 300ms, 700ms, 700ms, 1500ms, 1500ms, 3100ms,
                          3100ms, 6100ms, 6100ms, 9100ms, 9100ms, 12100ms, 12100ms, 15100ms,
                          15100ms, 18100ms, 18100ms, 21100ms, 21100ms, 24100ms, 24100ms));
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::TimedOut));
  EXPECT_EQ(ends.client.counters().retransmissions, 12u);
  EXPECT_EQ(ends.client.next_timeout(), std::nullopt);
}

TEST(Retransmission, GivesUpThreeSecondsAfterTheTwelfth) {
  Ends ends;
  ends.client.start(ends.pair.now());
  ends.pair.filter = [](bool, Buffer&) { return false; };
  EXPECT_TRUE(ends.pair.run_until([&] { return !closes(ends.pair.events_a).empty(); }, 60s));
  EXPECT_EQ(ends.pair.now() - testing::kStart, 27'100ms);
}

TEST(Retransmission, TheScheduleIsTheConfigurations) {
  auto config = config_for(Role::Client);
  config.first_timeout = 50ms;
  config.max_timeout = 200ms;
  Ends ends({}, 1, config);
  auto times = send_times(ends, true, 0);
  times.resize(11);
  EXPECT_THAT(times,
              ElementsAre(0ms, 50ms, 50ms, 150ms, 150ms, 350ms, 350ms, 550ms, 550ms, 750ms, 750ms));
}

TEST(Retransmission, TheServersFlightHasAScheduleOfItsOwn) {
  Ends ends;
  auto times = send_times(ends, false, 0);
  ASSERT_GE(times.size(), 5u);
  times.resize(5);
  EXPECT_THAT(times, ElementsAre(10ms, 110ms, 110ms, 310ms, 310ms));
}

TEST(Retransmission, ANewFlightBeginsTheScheduleAnew) {
  Ends ends;
  // The first two ClientHellos are lost and, once the server has answered, the client's second
  // flight at first too.
  std::vector<Duration> times;
  int sent = 0;
  ends.pair.filter = [&](bool from_a, Buffer&) {
    if (!from_a) return true;
    times.push_back(ends.pair.now() - testing::kStart);
    ++sent;
    return sent == 4 || sent > 7;
  };
  ends.start();
  ASSERT_TRUE(ends.pair.run_until([&] { return ends.client.is_connected(); }, 10s));
  EXPECT_THAT(times, ElementsAre(0ms, 100ms, 100ms, 300ms, 300ms, 320ms, 420ms, 420ms));
}

TEST(Retransmission, ALateCallOfTheDriverMovesTheRest) {
  Ends ends;
  ends.client.start(testing::kStart);
  EXPECT_TRUE(ends.client.poll_transmit(testing::kStart));
  EXPECT_EQ(ends.client.next_timeout(), testing::kStart + 100ms);
  ends.client.handle_timeout(testing::kStart + 99ms);
  EXPECT_FALSE(ends.client.poll_transmit(testing::kStart + 99ms));
  ends.client.handle_timeout(testing::kStart + 150ms);
  EXPECT_TRUE(ends.client.poll_transmit(testing::kStart + 150ms));
  EXPECT_EQ(ends.client.next_timeout(), testing::kStart + 350ms);
}

// The peer has our flight but its last one is lost: what has finished must still answer.
TEST(Retransmission, TheLastFlightIsRepeatedWhenItWasLost) {
  for (int losses = 1; losses <= 8; ++losses) {
    Ends ends;
    int lost = 0;
    ends.pair.filter = [&](bool from_a, Buffer& packet) {
      if (from_a || packet[0] != 20) return true;
      return ++lost > losses;
    };
    ASSERT_TRUE(ends.connect()) << losses;
    EXPECT_GE(ends.server.counters().retransmissions, 1u);
    ASSERT_TRUE(ends.server.send(as_bytes("still here")));
    ends.pair.run_for(1s);
    EXPECT_THAT(texts(ends.pair.events_a), ElementsAre("still here"));
  }
}

// OpenSSL would end the connection at the thirteenth repetition; we leave off before.
TEST(Retransmission, APeerThatNeverStopsRepeatingEndsNothing) {
  Ends ends;
  ends.pair.filter = [](bool from_a, Buffer& packet) { return from_a || packet[0] != 20; };
  ends.start();
  ends.pair.run_for(60s);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::TimedOut));
  EXPECT_EQ(ends.client.counters().retransmissions, 12u);
  EXPECT_TRUE(ends.server.is_connected());
  EXPECT_EQ(ends.server.counters().retransmissions, 10u);
}

TEST(Retransmission, AllHandshakesFinishInTimeWhateverIsLost) {
  for (const double loss : {0.0, 0.1, 0.2, 0.3, 0.4}) {
    Duration worst{};
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      Ends ends({.latency = 20ms, .jitter = 10ms, .loss = loss, .seed = seed}, seed);
      ASSERT_TRUE(ends.connect(27'100ms)) << "loss " << loss << ", seed " << seed;
      worst = std::max(worst, Duration(ends.pair.now() - testing::kStart));
      ASSERT_TRUE(ends.client.export_keying_material("x", 8) ==
                  ends.server.export_keying_material("x", 8));
    }
    RecordProperty("worst_ms_at_" + std::to_string(static_cast<int>(loss * 100)) + "_percent",
                   std::to_string(worst / 1ms));
    EXPECT_LE(worst, 10s) << loss;
  }
}

TEST(Retransmission, DuplicatesAndReorderingDoNoHarm) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    auto client = config_for(Role::Client), server = config_for(Role::Server);
    client.mtu = server.mtu = 300;
    Ends ends({.latency = 5ms, .jitter = 80ms, .loss = 0.05, .duplicate = 0.5, .seed = seed}, seed,
              client, server);
    ASSERT_TRUE(ends.connect()) << seed;
    ends.pair.run_for(10s);
    EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected()) << seed;
  }
}

TEST(Retransmission, NoHandshakeDatagramExceedsTheMtu) {
  for (const std::size_t mtu : {256u, 300u, 576u, 1200u, 1400u, 9000u}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      auto client = config_for(Role::Client), server = config_for(Role::Server);
      client.mtu = server.mtu = mtu;
      Ends ends({.loss = 0.3, .seed = seed}, seed, client, server);
      std::size_t largest = 0;
      ends.pair.filter = [&](bool, Buffer& packet) {
        largest = std::max(largest, packet.size());
        return true;
      };
      ASSERT_TRUE(ends.connect()) << mtu << " " << seed;
      EXPECT_LE(largest, mtu);
      EXPECT_GT(largest, std::min<std::size_t>(mtu, 640) / 2);  // and they are not tiny
    }
  }
}

struct Outcome {
  std::vector<std::pair<Duration, Buffer>> sent;
  bool operator==(const Outcome&) const = default;
};

Outcome lossy_run(std::uint64_t seed) {
  Outcome out;
  Ends ends({.loss = 0.3, .seed = seed}, seed);
  ends.pair.filter = [&](bool, Buffer& packet) {
    out.sent.emplace_back(ends.pair.now() - testing::kStart, packet);
    return true;
  };
  EXPECT_TRUE(ends.connect());
  return out;
}

TEST(Retransmission, TheWallClockDoesNotMatter) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Outcome quiet = lossy_run(seed);
    const std::int64_t looks = wall_clock_looks;
    wall_clock_leap = 3600;
    const Outcome leaping = lossy_run(seed);
    wall_clock_leap = 0;
    EXPECT_EQ(leaping, quiet) << seed;
    EXPECT_GT(wall_clock_looks, looks);  // OpenSSL did look
  }
}

}  // namespace
}  // namespace specter::dtls
