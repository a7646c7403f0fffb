#include "codec/h264/profile_level.h"

#include <gtest/gtest.h>

namespace specter::codec::h264 {
namespace {

ProfileLevel parsed(std::string_view text) {
  const auto parsed = ProfileLevel::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(ProfileLevel{});
}

struct Row {
  const char* text;
  Profile profile;
};

// RFC 6184 table 5: each row, with the bits that are free at 0 and at 1.
const Row kTable5[] = {
    {"42401f", Profile::ConstrainedBaseline},
    {"42f01f", Profile::ConstrainedBaseline},
    {"4d801f", Profile::ConstrainedBaseline},
    {"4df01f", Profile::ConstrainedBaseline},
    {"58c01f", Profile::ConstrainedBaseline},
    {"58f01f", Profile::ConstrainedBaseline},
    {"42001f", Profile::Baseline},
    {"42b01f", Profile::Baseline},
    {"58801f", Profile::Baseline},
    {"58b01f", Profile::Baseline},
    {"4d001f", Profile::Main},
    {"4d501f", Profile::Main},
    {"58001f", Profile::Extended},
    {"58301f", Profile::Extended},
    {"64001f", Profile::High},
    {"6e001f", Profile::High10},
    {"7a001f", Profile::High422},
    {"f4001f", Profile::High444Predictive},
    {"6e101f", Profile::High10Intra},
    {"7a101f", Profile::High422Intra},
    {"f4101f", Profile::High444Intra},
    {"2c101f", Profile::Cavlc444Intra},
    // H.264 §A.2.4.1 and §A.2.4.2.
    {"64081f", Profile::ProgressiveHigh},
    {"640c1f", Profile::ConstrainedHigh},
};

// Profiles that one stack or another did not know.
TEST(ProfileLevel, KnowsTheProfilesOfTable5) {
  for (const Row& row : kTable5) EXPECT_EQ(parsed(row.text).profile, row.profile) << row.text;
}

TEST(ProfileLevel, IsReadInEitherCaseAndWrittenInLowerCase) {
  EXPECT_EQ(parsed("42E01F"), (ProfileLevel{Profile::ConstrainedBaseline, Level::L3_1}));
  EXPECT_EQ(parsed("42E01F").to_string(), "42e01f");
  EXPECT_EQ(parsed("640C34").to_string(), "640c34");
  for (const Row& row : kTable5)
    EXPECT_EQ(parsed(parsed(row.text).to_string()), parsed(row.text)) << row.text;
}

TEST(ProfileLevel, KnowsTheLevels) {
  for (const int idc :
       {10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62}) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const std::string text = std::string("4200") + kDigits[static_cast<std::size_t>(idc / 16)] +
                             kDigits[static_cast<std::size_t>(idc % 16)];
    EXPECT_EQ(static_cast<int>(parsed(text).level), 2 * idc);
    EXPECT_EQ(parsed(text).to_string(), text);
  }
}

// H.264 §7.4.2.1.1: constraint_set3_flag with 1.1, or a level_idc of 9 where that flag means
// something else.
TEST(ProfileLevel, KnowsLevel1b) {
  EXPECT_EQ(parsed("42f00b"), (ProfileLevel{Profile::ConstrainedBaseline, Level::L1b}));
  EXPECT_EQ(parsed("42e00b").level, Level::L1_1);
  EXPECT_EQ(parsed("42100b"), (ProfileLevel{Profile::Baseline, Level::L1b}));
  EXPECT_EQ(parsed("4d100b"), (ProfileLevel{Profile::Main, Level::L1b}));
  EXPECT_EQ(parsed("640009"), (ProfileLevel{Profile::High, Level::L1b}));
  for (const char* const text : {"42f00b", "42100b", "4d100b", "640009"})
    EXPECT_EQ(parsed(text).to_string(), text);
  EXPECT_LT(Level::L1, Level::L1b);
  EXPECT_LT(Level::L1b, Level::L1_1);
}

TEST(ProfileLevel, RefusesWhatNobodyDefined) {
  for (const char* const text : {"", "42e01", "42e01f0"})
    EXPECT_EQ(ProfileLevel::parse(text), std::unexpected(ParseError::BadLength)) << text;
  for (const char* const text : {"42e0zz", "-2e01f", "42e000", "42e01a", "42e0ff", "43e01f",
                                 "42e11f", "64ff1f", "4d201f", "2c001f", "420009", " 42e01"})
    EXPECT_EQ(ProfileLevel::parse(text), std::unexpected(ParseError::BadValue)) << text;
}

// RFC 6184 §8.1.
TEST(ProfileLevel, IsBaselineAtLevel1WhenItIsMissing) {
  EXPECT_EQ(ProfileLevel{}.to_string(), "42000a");
}

Format format(std::string_view text, bool is_asymmetric,
              PacketizationMode mode = PacketizationMode::NonInterleaved) {
  return {parsed(text), mode, is_asymmetric};
}

// RFC 6184 §8.2.2. A level of the other side's that is not ours was taken for no
// match.
TEST(H264Agreement, LetsEachSideHaveItsLevelWhereBothAllowIt) {
  EXPECT_EQ(agree(format("42e01f", true), format("42e034", true)),
            (Agreement{format("42e034", true), Level::L5_2, Level::L3_1}));
  EXPECT_EQ(agree(format("42e034", true), format("42e01f", true)),
            (Agreement{format("42e01f", true), Level::L3_1, Level::L5_2}));
}

TEST(H264Agreement, IsTheLowerLevelOtherwise) {
  for (const auto& [theirs, ours] : {std::pair{false, true}, {true, false}, {false, false}}) {
    EXPECT_EQ(agree(format("42e01f", theirs), format("42e034", ours)),
              (Agreement{format("42e01f", false), Level::L3_1, Level::L3_1}));
    EXPECT_EQ(agree(format("42e034", theirs), format("42e01f", ours)),
              (Agreement{format("42e01f", false), Level::L3_1, Level::L3_1}));
  }
}

TEST(H264Agreement, MatchesProfilesInEachSpelling) {
  // Constrained Baseline of three profile_idc is one profile.
  for (const char* const a : {"42e01f", "42c01f", "4d801f", "58c01f"})
    for (const char* const b : {"42e01f", "42c01f", "4d801f", "58c01f"})
      EXPECT_TRUE(agree(format(a, true), format(b, true))) << a << " " << b;
}

TEST(H264Agreement, HasEachProfileWithItselfAlone) {
  for (const Row& a : kTable5)
    for (const Row& b : kTable5)
      EXPECT_EQ(agree(format(a.text, true), format(b.text, true)).has_value(),
                a.profile == b.profile)
          << a.text << " " << b.text;
}

TEST(H264Agreement, WantsTheSamePacketizationMode) {
  EXPECT_FALSE(agree(format("42e01f", true, PacketizationMode::SingleNal), format("42e01f", true)));
  EXPECT_TRUE(agree(format("42e01f", true, PacketizationMode::SingleNal),
                    format("42e01f", true, PacketizationMode::SingleNal)));
}

}  // namespace
}  // namespace specter::codec::h264
