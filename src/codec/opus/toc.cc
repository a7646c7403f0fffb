#include "codec/opus/toc.h"

#include <algorithm>

#include "base/bytes.h"

namespace specter::codec::opus {
namespace {

constexpr std::size_t kMaxFrameBytes = 1275;        // RFC 6716 §3.4 R2
constexpr std::uint32_t kMaxPacketDuration = 5760;  // RFC 6716 §3.4 R5: 120 ms

// RFC 6716 §3.1 table 2.
Mode mode_of(unsigned config) {
  if (config < 12) return Mode::Silk;
  return config < 16 ? Mode::Hybrid : Mode::Celt;
}

std::uint32_t frame_duration_of(unsigned config) {
  constexpr std::uint32_t kSilk[] = {480, 960, 1920, 2880};
  constexpr std::uint32_t kHybrid[] = {480, 960};
  constexpr std::uint32_t kCelt[] = {120, 240, 480, 960};
  switch (mode_of(config)) {
    case Mode::Silk: return kSilk[config % 4];
    case Mode::Hybrid: return kHybrid[config % 2];
    case Mode::Celt: break;
  }
  return kCelt[config % 4];
}

// RFC 6716 §3.2.1.
std::size_t read_frame_size(ByteReader& in) {
  const std::size_t first = in.u8();
  return first < 252 ? first : first + std::size_t{4} * in.u8();
}

// The size of the largest frame, or Error.
using Largest = std::expected<std::size_t, ParseError>;

Largest two_frames(ByteReader& in) {
  const std::size_t first = read_frame_size(in);
  if (!in.ok() || first > in.remaining()) return std::unexpected(ParseError::BadLength);
  return std::max(first, in.remaining() - first);
}

// RFC 6716 §3.2.5: |v|p|     M     |, then the padding's size, then the frames' sizes with v.
Largest many_frames(ByteReader& in, Toc& toc) {
  const std::uint8_t counts = in.u8();
  const bool is_variable = (counts & 0x80) != 0;
  toc.frames = counts & 0x3f;
  if (!in.ok()) return std::unexpected(ParseError::Truncated);
  if (toc.frames == 0 || toc.duration() > kMaxPacketDuration)
    return std::unexpected(ParseError::BadValue);

  std::size_t padding = 0;
  if ((counts & 0x40) != 0) {
    std::uint8_t more;
    do {
      more = in.u8();
      padding += more == 255 ? 254 : more;
    } while (more == 255 && in.ok());
  }
  std::size_t largest = 0;
  std::size_t told = 0;
  for (int i = 1; is_variable && i < toc.frames; ++i) {
    const std::size_t size = read_frame_size(in);
    told += size;
    largest = std::max(largest, size);
  }
  if (!in.ok() || padding + told > in.remaining()) return std::unexpected(ParseError::BadLength);
  const std::size_t left = in.remaining() - padding - told;
  if (is_variable) return std::max(largest, left);
  if (left % toc.frames != 0) return std::unexpected(ParseError::BadLength);
  return left / toc.frames;
}

}  // namespace

std::expected<Toc, ParseError> Toc::parse(Bytes packet) {
  ByteReader in(packet);
  const std::uint8_t first = in.u8();
  if (!in.ok()) return std::unexpected(ParseError::Truncated);

  Toc toc;
  toc.mode = mode_of(first >> 3);
  toc.frame_duration = frame_duration_of(first >> 3);
  toc.is_stereo = (first & 4) != 0;
  toc.frames = (first & 3) == 0 ? 1 : 2;
  Largest largest = in.remaining();
  switch (first & 3) {
    case 1:
      if (in.remaining() % 2 != 0) return std::unexpected(ParseError::BadLength);
      largest = in.remaining() / 2;
      break;
    case 2: largest = two_frames(in); break;
    case 3: largest = many_frames(in, toc); break;
    default: break;
  }
  if (!largest) return std::unexpected(largest.error());
  if (*largest > kMaxFrameBytes) return std::unexpected(ParseError::BadLength);
  toc.is_dtx = *largest <= 1;
  return toc;
}

}  // namespace specter::codec::opus
