#include "stun/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulation/link.h"

namespace specter::stun {
namespace {

using specter::simulation::kStart;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

const Buffer kRequest{1, 2, 3};

// Runs it without an answer and gives the times of its sends, counted from its start.
std::vector<Duration> send_times(ClientTransaction& transaction, Timestamp* end = nullptr) {
  std::vector<Duration> times;
  transaction.start(kStart);
  while (const Deadline next = transaction.next_timeout()) {
    transaction.handle_timeout(*next);
    if (transaction.poll_transmit(*next)) times.push_back(*next - kStart);
    if (end) *end = *next;
  }
  return times;
}

// The schedule RFC 8489 §6.2.1 writes out for an RTO of 500 ms, Rc of 7 and Rm of 16.
TEST(ClientTransaction, KeepsTheScheduleOfRfc8489) {
  ClientTransaction transaction(kRequest);
  Timestamp end;
  EXPECT_THAT(send_times(transaction, &end),
              ElementsAre(0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms));
  EXPECT_EQ(end - kStart, 39500ms);
  EXPECT_EQ(transaction.poll_event(), ClientTransaction::Event::TimedOut);
  EXPECT_EQ(transaction.poll_event(), std::nullopt);
}

TEST(ClientTransaction, KeepsAnotherScheduleToo) {
  ClientTransaction transaction(kRequest, {.rto = 100ms, .rc = 3, .rm = 4});
  Timestamp end;
  EXPECT_THAT(send_times(transaction, &end), ElementsAre(0ms, 100ms, 300ms));
  EXPECT_EQ(end - kStart, 700ms);
}

TEST(ClientTransaction, IsSilentBeforeItsStart) {
  ClientTransaction transaction(kRequest);
  transaction.handle_response();
  EXPECT_EQ(transaction.next_timeout(), std::nullopt);
  EXPECT_EQ(transaction.poll_transmit(kStart), std::nullopt);
  EXPECT_EQ(transaction.poll_event(), std::nullopt);
}

TEST(ClientTransaction, AnAnswerEndsIt) {
  ClientTransaction transaction(kRequest);
  transaction.start(kStart);
  EXPECT_EQ(transaction.poll_transmit(kStart), kRequest);
  EXPECT_EQ(transaction.poll_transmit(kStart), std::nullopt);
  transaction.handle_response();
  transaction.handle_response();
  EXPECT_EQ(transaction.poll_event(), ClientTransaction::Event::Answered);
  EXPECT_EQ(transaction.poll_event(), std::nullopt);
  EXPECT_EQ(transaction.next_timeout(), std::nullopt);
  EXPECT_EQ(transaction.poll_transmit(kStart + 1h), std::nullopt);
}

TEST(ClientTransaction, CancellingIsSilent) {
  ClientTransaction transaction(kRequest);
  transaction.start(kStart);
  transaction.cancel();
  transaction.handle_response();
  EXPECT_TRUE(transaction.is_over());
  EXPECT_EQ(transaction.poll_transmit(kStart), std::nullopt);
  EXPECT_EQ(transaction.poll_event(), std::nullopt);
}

// A driver that was late: the next send is counted from this one, and none is made up for.
TEST(ClientTransaction, LateTimersSendOnce) {
  ClientTransaction transaction(kRequest);
  transaction.start(kStart);
  EXPECT_TRUE(transaction.poll_transmit(kStart));
  EXPECT_TRUE(transaction.poll_transmit(kStart + 10s));
  EXPECT_FALSE(transaction.poll_transmit(kStart + 10s));
  EXPECT_EQ(transaction.next_timeout(), kStart + 11s);
}

}  // namespace
}  // namespace specter::stun
