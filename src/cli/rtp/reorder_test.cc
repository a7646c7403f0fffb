#include "cli/rtp/reorder.h"

#include <vector>

#include <gmock/gmock.h>

namespace specter::cli::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr Timestamp kStart{1h};

class ReorderTest : public ::testing::Test {
 protected:
  void push(std::uint16_t sequence, Duration at = {}) {
    auto place = pool_.reserve(2).value();
    place.bytes[0] = static_cast<std::uint8_t>(sequence >> 8);
    place.bytes[1] = static_cast<std::uint8_t>(sequence);
    order_.push(kStart + at, sequence, pool_.commit(std::move(place), 2));
  }
  // The numbers that come; a gap before one makes it negative.
  std::vector<int> pop(Duration at = {}) {
    std::vector<int> out;
    while (const auto next = order_.pop(kStart + at)) {
      const Bytes bytes = next->packet.bytes();
      const int number = bytes[0] << 8 | bytes[1];
      out.push_back(next->is_contiguous ? number : -number);
    }
    return out;
  }
  void begin_with(std::uint16_t sequence) {
    push(sequence, -Reorder::kMaxWait);
    EXPECT_THAT(pop(), ElementsAre(sequence));
  }

  rtp::BatchPool pool_{rtp::BatchPool::Limits{}};
  Reorder order_;
};

TEST_F(ReorderTest, GivesWhatComesInOrderAtOnce) {
  begin_with(1);
  push(2);
  push(3);
  EXPECT_THAT(pop(), ElementsAre(2, 3));
}

TEST_F(ReorderTest, LetsTheFirstWaitForThoseBeforeIt) {
  push(8);
  EXPECT_THAT(pop(), IsEmpty());
  push(7, 10ms);
  EXPECT_THAT(pop(109ms), IsEmpty());
  EXPECT_EQ(order_.next_timeout(), kStart + 110ms);
  EXPECT_THAT(pop(110ms), ElementsAre(7, 8));
}

TEST_F(ReorderTest, PutsAPacketInItsPlaceAcrossTheWrap) {
  begin_with(65534);
  push(0);
  push(1);
  EXPECT_THAT(pop(), IsEmpty());
  push(65535);
  EXPECT_THAT(pop(), ElementsAre(65535, 0, 1));
  EXPECT_EQ(order_.reordered(), 1U);
}

TEST_F(ReorderTest, GivesUpWhatIsMissingAfterAWhile) {
  begin_with(1);
  push(3);
  push(4);
  EXPECT_THAT(pop(Reorder::kMaxWait - 1ns), IsEmpty());
  EXPECT_THAT(pop(Reorder::kMaxWait), ElementsAre(-3, 4));
  push(2, Reorder::kMaxWait);
  EXPECT_THAT(pop(Reorder::kMaxWait), IsEmpty());
  EXPECT_EQ(order_.late(), 1U);
}

TEST_F(ReorderTest, HoldsSoManyAtMost) {
  begin_with(1);
  for (std::uint16_t i = 0; i < Reorder::kMaxHeld; ++i) push(static_cast<std::uint16_t>(3 + i));
  EXPECT_THAT(pop(), IsEmpty());
  EXPECT_EQ(order_.held(), Reorder::kMaxHeld);
  push(1000);
  EXPECT_EQ(pop().size(), Reorder::kMaxHeld);
  EXPECT_EQ(order_.held(), 1U);
}

TEST_F(ReorderTest, TakesOneOfTwoAlike) {
  begin_with(1);
  push(3);
  push(3);
  push(2);
  EXPECT_THAT(pop(), ElementsAre(2, 3));
  EXPECT_EQ(order_.duplicates(), 1U);
}

TEST_F(ReorderTest, WaitsForNothingAtTheEnd) {
  begin_with(1);
  push(3);
  push(5);
  order_.flush();
  EXPECT_THAT(pop(), ElementsAre(-3, -5));
}

TEST_F(ReorderTest, BeginsAnew) {
  begin_with(50'000);
  order_.restart();
  push(3);
  push(2);
  // What was before it may have gone on for a while.
  EXPECT_THAT(pop(Reorder::kMaxWait), ElementsAre(-2, 3));
}

TEST_F(ReorderTest, BeginsAnewWithNothingBefore) {
  order_.restart();
  push(2);
  EXPECT_THAT(pop(Reorder::kMaxWait), ElementsAre(2));
}

}  // namespace
}  // namespace specter::cli::transfer
