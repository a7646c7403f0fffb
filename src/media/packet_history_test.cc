#include "media/packet_history.h"

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1000s};
constexpr std::int64_t kFirst = 65'536 + 65'000;  // wraps soon

Draft draft(std::int64_t number, std::uint32_t bytes = 1000) {
  Draft out;
  out.header.sequence = static_cast<std::uint16_t>(number);
  out.bytes = bytes;
  return out;
}

TEST(PacketHistory, KeepsWhatWasSentForASecond) {
  PacketHistory history({});
  for (int i = 0; i < 2000; ++i)  // over the wrap of sequence numbers
    history.put(kStart + i * 1ms, kFirst + i, draft(kFirst + i), 1s);
  EXPECT_EQ(history.size(), 1001u);
  EXPECT_EQ(history.bytes(), 1'001'000u);
  EXPECT_EQ(history.find(kFirst + 998), nullptr);
  ASSERT_NE(history.find(kFirst + 999), nullptr);
  EXPECT_EQ(history.find(kFirst + 999)->header.sequence, static_cast<std::uint16_t>(kFirst + 999));
  EXPECT_EQ(history.find(kFirst + 2000), nullptr);
  history.expire(kStart + 1h, 1s);
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(history.bytes(), 0u);
}

TEST(PacketHistory, KeepsThreeRoundTripsWhereTheseAreLonger) {
  EXPECT_EQ(PacketHistory::age_limit(std::nullopt), 1s);
  EXPECT_EQ(PacketHistory::age_limit(100ms), 1s);
  EXPECT_EQ(PacketHistory::age_limit(700ms), 2100ms);
}

TEST(PacketHistory, KeepsNoMoreBytesThanItsLimit) {
  PacketHistory history({.bytes = 10'000, .packets = 8192});
  for (int i = 0; i < 100; ++i) history.put(kStart, kFirst + i, draft(kFirst + i), 1s);
  EXPECT_EQ(history.bytes(), 10'000u);
  EXPECT_EQ(history.find(kFirst + 89), nullptr);
  EXPECT_NE(history.find(kFirst + 90), nullptr);
  history.put(kStart, kFirst + 100, draft(kFirst + 100, 10'001), 1s);
  EXPECT_EQ(history.find(kFirst + 100), nullptr);
  EXPECT_EQ(history.bytes(), 10'000u);
}

TEST(PacketHistory, KeepsNothingWithoutBytes) {
  PacketHistory history({.bytes = 0, .packets = 8192});
  history.put(kStart, kFirst, draft(kFirst), 1s);
  EXPECT_EQ(history.size(), 0u);
}

TEST(PacketHistory, KeepsNoMorePacketsThanItsLimit) {
  PacketHistory history({.bytes = 1 << 30, .packets = 256});
  for (int i = 0; i < 1000; ++i) history.put(kStart, kFirst + i, draft(kFirst + i, 1), 1s);
  EXPECT_EQ(history.size(), 256u);
  EXPECT_EQ(history.find(kFirst + 743), nullptr);
  EXPECT_NE(history.find(kFirst + 744), nullptr);
}

TEST(PacketHistory, SurvivesNumbersThatTheApplicationChose) {
  PacketHistory history({.bytes = 1 << 30, .packets = 256});
  history.put(kStart, 70'000, draft(70'000), 1s);
  history.put(kStart, 70'010, draft(70'010), 1s);       // a gap
  history.put(kStart, 70'005, draft(70'005), 1s);       // out of order
  history.put(kStart, 70'005, draft(70'005, 500), 1s);  // twice
  history.put(kStart, 69'000, draft(69'000), 1s);       // older than all
  EXPECT_EQ(history.size(), 3u);
  EXPECT_EQ(history.bytes(), 2500u);
  EXPECT_EQ(history.find(70'001), nullptr);
  EXPECT_EQ(history.find(70'005)->bytes, 500u);
  history.put(kStart, 95'000, draft(95'000), 1s);  // a jump
  EXPECT_EQ(history.size(), 1u);
  EXPECT_EQ(history.bytes(), 1000u);
  EXPECT_NE(history.find(95'000), nullptr);
  history.put(kStart, 95'300, draft(95'300), 1s);  // a shorter one
  EXPECT_EQ(history.size(), 1u);
}

TEST(PacketHistory, GivesAPacketOnceARoundTrip) {
  PacketHistory history({});
  history.put(kStart, kFirst, draft(kFirst), 1s);
  EXPECT_FALSE(history.request(kStart, kFirst + 1, 50ms));
  EXPECT_TRUE(history.request(kStart + 1ms, kFirst, 50ms));  // the first time at once
  EXPECT_FALSE(history.request(kStart + 2ms, kFirst, 50ms));
  EXPECT_FALSE(history.request(kStart + 51ms - 1ns, kFirst, 50ms));
  EXPECT_TRUE(history.request(kStart + 51ms, kFirst, 50ms));
}

}  // namespace
}  // namespace specter::media
