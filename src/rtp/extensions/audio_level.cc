#include "rtp/extensions/audio_level.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::uint8_t kVoiceBit = 0x80;
constexpr std::uint8_t kLevelMask = 0x7f;

}  // namespace

std::expected<AudioLevel, ParseError> AudioLevel::parse(Bytes in) {
  if (in.size() != 1) return std::unexpected(ParseError::BadLength);
  return AudioLevel{.is_voice = (in[0] & kVoiceBit) != 0,
                    .level = static_cast<std::uint8_t>(in[0] & kLevelMask)};
}

void AudioLevel::write(ByteWriter& out) const {
  SPECTER_CHECK(level <= kLevelMask);
  out.u8(static_cast<std::uint8_t>((is_voice ? kVoiceBit : 0) | level));
}

std::expected<CsrcAudioLevels, ParseError> CsrcAudioLevels::parse(Bytes in) {
  if (in.empty() || in.size() > kMaxCsrcs) return std::unexpected(ParseError::BadLength);
  CsrcAudioLevels parsed;
  // RFC 6465 §3: the first bit is reserved, and ignored.
  for (const std::uint8_t byte : in) parsed.levels.push_back(byte & kLevelMask);
  return parsed;
}

void CsrcAudioLevels::write(ByteWriter& out) const {
  for (const std::uint8_t level : levels.span()) {
    SPECTER_CHECK(level <= kLevelMask);
    out.u8(level);
  }
}

}  // namespace specter::rtp
