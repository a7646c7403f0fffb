// What a depacketizer is told, and what it makes of it.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "specter/bytes.h"

namespace specter::codec {

// A packet in the order of its sequence numbers, with what its RTP header says. Padding is taken
// off (RFC 3550 §5.1); a packet of nothing but padding has an empty payload and is told as well,
// since it fills a place in the sequence.
struct Arrival {
  Bytes payload;  // valid during the call and until the frames are polled
  std::uint32_t timestamp = 0;
  bool marker = false;
  bool is_contiguous =
      true;  // its sequence number is the one after the last packet's that was told
};

// A larger frame is dropped.
inline constexpr std::size_t kMaxFrameBytes = 4 << 20;

struct PictureSize {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  bool operator==(const PictureSize&) const = default;
};

// A whole frame as a decoder wants it: an Opus packet, a VP8 frame, an H.264 access unit in Annex
// B's format with start codes of four bytes.
struct Frame {
  Bytes bytes;  // valid until the depacketizer is told the next packet
  std::uint32_t timestamp = 0;
  bool is_key_frame = false;  // decoding may begin here
  bool follows_loss =
      false;  // something is missing between the frame that was given before and this one
  std::optional<PictureSize> size;                // VP8, key frames
  std::optional<std::uint16_t> picture_id;        // VP8, 7 or 15 bits
  std::optional<std::uint8_t> tl0_picture_index;  // VP8
  std::optional<std::uint8_t> temporal_id;        // VP8
  bool is_layer_sync = false;                     // VP8
  bool is_non_reference = false;                  // VP8
  std::uint32_t duration = 0;                     // Opus, in units of 1/48000 s
  bool is_dtx = false;  // Opus: nothing to hear, and a pause in the stream may follow
};

// Since the beginning. Frames are counted once, whatever was wrong with them.
struct DepacketizeCounts {
  std::uint64_t frames = 0;       // given
  std::uint64_t incomplete = 0;   // frames that lacked a packet, or had one that was malformed
  std::uint64_t too_large = 0;    // frames over kMaxFrameBytes or kMaxPieces packets
  std::uint64_t malformed = 0;    // packets
  std::uint64_t unsupported = 0;  // packets of a kind that was not negotiated or that nobody knows

  bool operator==(const DepacketizeCounts&) const = default;
};

// What each codec has: the same verbs, so that a variant of them is one depacketizer (codecs.h).
// After handle_packet(), poll_frame() is asked until it has none: the packet may end two frames,
// its own and the one before, whose marker was not set.
template <class T>
concept Depacketizer = requires(T t, const T frozen, const Arrival& arrival) {
  { t.handle_packet(arrival) } -> std::same_as<void>;
  { t.poll_frame() } -> std::same_as<std::optional<Frame>>;
  { frozen.counts() } -> std::convertible_to<DepacketizeCounts>;
};

}  // namespace specter::codec
