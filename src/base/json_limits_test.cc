#include "base/json_limits.h"

#include <string>

#include <gtest/gtest.h>

namespace specter {
namespace {

TEST(JsonDepth, CountsArraysAndObjectsInOneAnother) {
  EXPECT_FALSE(is_json_deeper_than("", 0));
  EXPECT_FALSE(is_json_deeper_than("1", 0));
  EXPECT_TRUE(is_json_deeper_than("[]", 0));
  EXPECT_FALSE(is_json_deeper_than("[]", 1));
  EXPECT_FALSE(is_json_deeper_than(R"([{"a":1},{"b":2},[],[]])", 2));
  EXPECT_TRUE(is_json_deeper_than(R"([{"a":[]}])", 2));
}

TEST(JsonDepth, DoesNotCountWhatIsInStrings) {
  EXPECT_FALSE(is_json_deeper_than(R"({"[[[":"{{{"})", 1));
  EXPECT_FALSE(is_json_deeper_than(R"(["\"[[[","\\"])", 1));
  EXPECT_TRUE(is_json_deeper_than(R"(["\\",[[]]])", 2)) << "the backslash is one of text";
}

TEST(JsonDepth, EndsWithTheTextWhateverItIs) {
  for (const char* text : {"\"", "\"\\", "\"abc", "]]]]", "}{", "[\"\\\""})
    EXPECT_FALSE(is_json_deeper_than(text, 1)) << text;
}

TEST(JsonDepth, OfTextThatOnlyOpensIsKnownAtOnce) {
  EXPECT_TRUE(is_json_deeper_than(std::string(16 << 20, '['), kMaxJsonDepth));
}

}  // namespace
}  // namespace specter
