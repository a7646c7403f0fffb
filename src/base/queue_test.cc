#include "base/queue.h"

#include <deque>
#include <memory>
#include <random>

#include <gtest/gtest.h>

namespace specter {
namespace {

TEST(ClearToFit, KeepsTheRoomThatIsNeeded) {
  std::vector<int> items(100);
  for (const std::size_t used : {100, 60, 26}) {
    items.resize(used);
    clear_to_fit(items);
    EXPECT_EQ(items.size(), 0u);
    EXPECT_EQ(items.capacity(), 100u);
  }
  clear_to_fit(items);  // nothing filled it
  EXPECT_EQ(items.capacity(), 100u);
  items.resize(25);
  clear_to_fit(items);
  EXPECT_EQ(items.capacity(), 0u);
  items.push_back(1);
  clear_to_fit(items);
  EXPECT_EQ(items.capacity(), 1u);
}

TEST(Queue, DoesWhatADequeDoes) {
  std::minstd_rand random(7);
  Queue<std::unique_ptr<int>> queue;
  std::deque<int> expected;
  for (int n = 0; n < 20'000; ++n) {
    // Longer and longer, then shorter and shorter, and so on.
    const bool grows = n / 1'000 % 2 == 0;
    if (random() % 3 < (grows ? 2U : 1U)) {
      queue.push_back(std::make_unique<int>(n));
      expected.push_back(n);
    } else if (!expected.empty()) {
      ASSERT_EQ(*queue.front(), expected.front());
      queue.pop_front();
      expected.pop_front();
    }
    if (n % 777 == 0) {
      const auto is_odd = [](int value) { return value % 2 != 0; };
      EXPECT_EQ(erase_if(queue, [&](const auto& value) { return is_odd(*value); }),
                std::erase_if(expected, is_odd));
    }
    ASSERT_EQ(queue.size(), expected.size());
    ASSERT_EQ(queue.empty(), expected.empty());
    if (!expected.empty()) {
      ASSERT_EQ(*queue.back(), expected.back());
      ASSERT_EQ(*queue[expected.size() / 2], expected[expected.size() / 2]);
    }
  }
  EXPECT_TRUE(std::ranges::equal(queue, expected, {}, [](const auto& value) { return *value; }));
}

TEST(Queue, LetsGoOfWhatIsPopped) {
  Queue<std::shared_ptr<int>> queue;
  const auto first = std::make_shared<int>(1);
  queue.push_back(first);
  queue.push_back(std::make_shared<int>(2));
  queue.pop_front();
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(*queue.front(), 2);
}

TEST(Queue, IsEmptyOnceItWasMovedFrom) {
  Queue<int> queue;
  for (int n = 0; n < 5; ++n) queue.push_back(n);
  EXPECT_EQ(queue.take_front(), 0);
  Queue<int> other = std::move(queue);
  EXPECT_EQ(other.size(), 4U);
  EXPECT_TRUE(queue.empty());  // NOLINT(bugprone-use-after-move): what is tested
  queue.push_back(7);
  EXPECT_EQ(queue.front(), 7);
  queue = std::move(other);
  EXPECT_EQ(queue.take_front(), 1);
  EXPECT_TRUE(other.empty());  // NOLINT(bugprone-use-after-move)
}

// Never empty, never long: as a queue between two that are equally fast.
TEST(Queue, StaysSmallWhileItIsShort) {
  Queue<int> queue;
  for (int n = 0; n < 3; ++n) queue.push_back(n);
  const int* least = &queue.front();
  const int* most = least;
  for (int n = 3; n < 10'000; ++n) {
    queue.push_back(n);
    ASSERT_EQ(queue.front(), n - 3);
    queue.pop_front();
    if (n < 100) continue;  // grown
    if (n == 100) least = most = &queue.front();
    least = std::min<const int*>(least, &queue.front(), std::less<>());
    most = std::max<const int*>(most, &queue.front(), std::less<>());
  }
  EXPECT_LT(most - least, 16);
}

}  // namespace
}  // namespace specter
