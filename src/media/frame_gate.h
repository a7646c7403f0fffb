// Which whole frames a decoder can use after something was lost.
#pragma once

#include <cstdint>
#include <optional>

#include "codec/frame.h"

#include "specter/rtp.h"

namespace specter::media {

// Audio: all of them. Video: nothing before the first key frame; after a loss nothing before the
// next one, but for VP8, whose descriptors tell more (RFC 7741 §4.2):
//
// - Picture ids without a gap: nothing was lost, whatever the sequence numbers say.
// - Lost pictures that were seen to be non-reference ones (N): no frame needs them.
// - TL0PICIDX without a gap: the base layer is whole, so it goes on. Frames of the layers above it
//   are passed from a layer sync (Y) on, which needs the base layer alone; a layer is whole again
//   when those below it are.
class FrameGate {
 public:
  explicit FrameGate(MediaKind kind) : is_audio_(kind == MediaKind::Audio) {}

  // A VP8 payload, in the order of its numbers, before the depacketizer is told.
  void handle_vp8_packet(Bytes payload, std::uint32_t timestamp, bool marker);
  // Frames were begun and could not be finished. Told after handle_vp8_packet() of the packet that
  // showed it.
  void handle_incomplete();
  // A whole frame. False: it can't be decoded. `follows_loss` becomes what is true of the frames
  // that passed.
  bool pass(codec::Frame& frame);
  // A frame that passed has been dropped after all.
  void lose();
  // The stream, or its codec, has changed.
  void reset();

  // Nothing passes before a key frame.
  bool is_waiting() const { return is_waiting_ && !is_audio_; }

 private:
  static constexpr std::uint8_t kAllLayers = 255;
  // Of the RTP clock, 2 s: ids of 7 bits have not come round in that time.
  static constexpr std::uint32_t kTurn = 180'000;

  bool is_next_picture(const codec::Frame& frame) const;
  bool survives_loss(const codec::Frame& frame);
  bool passes_layers(const codec::Frame& frame);
  void remember(const codec::Frame& frame);

  const bool is_audio_;
  bool is_waiting_ = true;
  bool has_dropped_ = false;                   // frames, since the last one that passed
  std::optional<std::uint16_t> seen_picture_;  // all up to it are here, or nobody needs them
  std::optional<std::uint16_t> passed_picture_;
  std::uint32_t seen_timestamp_ = 0;
  std::optional<std::uint8_t> tl0_picture_index_;  // the last one of the base layer
  std::uint8_t whole_layers_ = kAllLayers;         // temporal ids up to this one can be decoded
  // The frames that the last packets were of: what is found to be incomplete is one of them.
  struct Recent {
    std::uint32_t timestamp = 0;
    bool is_unneeded = true;  // a non-reference frame, and all before it are here
    bool is_over = true;      // its marker has come
  };
  Recent current_, previous_;
};

}  // namespace specter::media
