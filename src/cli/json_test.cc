#include "cli/json.h"

#include <gtest/gtest.h>

namespace specter::cli {
namespace {

TEST(ParseObject, TakesAFlatObject) {
  const auto object = parse_object(R"({"op":"send","channel":1,"text":"Grüße"})");
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["text"], "Grüße");
}

TEST(ParseObject, RefusesWhatIsNoObjectInUtf8) {
  for (const std::string_view text :
       {"", "nonsense", "[]", "1", "null", "\"text\"", "{", "{\"op\":", "{} {}",
        "{\"op\":\"\xff\"}", "{\"op\":\"\\ud800\"}", "{\"n\":1e999}"}) {
    const auto object = parse_object(text);
    ASSERT_FALSE(object) << text;
    EXPECT_EQ(object.error().code, ErrorCode::InvalidJson) << text;
    EXPECT_FALSE(object.error().message.empty());
  }
}

TEST(ParseObject, RefusesDeepNestingWithoutBuildingIt) {
  const std::string deep =
      "{\"ref\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  const auto object = parse_object(deep);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, ErrorCode::InvalidJson);
}

TEST(ToLine, IsOneLineInTheOrderOfWriting) {
  EXPECT_EQ(to_line({{"event", "x"}, {"b", 1}, {"a", "two\nlines"}}),
            R"({"event":"x","b":1,"a":"two\nlines"})");
}

TEST(ToLine, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(to_line({{"label", "a\xff"}}), "{\"label\":\"a\xef\xbf\xbd\"}");
}

TEST(StatsJson, HasDurationsInSecondsAndNullForWhatIsUnknown) {
  Stats stats;
  CandidatePairStats pair;
  pair.current_round_trip_time = std::chrono::milliseconds(1500);
  stats.candidate_pairs.push_back(pair);
  const Json json = to_json(stats);
  EXPECT_EQ(json["candidate_pairs"][0]["current_round_trip_time"], 1.5);
  EXPECT_TRUE(json["sctp"]["smoothed_round_trip_time"].is_null());
  EXPECT_EQ(json["data_channels"], Json::array());
}

}  // namespace
}  // namespace specter::cli
