// The codecs by the names that SDP has for them. The classes have the same verbs and no base class:
// a variant is one of them, chosen when a payload type is negotiated.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "codec/frame.h"
#include "codec/h264/depacketizer.h"
#include "codec/h264/packetizer.h"
#include "codec/opus/payload.h"
#include "codec/piece.h"
#include "codec/vp8/depacketizer.h"
#include "codec/vp8/packetizer.h"

namespace specter::codec {

// What some codecs have to be told, and others ignore.
struct Setup {
  h264::PacketizationMode h264_mode = h264::PacketizationMode::NonInterleaved;
  std::uint16_t first_picture_id = 0;        // VP8: any number, RFC 7741 §4.2 would have it random
  std::uint8_t first_tl0_picture_index = 0;  // the same
};

class AnyPacketizer {
 public:
  // By the encoding name of a=rtpmap, of any case: "opus", "VP8", "H264". Nothing for another name.
  static std::optional<AnyPacketizer> of(std::string_view encoding_name, const Setup& setup);

  std::expected<void, PacketizeError> packetize(const Sample& sample, Room room, Pieces& out);

 private:
  using Each = std::variant<opus::Packetizer, vp8::Packetizer, h264::Packetizer>;
  explicit AnyPacketizer(Each each) : each_(std::move(each)) {}

  Each each_;
};

class AnyDepacketizer {
 public:
  static std::optional<AnyDepacketizer> of(std::string_view encoding_name);

  void handle_packet(const Arrival& arrival);
  std::optional<Frame> poll_frame();
  const DepacketizeCounts& counts() const;

 private:
  using Each = std::variant<opus::Depacketizer, vp8::Depacketizer, h264::Depacketizer>;
  explicit AnyDepacketizer(Each each) : each_(std::move(each)) {}

  Each each_;
};

static_assert(Packetizer<AnyPacketizer> && Depacketizer<AnyDepacketizer>);

}  // namespace specter::codec
