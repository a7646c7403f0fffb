// The owner says that packets take another path.
#include <gtest/gtest.h>

#include "sctp/testing/duo.h"

namespace specter::sctp {
namespace {

constexpr StreamId kFirst{1};

Association::Config with(CongestionControl control) {
  Association::Config config;
  config.data.congestion_control = control;
  return config;
}

// Without it the next packet would leave up to two seconds later.
TEST(PathChange, SendsAtOnceWhatWasUnderWay) {
  for (const auto control :
       {CongestionControl::Cubic, CongestionControl::Bbr, CongestionControl::Reno}) {
    Duo duo({.latency = 10ms}, with(control), with(control));
    duo.connect();
    ASSERT_TRUE(duo.a.send(duo.now(), kFirst, kPpid, pattern(200'000, 1)));
    duo.pair.run_for(1s);
    duo.pair.filter = [](bool, Buffer&) { return false; };
    ASSERT_TRUE(duo.a.send(duo.now(), kFirst, kPpid, pattern(5'000, 2)));
    duo.pair.run_for(10s);
    EXPECT_TRUE(duo.a.awaits_acknowledgement());
    duo.pair.filter = nullptr;
    duo.a.handle_path_change(duo.now());
    duo.pair.run_for(100ms);
    const auto messages = all<MessageReceived>(duo.pair.events_b);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[1].bytes, pattern(5'000, 2));
    EXPECT_FALSE(duo.a.awaits_acknowledgement());
  }
}

// RFC 9260 §7.2.1: nobody knows what the other path carries.
TEST(PathChange, BeginsWithTheFirstWindow) {
  for (const auto control :
       {CongestionControl::Cubic, CongestionControl::Bbr, CongestionControl::Reno}) {
    Duo duo({.latency = 10ms}, with(control), with(control));
    const std::size_t first = duo.connect().a.counters().congestion_window_bytes;
    ASSERT_TRUE(duo.a.send(duo.now(), kFirst, kPpid, pattern(250'000, 1)));
    duo.pair.run_for(100ms);
    EXPECT_GT(duo.a.counters().congestion_window_bytes, first);
    duo.a.handle_path_change(duo.now());
    EXPECT_EQ(duo.a.counters().congestion_window_bytes, first);
    EXPECT_FALSE(duo.a.counters().smoothed_round_trip_time);
    duo.pair.run_for(5s);
    EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 1u);
    // What was sent twice measures nothing (RFC 9260 §6.3.1 C5).
    ASSERT_TRUE(duo.a.send(duo.now(), kFirst, kPpid, pattern(100, 2)));
    duo.pair.run_for(1s);
    EXPECT_TRUE(duo.a.counters().smoothed_round_trip_time);
  }
}

TEST(PathChange, OfWhatMayNotBeSentAgainIsTheEndOfIt) {
  Duo duo({.latency = 10ms});
  duo.connect();
  ASSERT_TRUE(
      duo.a.send(duo.now(), kFirst, kPpid, pattern(100, 1), {.max_retransmits = std::uint16_t{0}}));
  ASSERT_TRUE(duo.a.send(duo.now(), kFirst, kPpid, pattern(100, 2)));
  duo.pair.filter = [](bool, Buffer&) { return false; };
  duo.pair.run_for(50ms);
  duo.pair.filter = nullptr;
  duo.a.handle_path_change(duo.now());
  duo.pair.run_for(100ms);
  const auto messages = all<MessageReceived>(duo.pair.events_b);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].bytes, pattern(100, 2));
  EXPECT_EQ(duo.a.counters().messages_abandoned, 1u);
}

// Again and again in the middle of a transfer, while the old path still delivers.
TEST(PathChange, LosesNothing) {
  for (const auto control :
       {CongestionControl::Cubic, CongestionControl::Bbr, CongestionControl::Reno}) {
    Duo duo({.latency = 20ms, .jitter = 5ms, .loss = 0.02}, with(control), with(control));
    duo.connect();
    for (std::uint64_t i = 0; i < 20; ++i)
      ASSERT_TRUE(duo.a.send(duo.now(), kFirst, kPpid, pattern(60'000, i)));
    for (int i = 0; i < 40; ++i) {
      duo.pair.run_for(30ms);
      duo.a.handle_path_change(duo.now());
      duo.b.handle_path_change(duo.now());
    }
    ASSERT_TRUE(duo.pair.run_until([&] { return !duo.a.awaits_acknowledgement(); }, 60s));
    const auto messages = all<MessageReceived>(duo.pair.events_b);
    ASSERT_EQ(messages.size(), 20u);
    for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(messages[i].bytes, pattern(60'000, i));
  }
}

TEST(PathChange, IsNothingToAnAssociationThatHasNotBegun) {
  Duo duo;
  duo.a.handle_path_change(duo.now());
  EXPECT_FALSE(duo.a.awaits_acknowledgement());
  EXPECT_EQ(duo.a.next_timeout(), std::nullopt);
  EXPECT_TRUE(duo.connect().a.is_established());
}

}  // namespace
}  // namespace specter::sctp
