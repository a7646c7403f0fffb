#include "codec/vp8/frame_header.h"

#include "base/bytes.h"

namespace specter::codec::vp8 {

std::expected<FrameHeader, ParseError> FrameHeader::parse(Bytes frame) {
  // Numbers are little-endian here.
  ByteReader r(frame);
  std::uint32_t tag = r.u8();
  tag |= std::uint32_t{r.u8()} << 8;
  tag |= std::uint32_t{r.u8()} << 16;

  FrameHeader header;
  const bool is_key_frame = (tag & 1) == 0;
  header.version = tag >> 1 & 7;
  header.is_shown = (tag >> 4 & 1) != 0;
  header.first_partition_bytes = tag >> 5;
  if (is_key_frame) {
    if (const std::uint32_t code = r.u24(); r.ok() && code != 0x9d012a)
      return std::unexpected(ParseError::BadValue);
    // The upper two bits of each say how a player may enlarge it.
    const auto dimension = [&r] {
      const std::uint8_t low = r.u8();
      return static_cast<std::uint16_t>((r.u8() & 0x3f) << 8 | low);
    };
    const std::uint16_t width = dimension();
    header.size = PictureSize{width, dimension()};
  }
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return header;
}

}  // namespace specter::codec::vp8
