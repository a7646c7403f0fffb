// H.264 access units to RTP payloads, RFC 6184.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "codec/h264/nal.h"
#include "codec/h264/parameter_sets.h"
#include "codec/h264/profile_level.h"
#include "codec/piece.h"

namespace specter::codec::h264 {

class Packetizer {
 public:
  Packetizer() : Packetizer(PacketizationMode::NonInterleaved) {}
  explicit Packetizer(PacketizationMode mode) : mode_(mode) {}

  // One access unit in Annex B's format. Every unit of it is sent, delimiters (9) and filler (12)
  // included. An IDR picture without its SPS or PPS gets those that came last before it. Errors:
  // Empty, Malformed (no start code at the beginning; a unit of type 0 or of RTP's own types),
  // NoRoom, TooLarge (packetization mode 0), TooMany.
  std::expected<void, PacketizeError> packetize(const Sample& access_unit, Room room, Pieces& out);
  // The same of its units, without start codes.
  std::expected<void, PacketizeError> packetize_nals(std::span<const Bytes> nals, Room room,
                                                     Pieces& out);

 private:
  std::expected<void, PacketizeError> prepare(std::span<const Bytes> nals, Room room,
                                              Buffer& written);
  void reserve(std::span<const Bytes> nals, Room room, Buffer& written) const;
  void repeat(NalType type, Buffer& written);
  std::expected<void, PacketizeError> write(Room room, Pieces& out) const;

  const PacketizationMode mode_;
  ParameterSets sets_;
  std::vector<Bytes> nals_;   // of the sample, reused
  std::vector<Bytes> units_;  // what is sent: the sample's, and parameter sets that it lacks
};

static_assert(codec::Packetizer<Packetizer>);

}  // namespace specter::codec::h264
