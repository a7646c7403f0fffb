#include "jsep/told_candidates.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "jsep/testing/foreign_sdp.h"

namespace specter::jsep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kOne = "candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host";
constexpr std::string_view kTwo = "candidate:2 1 udp 2130706431 192.0.2.2 4000 typ host";

const std::string kOffer =
    head("0 1") + audio_section("0", transport_lines() + "a=" + std::string(kOne) + "\r\n") +
    data_section("1");

std::string line(std::string_view candidate) { return "a=" + std::string(candidate) + "\r\n"; }

TEST(ToldCandidates, StandAtTheEndsOfTheirSections) {
  ToldCandidates told;
  ASSERT_TRUE(told.add(1, kTwo));
  ASSERT_TRUE(told.add(0, kTwo));
  ASSERT_TRUE(told.add(std::nullopt, ""));
  const std::string end = "a=end-of-candidates\r\n";
  const std::string audio = audio_section("0", transport_lines() + line(kOne) + line(kTwo) + end);
  EXPECT_EQ(told.shown_in({SdpType::Offer, kOffer}),
            (SessionDescription{SdpType::Offer,
                                head("0 1") + audio + data_section("1") + line(kTwo) + end}));
}

TEST(ToldCandidates, AreNotShownTwice) {
  ToldCandidates told;
  ASSERT_TRUE(told.add(0, kOne));
  ASSERT_TRUE(told.add(std::nullopt, kTwo));
  ASSERT_TRUE(told.add(1, kTwo));
  EXPECT_EQ(told.shown_in({SdpType::Offer, kOffer}).sdp,
            head("0 1") + audio_section("0", transport_lines() + line(kOne) + line(kTwo)) +
                data_section("1") + line(kTwo));
}

TEST(ToldCandidates, OneOfAnotherSectionOrALongerOneIsAnother) {
  ToldCandidates told;
  ASSERT_TRUE(told.add(1, kOne));
  ASSERT_TRUE(told.add(0, kOne.substr(0, kOne.size() - 1)));
  EXPECT_EQ(told.shown_in({SdpType::Offer, kOffer}).sdp,
            head("0 1") +
                audio_section(
                    "0", transport_lines() + line(kOne) + line(kOne.substr(0, kOne.size() - 1))) +
                data_section("1") + line(kOne));
}

// A description with other ends of lines is written anew, as every other one is.
TEST(ToldCandidates, AreShownInADescriptionOfLineFeeds) {
  ToldCandidates told;
  ASSERT_TRUE(told.add(1, kTwo));
  std::string bare = kOffer;
  std::erase(bare, '\r');
  EXPECT_EQ(told.shown_in({SdpType::Offer, bare}), told.shown_in({SdpType::Offer, kOffer}));
  EXPECT_THAT(told.shown_in({SdpType::Offer, bare}).sdp, HasSubstr(line(kTwo)));
}

TEST(ToldCandidates, ASectionThatIsNotThereShowsNone) {
  ToldCandidates told;
  ASSERT_TRUE(told.add(7, kTwo));
  EXPECT_EQ(told.shown_in({SdpType::Offer, kOffer}).sdp, kOffer);
  EXPECT_THAT(told.shown_in({SdpType::Offer, kOffer}).sdp, Not(HasSubstr(line(kTwo))));
}

}  // namespace
}  // namespace specter::jsep
