// How losses are found and repaired. RFC 8985 for SCTP, RFC 9260 §7.2.4, RFC 9937.
#include <functional>
#include <map>
#include <optional>

#include <gtest/gtest.h>

#include "sctp/packet/idata_chunk.h"
#include "sctp/testing/duo.h"
#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

constexpr StreamId kStream{1};

// T3-rtx is so far away that only what does not wait for it can help.
Association::Config without_t3() {
  Association::Config config;
  config.initial_rto = config.min_rto = 30s;
  config.max_rto = 60s;
  return config;
}

// Two associations over a path of 200 ms whose window has grown to some hundred packets.
struct LongPath : Duo {
  explicit LongPath(simulation::LinkOptions link = {.latency = 100ms})
      : Duo(link, without_t3(), without_t3()) {
    connect();
    for (int i = 0; i < 8; ++i) {
      EXPECT_TRUE(a.send(now(), kStream, kPpid, pattern(50'000, 1)));
      pair.run_for(600ms);
    }
    pair.events_b.clear();
    retransmissions_before = a.counters().retransmissions;
  }
  // Loses the DATA packets of ours with these numbers, counted from now on.
  void lose(std::function<bool(int)> which) {
    packets = 0;
    pair.filter = [this, which](bool from_a, Buffer& packet) {
      return !from_a || !carries_data(packet) || !which(++packets);
    };
  }
  Duration time_for(std::size_t bytes) {
    const Timestamp start = now();
    EXPECT_TRUE(a.send(start, kStream, kPpid, pattern(bytes, 2)));
    EXPECT_TRUE(pair.run_until([&] { return count<MessageReceived>(pair.events_b) == 1; }, 60s));
    return now() - start;
  }
  std::uint64_t retransmissions() const {
    return a.counters().retransmissions - retransmissions_before;
  }

  int packets = 0;
  std::uint64_t retransmissions_before = 0;
};

TEST(Recovery, ABurstOfLossesIsRepairedInOneRoundTrip) {
  LongPath path;
  const Duration undisturbed = path.time_for(50'000);
  path.pair.events_b.clear();
  path.pair.run_for(1s);
  path.lose([](int n) { return n >= 10 && n < 30; });
  EXPECT_LE(path.time_for(50'000), undisturbed + 300ms);
  EXPECT_EQ(path.retransmissions(), 20u) << "each once, and nothing else";
}

TEST(Recovery, WhatIsSentAgainAndLostAgainIsFound) {
  LongPath path;
  // The second packet is lost three times.
  std::map<std::uint32_t, int> sent;
  std::uint32_t victim = 0;
  int data = 0;
  path.pair.filter = [&](bool from_a, Buffer& packet) {
    if (!from_a || !carries_data(packet)) return true;
    const auto tsn = Puppet::find<IDataChunk>({packet}, ChunkType::IData)->tsn;
    if (++data == 2) victim = tsn;
    return data < 2 || tsn != victim || ++sent[tsn] == 4;
  };
  const Timestamp start = path.now();
  ASSERT_TRUE(path.a.send(start, kStream, kPpid, pattern(50'000, 2)));
  // While there is more to send, what is newer shows that the repair is lost.
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(path.a.send(path.now(), StreamId{2}, kPpid, pattern(2000, 3)));
    path.pair.run_for(50ms);
  }
  path.pair.run_for(300ms);
  EXPECT_EQ(count<MessageReceived>(path.pair.events_b), 31u);
  EXPECT_EQ(sent[victim], 4);
}

TEST(Recovery, ALostTailIsProbedFor) {  // RFC 8985 §7
  LongPath path;
  path.lose([](int n) { return n == 5; });  // the last of 5000 bytes
  // A round trip for what arrived, two until the probe goes, and half a one until it is there.
  EXPECT_LE(path.time_for(5000), 800ms);
  EXPECT_EQ(path.retransmissions(), 1u);
}

TEST(Recovery, AProbeMayFindThatMoreWasLost) {
  LongPath path;
  path.lose([](int n) { return n >= 3 && n <= 5; });
  EXPECT_LE(path.time_for(5000), 1s) << "the probe, and what its SACK shows to be missing";
  EXPECT_EQ(path.retransmissions(), 3u);
}

TEST(Recovery, OneLaterPacketShowsALoss) {
  LongPath path;
  path.lose([](int n) { return n == 1; });
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(500, 1)));
  path.pair.run_for(200ms);
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(500, 2)));
  path.pair.run_for(900ms);
  EXPECT_EQ(count<MessageReceived>(path.pair.events_b), 2u);
}

TEST(Recovery, AMessageThatMayNotBeSentAgainIsNotProbedWith) {
  LongPath path;
  path.lose([](int) { return true; });
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(500, 1), {.max_retransmits = 0}));
  path.pair.run_for(10s);
  EXPECT_EQ(path.packets, 1);
  EXPECT_EQ(path.retransmissions(), 0u);
}

// RFC 8985 §6.2 step 4, RFC 9438 §4.9.2: packets that overtake each other are not lost, and what
// was done because they seemed so is undone.
TEST(Recovery, ReorderingIsLearned) {
  Duo duo({.latency = 30ms, .jitter = 12ms, .seed = 5});
  duo.connect();
  std::uint64_t before = 0;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 1)));
    if (i == 20) before = duo.a.counters().retransmissions;
    ASSERT_TRUE(duo.pair.run_until([&] { return duo.a.counters().send_buffered_bytes == 0; }, 10s));
  }
  EXPECT_LE(duo.a.counters().retransmissions - before, 20u) << "of 1800 packets";
  EXPECT_GE(duo.a.counters().congestion_window_bytes, 50'000u);
}

TEST(Recovery, WhatCameTwiceUndoesTheReduction) {
  LongPath path;
  const std::size_t window = path.a.counters().congestion_window_bytes;
  // The second packet comes after those behind it, and so late that it is sent again.
  std::optional<Buffer> held;
  path.packets = 0;
  path.pair.filter = [&](bool from_a, Buffer& packet) {
    if (!from_a || !carries_data(packet) || ++path.packets != 2) return true;
    held = packet;
    return false;
  };
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(20'000, 2)));
  path.pair.run_for(240ms);
  ASSERT_TRUE(held);
  EXPECT_LT(path.a.counters().congestion_window_bytes, window);
  path.pair.to_b().send(path.now() - 60ms, *held);  // it arrives before its repair
  path.pair.run_for(1s);
  EXPECT_EQ(count<MessageReceived>(path.pair.events_b), 1u);
  EXPECT_EQ(path.retransmissions(), 1u);
  EXPECT_GE(path.a.counters().congestion_window_bytes, window);
}

// A SACK has room for some 280 gap blocks: of what lies beyond, it says nothing.
TEST(Recovery, ASackWithoutRoomForAllGapsTakesNothingBack) {
  Association::Config config;
  config.max_packet_bytes = 400;  // 93 blocks
  Duo duo({.latency = 50ms}, config, config);
  duo.connect();
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 1)));
    duo.pair.run_for(500ms);
  }
  int packets = 0;
  const std::uint64_t before = duo.a.counters().retransmissions;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    if (!from_a || !carries_data(packet)) return true;
    ++packets;
    return packets > 400 || packets % 2 != 0;
  };
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(150'000, 2)));
  ASSERT_TRUE(duo.pair.run_until([&] { return duo.a.counters().send_buffered_bytes == 0; }, 30s));
  EXPECT_LE(duo.a.counters().retransmissions - before, 230u) << "200 were lost";
}

TEST(Pacing, SpreadsAWindowOverTheRoundTrip) {
  LongPath path;
  path.packets = 0;
  path.lose([](int) { return false; });
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(40'000, 2)));
  path.pair.run_for(1ms);
  EXPECT_LE(path.packets, 15) << "a burst, and then by the clock";
  path.pair.run_for(40ms);
  EXPECT_LE(path.packets, 30);
  path.pair.run_for(160ms);
  EXPECT_EQ(path.packets, 37);
}

TEST(Pacing, HoldsNothingBackOnAShortPath) {
  Duo duo({.latency = 25us});
  duo.connect();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 1)));
    duo.pair.run_for(2ms);
  }
  duo.pair.events_b.clear();
  const Timestamp start = duo.now();
  ASSERT_TRUE(duo.a.send(start, kStream, kPpid, pattern(100'000, 2)));
  ASSERT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 1; }, 1s));
  EXPECT_EQ(duo.now() - start, 25us);
}

// RFC 9260 §6.3.1 C5, §6.3.3: a timeout that was too short grows until something is measured.
TEST(Recovery, APathSlowerThanTheFirstTimeoutIsMeasured) {
  Duo duo({.latency = 300ms});
  duo.connect();
  EXPECT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 1)));
  ASSERT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 1; }, 10s));
  ASSERT_TRUE(duo.a.counters().smoothed_round_trip_time);
  EXPECT_GE(*duo.a.counters().smoothed_round_trip_time, 600ms);
  EXPECT_LE(duo.a.counters().retransmissions, 10u) << "of the first packets alone";
}

// Two packets are acknowledged at once and measure the bare path; of a single one the SACK comes
// later. That is no loss.
TEST(Recovery, ASackThatIsDelayedIsNoLoss) {
  Duo duo({.latency = 110ms});
  duo.connect();
  for (std::uint64_t i = 0; i < 40; ++i) {
    EXPECT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(2000, i)));
    duo.pair.run_for(1s);
  }
  const auto before = duo.a.counters().retransmissions;
  for (std::uint64_t i = 0; i < 40; ++i) {
    EXPECT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, i)));
    duo.pair.run_for(1s);
  }
  EXPECT_EQ(duo.a.counters().retransmissions, before);
}

TEST(Recovery, APathThatBecomesMuchSlowerIsMeasuredAnew) {
  Duo duo({.latency = 10ms});
  duo.connect();
  EXPECT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 1)));
  duo.pair.run_for(5s);
  duo.pair.to_a().options().latency = duo.pair.to_b().options().latency = 400ms;
  EXPECT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 2)));
  ASSERT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 2; }, 20s));
  duo.pair.run_for(1s);
  const auto before = duo.a.counters().retransmissions;
  EXPECT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 3)));
  ASSERT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 3; }, 20s));
  EXPECT_GE(*duo.a.counters().smoothed_round_trip_time, 500ms);
  EXPECT_LE(duo.a.counters().retransmissions - before, 2u);
}

TEST(Recovery, AProcessThatStoodStillMeasuresNoRoundTrip) {
  Puppet puppet;
  puppet.establish();
  SackChunk sack;
  sack.window_bytes = 1 << 20;
  for (const Duration late : {Duration(3s), Duration(40ms)}) {
    SCOPED_TRACE(late.count());
    ASSERT_TRUE(puppet.association.send(puppet.now, kStream, kPpid, pattern(100, 1)));
    ASSERT_EQ(puppet.hear().size(), 1u);
    puppet.now += late;
    sack.cumulative_tsn = late == 3s ? puppet.peer_tsn : puppet.peer_tsn + 1;
    puppet.say(sack);
  }
  EXPECT_EQ(puppet.association.counters().smoothed_round_trip_time, Duration(40ms));
}

// A process that was stopped for long acknowledges what had come all the same: a round trip of half
// a minute, over which the next packets would be spread. Whatever was measured, with nothing under
// way one goes at once (docs/failures.md row 107).
TEST(Recovery, OneLateAcknowledgementDoesNotStopTheRest) {
  Puppet puppet;
  puppet.establish();
  constexpr std::uint32_t kMessages = 60;
  constexpr std::size_t kWholePacket = 1132 - kCommonHeaderBytes - DataChunk::kHeaderBytes;
  for (std::uint32_t i = 0; i < kMessages; ++i)
    ASSERT_TRUE(puppet.association.send(puppet.now, kStream, kPpid, pattern(kWholePacket, i)));
  std::uint32_t sent = 0, acknowledged = 0;
  const auto count_data = [&](const std::vector<Buffer>& heard) {
    for (const Buffer& packet : heard) sent += carries_data(packet);
  };
  count_data(puppet.hear());
  puppet.now += 30s;
  while (acknowledged < kMessages) {
    const std::uint32_t until = sent;
    ASSERT_GT(until, acknowledged) << "nothing under way, and nothing goes";
    while (acknowledged < until) {
      SackChunk sack;
      sack.cumulative_tsn = puppet.peer_tsn + acknowledged++;
      sack.window_bytes = 1 << 20;
      count_data(puppet.say(sack));
    }
    puppet.now += 40ms;
  }
}

}  // namespace
}  // namespace specter::sctp
