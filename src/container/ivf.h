// IVF: VP8, VP9 or AV1 frames with their timestamps. The format has no RFC; libvpx and FFmpeg write
// it so, all numbers little-endian:
//
//    "DKIF", version (16 bits, 0), bytes of this header (16 bits, 32), FourCC,
//    width, height (16 bits each), timebase denominator, numerator (32 bits each),
//    number of frames (32 bits), unused (32 bits)
//
//    then for each frame: bytes (32 bits), timestamp in units of the timebase (64 bits), the frame
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "base/parse_error.h"
#include "container/input.h"

#include "specter/bytes.h"

namespace specter::container {

struct IvfHeader {
  std::array<char, 4> fourcc{'V', 'P', '8', '0'};
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  // A timestamp is `numerator / denominator` seconds: 1/30, 1/90000.
  std::uint32_t denominator = 30;
  std::uint32_t numerator = 1;
  std::uint32_t frames = 0;  // 0 in a stream whose end is not known; readers must not trust it

  // Appends the header to an empty file, or over the first 32 bytes of one when the number of
  // frames is known.
  void write(Buffer& out) const;

  bool operator==(const IvfHeader&) const = default;
};

struct IvfFrame {
  std::uint64_t timestamp = 0;
  Bytes bytes;  // valid until the next chunk is appended. May be empty: an encoder dropped a frame
};

// Chunks of any size become frames.
class IvfReader {
 public:
  // A larger frame is TooMany, and the end.
  static constexpr std::size_t kMaxFrameBytes = 16 << 20;

  // Take all frames before the next chunk comes: what is not taken stays.
  void append(Bytes more);
  // There as soon as the first 32 bytes were polled.
  const std::optional<IvfHeader>& header() const { return header_; }
  // The next frame; nothing when it is not whole yet. An error stays: WrongType (not "DKIF"),
  // BadValue (another version, a timebase with a zero), BadLength (a header of less than 32 bytes),
  // TooMany.
  std::expected<std::optional<IvfFrame>, ParseError> poll();
  // Whether what is there ends in the middle of something. Asked when nothing follows.
  bool is_truncated() const;

 private:
  std::expected<bool, ParseError> read_header();

  Input input_;
  std::size_t skip_ = 0;  // of a header that is longer than the one we know
  std::optional<IvfHeader> header_;
  std::optional<ParseError> error_;
};

// False, and nothing is appended: more bytes than IvfReader::kMaxFrameBytes.
bool write_ivf_frame(Buffer& out, const IvfFrame& frame);

}  // namespace specter::container
