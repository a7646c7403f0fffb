// RTP payloads to H.264 access units, RFC 6184, packetization modes 0 and 1.
#pragma once

#include <optional>

#include "codec/assembly.h"
#include "codec/frame.h"
#include "codec/h264/nal.h"

#include "specter/bytes.h"

namespace specter::codec::h264 {

class Depacketizer {
 public:
  // Single NAL units, STAP-A and FU-A; what the interleaved mode has is counted and makes the
  // access unit incomplete. An access unit ends with the marker or with the next timestamp.
  //
  // H.264's packets don't say whether they are an access unit's first. After a gap, and at the
  // stream's beginning, one must begin as an access unit does (begins_access_unit()); where the
  // stream repeats its parameter sets before each IDR picture, an IDR picture after a gap must have
  // them too.
  void handle_packet(const Arrival& arrival);
  // A key frame is an IDR picture, or has an SPS and a recovery point: some encoders make no second
  // IDR.
  std::optional<Frame> poll_frame() { return assembly_.poll(); }

  const DepacketizeCounts& counts() const { return assembly_.counts(); }

 private:
  // Of the access unit that is open.
  struct Seen {
    bool sps = false;
    bool pps = false;
  };

  void handle_unit(std::uint32_t timestamp, Bytes nal);
  void handle_aggregate(std::uint32_t timestamp, Bytes payload);
  void handle_fragment(std::uint32_t timestamp, Bytes payload);
  void handle_malformed(std::uint32_t timestamp);
  bool open_for(std::uint32_t timestamp, std::uint8_t header, Bytes rest);
  void note(std::uint8_t header, Bytes rest);

  Assembly assembly_;
  Seen seen_;
  bool repeats_sets_ = false;  // an IDR picture came with both in its access unit
  NalType fragmented_{};  // the type of the unit whose fragments come, while that is unfinished
};

static_assert(codec::Depacketizer<Depacketizer>);

}  // namespace specter::codec::h264
