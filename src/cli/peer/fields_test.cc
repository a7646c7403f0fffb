#include "cli/peer/fields.h"

#include <gmock/gmock.h>

namespace specter::cli {
namespace {

using ::testing::HasSubstr;

TEST(Fields, ReadsEachType) {
  const Json object{{"op", "x"}, {"label", "data"}, {"id", 7}, {"ordered", false}};
  Fields fields(object);
  EXPECT_EQ(fields.text("label"), "data");
  EXPECT_EQ(fields.number("id", 65'535), 7U);
  EXPECT_EQ(fields.optional_flag("ordered"), false);
  fields.refuse_others();
  EXPECT_FALSE(fields.error());
}

TEST(Fields, TakesNullAsMissing) {
  const Json object{{"sdpMid", nullptr}};
  Fields fields(object);
  EXPECT_FALSE(fields.optional_text("sdpMid"));
  EXPECT_FALSE(fields.optional_number("sdpMLineIndex", 1));
  EXPECT_FALSE(fields.error());
}

TEST(Fields, NamesTheFieldThatIsMissing) {
  const Json object = Json::object();
  Fields fields(object);
  EXPECT_EQ(fields.text("label"), "");
  ASSERT_TRUE(fields.error());
  EXPECT_EQ(fields.error()->code, ErrorCode::InvalidArgument);
  EXPECT_THAT(fields.error()->message, HasSubstr("\"label\""));
}

TEST(Fields, RefusesEveryOtherTypeOfValue) {
  const std::vector<Json> values{Json("text"), Json(true),          Json(-1),      Json(1.5),
                                 Json(65'536), Json::array({1, 2}), Json::object()};
  for (const Json& value : values) {
    const Json object{{"id", value}};
    Fields fields(object);
    EXPECT_FALSE(fields.optional_number("id", 65'535)) << value;
    EXPECT_TRUE(fields.error()) << value;
  }
  for (const Json& value : {Json(1), Json("true"), Json::array()}) {
    const Json object{{"ordered", value}};
    Fields fields(object);
    EXPECT_FALSE(fields.optional_flag("ordered")) << value;
    EXPECT_TRUE(fields.error()) << value;
  }
  for (const Json& value : {Json(1), Json(true), Json::object()}) {
    const Json object{{"label", value}};
    Fields fields(object);
    EXPECT_FALSE(fields.optional_text("label")) << value;
    EXPECT_TRUE(fields.error()) << value;
  }
}

TEST(Fields, TextsAreAnArrayOfStrings) {
  const Json good{{"urls", {"stun:a.example", "stun:b.example"}}};
  Fields fields(good);
  EXPECT_EQ(fields.texts("urls"), (std::vector<std::string>{"stun:a.example", "stun:b.example"}));
  EXPECT_FALSE(fields.error());
  for (const Json& value : {Json(), Json("stun:a.example"), Json::array({1}), Json::object()}) {
    const Json object{{"urls", value}};
    Fields bad(object);
    EXPECT_TRUE(bad.texts("urls").empty()) << value;
    EXPECT_TRUE(bad.error()) << value;
  }
}

TEST(Fields, TakesTextsThatNeedNotBeThere) {
  const Json object{{"rids", {"q", "h"}}, {"streams", nullptr}, {"codecs", "VP8"}};
  Fields fields(object);
  EXPECT_EQ(fields.optional_texts("rids"), (std::vector<std::string>{"q", "h"}));
  EXPECT_TRUE(fields.optional_texts("streams").empty());
  EXPECT_TRUE(fields.optional_texts("nothing").empty());
  EXPECT_FALSE(fields.error());
  EXPECT_TRUE(fields.optional_texts("codecs").empty());
  EXPECT_TRUE(fields.error());
}

TEST(Fields, TakesARealNumberAboveZero) {
  const Json good{{"fps", 29.97}, {"scale", 2}};
  Fields fields(good);
  EXPECT_EQ(fields.optional_real("fps", 1000), 29.97);
  EXPECT_EQ(fields.optional_real("scale", 1000), 2.0);
  EXPECT_EQ(fields.optional_real("nothing", 1000), std::nullopt);
  EXPECT_FALSE(fields.error());
  for (const Json& value : {Json(0), Json(-1), Json(1001), Json("25"), Json(true)}) {
    const Json object{{"fps", value}};
    Fields bad(object);
    EXPECT_EQ(bad.optional_real("fps", 1000), std::nullopt) << value;
    EXPECT_TRUE(bad.error()) << value;
  }
}

TEST(Fields, KeepsTheFirstError) {
  const Json object{{"a", 1}, {"b", 2}};
  Fields fields(object);
  fields.text("a");
  fields.text("b");
  EXPECT_THAT(fields.error()->message, HasSubstr("\"a\""));
}

TEST(Fields, RefusesAFieldThatNobodyAskedFor) {
  const Json object{{"op", "x"}, {"ref", 1}, {"label", "data"}, {"max_retransmit", 1}};
  Fields fields(object);
  fields.text("label");
  fields.refuse_others();
  ASSERT_TRUE(fields.error());
  EXPECT_THAT(fields.error()->message, HasSubstr("\"max_retransmit\""));
}

}  // namespace
}  // namespace specter::cli
