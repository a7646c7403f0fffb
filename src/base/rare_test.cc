#include "base/rare.h"

#include <string>

#include <gtest/gtest.h>

namespace specter {
namespace {

TEST(Rare, IsAnOptional) {
  Rare<std::string> text;
  EXPECT_FALSE(text);
  text = std::string("a");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "a");
  EXPECT_EQ(text->size(), 1u);

  Rare<std::string> copy = text;
  *copy += "b";
  EXPECT_EQ(*text, "a");
  EXPECT_EQ(*copy, "ab");
  EXPECT_NE(text, copy);
  EXPECT_NE(text, Rare<std::string>());
  text = copy;
  EXPECT_EQ(*text, "ab");
  EXPECT_EQ(text, copy);
  text = static_cast<const Rare<std::string>&>(text);
  EXPECT_EQ(*text, "ab");

  const Rare<std::string> taken = std::move(copy);
  EXPECT_EQ(*taken, "ab");
  EXPECT_FALSE(copy);  // NOLINT(bugprone-use-after-move): it is said to be empty
  text = Rare<std::string>();
  EXPECT_FALSE(text);
  text = taken;
  text.reset();
  EXPECT_FALSE(text);
  EXPECT_EQ(text, Rare<std::string>());
}

TEST(Rare, TakesNoRoomWhileItIsEmpty) {
  struct Large {
    char bytes[4096];
  };
  static_assert(sizeof(Rare<Large>) == sizeof(void*));
}

}  // namespace
}  // namespace specter
