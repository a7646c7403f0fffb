#include "dtls/record/replay_window.h"

#include <set>

#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::dtls {
namespace {

TEST(ReplayWindow, TakesEachNumberOnce) {
  ReplayWindow window;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    EXPECT_TRUE(window.is_new(number));
    window.mark(number);
    EXPECT_FALSE(window.is_new(number));
    EXPECT_EQ(window.next(), number + 1);
  }
}

TEST(ReplayWindow, AskingChangesNothing) {
  ReplayWindow window;
  window.mark(10);
  EXPECT_TRUE(window.is_new(1'000'000));
  EXPECT_TRUE(window.is_new(9));
  EXPECT_EQ(window.next(), 11u);
}

// RFC 9147 §4.5.1: at least 64 numbers; the issue asks for 128.
TEST(ReplayWindow, RemembersTheLast256AndRefusesOlderOnes) {
  ReplayWindow window;
  window.mark(1000);
  EXPECT_EQ(ReplayWindow::kSize, 256u);
  EXPECT_TRUE(window.is_new(1000 - 255));
  EXPECT_FALSE(window.is_new(1000 - 256));
  EXPECT_FALSE(window.is_new(0));
  window.mark(1000 - 255);
  EXPECT_FALSE(window.is_new(1000 - 255));
  EXPECT_TRUE(window.is_new(1000 - 254));
}

TEST(ReplayWindow, AFarJumpForgetsAllBefore) {
  for (const std::uint64_t jump : {255u, 256u, 257u, 511u, 512u, 100'000u}) {
    ReplayWindow window;
    for (std::uint64_t number = 0; number < 300; ++number) window.mark(number);
    window.mark(299 + jump);
    for (std::uint64_t back = 1; back < 256; ++back) {
      const std::uint64_t number = 299 + jump - back;
      EXPECT_EQ(window.is_new(number), number > 299) << jump << " " << back;
    }
  }
}

// Against the plainest model: the set of all that came.
TEST(ReplayWindow, AgreesWithAModel) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    simulation::SeededRandom random(seed);
    ReplayWindow window;
    std::set<std::uint64_t> had;
    std::uint64_t top = 0;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t number = random.chance(0.02)
                                       ? top + random.below(700)
                                       : (top > 300 ? top - 300 : 0) + random.below(320);
      const bool too_old = !had.empty() && *had.rbegin() + 1 > number + ReplayWindow::kSize;
      ASSERT_EQ(window.is_new(number), !too_old && !had.contains(number)) << seed << " " << i;
      if (!window.is_new(number) || random.chance(0.3)) continue;
      window.mark(number);
      had.insert(number);
      top = std::max(top, number);
    }
  }
}

}  // namespace
}  // namespace specter::dtls
