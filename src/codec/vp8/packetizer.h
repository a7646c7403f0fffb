// VP8 frames to RTP payloads, RFC 7741.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "codec/piece.h"
#include "codec/vp8/descriptor.h"

namespace specter::codec::vp8 {

class Packetizer {
 public:
  struct Options {
    std::optional<PictureId> first_picture_id = PictureId{};  // nothing: frames are not numbered
    std::uint8_t first_tl0_picture_index = 0;
  };

  Packetizer() : Packetizer(Options{}) {}
  explicit Packetizer(Options options);

  // The numbers grow with each frame that was packetized. TL0PICIDX is written when the sample says
  // its layer. Errors: Empty, Malformed (no VP8 frame header), NoRoom, TooMany.
  std::expected<void, PacketizeError> packetize(const Sample& frame, Room room, Pieces& out);

 private:
  std::optional<PictureId> next_picture_id_;
  std::uint8_t tl0_picture_index_;  // that of the last frame of layer 0
};

static_assert(codec::Packetizer<Packetizer>);

}  // namespace specter::codec::vp8
