#include "rtp/extensions/video_orientation.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::uint8_t kCameraBit = 0x08;
constexpr std::uint8_t kFlipBit = 0x04;
constexpr std::uint8_t kRotationMask = 0x03;

}  // namespace

std::expected<VideoOrientation, ParseError> VideoOrientation::parse(Bytes in) {
  if (in.size() != 1) return std::unexpected(ParseError::BadLength);
  return VideoOrientation{.is_back_camera = (in[0] & kCameraBit) != 0,
                          .is_flipped = (in[0] & kFlipBit) != 0,
                          .quarter_turns = static_cast<std::uint8_t>(in[0] & kRotationMask)};
}

void VideoOrientation::write(ByteWriter& out) const {
  SPECTER_CHECK(quarter_turns <= kRotationMask);
  out.u8(static_cast<std::uint8_t>((is_back_camera ? kCameraBit : 0) | (is_flipped ? kFlipBit : 0) |
                                   quarter_turns));
}

}  // namespace specter::rtp
