#include "specter/media_engine.h"

#include <set>

#include <gmock/gmock.h>

#include "specter/specter.h"

namespace specter {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

RtpCodec codec(std::uint8_t payload_type) {
  return {MediaKind::Audio, payload_type, "audio/opus", 48'000, 2};
}

TEST(MediaEngine, KnowsTheCodecsThatCanBePacketized) {
  const auto engine = MediaEngine::with_default_codecs();
  std::vector<std::pair<int, std::string>> table;
  for (const RtpCodec& c : engine.codecs()) table.emplace_back(c.payload_type, c.mime_type);
  EXPECT_THAT(table, ElementsAre(std::pair(111, "audio/opus"), std::pair(96, "video/VP8"),
                                 std::pair(97, "video/rtx"), std::pair(108, "video/H264"),
                                 std::pair(109, "video/rtx"), std::pair(114, "video/H264"),
                                 std::pair(115, "video/rtx"), std::pair(102, "video/H264"),
                                 std::pair(103, "video/rtx"), std::pair(104, "video/H264"),
                                 std::pair(105, "video/rtx")));
}

// RFC 4588 §8.6.
TEST(MediaEngine, HasTheRetransmissionOfEachVideoCodec) {
  const auto engine = MediaEngine::with_default_codecs();
  for (std::size_t i = 1; i + 1 < engine.codecs().size(); i += 2) {
    EXPECT_EQ(engine.codecs()[i + 1].sdp_fmtp_line,
              "apt=" + std::to_string(engine.codecs()[i].payload_type));
  }
}

TEST(MediaEngine, TakesPayloadTypesThatRtcpDoesNotUse) {
  for (int type = 0; type < 256; ++type) {
    MediaEngine engine;
    const bool is_allowed = type < 64 || (type >= 96 && type <= 127);
    const auto registered = engine.register_codec(codec(static_cast<std::uint8_t>(type)));
    EXPECT_EQ(registered.has_value(), is_allowed) << type;
    if (!is_allowed) {
      EXPECT_EQ(registered.error().code, ErrorCode::InvalidArgument) << type;
    }
  }
}

TEST(MediaEngine, TakesEachPayloadTypeOnce) {
  MediaEngine engine;
  EXPECT_TRUE(engine.register_codec(codec(96)).has_value());
  const auto again = engine.register_codec(codec(96));
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message, HasSubstr("96 is in use"));
  EXPECT_EQ(engine.codecs().size(), 1U);
}

TEST(MediaEngine, WantsAMimeTypeWithASlash) {
  for (const char* mime : {"", "opus", "/opus", "audio/"}) {
    MediaEngine engine;
    RtpCodec bad = codec(96);
    bad.mime_type = mime;
    EXPECT_EQ(engine.register_codec(bad).error().code, ErrorCode::InvalidArgument) << mime;
  }
}

TEST(Registry, AddsWhatItsInterceptorsNeedToTheEngine) {
  auto engine = MediaEngine::with_default_codecs();
  const auto registry = Registry::with_default_interceptors(engine);
  EXPECT_THAT(registry.interceptors(), IsEmpty());
  for (const RtpCodec& c : engine.codecs()) {
    if (c.mime_type == "video/rtx") {
      EXPECT_THAT(c.rtcp_feedback, IsEmpty());
      continue;
    }
    EXPECT_THAT(c.rtcp_feedback, Contains("transport-cc")) << c.mime_type;
    if (c.kind == MediaKind::Video) {
      EXPECT_THAT(c.rtcp_feedback,
                  UnorderedElementsAre("goog-remb", "ccm fir", "nack", "nack pli", "transport-cc"));
    } else {
      EXPECT_THAT(c.rtcp_feedback, Not(Contains("nack")));
    }
  }
  const RtpHeaderExtension numbers{
      MediaKind::Audio,
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"};
  EXPECT_THAT(engine.header_extensions(), Contains(numbers));
}

TEST(Registry, KeepsTheApplicationsInterceptorsInTheirOrder) {
  Registry registry;
  std::vector<int> made;
  for (const int i : {1, 2, 3}) {
    registry.add([i, &made] {
      made.push_back(i);
      return std::make_unique<Interceptor>();
    });
  }
  registry.add(InterceptorFactory());  // makes nothing: it is none
  for (const InterceptorFactory& make : registry.interceptors()) EXPECT_NE(make(), nullptr);
  EXPECT_THAT(made, ElementsAre(1, 2, 3));
}

TEST(Registry, AddsNothingTwice) {
  auto engine = MediaEngine::with_default_codecs();
  (void)Registry::with_default_interceptors(engine);
  const auto codecs = engine.codecs();
  const auto header_extensions = engine.header_extensions();
  (void)Registry::with_default_interceptors(engine);
  EXPECT_EQ(engine.codecs(), codecs);
  EXPECT_EQ(engine.header_extensions(), header_extensions);
}

TEST(Operation, HasTheNameOfItsCall) {
  EXPECT_EQ(to_string(Operation::CreateDataChannel), "create_data_channel");
  EXPECT_EQ(to_string(Operation::CreateOffer), "create_offer");
  EXPECT_EQ(to_string(Operation::CreateAnswer), "create_answer");
  EXPECT_EQ(to_string(Operation::SetLocalDescription), "set_local_description");
  EXPECT_EQ(to_string(Operation::SetRemoteDescription), "set_remote_description");
  EXPECT_EQ(to_string(Operation::AddIceCandidate), "add_ice_candidate");
  EXPECT_EQ(to_string(Operation::Send), "send");
  EXPECT_EQ(to_string(Operation::Start), "start");
}

TEST(Version, IsThreeNumbers) { EXPECT_STREQ(version(), "0.1.0"); }

}  // namespace
}  // namespace specter
