#include "cli/bench/message.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace specter::cli::bench {
namespace {

using ::testing::HasSubstr;

Buffer copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

std::string complaint(const Result<>& result) {
  return result ? std::string("none") : result.error().message;
}

class EachSize : public ::testing::TestWithParam<std::size_t> {
 protected:
  // The ends have a pool each, as in two processes.
  MessagePool sender{GetParam()}, receiver{GetParam()};
  MessageCheck check{3, Order::Kept};
};

TEST_P(EachSize, AStreamAsItWasSentIsSound) {
  for (std::uint64_t n = 0; n < 1000; ++n) {
    EXPECT_EQ(complaint(check.take(receiver, sender.message(3, n))), "none") << n;
  }
  EXPECT_EQ(check.received(), 1000u);
  EXPECT_EQ(complaint(check.end(1000)), "none");
}

TEST_P(EachSize, AFlippedBitIsNoticedWhereverItIs) {
  for (std::uint64_t n = 0; n < 5; ++n) ASSERT_TRUE(check.take(receiver, sender.message(3, n)));
  const Buffer sound = copy(sender.message(3, 5));
  for (std::size_t bit = 0; bit < sound.size() * 8; bit += 1 + sound.size() / 100) {
    Buffer flipped = sound;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    MessageCheck trial = check;
    EXPECT_FALSE(trial.take(receiver, flipped)) << "bit " << bit;
  }
  EXPECT_TRUE(check.take(receiver, sound));
}

TEST_P(EachSize, ALostMessageIsNoticed) {
  ASSERT_TRUE(check.take(receiver, sender.message(3, 0)));
  EXPECT_THAT(complaint(check.take(receiver, sender.message(3, 2))),
              HasSubstr("message 2 came where 1 was due"));
}

TEST_P(EachSize, ADoubledMessageIsNoticedWithAndWithoutOrder) {
  for (const Order order : {Order::Kept, Order::Free}) {
    MessageCheck trial(3, order);
    ASSERT_TRUE(trial.take(receiver, sender.message(3, 0)));
    EXPECT_THAT(complaint(trial.take(receiver, sender.message(3, 0))), HasSubstr("came twice"));
  }
}

TEST_P(EachSize, MessagesOfAnotherSizeAreNoticed) {
  Buffer longer = copy(sender.message(3, 0));
  longer.push_back(0);
  EXPECT_THAT(complaint(check.take(receiver, longer)), HasSubstr("were sent"));
  EXPECT_THAT(complaint(check.take(receiver, Bytes(longer).first(GetParam() - 1))),
              HasSubstr("were sent"));
}

INSTANTIATE_TEST_SUITE_P(MessagePool, EachSize,
                         ::testing::Values(1, 2, 7, 8, 9, 15, 16, 17, 100, 65536));

TEST(MessageCheck, AMessageOfAnotherChannelIsNoticed) {
  for (const std::size_t size : {std::size_t{8}, std::size_t{64}}) {
    MessagePool pool(size);
    MessageCheck check(1, Order::Kept);
    EXPECT_THAT(complaint(check.take(pool, pool.message(2, 0))), HasSubstr("another channel's"));
  }
}

TEST(MessageCheck, WithoutOrderAnyOrderIsSoundUntilOneNeverCame) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{64}}) {
    MessagePool pool(size);
    MessageCheck check(0, Order::Free);
    for (const std::uint64_t n : {2, 0, 4, 1, 5}) {
      EXPECT_EQ(complaint(check.take(pool, pool.message(0, n))), "none") << n;
    }
    EXPECT_THAT(complaint(check.take(pool, pool.message(0, 4))), HasSubstr("came twice"));
    EXPECT_EQ(check.received(), 5u);
    EXPECT_THAT(complaint(check.end(6)), HasSubstr("message 3 of 6 never came"));
    EXPECT_TRUE(check.take(pool, pool.message(0, 3)));
    EXPECT_EQ(complaint(check.end(6)), "none");
    EXPECT_THAT(complaint(check.end(5)), HasSubstr("6 messages came and 5 were sent"));
  }
}

TEST(MessageCheck, WithoutOrderOneIsTakenForLostOnceAMillionCameAhead) {
  MessagePool pool(8);
  MessageCheck check(0, Order::Free);
  for (std::uint64_t n = 1; n <= MessageCheck::kMaxAhead; ++n) {
    ASSERT_TRUE(check.take(pool, pool.message(0, n)));
  }
  EXPECT_THAT(complaint(check.take(pool, pool.message(0, MessageCheck::kMaxAhead + 1))),
              HasSubstr("message 0 is lost"));
}

TEST(MessageCheck, ACutSequenceGoesOnPastItsEnd) {
  MessagePool pool(1);
  MessageCheck check(0, Order::Kept);
  for (std::uint64_t n = 0; n < 70'000; ++n) ASSERT_TRUE(check.take(pool, pool.message(0, n)));
  EXPECT_EQ(check.received(), 70'000u);
}

}  // namespace
}  // namespace specter::cli::bench
