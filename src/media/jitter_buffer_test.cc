// The order of packets, and what is waited for.
#include "media/jitter_buffer.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using Verdict = JitterBuffer::Verdict;

constexpr std::int64_t kFirst = 65'536 + 65'530;  // numbers wrap soon

struct JitterBufferTest : ::testing::Test {
  JitterBufferTest() { buffer.set_wait(100ms); }

  Timestamp at(Duration after) const { return Timestamp{} + 1s + after; }

  // The payload says the number. Frames have three packets.
  Verdict push(Duration after, std::int64_t number, bool begins = false) {
    const std::array<std::uint8_t, 2> payload = {static_cast<std::uint8_t>(number >> 8),
                                                 static_cast<std::uint8_t>(number)};
    rtp::Packet packet;
    packet.header.sequence = static_cast<std::uint16_t>(kFirst + number);
    packet.header.timestamp = static_cast<std::uint32_t>(number / 3);
    packet.header.marker = number % 3 == 2;
    packet.payload = payload;
    return buffer.push(at(after), kFirst + number, packet, begins);
  }
  // What need not wait any more: a gap before a number makes it negative.
  std::vector<int> popped(Duration after) {
    std::vector<int> out;
    while (const auto next = buffer.pop(at(after))) {
      const auto packet = rtp::Packet::parse(next->packet).value();
      const int number = packet.payload[0] << 8 | packet.payload[1];
      EXPECT_EQ(packet.header.sequence, static_cast<std::uint16_t>(kFirst + number));
      out.push_back(next->is_contiguous ? number : -number);
    }
    return out;
  }
  void begin() { EXPECT_EQ(push(0ms, 0, true), Verdict::Next); }

  JitterBuffer buffer;
};

using Order = std::vector<int>;

TEST_F(JitterBufferTest, KeepsNothingOfWhatComesInOrder) {
  begin();
  for (int i = 1; i < 100; ++i) {
    EXPECT_EQ(push(0ms, i), Verdict::Next);
    EXPECT_TRUE(buffer.is_contiguous());
  }
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.next_timeout(), std::nullopt);
}

TEST_F(JitterBufferTest, TakesReorderingWithoutAGap) {
  begin();
  EXPECT_EQ(push(0ms, 2), Verdict::Kept);
  EXPECT_EQ(push(20ms, 3), Verdict::Kept);
  EXPECT_EQ(popped(50ms), Order{});
  EXPECT_EQ(push(50ms, 1), Verdict::Kept);
  EXPECT_EQ(popped(50ms), (Order{1, 2, 3}));
  EXPECT_EQ(buffer.next_timeout(), std::nullopt);
  EXPECT_EQ(push(51ms, 4), Verdict::Next);
}

TEST_F(JitterBufferTest, GivesUpWhenTheWaitIsOver) {
  begin();
  push(10ms, 2);
  push(40ms, 3);
  EXPECT_EQ(buffer.next_timeout(), at(110ms));
  EXPECT_EQ(popped(109ms), Order{});
  EXPECT_EQ(popped(110ms), (Order{-2, 3}));
  EXPECT_EQ(push(111ms, 1), Verdict::Late);
  EXPECT_EQ(push(112ms, 4), Verdict::Next);
  EXPECT_TRUE(buffer.is_contiguous());
}

// The second gap has waited since the first packet behind it came, not since the first gap ended.
TEST_F(JitterBufferTest, EachGapHasAWaitOfItsOwn) {
  begin();
  push(0ms, 2);
  push(30ms, 5);
  push(60ms, 4);
  EXPECT_EQ(popped(100ms), Order{-2});
  EXPECT_EQ(buffer.next_timeout(), at(130ms));
  EXPECT_EQ(popped(130ms), (Order{-4, 5}));
}

TEST_F(JitterBufferTest, WaitsForNothingWithoutAWait) {
  buffer.set_wait(0ms);
  EXPECT_EQ(push(0ms, 1), Verdict::Next) << "not a key frame's first, and yet";
  EXPECT_EQ(push(0ms, 3), Verdict::Kept);
  EXPECT_EQ(popped(0ms), Order{-3});
}

TEST_F(JitterBufferTest, ATwinOfWhatIsKeptIsLate) {
  begin();
  push(0ms, 2);
  EXPECT_EQ(push(1ms, 2), Verdict::Late);
  EXPECT_EQ(push(1ms, 0), Verdict::Late);
  EXPECT_EQ(buffer.size(), 1u);
}

TEST_F(JitterBufferTest, WhatCameFirstMayNotBeTheFirst) {
  EXPECT_EQ(push(0ms, 2), Verdict::Kept);
  EXPECT_EQ(push(10ms, 1), Verdict::Kept);
  EXPECT_EQ(popped(49ms), Order{});
  EXPECT_EQ(buffer.next_timeout(), at(JitterBuffer::kStartWait));
  EXPECT_EQ(push(49ms, 0, true), Verdict::Kept);
  EXPECT_EQ(popped(49ms), (Order{0, 1, 2})) << "a key frame's first packet: nothing is before it";
}

TEST_F(JitterBufferTest, TheStartWaitsForFiftyMillisecondsAtMost) {
  push(0ms, 2);
  push(5ms, 3);
  EXPECT_EQ(popped(50ms), (Order{2, 3})) << "and nobody misses what was before";
  EXPECT_EQ(push(51ms, 1), Verdict::Late);
}

// docs/failures.md row 153: nothing older than a key frame that is here is wanted.
TEST_F(JitterBufferTest, AWholeKeyFrameEndsTheWaitBeforeIt) {
  begin();
  push(0ms, 2);
  EXPECT_EQ(push(1ms, 6, true), Verdict::Kept);
  push(2ms, 8);
  EXPECT_EQ(popped(2ms), Order{});
  push(3ms, 7);
  EXPECT_EQ(popped(3ms), (Order{-6, 7, 8}));
  EXPECT_EQ(push(4ms, 1), Verdict::Late);
}

TEST_F(JitterBufferTest, WithTooManyTheOldestGapHasToGo) {
  begin();
  for (int i = 2; i < 2049; ++i) EXPECT_EQ(push(0ms, i), Verdict::Kept) << i;
  EXPECT_EQ(push(0ms, 2049), Verdict::Far);
  buffer.give_up();
  EXPECT_EQ(popped(0ms).size(), 2047u);
  EXPECT_EQ(push(0ms, 2049), Verdict::Next);
  EXPECT_EQ(push(0ms, 9000), Verdict::Next) << "nothing waits: it is the next";
  EXPECT_FALSE(buffer.is_contiguous());
  EXPECT_EQ(buffer.bytes(), 0u);
}

TEST_F(JitterBufferTest, CountsItsBytes) {
  begin();
  push(0ms, 3);
  push(0ms, 2);
  EXPECT_EQ(buffer.bytes(), 2u * 14);
  push(0ms, 1);
  EXPECT_EQ(popped(0ms), (Order{1, 2, 3}));
  EXPECT_EQ(buffer.bytes(), 0u);
  push(0ms, 9);
  buffer.reset();
  EXPECT_EQ(buffer.bytes(), 0u);
  EXPECT_EQ(buffer.next(), std::nullopt);
  EXPECT_EQ(push(0ms, 50, true), Verdict::Next);
}

}  // namespace
}  // namespace specter::media
