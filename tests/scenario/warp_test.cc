// A data channel in two round trips: DTLS 1.3, its handshake in Binding messages (SPED), SCTP from
// the descriptions (SNAP), a channel that both sides negotiated. docs/performance/dtls.md has what
// others have published of it.
#include <algorithm>
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::PeerPair;

constexpr Duration kOneWay = 100ms;  // 200 ms there and back

ConnectionOptions with(bool sped, bool snap, DtlsVersion best = DtlsVersion::Dtls13) {
  ConnectionOptions configuration;
  configuration.transport.max_dtls_version = best;
  configuration.transport.sped = sped;
  configuration.data.snap = snap;
  return configuration;
}

bool both_finished(PeerPair& pair) {
  return pair.a.connection.connection_state() == ConnectionState::Connected &&
         pair.b.connection.connection_state() == ConnectionState::Connected;
}

// From the moment when the answer is set.
std::optional<Duration> time_to_finish(PeerPair& pair, Duration limit) {
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const Timestamp start = pair.now();
  if (!pair.negotiate()) return std::nullopt;
  if (!pair.network.run_until([&] { return both_finished(pair); }, limit)) return std::nullopt;
  return pair.now() - start;
}

struct Figures {
  std::vector<Duration> times;
  int failed = 0;

  Duration percentile(int of_hundred) const {
    return times.empty() ? Duration::max()
                         : times[std::min(times.size() - 1, times.size() * of_hundred / 100)];
  }
};

Figures measure(bool sped, double loss, Duration limit, int seeds,
                DtlsVersion version = DtlsVersion::Dtls13) {
  Figures out;
  for (int seed = 1; seed <= seeds; ++seed) {
    PeerPair pair({.latency = kOneWay, .loss = loss, .seed = static_cast<std::uint64_t>(seed)},
                  with(sped, true, version));
    if (const auto time = time_to_finish(pair, limit)) {
      out.times.push_back(*time);
    } else {
      ++out.failed;
    }
  }
  std::ranges::sort(out.times);
  std::printf(
      "DTLS 1.%d %-5s %2.0f %% loss: median %lld ms, p95 %lld ms, p99 %lld ms, %d of %d failed\n",
      version == DtlsVersion::Dtls13 ? 3 : 2, sped ? "SPED" : "plain", loss * 100,
      static_cast<long long>(out.percentile(50) / 1ms),
      static_cast<long long>(out.percentile(95) / 1ms),
      static_cast<long long>(out.percentile(99) / 1ms), out.failed, seeds);
  return out;
}

// When the first message of a channel that both sides negotiated arrives, in round trips.
struct FirstBytes {
  double at_a, at_b;
};
FirstBytes first_bytes(bool sped, bool snap) {
  PeerPair pair({.latency = kOneWay}, with(sped, snap));
  const DataChannelOptions options{.negotiated = true, .id = 0};
  const auto at_a = pair.a.connection.create_data_channel(pair.now(), "data", options).value();
  const auto at_b = pair.b.connection.create_data_channel(pair.now(), "data", options).value();
  EXPECT_TRUE(pair.negotiate());
  const Timestamp start = pair.now();
  bool is_sent_a = false, is_sent_b = false;
  const auto time_until = [&](auto has) {
    EXPECT_TRUE(pair.network.run_until(
        [&] {
          // Whoever's channel is open says so at once.
          const auto greet = [&](testing::PeerHost& host, ChannelId channel, bool& is_sent) {
            if (is_sent || !host.has<core::DataChannelOpen>()) return;
            is_sent = true;
            EXPECT_TRUE(
                host.connection.send(pair.now(), channel, MessageKind::Text, as_bytes("hello")));
          };
          greet(pair.a, at_a, is_sent_a);
          greet(pair.b, at_b, is_sent_b);
          pair.network.settle();
          return has();
        },
        10s));
    return static_cast<double>((pair.now() - start) / 1us) / 200'000;
  };
  FirstBytes out{};
  out.at_a = time_until([&] { return pair.a.has<core::Message>(); });
  out.at_b = time_until([&] { return pair.b.has<core::Message>(); });
  EXPECT_EQ(pair.a.connection.stats().sctp.snap, snap);
  EXPECT_EQ(pair.b.connection.stats().sctp.snap, snap);
  return out;
}

// The answerer is the DTLS client: its ClientHello is in its first check, the server's flight in
// the response, and its data behind its own last flight.
TEST(Warp, TheFirstByteComesWithinTwoRoundTrips) {
  const auto all = first_bytes(true, true);
  EXPECT_DOUBLE_EQ(all.at_a, 1.5);
  EXPECT_DOUBLE_EQ(all.at_b, 2.0);
}

// The answerer's checks come before its answer does. What they bring of DTLS is acknowledged, and
// not sent again, so it has to be there when the answer is.
TEST(Warp, TheAnswerMayTakeItsTime) {
  for (const Duration delay : {20ms, 300ms, 8000ms}) {
    PeerPair pair({.latency = kOneWay}, with(true, true));
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    const auto offer = pair.a.connection.create_offer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
    pair.network.settle();
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
    const auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    pair.trickle();
    pair.network.run_for(delay);
    ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
    const Timestamp answered = pair.now();
    pair.network.settle();
    pair.trickle();
    ASSERT_TRUE(pair.network.run_until([&] { return both_finished(pair); }, 30s)) << delay / 1ms;
    EXPECT_LE(pair.now() - answered, 400ms) << delay / 1ms;
  }
}

TEST(Warp, EachOfItsPartsSavesRoundTripsByItself) {
  const auto none = first_bytes(false, false);
  const auto snap = first_bytes(false, true);
  const auto sped = first_bytes(true, false);
  EXPECT_DOUBLE_EQ(none.at_a, 4.5);
  EXPECT_DOUBLE_EQ(snap.at_a, 2.5);
  EXPECT_DOUBLE_EQ(sped.at_a, 3.5);
}

// All of them where that is a matter of seconds.
#ifdef NDEBUG
constexpr int kSeeds = 1000;
#else
constexpr int kSeeds = 100;
#endif

TEST(Warp, FinishesDtlsInTimeWithoutLoss) {
  EXPECT_LE(measure(true, 0, 30s, 20).percentile(100), 550ms);
  EXPECT_LE(measure(false, 0, 30s, 20).percentile(100), 750ms);
}

TEST(Warp, FinishesDtlsInTimeAtTenPercentLoss) {
  EXPECT_LE(measure(true, 0.1, 30s, kSeeds).percentile(95), 600ms);
  EXPECT_LE(measure(false, 0.1, 30s, kSeeds).percentile(95), 1200ms);
}

TEST(Warp, FinishesDtlsInTimeAtTwentyFivePercentLoss) {
  EXPECT_LE(measure(true, 0.25, 30s, kSeeds).percentile(95), 750ms);
  EXPECT_LE(measure(false, 0.25, 30s, kSeeds).percentile(95), 2560ms);
}

TEST(Warp, FinishesDtls12InTimeToo) {
  for (const double loss : {0.0, 0.25}) {
    const auto sped = measure(true, loss, 30s, kSeeds, DtlsVersion::Dtls12);
    const auto plain = measure(false, loss, 30s, kSeeds, DtlsVersion::Dtls12);
    EXPECT_LE(sped.percentile(50), 750ms);
    EXPECT_LE(sped.percentile(95), 1400ms);
    EXPECT_LE(plain.percentile(50), 1350ms);
    EXPECT_LE(plain.percentile(95), 8860ms);
    EXPECT_EQ(sped.failed + plain.failed, 0);
  }
}

TEST(Warp, AlwaysConnectsAtFortyPercentLoss) {
  EXPECT_EQ(measure(true, 0.4, 10s, kSeeds).failed, 0);
  EXPECT_EQ(measure(false, 0.4, 10s, kSeeds).failed, 0);
}

TEST(Warp, NearlyAlwaysConnectsAtSixtyPercentLoss) {
  EXPECT_LE(measure(true, 0.6, 20s, kSeeds).failed, kSeeds / 100);
  EXPECT_LE(measure(false, 0.6, 20s, kSeeds).failed, kSeeds / 100);
}

}  // namespace
}  // namespace specter
