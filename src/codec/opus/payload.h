// Opus packets to RTP payloads and back, RFC 7587: one is the other, byte for byte.
#pragma once

#include <expected>
#include <optional>

#include "codec/frame.h"
#include "codec/piece.h"

namespace specter::codec::opus {

class Packetizer {
 public:
  // The marker stands on the first packet of a talkspurt: the first of all, and what follows DTX
  // (RFC 7587 §4.1, RFC 3551 §4.1). Errors: Empty, Malformed (RFC 6716 §3.4), TooLarge.
  std::expected<void, PacketizeError> packetize(const Sample& packet, Room room, Pieces& out);

 private:
  bool is_silent_ = true;
};

static_assert(codec::Packetizer<Packetizer>);

// A frame is the payload itself: it is valid for no longer than that.
class Depacketizer {
 public:
  void handle_packet(const Arrival& arrival);
  std::optional<Frame> poll_frame();

  const DepacketizeCounts& counts() const { return counts_; }

 private:
  std::optional<Frame> frame_;
  bool has_heard_ = false;
  bool has_lost_ = false;  // since the last frame that was given
  DepacketizeCounts counts_;
};

static_assert(codec::Depacketizer<Depacketizer>);

}  // namespace specter::codec::opus
