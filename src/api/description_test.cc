#include "specter/description.h"

#include <gmock/gmock.h>

namespace specter {
namespace {

using ::testing::HasSubstr;

TEST(SessionDescriptionJson, HasTwoKeysInOrder) {
  const SessionDescription offer{SdpType::Offer, "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n"};
  const char* json = R"({"type":"offer","sdp":"v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n"})";
  EXPECT_EQ(offer.to_json(), json);
  EXPECT_EQ(SessionDescription::from_json(json), offer);
}

TEST(SessionDescriptionJson, GoesBothWaysForEveryType) {
  for (const SdpType type :
       {SdpType::Offer, SdpType::PrAnswer, SdpType::Answer, SdpType::Rollback}) {
    const SessionDescription description{type, "quote \" backslash \\ tab \t \xC3\xA9"};
    EXPECT_EQ(SessionDescription::from_json(description.to_json()), description);
  }
}

TEST(SessionDescriptionJson, TakesOtherOrdersSpacesAndKeys) {
  EXPECT_EQ(SessionDescription::from_json(
                " {\n \"sdp\" : \"v=0\" , \"x\" : [1,{}], \"type\" : \"answer\" } "),
            (SessionDescription{SdpType::Answer, "v=0"}));
  EXPECT_EQ(SessionDescription::from_json(R"({"type":"rollback"})"),
            (SessionDescription{SdpType::Rollback, ""}));
  EXPECT_EQ(SessionDescription::from_json(R"({"type":"rollback","sdp":null})"),
            (SessionDescription{SdpType::Rollback, ""}));
}

TEST(SessionDescriptionJson, TakesFourMebibytesAndNotAByteMore) {
  // Of SDP's line ends each byte is two in JSON.
  std::string sdp;
  while (sdp.size() < 1 << 20) sdp += "a=x\r\n";
  const SessionDescription large{SdpType::Offer, sdp};
  EXPECT_EQ(SessionDescription::from_json(large.to_json()), large);
  std::string json = R"({"type":"offer","sdp":""})";
  json.append((4 << 20) - json.size(), ' ');
  EXPECT_TRUE(SessionDescription::from_json(json).has_value());
  json += ' ';
  const auto refused = SessionDescription::from_json(json);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidJson);
  EXPECT_THAT(refused.error().message, HasSubstr("4194305 bytes"));
  EXPECT_FALSE(IceCandidate::from_json(std::string(16 << 20, '[')).has_value());
}

TEST(SessionDescriptionJson, SaysWhatIsWrong) {
  const std::pair<std::string, const char*> table[] = {
      {"", "no JSON"},
      {"{", "no JSON"},
      {R"({"type":"offer","sdp":"v=0"} x)", "no JSON"},
      {"{\"type\":\"offer\",\"sdp\":\"\xFF\"}", "no JSON"},
      {std::string(100'000, '['), "nested more than 32 deep"},
      {std::string(33, '[') + std::string(33, ']'), "nested more than 32 deep"},
      {std::string(32, '[') + std::string(32, ']'), "no object"},
      {"null", "no object"},
      {"[]", "no object"},
      {R"("offer")", "no object"},
      {R"({"sdp":"v=0"})", "\"type\" must be a string"},
      {R"({"type":1,"sdp":"v=0"})", "\"type\" must be a string"},
      {R"({"type":"Offer","sdp":"v=0"})", "offer, pranswer, answer or rollback"},
      {R"({"type":"","sdp":"v=0"})", "offer, pranswer, answer or rollback"},
      {R"({"type":"offer"})", "\"sdp\" is missing"},
      {R"({"type":"offer","sdp":null})", "\"sdp\" is missing"},
      {R"({"type":"offer","sdp":7})", "\"sdp\" must be a string"},
  };
  for (const auto& [json, why] : table) {
    const auto description = SessionDescription::from_json(json);
    ASSERT_FALSE(description.has_value()) << json.substr(0, 50);
    EXPECT_EQ(description.error().code, ErrorCode::InvalidJson);
    EXPECT_THAT(description.error().message, HasSubstr(why)) << json.substr(0, 50);
  }
}

TEST(SessionDescriptionJson, ReplacesWhatIsNoUtf8) {
  const SessionDescription broken{SdpType::Offer, "a\xFF\x80z"};
  EXPECT_EQ(broken.to_json(), "{\"type\":\"offer\",\"sdp\":\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"}");
}

TEST(IceCandidateJson, HasFourKeysAsBrowsersNameThem) {
  const IceCandidate full{"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host", "0", 0, "abcd"};
  const char* json = R"({"candidate":"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",)"
                     R"("sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"abcd"})";
  EXPECT_EQ(full.to_json(), json);
  EXPECT_EQ(IceCandidate::from_json(json), full);

  const IceCandidate end{"", std::nullopt, std::nullopt, std::nullopt};
  const char* nothing =
      R"({"candidate":"","sdpMid":null,"sdpMLineIndex":null,"usernameFragment":null})";
  EXPECT_EQ(end.to_json(), nothing);
  EXPECT_EQ(IceCandidate::from_json(nothing), end);
}

TEST(IceCandidateJson, NeedsTheCandidateAlone) {
  EXPECT_EQ(IceCandidate::from_json(R"({"candidate":"x","other":{}})"),
            (IceCandidate{"x", std::nullopt, std::nullopt, std::nullopt}));
  EXPECT_EQ(IceCandidate::from_json(R"({"candidate":"x","sdpMLineIndex":65535})"),
            (IceCandidate{"x", std::nullopt, 65535, std::nullopt}));
}

TEST(IceCandidateJson, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> table[] = {
      {"candidate:1 1 udp", "no JSON"},
      {"[]", "no object"},
      {"{}", "\"candidate\" must be a string"},
      {R"({"candidate":null})", "\"candidate\" must be a string"},
      {R"({"candidate":5})", "\"candidate\" must be a string"},
      {R"({"candidate":"x","sdpMid":0})", "\"sdpMid\" must be"},
      {R"({"candidate":"x","sdpMLineIndex":"0"})", "\"sdpMLineIndex\" must be"},
      {R"({"candidate":"x","sdpMLineIndex":-1})", "\"sdpMLineIndex\" must be"},
      {R"({"candidate":"x","sdpMLineIndex":65536})", "\"sdpMLineIndex\" must be"},
      {R"({"candidate":"x","sdpMLineIndex":0.5})", "\"sdpMLineIndex\" must be"},
      {R"({"candidate":"x","sdpMLineIndex":1e400})", "no JSON"},
      {R"({"candidate":"x","usernameFragment":[]})", "\"usernameFragment\" must be"},
  };
  for (const auto& [json, why] : table) {
    const auto candidate = IceCandidate::from_json(json);
    ASSERT_FALSE(candidate.has_value()) << json;
    EXPECT_EQ(candidate.error().code, ErrorCode::InvalidJson);
    EXPECT_THAT(candidate.error().message, HasSubstr(why)) << json;
  }
}

}  // namespace
}  // namespace specter
