#include "io/random_pool.h"

#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>

namespace specter::io {
namespace {

using ::testing::ElementsAre;

// Counts up, so that a byte that came twice or never shows.
class Counting final : public Random {
 public:
  void fill(MutableBytes out) override {
    if (is_dry) throw std::runtime_error("dry");
    asked.push_back(out.size());
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(next_ += 1);
  }
  bool is_dry = false;
  std::vector<std::size_t> asked;

 private:
  unsigned next_ = 0;
};

std::vector<std::uint8_t> drawn(RandomPool& pool, std::size_t size) {
  std::vector<std::uint8_t> out(size);
  pool.fill(out);
  return out;
}

TEST(RandomPool, HandsOutEachByteOnce) {
  Counting source;
  RandomPool pool(source);
  EXPECT_THAT(drawn(pool, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(drawn(pool, 2), ElementsAre(4, 5));
  std::uint8_t expected = 5;
  for (std::size_t i = 0; i < RandomPool::kBytes - 5; ++i)
    EXPECT_THAT(drawn(pool, 1), ElementsAre(++expected));
  EXPECT_THAT(source.asked, ElementsAre(RandomPool::kBytes));
  EXPECT_THAT(drawn(pool, 1), ElementsAre(++expected));
  EXPECT_THAT(source.asked, ElementsAre(RandomPool::kBytes, RandomPool::kBytes));
}

TEST(RandomPool, DoesNotPieceADrawTogether) {
  Counting source;
  RandomPool pool(source);
  for (std::size_t left = RandomPool::kBytes; left >= 100; left -= 100) drawn(pool, 100);
  drawn(pool, 100);  // more than the twelve that are left
  EXPECT_THAT(source.asked, ElementsAre(RandomPool::kBytes, RandomPool::kBytes));
}

TEST(RandomPool, LargeOnesComeFromTheSource) {
  Counting source;
  RandomPool pool(source);
  drawn(pool, RandomPool::kBytes);
  drawn(pool, RandomPool::kBytes / 4 + 1);
  EXPECT_THAT(source.asked, ElementsAre(RandomPool::kBytes, RandomPool::kBytes / 4 + 1));
}

TEST(RandomPool, ASourceThatFailsLeavesNothingToHandOut) {
  Counting source;
  RandomPool pool(source);
  drawn(pool, 1);
  source.is_dry = true;
  EXPECT_THAT(drawn(pool, 1), ElementsAre(2));
  for (std::size_t i = 2; i < RandomPool::kBytes; ++i) drawn(pool, 1);
  std::uint8_t byte = 77;
  EXPECT_THROW(pool.fill(MutableBytes(&byte, 1)), std::runtime_error);
  EXPECT_THROW(pool.fill(MutableBytes(&byte, 1)), std::runtime_error);
  EXPECT_EQ(byte, 77);
  source.is_dry = false;
  drawn(pool, 1);
  EXPECT_THAT(source.asked, ElementsAre(RandomPool::kBytes, RandomPool::kBytes));
}

}  // namespace
}  // namespace specter::io
