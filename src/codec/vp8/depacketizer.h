// RTP payloads to VP8 frames, RFC 7741.
#pragma once

#include <optional>

#include "codec/assembly.h"
#include "codec/frame.h"

namespace specter::codec::vp8 {

class Depacketizer {
 public:
  // A frame begins with S set and PID 0, and ends with the marker or with the next timestamp.
  void handle_packet(const Arrival& arrival);
  std::optional<Frame> poll_frame();

  const DepacketizeCounts& counts() const { return assembly_.counts(); }

 private:
  Assembly assembly_;
};

static_assert(codec::Depacketizer<Depacketizer>);

}  // namespace specter::codec::vp8
