// Larger packets where the path carries them: RFC 8899 between two associations.
#include <gtest/gtest.h>

#include "sctp/association/path_mtu.h"
#include "sctp/packet/control_chunks.h"
#include "sctp/testing/duo.h"

namespace specter::sctp {
namespace {

constexpr StreamId kStream{1};
constexpr std::size_t kBase = 1160;

Association::Config with_base() {
  Association::Config config;
  config.max_packet_bytes = kBase;
  return config;
}

// A path of 40 ms that carries packets up to a size, which may change.
struct SizedPath : Duo {
  explicit SizedPath(std::size_t up_to, simulation::LinkOptions link = {.latency = 20ms})
      : Duo(link, with_base(), with_base()), carries(up_to) {
    a.set_path({1300, 1380, 1424, 8900});
    connect();
    pair.filter = [this](bool from_a, Buffer& packet) {
      if (from_a) {
        largest = std::max(largest, packet.size());
        if (packet.size() > kBase && carries_data(packet)) ++large_data;
        if (packet.size() > this->carries) {
          ++too_large;
          too_large_data += carries_data(packet);
          return false;
        }
      }
      return true;
    };
  }
  // One message, and how long it took until the other side had it, equal in each byte.
  Duration time_for(std::size_t bytes) {
    const Buffer message = pattern(bytes, bytes);
    const Timestamp start = now();
    pair.events_b.clear();
    EXPECT_TRUE(a.send(start, kStream, kPpid, message));
    EXPECT_TRUE(pair.run_until([&] { return count<MessageReceived>(pair.events_b) == 1; }, 120s));
    const auto received = all<MessageReceived>(pair.events_b);
    EXPECT_TRUE(received.size() == 1 && received[0].bytes == message);
    return now() - start;
  }
  std::size_t packet_bytes() const { return a.counters().packet_bytes; }

  std::size_t carries;
  std::size_t largest = 0;
  int large_data = 0, too_large = 0, too_large_data = 0;
};

TEST(PathMtuOverAPath, ASmallMessageDoesNotMakeItSearch) {
  SizedPath path(8900);
  path.time_for(1000);
  path.pair.run_for(60s);
  EXPECT_LE(path.largest, kBase);
  EXPECT_EQ(path.packet_bytes(), kBase);
}

TEST(PathMtuOverAPath, BulkFindsTheLargestPacketInARoundTrip) {
  SizedPath path(8900);
  for (int i = 0; i < 3; ++i) path.time_for(100'000);
  EXPECT_EQ(path.packet_bytes(), 8900u);
  EXPECT_GT(path.large_data, 20);
  EXPECT_EQ(path.too_large, 0);
}

TEST(PathMtuOverAPath, ChunksStaySmallWhateverThePacket) {
  SizedPath path(8900);
  std::size_t largest_chunk = 0, most_in_a_packet = 0;
  auto count_packet = path.pair.filter;
  path.pair.filter = [&](bool from_a, Buffer& packet) {
    const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
    std::size_t data = 0;
    for (ChunkReader chunks(view->chunks); const auto chunk = chunks.next();) {
      if (chunk->type != ChunkType::Data && chunk->type != ChunkType::IData) continue;
      ++data;
      largest_chunk = std::max(largest_chunk, chunk->whole.size());
    }
    most_in_a_packet = std::max(most_in_a_packet, data);
    return count_packet(from_a, packet);
  };
  for (int i = 0; i < 3; ++i) path.time_for(100'000);
  EXPECT_LE(largest_chunk, kBase - kCommonHeaderBytes);
  EXPECT_EQ(most_in_a_packet, 8u);
}

TEST(PathMtuOverAPath, WhatTheProbesLoseNeitherSlowsDownNorIsSentAgain) {
  SizedPath path(1400);
  const Duration first = path.time_for(200'000);
  EXPECT_EQ(path.too_large_data, 0);
  EXPECT_EQ(path.a.counters().retransmissions, 0u);
  SizedPath narrow(kBase);
  const Duration without = narrow.time_for(200'000);
  EXPECT_LE(first, without + 1ms);
  path.pair.run_for(20s);
  EXPECT_EQ(path.packet_bytes(), 1380u);
}

TEST(PathMtuOverAPath, Rfc8899_4_3_APathThatShrinksIsFallenBackFromAtOnce) {
  SizedPath path(1424);
  path.time_for(250'000);
  path.pair.run_for(10s);
  ASSERT_EQ(path.packet_bytes(), 1424u);
  const Duration before = path.time_for(250'000);
  path.carries = 1320;
  const Duration after = path.time_for(250'000);
  // The first flight is lost and nothing says so for two round trips; then it goes in small ones.
  EXPECT_LE(after, before + 400ms);
  path.pair.run_for(30s);
  EXPECT_EQ(path.packet_bytes(), 1300u);
}

TEST(PathMtuOverAPath, APathThatShrinksInTheMiddleOfAMessageGoesOn) {
  SizedPath path(8900);
  path.time_for(250'000);
  ASSERT_EQ(path.packet_bytes(), 8900u);
  path.pair.events_b.clear();
  for (int i = 0; i < 8; ++i)
    ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(200'000, 3)));
  path.pair.run_for(50ms);
  path.carries = kBase;
  EXPECT_TRUE(
      path.pair.run_until([&] { return count<MessageReceived>(path.pair.events_b) == 8; }, 5s));
}

TEST(PathMtuOverAPath, ABadMomentIsNoSmallerPath) {
  SizedPath path(8900);
  path.time_for(250'000);
  const auto carries = std::exchange(path.carries, 0);  // nothing at all for half a second
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(200'000, 3)));
  path.pair.run_for(500ms);
  EXPECT_LE(path.packet_bytes(), kBase);
  path.carries = carries;
  path.pair.run_for(5s);
  EXPECT_EQ(path.packet_bytes(), 8900u);
}

TEST(PathMtuOverAPath, LossesAreNoSmallerPathEither) {
  SizedPath path(8900, {.latency = 20ms, .loss = 0.02, .seed = 7});
  for (int i = 0; i < 10; ++i) path.time_for(200'000);
  path.pair.run_for(5s);
  EXPECT_EQ(path.packet_bytes(), 8900u);
}

TEST(PathMtuOverAPath, AnotherPathBeginsSmall) {
  SizedPath path(8900);
  path.time_for(250'000);
  ASSERT_EQ(path.packet_bytes(), 8900u);
  path.a.set_path({1300});
  path.carries = 1310;
  path.time_for(250'000);
  EXPECT_EQ(path.packet_bytes(), 1300u);
  EXPECT_EQ(path.too_large, 0);
}

// What the chunk list of an INIT says of PAD, on its way, becomes a word for something else.
void unlist_pad(Buffer& packet) {
  const Buffer listed{130, 192, 132}, other{130, 192, 130};
  const auto at = std::ranges::search(packet, listed);
  if (at.empty()) return;
  std::ranges::copy(other, at.begin());
  fix_checksum(packet);
}
// werift dies of a chunk that it does not know, and others have: decision 5.
TEST(PathMtuOverAPath, Rfc5061_4_2_7_APeerThatDoesNotListPadGetsNone) {
  for (const std::size_t back : {std::size_t{9000}, std::size_t{1300}, kBase}) {
    auto stranger = with_base();
    stranger.max_packet_bytes = PathMtu::kMostForAnybody;  // of what it answers, too
    Duo path({.latency = 20ms}, with_base(), stranger);
    std::size_t largest = 0, pads = 0;
    path.a.set_path({1300, 1380, 1424, 8900});
    path.pair.filter = [&](bool from_a, Buffer& packet) {
      unlist_pad(packet);
      pads += has(packet, ChunkType::Pad);
      if (from_a) largest = std::max(largest, packet.size());
      return from_a || packet.size() <= back;
    };
    path.connect();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(100'000, 1)));
      path.pair.run_for(20s);
    }
    EXPECT_EQ(count<MessageReceived>(path.pair.events_b), 3u);
    EXPECT_EQ(pads, 0u);
    EXPECT_LE(largest, PathMtu::kMostForAnybody) << "nor what it may have no room for";
    // The answer is as large as the question. Where the path back is narrower, less is used than
    // the path carries, and never more.
    EXPECT_EQ(path.a.counters().packet_bytes, back == 9000 ? 1424u : back);
  }
}

// ---- below the base: what was cut for more goes in IP fragments (decision 5)

// A path on whose way there, from `since` on, whole packets beyond a size are lost, and fragments
// of it come or do not.
struct NarrowPath : Duo {
  explicit NarrowPath(std::size_t up_to, bool fragments = true)
      : Duo({.latency = 20ms}, with_base(), with_base()), carries(up_to) {
    a.set_path({600, 800, 1000, 1300, 1424});
    connect();
    pair.filter = [this, fragments](bool from_a, Buffer& packet) {
      if (!from_a || packet.size() <= carries) return true;
      const bool may = a.may_fragment();
      fragmented += may;
      lost += !may;
      return may && fragments;
    };
  }
  std::size_t carries;
  int fragmented = 0, lost = 0;
};

TEST(PathMtuOverAPath, Rfc8899_4_3_APathBelowTheBaseIsFound) {
  for (const std::size_t carries : {std::size_t{1100}, std::size_t{800}, std::size_t{508}}) {
    NarrowPath path(carries);
    const Timestamp start = path.now();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(path.a.send(start, kStream, kPpid, pattern(50'000, 1)));
    EXPECT_TRUE(
        path.pair.run_until([&] { return count<MessageReceived>(path.pair.events_b) == 5; }, 5s));
    path.pair.run_for(30s);
    EXPECT_EQ(path.a.counters().packet_bytes, carries == 1100 ? 1000u : carries);
    // Nothing new is cut too large.
    const int fragmented = path.fragmented, lost = path.lost;
    ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(50'000, 1)));
    EXPECT_TRUE(
        path.pair.run_until([&] { return count<MessageReceived>(path.pair.events_b) == 6; }, 1s));
    EXPECT_EQ(path.fragmented, fragmented);
    EXPECT_EQ(path.lost, lost);
  }
}

// Small ones are acknowledged all the time, and each acknowledgement shows the large ones to be
// lost: they go again and again, and no timeout ever asks why.
TEST(PathMtuOverAPath, Rfc8899_4_3_APathBelowTheBaseIsFoundThoughSmallPacketsPass) {
  for (const std::size_t carries : {std::size_t{1100}, std::size_t{800}, std::size_t{508}}) {
    NarrowPath path(carries);
    path.pair.run_for(1s);
    ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(2300, 1)));
    const auto has_come = [&] {
      return std::ranges::any_of(all<MessageReceived>(path.pair.events_b),
                                 [](const auto& message) { return message.stream == kStream; });
    };
    const Timestamp start = path.now();
    while (!has_come() && path.now() < start + 10s) {
      ASSERT_TRUE(path.a.send(path.now(), StreamId{2}, kPpid, pattern(20, 2)));
      path.pair.run_for(5ms);
    }
    EXPECT_LT(path.now() - start, 500ms);
    EXPECT_LT(path.a.counters().retransmissions, 50u);
    path.pair.run_for(30s);
    EXPECT_EQ(path.a.counters().packet_bytes, carries == 1100 ? 1000u : carries);
  }
}

TEST(PathMtuOverAPath, AHintSparesTheSilence) {
  NarrowPath path(600);
  path.a.limit_path(path.now(), 600);
  EXPECT_EQ(path.a.counters().packet_bytes, 600u);
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(50'000, 1)));
  EXPECT_TRUE(
      path.pair.run_until([&] { return count<MessageReceived>(path.pair.events_b) == 1; }, 500ms));
  EXPECT_EQ(path.lost + path.fragmented, 0);
}

TEST(PathMtuOverAPath, AnOutageIsNoNarrowPath) {
  NarrowPath path(1424);
  for (const Duration outage : {1s, 5s, 25s}) {
    path.carries = 0;
    ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(50'000, 1)));
    auto filter = std::exchange(path.pair.filter, [](bool, Buffer&) { return false; });
    path.pair.run_for(outage);
    path.pair.filter = std::move(filter);
    path.carries = 1424;
    path.pair.run_for(6s);
    EXPECT_TRUE(path.a.is_established());
    EXPECT_EQ(path.a.counters().send_buffered_bytes, 0u);
    EXPECT_GE(path.a.counters().packet_bytes, kBase);
  }
}

// Not without a word: small packets come, and no data at all.
TEST(PathMtuOverAPath, APathTooNarrowForAnythingEndsWithAReason) {
  NarrowPath path(400, false);
  ASSERT_TRUE(path.a.send(path.now(), kStream, kPpid, pattern(50'000, 1)));
  ASSERT_TRUE(path.pair.run_until([&] { return count<Closed>(path.pair.events_a) == 1; }, 40s));
  const Closed closed = all<Closed>(path.pair.events_a).at(0);
  EXPECT_EQ(closed.reason, CloseReason::TooManyRetransmissions);
  EXPECT_NE(closed.detail.find("small packets"), std::string::npos) << closed.detail;
  path.pair.run_for(1s);
  EXPECT_EQ(count<Closed>(path.pair.events_b), 1u);
}

// A path that was down and loses still: a heartbeat comes through and data do not. Down once more
// it carries nothing at all, which is no sign of narrowness.
TEST(PathMtuOverAPath, OneSmallPacketBetweenOutagesIsNoNarrowPath) {
  Duo duo;
  duo.connect();
  enum { Down, LosesData, Up } path = Down;
  duo.pair.filter = [&](bool, Buffer& packet) {
    return path == Up || (path == LosesData && !carries_data(packet));
  };
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(50'000, 1)));
  duo.pair.run_for(25s);
  for (int i = 0; i < 3; ++i) {
    path = LosesData;
    duo.pair.run_for(5s);
    path = Down;
    duo.pair.run_for(25s);
  }
  path = Up;
  duo.pair.run_for(10s);
  EXPECT_EQ(count<Closed>(duo.pair.events_a), 0u);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 1u);
}

TEST(PathMtuOverAPath, Rfc4820_3_PaddingIsPassedOver) {
  PadChunk pad{8};
  Buffer bytes;
  ByteWriter w(bytes);
  pad.write(w);
  EXPECT_EQ(bytes, (Buffer{132, 0, 0, 8, 0, 0, 0, 0}));
  // A probe is answered with what it asks and none of its padding.
  SizedPath path(8900);
  std::size_t largest_answer = 0;
  auto other = path.pair.filter;
  path.pair.filter = [&](bool from_a, Buffer& packet) {
    if (!from_a && has(packet, ChunkType::HeartbeatAck))
      largest_answer = std::max(largest_answer, packet.size());
    return other(from_a, packet);
  };
  path.time_for(250'000);
  EXPECT_GT(largest_answer, 0u);
  EXPECT_LT(largest_answer, 100u);
  EXPECT_EQ(path.b.counters().packets_dropped, 0u);
}

}  // namespace
}  // namespace specter::sctp
