#include "simulation/link.h"

#include <vector>

#include <gtest/gtest.h>

#include "specter/bytes.h"

namespace specter::simulation {
namespace {

// 8 Mbit/s: a packet of 1000 bytes takes 1 ms.
constexpr LinkOptions kOptions = {
    .latency = 10ms, .rate_bits_per_second = 8'000'000, .queue_bytes = 3000};

std::vector<Duration> arrivals(Link<Buffer>& link) {
  std::vector<Duration> out;
  while (const Deadline next = link.next_arrival()) {
    out.push_back(*next - kStart);
    link.receive(*next);
  }
  return out;
}

TEST(Link, WithoutARateEveryPacketLeavesAtOnce) {
  Link<Buffer> link({.latency = 10ms});
  for (int i = 0; i < 3; ++i) link.send(kStart, Buffer(1000));
  EXPECT_EQ(arrivals(link), (std::vector<Duration>{10ms, 10ms, 10ms}));
  EXPECT_EQ(link.bottleneck().largest_delay(), 0ms);
}

TEST(Link, ABottleneckSendsOnePacketAfterTheOther) {
  Link<Buffer> link(kOptions);
  for (int i = 0; i < 3; ++i) link.send(kStart, Buffer(1000));
  EXPECT_EQ(arrivals(link), (std::vector<Duration>{11ms, 12ms, 13ms}));
  link.send(kStart + 20ms, Buffer(500));
  EXPECT_EQ(arrivals(link), (std::vector<Duration>{30ms + 500us}));
}

TEST(Link, AFullQueueDropsWhatComesLast) {
  Link<Buffer> link(kOptions);
  for (int i = 0; i < 6; ++i) link.send(kStart, Buffer(1000));  // one on the line, three wait
  EXPECT_EQ(link.bottleneck().dropped(), 2u);
  EXPECT_EQ(link.bottleneck().waiting_bytes(), 3000u);
  link.send(kStart + 1ms, Buffer(1000));  // the second is on the line: one more may wait
  link.send(kStart + 1ms, Buffer(1));
  EXPECT_EQ(link.bottleneck().dropped(), 3u);
  EXPECT_EQ(arrivals(link), (std::vector<Duration>{11ms, 12ms, 13ms, 14ms, 15ms}));
}

TEST(Link, OverheadCountsOnTheLine) {
  LinkOptions options = kOptions;
  options.overhead_bytes = 250;
  Link<Buffer> link(options);
  for (int i = 0; i < 4; ++i) link.send(kStart, Buffer(1000));
  EXPECT_EQ(link.bottleneck().dropped(), 1u);
  EXPECT_EQ(arrivals(link), (std::vector<Duration>{11'250us, 12'500us, 13'750us}));
}

TEST(Link, TellsHowLongPacketsWait) {
  Link<Buffer> link(kOptions);
  for (int i = 0; i < 4; ++i) link.send(kStart, Buffer(1000));
  EXPECT_EQ(link.bottleneck().largest_delay(), 3ms);
  EXPECT_EQ(link.bottleneck().delay(kStart), 4ms);
  EXPECT_EQ(link.bottleneck().delay(kStart + 1ms), 3ms);
  // From 4 ms down to nothing, then nothing for as long: a quarter of the beginning.
  EXPECT_EQ(link.bottleneck().mean_delay(kStart + 4ms), 2ms);
  EXPECT_EQ(link.bottleneck().mean_delay(kStart + 8ms), 1ms);
  link.bottleneck().forget(kStart + 8ms);
  EXPECT_EQ(link.bottleneck().mean_delay(kStart + 9ms), 0ms);
  EXPECT_EQ(link.bottleneck().largest_delay(), 0ms);
}

}  // namespace
}  // namespace specter::simulation
