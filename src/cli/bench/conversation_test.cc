#include "cli/bench/conversation.h"

#include <array>
#include <memory>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace specter::cli::bench {
namespace {

using namespace std::chrono_literals;

class ConversationTest : public ::testing::Test {
 protected:
  ConversationTest() {
    std::array<int, 2> there{}, back{};
    EXPECT_EQ(::pipe(there.data()), 0);
    EXPECT_EQ(::pipe(back.data()), 0);
    ours = std::make_unique<Conversation>(back[0], there[1]);
    theirs = std::make_unique<Conversation>(there[0], back[1]);
  }
  std::unique_ptr<Conversation> ours, theirs;
};

TEST_F(ConversationTest, LinesArriveInOrderWithAnythingInTheirText) {
  const Json first{{"op", "description"}, {"sdp", "v=0\r\no=- 1\r\n"}};
  const Json second{{"op", "sent"}, {"messages", {1, 2, 3}}};
  ours->send(first);
  ours->send(second);
  EXPECT_EQ(theirs->receive(10s), first);
  EXPECT_EQ(theirs->receive(10s), second);
}

TEST_F(ConversationTest, WhatIsPostedOnAnotherThreadWakesOurOwnReceive) {
  std::thread other([&] { ours->post({{"op", "failed"}}); });
  EXPECT_EQ(ours->receive(10s), (Json{{"op", "failed"}}));
  other.join();
}

TEST_F(ConversationTest, NothingInTimeIsATimeout) {
  EXPECT_EQ(ours->receive(1ms).error().code, ErrorCode::Timeout);
}

TEST_F(ConversationTest, TheEndOfTheOtherSideIsToldAfterItsLastLine) {
  theirs->send({{"op", "end"}});
  theirs.reset();
  EXPECT_EQ(ours->receive(10s), (Json{{"op", "end"}}));
  EXPECT_EQ(ours->receive(10s).error().code, ErrorCode::Closed);
}

TEST_F(ConversationTest, WhatIsNoJsonIsAnError) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  Conversation conversation(pipe[0], ::dup(pipe[1]));
  ASSERT_EQ(::write(pipe[1], "nonsense\n", 9), 9);
  ::close(pipe[1]);
  EXPECT_EQ(conversation.receive(10s).error().code, ErrorCode::InvalidJson);
}

}  // namespace
}  // namespace specter::cli::bench
