// set_receiving(): what waits for an application that takes no messages at the moment.
#include <gmock/gmock.h>

#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

using ::testing::ElementsAre;

constexpr StreamId kOne{1}, kTwo{2};
constexpr Ppid kControl{50};

Association::Config with_control(std::size_t receive_buffer_bytes = 1 << 20) {
  Association::Config config;
  config.control_ppid = kControl;
  config.data.receive_buffer_bytes = receive_buffer_bytes;
  return config;
}

struct Receiving : ::testing::Test {
  Duo duo{{}, with_control(), with_control()};

  void SetUp() override {
    duo.connect();
    duo.pair.events_b.clear();
    duo.b.set_receiving(false);
  }
  void send(StreamId stream, Ppid ppid, std::uint64_t number) {
    ASSERT_TRUE(duo.a.send(duo.now(), stream, ppid, pattern(100, number)));
    duo.pair.run_for(1s);
  }
  // What has come to b, in its order: a message's first byte, and letters for the rest.
  std::vector<std::string> came() {
    std::vector<std::string> out;
    for (const auto& event : duo.pair.events_b) {
      if (const auto* message = std::get_if<MessageReceived>(&event))
        out.push_back(std::to_string(message->bytes[0]));
      if (std::holds_alternative<IncomingStreamsReset>(event)) out.push_back("reset");
      if (std::holds_alternative<Closed>(event)) out.push_back("closed");
    }
    duo.pair.events_b.clear();
    return out;
  }
  static std::string first(std::uint64_t number) { return std::to_string(pattern(1, number)[0]); }
  void resume() {
    duo.b.set_receiving(true);
    duo.pair.run_for(1s);
  }
};

TEST_F(Receiving, MessagesWaitInTheirOrder) {
  for (std::uint64_t i = 1; i <= 3; ++i) send(kOne, kPpid, i);
  EXPECT_THAT(came(), ElementsAre());
  EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 300u);
  resume();
  EXPECT_THAT(came(), ElementsAre(first(1), first(2), first(3)));
  EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
}

TEST_F(Receiving, MayStopAgainBeforeAllWasTaken) {
  for (std::uint64_t i = 1; i <= 3; ++i) send(kOne, kPpid, i);
  duo.b.set_receiving(true);
  auto event = duo.b.poll_event();
  ASSERT_TRUE(event && std::holds_alternative<MessageReceived>(*event));
  EXPECT_EQ(std::get<MessageReceived>(*event).bytes, pattern(100, 1));
  duo.b.set_receiving(false);
  EXPECT_FALSE(duo.b.poll_event());
  send(kOne, kPpid, 4);
  resume();
  EXPECT_THAT(came(), ElementsAre(first(2), first(3), first(4)));
}

TEST_F(Receiving, ControlMessagesComeUnlessAMessageOfTheirStreamWaits) {
  send(kTwo, kControl, 1);
  EXPECT_THAT(came(), ElementsAre(first(1)));
  send(kOne, kPpid, 2);
  send(kTwo, kControl, 3);
  send(kOne, kControl, 4);
  EXPECT_THAT(came(), ElementsAre(first(3)));
  resume();
  EXPECT_THAT(came(), ElementsAre(first(2), first(4)));
}

TEST_F(Receiving, AResetComesUnlessAMessageOfItsStreamWaits) {
  send(kOne, kPpid, 1);
  send(kTwo, kControl, 2);
  const StreamId one[] = {kOne}, two[] = {kTwo};
  duo.a.reset_streams(duo.now(), two);
  duo.pair.run_for(2s);
  EXPECT_THAT(came(), ElementsAre(first(2), "reset"));
  duo.a.reset_streams(duo.now(), one);
  duo.pair.run_for(2s);
  // The stream's next life waits, too.
  send(kOne, kControl, 3);
  EXPECT_THAT(came(), ElementsAre());
  resume();
  EXPECT_THAT(came(), ElementsAre(first(1), "reset", first(3)));
}

TEST_F(Receiving, AResetComesOnceItsMessagesWereTaken) {
  send(kOne, kPpid, 1);
  const StreamId one[] = {kOne};
  duo.a.reset_streams(duo.now(), one);
  duo.pair.run_for(2s);
  EXPECT_THAT(came(), ElementsAre());
  duo.b.set_receiving(true);
  ASSERT_TRUE(duo.b.poll_event());
  duo.b.set_receiving(false);
  duo.pair.run_for(1s);
  EXPECT_THAT(came(), ElementsAre("reset"));
}

TEST_F(Receiving, TheEndComesBehindWhatWaits) {
  send(kOne, kPpid, 1);
  duo.a.abort(duo.now(), "enough");
  duo.pair.run_for(1s);
  EXPECT_THAT(came(), ElementsAre());
  resume();
  EXPECT_THAT(came(), ElementsAre(first(1), "closed"));
}

TEST_F(Receiving, TheEndComesWhenNothingWaits) {
  duo.a.abort(duo.now(), "enough");
  duo.pair.run_for(1s);
  EXPECT_THAT(came(), ElementsAre("closed"));
}

TEST_F(Receiving, WhatIsOurOwnComes) {
  send(kOne, kPpid, 1);
  ASSERT_TRUE(duo.b.send(duo.now(), kTwo, kPpid, pattern(1000, 1)));
  duo.pair.run_for(1s);
  EXPECT_EQ(count<BufferedAmountLow>(duo.pair.events_b), 1u);
  const StreamId two[] = {kTwo};
  duo.b.reset_streams(duo.now(), two);
  duo.pair.run_for(2s);
  EXPECT_EQ(count<OutgoingStreamsReset>(duo.pair.events_b), 1u);
}

TEST(ReceivingWindow, ClosesAndOpensAgain) {
  Duo duo({}, with_control(), with_control(20'000));
  duo.connect();
  duo.b.set_receiving(false);
  for (std::uint64_t i = 0; i < 100; ++i)
    ASSERT_TRUE(duo.a.send(duo.now(), kOne, kPpid, pattern(1000, i)));
  duo.pair.run_for(20s);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 0u);
  EXPECT_GT(duo.b.counters().receive_buffered_bytes, 18'000u);
  EXPECT_LE(duo.b.counters().receive_buffered_bytes, 21'200u);
  duo.b.set_receiving(true);
  EXPECT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 100; }, 60s));
  const auto messages = all<MessageReceived>(duo.pair.events_b);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(messages[i].bytes, pattern(1000, i));
}

// A burst is lost, and what came behind it fills the window. What is sent again for the gap comes
// in many packets before the application has its turn: if only the first were taken, each of the
// others would cost a timeout.
TEST(ReceivingWindow, TakesAllThatFillsAGapThoughItIsFull) {
  Association::Config config;
  config.data.receive_buffer_bytes = 20'000;
  Puppet puppet(config);
  puppet.establish();
  const Buffer payload(1000, 1);
  constexpr std::uint32_t kLost = 10;
  const auto say = [&](std::uint32_t i) {
    return puppet.say(puppet.data(Puppet::kTsn + i, 1, static_cast<std::uint16_t>(i), payload));
  };
  std::uint32_t last = kLost;
  std::optional<SackChunk> sack;
  for (; last < 100 && (!sack || sack->window_bytes > 0); ++last)
    sack = Puppet::find<SackChunk>(say(last), ChunkType::Sack);
  ASSERT_TRUE(sack);
  ASSERT_EQ(sack->window_bytes, 0u);
  puppet.polls_events = false;
  for (std::uint32_t i = 0; i < kLost; ++i) sack = Puppet::find<SackChunk>(say(i), ChunkType::Sack);
  ASSERT_TRUE(sack);
  EXPECT_EQ(sack->cumulative_tsn, Puppet::kTsn + last - 1);
  puppet.polls_events = true;
  puppet.hear();
  EXPECT_EQ(count<MessageReceived>(puppet.events), last);
}

// Small messages cost more memory than their bytes, and a sender counts bytes: the window is told
// in those of which the buffer holds as many.
TEST(ReceivingWindow, IsToldInBytesOfTheSizeThatComes) {
  Association::Config config;
  config.data.receive_buffer_bytes = 4 << 20;
  Puppet puppet(config);
  puppet.establish();
  const Buffer payload(100, 1);
  std::optional<SackChunk> sack;
  std::size_t sent = 0;
  std::uint32_t last = 1;  // the first is lost: none of these can be delivered
  for (; last < 8'000; ++last, sent += payload.size())
    sack = Puppet::find<SackChunk>(
        puppet.say(puppet.data(Puppet::kTsn + last, 1, static_cast<std::uint16_t>(last), payload)),
        ChunkType::Sack);
  ASSERT_TRUE(sack);
  // All that it allows is taken, and not much more.
  const std::uint32_t allowed = sack->window_bytes / 100;
  EXPECT_GT(allowed, 4'000u);
  for (std::uint32_t i = 0; i < allowed; ++i, ++last)
    sack = Puppet::find<SackChunk>(
        puppet.say(puppet.data(Puppet::kTsn + last, 1, static_cast<std::uint16_t>(last), payload)),
        ChunkType::Sack);
  ASSERT_EQ(sack->gaps.size(), 1u);
  EXPECT_EQ(sack->gaps[0].end, last);
  EXPECT_LT(sack->window_bytes, 40'000u);
}

// What crumbs cost beside their bytes no sender knows. Behind a lost one they take all the room
// that there is, and the lost one is what lets them out.
TEST(ReceivingWindow, TakesTheNextOneHoweverManyCrumbsWaitForIt) {
  Association::Config config;
  config.data.receive_buffer_bytes = 8192;
  Puppet puppet(config);
  puppet.establish();
  const Buffer crumb(1, 1);
  constexpr std::uint32_t kCrumbs = 2000;
  const auto say = [&](std::uint32_t i, Bytes payload) {
    puppet.say(puppet.data(Puppet::kTsn + i, 1, static_cast<std::uint16_t>(i), payload));
  };
  for (const std::uint32_t first : {2u, 1u})
    for (std::uint32_t i = first; i < kCrumbs; i += 2) say(i, crumb);
  const std::size_t kept = puppet.association.counters().receive_buffered_bytes;
  ASSERT_GT(kept, 1024u);
  ASSERT_LT(kept, kCrumbs - 1) << "no more room";
  say(0, pattern(1000, 1));
  EXPECT_LT(puppet.association.counters().receive_buffered_bytes, kept);
  for (std::uint32_t i = 1; i < kCrumbs; ++i) say(i, crumb);
  EXPECT_EQ(count<MessageReceived>(puppet.events), kCrumbs);
}

// And a message of many fragments, of which each is the next one.
TEST(ReceivingWindow, TakesAWholeMessageHoweverManyCrumbsWaitForIt) {
  Association::Config config;
  config.data.receive_buffer_bytes = 8192;
  config.data.max_message_bytes = 8192;
  Puppet puppet(config);
  puppet.establish();
  const Buffer crumb(1, 1), fragment(1000, 1);
  constexpr std::uint32_t kFragments = 7, kCrumbs = 1190;
  const auto say_crumb = [&](std::uint32_t i) {
    puppet.say(
        puppet.data(Puppet::kTsn + kFragments + i, 1, static_cast<std::uint16_t>(i + 1), crumb));
  };
  for (const std::uint32_t first : {1u, 0u})
    for (std::uint32_t i = first; i < kCrumbs; i += 2) say_crumb(i);
  const std::size_t kept = puppet.association.counters().receive_buffered_bytes;
  ASSERT_LT(kept, kCrumbs) << "no more room";
  for (std::uint32_t i = 0; i < kFragments; ++i) {
    DataChunk data = puppet.data(Puppet::kTsn + i, 1, 0, fragment);
    data.begin = i == 0;
    data.end = i == kFragments - 1;
    puppet.say(data);
  }
  EXPECT_LT(puppet.association.counters().receive_buffered_bytes, kept);
  for (std::uint32_t i = 0; i < kCrumbs; ++i) say_crumb(i);
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1 + kCrumbs);
}

}  // namespace
}  // namespace specter::sctp
