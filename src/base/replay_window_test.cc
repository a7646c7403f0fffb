#include "base/replay_window.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter {
namespace {

template <class Window>
class ReplayWindowTest : public ::testing::Test {};
struct Names {
  template <class Window>
  static std::string GetName(int) {
    return "Of" + std::to_string(Window::kSize);
  }
};
using Sizes = ::testing::Types<ReplayWindow<128>, ReplayWindow<256>, ReplayWindow<1024>>;
TYPED_TEST_SUITE(ReplayWindowTest, Sizes, Names);

TYPED_TEST(ReplayWindowTest, TakesEachNumberOnce) {
  TypeParam window;
  for (std::uint64_t number = 0; number < 3000; ++number) {
    EXPECT_TRUE(window.is_new(number));
    window.mark(number);
    EXPECT_FALSE(window.is_new(number));
    EXPECT_EQ(window.next(), number + 1);
  }
}

TYPED_TEST(ReplayWindowTest, AskingChangesNothing) {
  TypeParam window;
  window.mark(10);
  EXPECT_TRUE(window.is_new(1'000'000));
  EXPECT_TRUE(window.is_new(9));
  EXPECT_EQ(window.next(), 11u);
}

// RFC 9147 §4.5.1, RFC 3711 §3.3.2: at least 64 numbers.
TYPED_TEST(ReplayWindowTest, RemembersItsSizeAndRefusesOlderOnes) {
  constexpr std::uint64_t kSize = TypeParam::kSize;
  TypeParam window;
  window.mark(2000);
  EXPECT_TRUE(window.is_new(2000 - (kSize - 1)));
  EXPECT_FALSE(window.is_new(2000 - kSize));
  EXPECT_FALSE(window.is_new(0));
  window.mark(2000 - (kSize - 1));
  EXPECT_FALSE(window.is_new(2000 - (kSize - 1)));
  EXPECT_TRUE(window.is_new(2000 - (kSize - 2)));
}

TYPED_TEST(ReplayWindowTest, AFarJumpForgetsAllBefore) {
  constexpr std::uint64_t kSize = TypeParam::kSize;
  for (const std::uint64_t jump :
       {kSize - 1, kSize, kSize + 1, 2 * kSize - 1, 2 * kSize, std::uint64_t{100'000}}) {
    TypeParam window;
    for (std::uint64_t number = 0; number < 1100; ++number) window.mark(number);
    window.mark(1099 + jump);
    for (std::uint64_t back = 1; back < kSize; ++back) {
      const std::uint64_t number = 1099 + jump - back;
      EXPECT_EQ(window.is_new(number), number > 1099) << jump << " " << back;
    }
  }
}

// Against the plainest model: the set of all that came.
TYPED_TEST(ReplayWindowTest, AgreesWithAModel) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    simulation::SeededRandom random(seed);
    TypeParam window;
    std::set<std::uint64_t> had;
    std::uint64_t top = 0;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t number =
          random.chance(0.02) ? top + random.below(3 * TypeParam::kSize)
                              : (top > TypeParam::kSize + 40 ? top - TypeParam::kSize - 40 : 0) +
                                    random.below(TypeParam::kSize + 60);
      const bool too_old = !had.empty() && *had.rbegin() + 1 > number + TypeParam::kSize;
      ASSERT_EQ(window.is_new(number), !too_old && !had.contains(number)) << seed << " " << i;
      if (!window.is_new(number) || random.chance(0.3)) continue;
      window.mark(number);
      had.insert(number);
      top = std::max(top, number);
    }
  }
}

}  // namespace
}  // namespace specter
