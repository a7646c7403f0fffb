#include "api/send_ledger.h"

#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace specter::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kCapacity = 1000;

struct Channel final : SendAccount {
  explicit Channel(int number) : name(number) {}
  const int name;
};

// A ledger with channels by number, and a core that has of each what the test says.
struct Rig {
  SendLedger ledger{kCapacity};
  std::vector<std::shared_ptr<Channel>> channels;
  std::map<int, std::size_t> core;
  Timestamp now{1h};

  explicit Rig(int count = 3) {
    for (int i = 0; i < count; ++i) channels.push_back(std::make_shared<Channel>(i));
  }
  ~Rig() { (void)ledger.end(); }

  Channel& operator[](std::size_t i) { return *channels[i]; }
  bool post(std::size_t i, std::size_t bytes) {
    const auto posted = ledger.post(*channels[i], bytes);
    if (!posted) {
      EXPECT_EQ(posted.error().code, ErrorCode::WouldBlock);
    }
    return posted.has_value();
  }
  // The loop takes over what was posted.
  void move(std::size_t i, std::size_t bytes) {
    ledger.move_posted(*channels[i], bytes, SendLedger::Posted::InCore);
    core[static_cast<int>(i)] += bytes;
  }
  // So much of a channel's is in packets.
  void drain(int i, std::size_t bytes) { core[i] -= bytes; }
  std::vector<int> settle() {
    std::vector<int> told;
    for (const auto& account :
         ledger.settle(now, [&](const SendAccount& one) -> std::optional<std::size_t> {
           const auto found = core.find(static_cast<const Channel&>(one).name);
           return found == core.end() ? std::optional<std::size_t>{} : found->second;
         }))
      told.push_back(static_cast<const Channel&>(*account).name);
    return told;
  }
};

TEST(SendLedger, TakesWhatItHasRoomFor) {
  Rig rig;
  EXPECT_TRUE(rig.post(0, 600));
  EXPECT_TRUE(rig.post(1, 400));
  EXPECT_FALSE(rig.post(2, 1));
  EXPECT_EQ(rig.ledger.amount(rig[0]), 600u);
  EXPECT_EQ(rig.ledger.amount(rig[2]), 0u);
}

TEST(SendLedger, CountsAMessageOnceOnItsWayThrough) {
  Rig rig;
  ASSERT_TRUE(rig.post(0, 600));
  rig.move(0, 600);
  EXPECT_EQ(rig.ledger.amount(rig[0]), 600u);
  rig.drain(0, 250);
  EXPECT_THAT(rig.settle(), IsEmpty());
  EXPECT_EQ(rig.ledger.amount(rig[0]), 350u);
  EXPECT_FALSE(rig.ledger.is_settled());
  rig.drain(0, 350);
  EXPECT_THAT(rig.settle(), ElementsAre(0));
  EXPECT_TRUE(rig.ledger.is_settled());
}

TEST(SendLedger, TellsOnceThatTheAmountFellToItsThreshold) {
  Rig rig;
  rig.ledger.set_low_threshold(rig[0], 100);
  ASSERT_TRUE(rig.post(0, 300));
  rig.move(0, 300);
  rig.drain(0, 199);
  EXPECT_THAT(rig.settle(), IsEmpty());
  rig.drain(0, 1);
  EXPECT_THAT(rig.settle(), ElementsAre(0));
  rig.drain(0, 100);
  EXPECT_THAT(rig.settle(), IsEmpty());
}

TEST(SendLedger, WhoWasRefusedIsToldAtTheHalf) {
  Rig rig;
  rig.ledger.set_low_threshold(rig[1], 1000);
  ASSERT_TRUE(rig.post(0, 1000));
  rig.move(0, 1000);
  ASSERT_FALSE(rig.post(1, 10));
  EXPECT_FALSE(rig.ledger.is_settled());
  rig.drain(0, 499);
  EXPECT_THAT(rig.settle(), IsEmpty());
  rig.drain(0, 1);
  EXPECT_THAT(rig.settle(), ElementsAre(1));
  EXPECT_TRUE(rig.post(1, 10));
}

// Were all told, the first of them would find the room taken each time.
TEST(SendLedger, TellsInTheOrderInWhichTheyLastSentAndNoMoreThanThereIsRoomFor) {
  Rig rig(4);
  ASSERT_TRUE(rig.post(2, 1));
  ASSERT_TRUE(rig.post(1, 1));
  ASSERT_TRUE(rig.post(0, 998));
  rig.move(2, 1);
  rig.move(1, 1);
  rig.move(0, 998);
  for (const std::size_t i : {1u, 2u, 3u}) ASSERT_FALSE(rig.post(i, 300));
  rig.drain(0, 499);
  rig.drain(1, 1);
  rig.drain(2, 1);
  // 501 free: what 1 and 2 had is low; 3 never sent.
  EXPECT_THAT(rig.settle(), ElementsAre(2, 1, 3));
}

TEST(SendLedger, WhileSomeWaitEachHasItsShare) {
  Rig rig(2);
  ASSERT_TRUE(rig.post(0, 1000));
  rig.move(0, 1000);
  ASSERT_FALSE(rig.post(1, 100));
  rig.drain(0, 600);
  EXPECT_THAT(rig.settle(), ElementsAre(1));
  EXPECT_FALSE(rig.post(0, 200)) << "it has 400 of its 500, and the other was just told";
  EXPECT_TRUE(rig.post(1, 500));
}

TEST(SendLedger, ForgetsWhoIsGoneAndKeepsItsAmount) {
  Rig rig;
  ASSERT_TRUE(rig.post(0, 1000));
  rig.move(0, 1000);
  ASSERT_FALSE(rig.post(1, 1));
  rig.ledger.forget(rig[0]);
  rig.core.erase(0);
  EXPECT_EQ(rig.ledger.amount(rig[0]), 1000u) << "W3C §6.2: never set to 0";
  EXPECT_THAT(rig.settle(), ElementsAre(1));
  rig.ledger.forget(rig[1]);
  EXPECT_TRUE(rig.ledger.is_settled());
}

TEST(SendLedger, WhatClosedBeforeItCameStaysInTheAmount) {
  Rig rig;
  ASSERT_TRUE(rig.post(0, 1000));
  rig.ledger.move_posted(rig[0], 1000, SendLedger::Posted::Left);
  EXPECT_EQ(rig.ledger.amount(rig[0]), 1000u);
  EXPECT_TRUE(rig.post(1, 1000));
}

TEST(SendLedger, WhatTheCoreRefusedIsGone) {
  Rig rig;
  ASSERT_TRUE(rig.post(0, 1000));
  rig.core[0] = 0;
  rig.ledger.move_posted(rig[0], 1000, SendLedger::Posted::Refused);
  EXPECT_THAT(rig.settle(), ElementsAre(0));
  EXPECT_EQ(rig.ledger.amount(rig[0]), 0u);
}

TEST(SendLedger, EndsWithWhomItKnew) {
  Rig rig;
  ASSERT_TRUE(rig.post(0, 1000));
  rig.move(0, 1000);
  ASSERT_FALSE(rig.post(1, 1));
  EXPECT_THAT(rig.ledger.end(), SizeIs(2));
  EXPECT_TRUE(rig.ledger.is_settled());
}

// Two senders and the loop: nothing is lost or counted twice. With ThreadSanitizer no race.
TEST(SendLedger, IsUsedByManyThreads) {
  SendLedger ledger(kCapacity);
  const auto a = std::make_shared<Channel>(0), b = std::make_shared<Channel>(1);
  std::atomic<int> posted[2] = {0, 0};
  const auto send = [&](int i) {
    const auto& channel = i == 0 ? a : b;
    for (int sent = 0; sent < 10'000;) {
      if (!ledger.post(*channel, 100)) continue;
      ++sent;
      ++posted[i];
    }
  };
  std::thread first(send, 0), second(send, 1);
  int moved[2] = {0, 0};
  while (moved[0] + moved[1] < 20'000) {
    for (int i = 0; i < 2; ++i) {
      for (const int until = posted[i]; moved[i] < until; ++moved[i])
        ledger.move_posted(i == 0 ? *a : *b, 100, SendLedger::Posted::InCore);
    }
    (void)ledger.settle(Timestamp(1h), [](const SendAccount&) { return 0; });
  }
  first.join();
  second.join();
  (void)ledger.settle(Timestamp(2h), [](const SendAccount&) { return 0; });
  EXPECT_EQ(ledger.amount(*a), 0u);
  EXPECT_EQ(ledger.amount(*b), 0u);
  EXPECT_TRUE(ledger.post(*a, kCapacity));
  (void)ledger.end();
}

}  // namespace
}  // namespace specter::api
