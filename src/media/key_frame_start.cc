#include "media/key_frame_start.h"

#include <algorithm>

#include "base/bytes.h"
#include "codec/h264/nal.h"
#include "codec/vp8/descriptor.h"

namespace specter::media {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// RFC 6386 §9.1: the lowest bit of the frame's first byte is 0 in key frames.
bool begins_vp8_key_frame(Bytes payload) {
  ByteReader in(payload);
  const auto descriptor = codec::vp8::Descriptor::parse(in);
  if (!descriptor || !descriptor->starts_frame() || in.remaining() == 0) return false;
  return (in.u8() & 1) == 0;
}

bool begins_h264_key_frame(Bytes payload) {
  using codec::h264::NalType;
  constexpr std::size_t kAggregateHeader = 3;  // the STAP-A's own byte, and the first unit's size
  if (payload.empty()) return false;
  NalType type = codec::h264::type_of(payload);
  if (type == NalType::StapA && payload.size() > kAggregateHeader)
    type = codec::h264::type_of(payload.subspan(kAggregateHeader));
  return type == NalType::Sps;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool begins_key_frame(std::string_view encoding_name, Bytes payload) {
  if (equals_ignoring_case(encoding_name, "VP8")) return begins_vp8_key_frame(payload);
  if (equals_ignoring_case(encoding_name, "H264")) return begins_h264_key_frame(payload);
  return false;
}

}  // namespace specter::media
