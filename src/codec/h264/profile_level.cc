#include "codec/h264/profile_level.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace specter::codec::h264 {
namespace {

// profile_idc, and the constraint flags (profile-iop): those under the mask have these values.
struct Row {
  Profile profile;
  std::uint8_t idc;
  std::uint8_t mask;
  std::uint8_t flags;
};

// RFC 6184 table 5. What is 'x' there is not under the mask. The first row of a profile is how it
// is written, with `kWritten` for the flags that are free.
constexpr Row kRows[] = {
    {Profile::ConstrainedBaseline, 0x42, 0x4f, 0x40},
    {Profile::ConstrainedBaseline, 0x4d, 0x8f, 0x80},
    {Profile::ConstrainedBaseline, 0x58, 0xcf, 0xc0},
    {Profile::Baseline, 0x42, 0x4f, 0x00},
    {Profile::Baseline, 0x58, 0xcf, 0x80},
    {Profile::Main, 0x4d, 0xaf, 0x00},
    {Profile::Extended, 0x58, 0xcf, 0x00},
    {Profile::High, 0x64, 0xff, 0x00},
    {Profile::ProgressiveHigh, 0x64, 0xff, 0x08},
    {Profile::ConstrainedHigh, 0x64, 0xff, 0x0c},
    {Profile::High10, 0x6e, 0xff, 0x00},
    {Profile::High422, 0x7a, 0xff, 0x00},
    {Profile::High444Predictive, 0xf4, 0xff, 0x00},
    {Profile::High10Intra, 0x6e, 0xff, 0x10},
    {Profile::High422Intra, 0x7a, 0xff, 0x10},
    {Profile::High444Intra, 0xf4, 0xff, 0x10},
    {Profile::Cavlc444Intra, 0x2c, 0xff, 0x10},
};

constexpr std::uint8_t kConstraintSet3 = 0x10;
constexpr std::uint8_t kLevel1b = 9;
constexpr std::uint8_t kLevel1_1 = 11;

// H.264 §7.4.2.1.1: these say level 1b by constraint_set3_flag, the others by level_idc 9.
bool says_1b_by_flag(std::uint8_t idc) { return idc == 0x42 || idc == 0x4d || idc == 0x58; }

std::optional<Level> level_of(std::uint8_t idc, std::uint8_t flags, std::uint8_t level_idc) {
  if (says_1b_by_flag(idc)) {
    if (level_idc == kLevel1_1 && (flags & kConstraintSet3) != 0) return Level::L1b;
  } else if (level_idc == kLevel1b) {
    return Level::L1b;
  }
  constexpr std::uint8_t kLevels[] = {10, 11, 12, 13, 20, 21, 22, 30, 31, 32,
                                      40, 41, 42, 50, 51, 52, 60, 61, 62};
  if (std::ranges::find(kLevels, level_idc) == std::end(kLevels)) return std::nullopt;
  return static_cast<Level>(2 * level_idc);
}

}  // namespace

std::expected<ProfileLevel, ParseError> ProfileLevel::parse(std::string_view text) {
  if (text.size() != 6) return std::unexpected(ParseError::BadLength);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::unexpected(ParseError::BadValue);
  const auto idc = static_cast<std::uint8_t>(number >> 16);
  const auto flags = static_cast<std::uint8_t>(number >> 8);
  const auto row = std::ranges::find_if(
      kRows, [=](const Row& r) { return r.idc == idc && (flags & r.mask) == r.flags; });
  const auto level = level_of(idc, flags, static_cast<std::uint8_t>(number));
  if (row == std::end(kRows) || !level) return std::unexpected(ParseError::BadValue);
  return ProfileLevel{row->profile, *level};
}

std::string ProfileLevel::to_string() const {
  const auto row = std::ranges::find(kRows, profile, &Row::profile);
  std::uint8_t flags = row->flags;
  // Browsers write 42e0: it is all of Baseline, Main and Extended at once.
  if (profile == Profile::ConstrainedBaseline) flags = 0xe0;
  std::uint8_t level_idc = static_cast<std::uint8_t>(static_cast<std::uint8_t>(level) / 2);
  if (level == Level::L1b && says_1b_by_flag(row->idc)) {
    flags |= kConstraintSet3;
    level_idc = kLevel1_1;
  } else if (level == Level::L1b) {
    level_idc = kLevel1b;
  }
  std::string text;
  for (const std::uint8_t byte : {row->idc, flags, level_idc}) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

std::optional<Agreement> agree(const Format& offered, const Format& ours) {
  if (offered.profile_level.profile != ours.profile_level.profile || offered.mode != ours.mode)
    return std::nullopt;
  const bool is_asymmetric = offered.level_asymmetry_allowed && ours.level_asymmetry_allowed;
  const Level lower = std::min(offered.profile_level.level, ours.profile_level.level);
  const Level receive = is_asymmetric ? ours.profile_level.level : lower;
  const Level send = is_asymmetric ? offered.profile_level.level : lower;
  const ProfileLevel answered{ours.profile_level.profile, receive};
  return Agreement{{answered, ours.mode, is_asymmetric}, receive, send};
}

}  // namespace specter::codec::h264
