// set_receiving(): what waits for an application that takes no messages at the moment.
#include <gmock/gmock.h>

#include "sctp/association/duo.h"

namespace specter::sctp {
namespace {

using ::testing::ElementsAre;

constexpr StreamId kOne{1}, kTwo{2};
constexpr Ppid kControl{50};

Association::Config with_control(std::size_t receive_buffer_bytes = 1 << 20) {
  Association::Config config;
  config.control_ppid = kControl;
  config.receive_buffer_bytes = receive_buffer_bytes;
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

}  // namespace
}  // namespace specter::sctp
