#include "rtp/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace specter::rtp {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr BatchPool::Limits kSmall{
    .batch_bytes = 100, .batch_packets = 4, .all_bytes = 300, .free_batches = 2};

HeldPacket store(BatchPool& pool, const Buffer& bytes) {
  auto place = pool.reserve(bytes.size());
  EXPECT_TRUE(place);
  std::ranges::copy(bytes, place->bytes.begin());
  return pool.commit(*place, bytes.size());
}

TEST(RtpBatch, SeveralReceivesFillOne) {
  BatchPool pool(kSmall);
  const HeldPacket first = store(pool, {1, 2});
  const HeldPacket second = store(pool, {3});
  EXPECT_EQ(first.batch, second.batch);
  EXPECT_EQ(first.batch->size(), 2u);
  EXPECT_THAT(first.bytes(), ElementsAre(1, 2));
  EXPECT_THAT(second.bytes(), ElementsAre(3));
  EXPECT_EQ(pool.bytes(), 100u);
}

TEST(RtpBatch, AFullOneIsFollowedByAnother) {
  BatchPool pool(kSmall);
  const HeldPacket first = store(pool, Buffer(60, 1));
  const HeldPacket second = store(pool, Buffer(41, 2));
  EXPECT_NE(first.batch, second.batch);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(store(pool, {7}).batch, second.batch);
  EXPECT_NE(store(pool, {7}).batch, second.batch);  // four packets are all it has place for
  EXPECT_THAT(first.bytes(), Each(1));
}

// Limits count arenas, however little of them is held.
TEST(RtpBatch, RefusesBeyondItsLimitUntilSomethingIsGivenBack) {
  BatchPool pool(kSmall);
  std::vector<HeldPacket> held;
  for (int i = 0; i < 3; ++i) held.push_back(store(pool, Buffer(51, 1)));
  EXPECT_EQ(pool.bytes(), 300u);
  EXPECT_FALSE(pool.reserve(51));
  EXPECT_EQ(pool.refused(), 1u);
  held.erase(held.begin());
  EXPECT_TRUE(pool.reserve(51));
  EXPECT_EQ(pool.bytes(), 300u);
}

TEST(RtpBatch, RefusesWhatIsLongerThanAnArena) {
  BatchPool pool(kSmall);
  EXPECT_FALSE(pool.reserve(101));
  EXPECT_TRUE(pool.reserve(100));
  EXPECT_EQ(pool.refused(), 1u);
}

TEST(RtpBatch, APlaceMayBeFilledByLess) {
  BatchPool pool(kSmall);
  auto place = pool.reserve(90);
  place->bytes[0] = 9;
  EXPECT_THAT(pool.commit(*place, 1).bytes(), ElementsAre(9));
  EXPECT_TRUE(pool.reserve(99));  // the rest is free again
  auto other = pool.reserve(10);
  EXPECT_THROW(pool.commit(*other, 11), Bug);
}

// A cipher fills many places at once, and only some turn out to be packets.
TEST(RtpBatch, PlacesAreCommittedInAnyOrderAndDiscardedOnesAreZeroed) {
  BatchPool pool(kSmall);
  auto first = pool.reserve(2);
  auto forged = pool.reserve(3);
  auto last = pool.reserve(2);
  for (auto* place : {&*first, &*forged, &*last}) std::ranges::fill(place->bytes, std::uint8_t{7});
  const MutableBytes forged_bytes = forged->bytes;
  const HeldPacket committed_last = pool.commit(*last, 2);
  pool.discard(*std::exchange(forged, std::nullopt));
  const HeldPacket committed_first = pool.commit(*first, 1);
  EXPECT_THAT(forged_bytes, Each(0));
  EXPECT_EQ(committed_last.index, 0u);
  EXPECT_EQ(committed_first.index, 1u);
  EXPECT_THAT(committed_first.bytes(), ElementsAre(7));
  EXPECT_EQ(committed_first.batch->size(), 2u);
}

TEST(RtpBatch, TheLastPlaceIsUsedAgainWhenItIsDiscarded) {
  BatchPool pool(kSmall);
  const auto held = store(pool, {1});
  for (int i = 0; i < 1000; ++i) pool.discard(*pool.reserve(99));
  EXPECT_EQ(store(pool, Buffer(99, 2)).batch, held.batch);
}

TEST(RtpBatch, AHeldPacketNeverChanges) {
  BatchPool pool(
      {.batch_bytes = 1000, .batch_packets = 8, .all_bytes = 100'000, .free_batches = 2});
  std::vector<HeldPacket> held;
  for (int i = 0; i < 500; ++i) {
    HeldPacket packet = store(pool, Buffer(100, static_cast<std::uint8_t>(i)));
    if (i % 50 == 0) held.push_back(packet);
  }
  for (std::size_t i = 0; i < held.size(); ++i)
    EXPECT_THAT(held[i].bytes(), Each(static_cast<std::uint8_t>(i * 50)));
  EXPECT_LE(pool.bytes(), 14'000u);
  held.clear();
  EXPECT_LE(pool.bytes(), 3'000u);  // two free ones and the one that is being filled
}

TEST(RtpBatch, CopiesOfAHoldCountAndMovesDoNot) {
  BatchPool pool(kSmall);
  std::vector<HeldPacket> held;
  held.push_back(store(pool, Buffer(100, 5)));
  Hold copy = held[0].batch;
  Hold moved = std::move(copy);
  EXPECT_FALSE(copy);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(moved, held[0].batch);
  held.clear();
  const HeldPacket second = store(pool, Buffer(100, 6));
  EXPECT_NE(second.batch, moved);
  EXPECT_THAT((*moved)[0], Each(5));
  EXPECT_THROW((*moved)[1], Bug);
  moved = Hold();
  const HeldPacket third = store(pool, Buffer(100, 7));
  EXPECT_THAT(third.bytes(), Each(7));
  EXPECT_EQ(pool.bytes(), 200u);  // the first one's arena came back
}

TEST(RtpBatch, OutlivesItsPoolWhileItIsHeld) {
  HeldPacket held;
  {
    BatchPool pool(kSmall);
    held = store(pool, {1, 2, 3});
  }
  EXPECT_THAT(held.bytes(), ElementsAre(1, 2, 3));
}

// ---- Batches for other loops

TEST(RtpBatchLoan, IsKeptUntilItsLastHolderElsewhereHasGone) {
  BatchPool home(kSmall);
  BatchPool away(kSmall);
  HeldPacket held = store(home, Buffer(100, 1));
  const Loan loan = home.lend(held.batch);
  held = {};
  store(home, Buffer(100, 2));  // so that the home pool fills another one
  EXPECT_EQ(home.bytes(), 200u);

  Hold borrowed = away.borrow(loan);
  Hold second = borrowed;
  EXPECT_THAT((*borrowed)[0], Each(1));
  EXPECT_EQ(away.bytes(), 0u);
  borrowed = Hold();
  EXPECT_FALSE(away.poll_returned());
  second = Hold();
  const auto returned = away.poll_returned();
  EXPECT_EQ(returned, loan);
  EXPECT_FALSE(away.poll_returned());

  home.take_back(*returned);
  store(home, Buffer(100, 3));
  store(home, Buffer(100, 4));
  EXPECT_EQ(home.bytes(), 200u);  // the arena was there again
}

TEST(RtpBatchLoan, HasThePacketsThatWereThereWhenItWasLent) {
  BatchPool home(kSmall);
  BatchPool away(kSmall);
  const HeldPacket first = store(home, {1});
  const Loan loan = home.lend(first.batch);
  const HeldPacket later = store(home, {2});
  EXPECT_EQ(later.batch, first.batch);
  Hold borrowed = away.borrow(loan);
  EXPECT_EQ(borrowed->size(), 1u);
  EXPECT_EQ(later.batch->size(), 2u);
  borrowed = Hold();
  home.take_back(*away.poll_returned());
}

TEST(RtpBatchLoan, MayBeMany) {
  BatchPool home(kSmall);
  BatchPool away(kSmall);
  const HeldPacket held = store(home, {1});
  for (int round = 0; round < 3; ++round) {
    std::vector<Hold> borrowed;
    for (int i = 0; i < 20; ++i) borrowed.push_back(away.borrow(home.lend(held.batch)));
    borrowed.clear();
    int returned = 0;
    while (const auto loan = away.poll_returned()) {
      home.take_back(*loan);
      ++returned;
    }
    EXPECT_EQ(returned, 20);
  }
  EXPECT_THAT(held.bytes(), ElementsAre(1));
  EXPECT_THROW(home.take_back(Loan{nullptr, &away, 0}), Bug);
  EXPECT_THROW(away.lend(held.batch), Bug);
}

}  // namespace
}  // namespace specter::rtp
