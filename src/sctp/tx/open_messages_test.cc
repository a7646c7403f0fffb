#include "sctp/tx/open_messages.h"

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

struct Bench : OpenMessages {
  explicit Bench(std::size_t buffer) { set_buffer(buffer); }
  bool open(std::size_t bytes) {
    const Share share = share_of(bytes);
    if (!has_room_for(share)) return false;
    add(share);
    return true;
  }
};

TEST(OpenMessages, LargeOnesTogetherAreLessThanTheBuffer) {
  Bench bench(1'000'000);
  EXPECT_TRUE(bench.open(400'000));
  EXPECT_TRUE(bench.open(350'000));
  EXPECT_FALSE(bench.open(20'000));
  bench.remove(bench.share_of(400'000));
  EXPECT_TRUE(bench.open(20'000));
}

TEST(OpenMessages, OneAloneIsAlwaysAllowed) {
  for (const std::size_t bytes : {999'999u, 1'000'000u, 5'000'000u}) {
    Bench bench(1'000'000);
    EXPECT_TRUE(bench.open(bytes));
    EXPECT_FALSE(bench.open(20'000));
  }
  Bench none(0);
  EXPECT_TRUE(none.open(2000));
}

TEST(OpenMessages, SmallOnesHaveAPartForThemselves) {
  Bench bench(1'000'000);
  EXPECT_TRUE(bench.open(700'000));
  int small = 0;
  while (bench.open(10'000)) ++small;
  EXPECT_EQ(small, 12);
  EXPECT_FALSE(bench.open(100'000));
}

TEST(OpenMessages, SmallOnesDoNotOverfillWhatALargeOneHas) {
  Bench bench(1'000'000);
  EXPECT_TRUE(bench.open(995'000));
  EXPECT_TRUE(bench.open(4000));
  EXPECT_FALSE(bench.open(4000));
}

// Larger than the buffer: the peer hands it out in parts, so others may go beside it.
TEST(OpenMessages, AHugeOneLeavesRoomForSmallOnes) {
  Bench bench(1'000'000);
  EXPECT_TRUE(bench.open(100'000'000));
  EXPECT_TRUE(bench.open(10'000));
}

}  // namespace
}  // namespace specter::sctp
