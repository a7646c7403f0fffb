#include "base/stable_sort.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace specter {
namespace {

struct Named {
  int rank = 0;
  std::string name;
  bool operator==(const Named&) const = default;
};

TEST(StableSort, KeepsTheOrderOfEqualKeys) {
  std::vector<Named> values{{2, "a"}, {1, "b"}, {2, "c"}, {1, "d"}, {0, "e"}};
  stable_sort(values, &Named::rank);
  EXPECT_EQ(values, (std::vector<Named>{{0, "e"}, {1, "b"}, {1, "d"}, {2, "a"}, {2, "c"}}));
}

TEST(StableSort, MovesValuesThatCannotBeCopied) {
  std::vector<std::unique_ptr<int>> values;
  for (const int value : {3, 1, 2}) values.push_back(std::make_unique<int>(value));
  stable_sort(values, [](const std::unique_ptr<int>& value) { return *value; });
  ASSERT_EQ(values.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*values[static_cast<std::size_t>(i)], i + 1);
}

TEST(StableSort, TakesNoneAndOne) {
  std::vector<int> none;
  stable_sort(none, std::identity());
  EXPECT_TRUE(none.empty());
  std::vector<int> one{7};
  stable_sort(one, std::identity());
  EXPECT_EQ(one, std::vector<int>{7});
}

}  // namespace
}  // namespace specter
