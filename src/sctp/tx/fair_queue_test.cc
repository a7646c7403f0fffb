#include "sctp/tx/fair_queue.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

struct Member {
  int number = 0;
  std::uint16_t weight = 1;
  VirtualTime virtual_time = 0;
};

// RFC 8260 §3.6: by weight and bytes, whatever the sizes of what is sent.
TEST(FairQueue, SharesInProportionToTheWeights) {
  std::array<Member, 4> members{{{0, 128}, {1, 256}, {2, 512}, {3, 1024}}};
  const std::array<std::size_t, 4> sizes{1100, 90, 1100, 700};
  FairQueue<Member> queue;
  for (Member& each : members) queue.push(each);
  std::array<std::size_t, 4> bytes{};
  for (std::size_t total = 0; total < 10'000'000;) {
    const auto i = static_cast<std::size_t>(queue.front().number);
    bytes[i] += sizes[i];
    total += sizes[i];
    queue.charge(sizes[i], queue.front().weight);
    queue.requeue();
  }
  const auto share = static_cast<double>(bytes[0]);
  EXPECT_NEAR(static_cast<double>(bytes[1]) / share, 2, 0.02);
  EXPECT_NEAR(static_cast<double>(bytes[2]) / share, 4, 0.04);
  EXPECT_NEAR(static_cast<double>(bytes[3]) / share, 8, 0.08);
}

TEST(FairQueue, OfEqualsTheFirstThatCameIsFirst) {
  std::array<Member, 5> members{{{0}, {1}, {2}, {3}, {4}}};
  FairQueue<Member> queue;
  for (Member& each : members) queue.push(each);
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) {
    order.push_back(queue.front().number);
    queue.charge(100, 1);
    queue.requeue();
  }
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4, 0, 1, 2, 3, 4}));
}

TEST(FairQueue, WhoWasIdleHasSavedNothing) {
  Member busy{0}, idle{1};
  FairQueue<Member> queue;
  queue.push(busy);
  for (int i = 0; i < 1000; ++i) {
    queue.charge(1000, 1);
    queue.requeue();
  }
  queue.push(idle);
  int turns = 0;
  for (int i = 0; i < 100; ++i) {
    turns += queue.front().number == 1;
    queue.charge(1000, 1);
    queue.requeue();
  }
  EXPECT_EQ(turns, 50);
}

// Who leaves after each turn and comes back at once gets no more than who stays.
TEST(FairQueue, WhoComesBackHasNotBeenForgotten) {
  Member stays{0}, returns{1};
  FairQueue<Member> queue;
  queue.push(stays);
  queue.push(returns);
  int turns = 0;
  for (int i = 0; i < 1000; ++i) {
    Member& front = queue.front();
    queue.charge(1000, 1);
    if (front.number == 0) {
      queue.requeue();
    } else {
      ++turns;
      queue.pop();
      queue.push(returns);
    }
  }
  EXPECT_NEAR(turns, 500, 2);
}

TEST(FairQueue, ATurnGoesOnWhileOthersCome) {
  Member first{0}, second{1, 60000};
  FairQueue<Member> queue;
  queue.push(first);
  queue.charge(1000, 1);
  queue.push(second);
  queue.charge(1000, 1);
  EXPECT_EQ(&queue.front(), &first);
  queue.requeue();
  EXPECT_EQ(&queue.front(), &second);
}

}  // namespace
}  // namespace specter::sctp
