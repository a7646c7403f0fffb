// NAL units as they are, without start codes: H.264 §7.3.1, RFC 6184 §1.3.
//
//   +---------------+
//   |0|1|2|3|4|5|6|7|
//   +-+-+-+-+-+-+-+-+
//   |F|NRI|  Type   |
//   +---------------+
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "specter/bytes.h"

namespace specter::codec::h264 {

// H.264 table 7-1; from 24 on RFC 6184 table 1.
enum class NalType : std::uint8_t {
  Slice = 1,
  PartitionA = 2,
  IdrSlice = 5,
  Sei = 6,
  Sps = 7,
  Pps = 8,
  AccessUnitDelimiter = 9,
  StapA = 24,
  StapB = 25,
  Mtap16 = 26,
  Mtap24 = 27,
  FuA = 28,
  FuB = 29,
};

inline constexpr std::uint8_t kForbiddenBit = 0x80;
inline constexpr std::uint8_t kNriBits = 0x60;
inline constexpr std::uint8_t kTypeBits = 0x1f;

// Of a unit that is not empty.
constexpr NalType type_of(std::uint8_t header) { return static_cast<NalType>(header & kTypeBits); }
inline NalType type_of(Bytes nal) { return type_of(nal.front()); }

// Whether a unit of this type may stand in a single NAL unit packet, an aggregate or a FU: 1 to 23.
constexpr bool is_plain(NalType type) { return type >= NalType::Slice && type < NalType::StapA; }

// Whether an access unit begins with a unit that begins so; no unit means no. False for a slice in
// the middle of a picture. H.264 §7.4.1.2.3 lets more begin one; a PPS is left out on purpose:
// where packets are missing before it, its SPS may be among them.
bool begins_access_unit(Bytes nal);

// A recovery point message in a SEI unit, H.264 §D.2.8: decoding may begin there without an IDR
// picture.
bool has_recovery_point(Bytes sei);

// seq_parameter_set_id, 0 to 31, or pic_parameter_set_id, 0 to 255; nothing when the unit is no
// such unit or has no such number.
std::optional<std::uint8_t> parameter_set_id(Bytes nal);

// Appends the units of an Annex B stream that is whole, as views; empty ones are left out. False,
// with nothing appended, when anything but zeros is before the first start code, or there is none.
bool split_annex_b(Bytes stream, std::vector<Bytes>& out);

inline constexpr std::uint8_t kStartCode[] = {0, 0, 0, 1};

}  // namespace specter::codec::h264
