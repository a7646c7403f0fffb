#include "sdp/sections.h"

#include <string>

#include <gmock/gmock.h>

namespace specter::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kSession = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
constexpr std::string_view kAudio = "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
constexpr std::string_view kData = "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=m=1\r\n";

std::string text(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

TEST(Sections, AreCutAtTheLinesThatBeginThem) {
  const std::string whole = text({kSession, kAudio, kData});
  const auto sections = split(whole);
  ASSERT_TRUE(sections);
  EXPECT_EQ(sections->session, kSession);
  EXPECT_THAT(sections->media, ElementsAre(kAudio, kData));
}

TEST(Sections, ADescriptionMayHaveNone) {
  const auto sections = split(kSession);
  ASSERT_TRUE(sections);
  EXPECT_EQ(sections->session, kSession);
  EXPECT_THAT(sections->media, IsEmpty());
}

TEST(Sections, OtherEndsOfLinesAreNotForThem) {
  EXPECT_FALSE(split("v=0\ns=-\n"));
  EXPECT_FALSE(split("v=0\r\ns=-"));
  EXPECT_FALSE(split("v=0\r\n\r\ns=-\r\n"));
  EXPECT_FALSE(split("v=0\r\n\ns=-\r\n"));
}

TEST(Sections, HaveALineOrNot) {
  EXPECT_TRUE(has_line(kAudio, "a=mid:0\r\n"));
  EXPECT_FALSE(has_line(kAudio, "a=mid:\r\n"));
  EXPECT_FALSE(has_line(kAudio, "mid:0\r\n"));
  EXPECT_FALSE(has_line(kData, "m=1\r\n"));
  EXPECT_TRUE(has_line("m=x\r\na=aa=b\r\na=b\r\n", "a=b\r\n"));
}

TEST(Sections, AreRejectedByTheirPort) {
  EXPECT_TRUE(is_rejected(kData));
  EXPECT_FALSE(is_rejected(kAudio));
  EXPECT_TRUE(is_rejected("m=audio 0/2 RTP/AVP 0\r\n"));
  EXPECT_FALSE(is_rejected("m=audio 09 RTP/AVP 0\r\n"));
  EXPECT_FALSE(is_rejected("m=audio\r\n"));
}

}  // namespace
}  // namespace specter::sdp
