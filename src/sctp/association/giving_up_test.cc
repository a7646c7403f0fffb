// Messages that may be given up: by the time, or by how often they were sent. RFC 3758, RFC 7496.
#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

constexpr StreamId kStream{1};

// RFC 3758: unsent messages whose time is over do not wait for the window.
TEST(Lifetime, EndsForWhatWasNeverSent) {
  Duo duo;
  duo.connect();
  duo.pair.filter = [](bool, Buffer&) { return false; };
  for (std::uint64_t i = 0; i < 200; ++i)
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(1000, i),
                           {.unordered = true, .lifetime = 100ms}));
  duo.pair.run_for(101ms);
  EXPECT_EQ(duo.a.buffered_amount(kStream), 0u);
  duo.pair.filter = nullptr;
  duo.pair.run_for(10s);
  EXPECT_EQ(duo.a.counters().send_buffered_bytes, 0u);
  EXPECT_EQ(duo.a.counters().flight_bytes, 0u);
  EXPECT_EQ(duo.a.counters().messages_abandoned, 200u);
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(1000, 7)));
  duo.pair.run_for(1s);
  EXPECT_EQ(all<MessageReceived>(duo.pair.events_b).back().bytes, pattern(1000, 7));
}

// An acknowledgement may come before the timer that would have told (a process that was stopped
// finds both): what it makes room for is not what is too late already.
TEST(Lifetime, EndsBeforeAPacketThatComesLate) {
  Puppet puppet;
  puppet.establish();
  for (std::uint64_t i = 0; i < 30; ++i)
    ASSERT_TRUE(
        puppet.association.send(puppet.now, kStream, kPpid, pattern(1000, i), {.lifetime = 100ms}));
  const std::size_t sent = puppet.hear().size();
  ASSERT_LT(sent, 30u);
  puppet.now += 200ms;
  SackChunk sack;
  sack.cumulative_tsn = puppet.peer_tsn + static_cast<std::uint32_t>(sent) - 1;
  sack.window_bytes = 1 << 20;
  for (const Buffer& packet : puppet.say(sack)) EXPECT_FALSE(carries_data(packet));
  for (const Buffer& packet : puppet.wait(0ms)) EXPECT_FALSE(carries_data(packet));
  EXPECT_EQ(puppet.association.counters().messages_abandoned, 30 - sent);
  EXPECT_EQ(count<BufferedAmountLow>(puppet.events), 1u);
}

TEST(MaxRetransmits, ZeroMeansOnce) {
  Duo duo;
  duo.connect();
  int sent = 0;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    if (!from_a || !carries_data(packet)) return true;
    return ++sent > 1;
  };
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, 1), {.max_retransmits = 0}));
  duo.pair.run_for(10ms);
  duo.pair.run_for(5s);
  EXPECT_EQ(sent, 1);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 0u);
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, 2)));
  duo.pair.run_for(5s);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 1u) << "the skipped one holds none up";
}

// A message of which some fragments arrived and the rest was never sent: its number is skipped too.
TEST(Lifetime, EndsInTheMiddleOfAMessage) {
  Duo duo({.latency = 50ms});
  duo.connect();
  duo.pair.run_for(1s);
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100'000, 1), {.lifetime = 60ms}));
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, 2)));
  duo.pair.run_for(5s);
  const auto got = all<MessageReceived>(duo.pair.events_b);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].bytes, pattern(100, 2));
  EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
  EXPECT_EQ(duo.a.counters().messages_abandoned, 1u);
}

}  // namespace
}  // namespace specter::sctp
