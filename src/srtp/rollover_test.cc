#include "srtp/rollover.h"

#include <gtest/gtest.h>

namespace specter::srtp {
namespace {

constexpr std::uint64_t at(std::uint64_t counter, std::uint64_t sequence) {
  return counter << 16 | sequence;
}

struct Row {
  std::uint64_t highest;
  std::uint16_t sequence;
  std::optional<std::uint64_t> index;
};

// RFC 3711 §3.3.1: of the three indices that fit, the one nearest to the highest.
TEST(GuessIndex, IsNearestToTheHighest) {
  const Row rows[] = {
      {at(0, 0), 1, at(0, 1)},
      {at(0, 100), 99, at(0, 99)},
      {at(0, 65'535), 0, at(1, 0)},
      {at(0, 65'534), 3, at(1, 3)},
      {at(1, 0), 65'535, at(0, 65'535)},
      {at(1, 2), 65'530, at(0, 65'530)},
      {at(1, 2), 3, at(1, 3)},
      {at(7, 0x7fff), 0xffff, at(7, 0xffff)},
      {at(7, 0x7ffe), 0xffff, at(6, 0xffff)},
      {at(7, 0x8000), 0, at(7, 0)},
      {at(7, 0x8001), 0, at(8, 0)},
      {at(0xffff'ffff, 0xffff), 0, at(0x1'0000'0000, 0)},  // past the last index
  };
  for (const Row& row : rows)
    EXPECT_EQ(guess_index(row.sequence, row.highest), row.index)
        << std::hex << row.highest << " " << row.sequence;
}

TEST(GuessIndex, IsNothingBelowTheFirstCounter) {
  EXPECT_EQ(guess_index(65'535, at(0, 0)), std::nullopt);
  EXPECT_EQ(guess_index(0x8001, at(0, 0)), std::nullopt);
  EXPECT_EQ(guess_index(0x8000, at(0, 0)), at(0, 0x8000));
}

TEST(GuessIndex, FollowsAStreamOverManyRollovers) {
  std::uint64_t highest = 0;
  for (std::uint64_t index = 0; index < 10 * kRollover; index += 4001) {
    EXPECT_EQ(guess_index(static_cast<std::uint16_t>(index), highest), index);
    EXPECT_EQ(rollover_counter(index), index / kRollover);
    highest = index;
  }
}

}  // namespace
}  // namespace specter::srtp
