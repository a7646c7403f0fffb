// What an H.264 stream may need of its decoder, as SDP says it: RFC 6184 §8.1 and §8.2.2.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/parse_error.h"

namespace specter::codec::h264 {

// RFC 6184 table 5, and two of H.264 §A.2.4 that are younger and that browsers offer.
enum class Profile : std::uint8_t {
  ConstrainedBaseline,
  Baseline,
  Main,
  Extended,
  High,
  ProgressiveHigh,
  ConstrainedHigh,
  High10,
  High422,
  High444Predictive,
  High10Intra,
  High422Intra,
  High444Intra,
  Cavlc444Intra,
};

// Twice ten times the level's number, so that 1b stands between 1 and 1.1 and `<` says which one is
// less.
enum class Level : std::uint8_t {
  L1 = 20,
  L1b = 21,
  L1_1 = 22,
  L1_2 = 24,
  L1_3 = 26,
  L2 = 40,
  L2_1 = 42,
  L2_2 = 44,
  L3 = 60,
  L3_1 = 62,
  L3_2 = 64,
  L4 = 80,
  L4_1 = 82,
  L4_2 = 84,
  L5 = 100,
  L5_1 = 102,
  L5_2 = 104,
  L6 = 120,
  L6_1 = 122,
  L6_2 = 124,
};

struct ProfileLevel {
  // RFC 6184 §8.1: what a missing profile-level-id means, Baseline at level 1 (42000a).
  Profile profile = Profile::Baseline;
  Level level = Level::L1;

  // "42e01f": three bytes in hexadecimal digits of either case. Errors: BadLength, BadValue (no
  // such digits, a profile or a level that nobody defined).
  static std::expected<ProfileLevel, ParseError> parse(std::string_view text);
  // In lower case. A profile that can be written in several ways is written in the usual one.
  std::string to_string() const;

  bool operator==(const ProfileLevel&) const = default;
};

enum class PacketizationMode : std::uint8_t { SingleNal = 0, NonInterleaved = 1 };

// One H.264 payload type of a description.
struct Format {
  ProfileLevel profile_level;
  PacketizationMode mode = PacketizationMode::SingleNal;  // RFC 6184 §8.1: what a missing one means
  bool level_asymmetry_allowed = false;

  bool operator==(const Format&) const = default;
};

// What two sides came to.
struct Agreement {
  Format answer;  // what the answerer writes
  Level receive;  // what the answerer may be sent
  Level send;     // what the answerer may send

  bool operator==(const Agreement&) const = default;
};

// RFC 6184 §8.2.2: profile and packetization mode have to be the same; the level has not. With
// level-asymmetry-allowed on both sides each is sent what its own level allows, else both the lower
// one. Nothing when they don't match.
std::optional<Agreement> agree(const Format& offered, const Format& ours);

}  // namespace specter::codec::h264
