#include "codec/vp8/depacketizer.h"

#include "codec/vp8/descriptor.h"
#include "codec/vp8/frame_header.h"

namespace specter::codec::vp8 {
namespace {

void tell(const Descriptor& descriptor, Frame& frame) {
  if (descriptor.picture_id) frame.picture_id = descriptor.picture_id->value;
  frame.tl0_picture_index = descriptor.tl0_picture_index;
  frame.temporal_id = descriptor.temporal_id;
  frame.is_layer_sync = descriptor.is_layer_sync;
  frame.is_non_reference = descriptor.is_non_reference;
}

}  // namespace

void Depacketizer::handle_packet(const Arrival& arrival) {
  assembly_.arrive(arrival);
  if (arrival.payload.empty()) return;  // padding: RFC 3550 §5.1

  ByteReader in(arrival.payload);
  const auto descriptor = Descriptor::parse(in);
  if (!descriptor || in.remaining() == 0) {
    ++assembly_.counts().malformed;
    assembly_.spoil(arrival.timestamp);
  } else if (!assembly_.is_open() && !descriptor->starts_frame()) {
    assembly_.spoil(arrival.timestamp);
  } else {
    if (!assembly_.is_open()) {
      assembly_.begin(arrival.timestamp);
      tell(*descriptor, assembly_.frame());
    }
    assembly_.append(in.rest());
  }
  if (arrival.marker) assembly_.end();
}

std::optional<Frame> Depacketizer::poll_frame() {
  while (auto frame = assembly_.poll()) {
    if (const auto header = FrameHeader::parse(frame->bytes)) {
      frame->is_key_frame = header->is_key_frame();
      frame->size = header->size;
      return frame;
    }
    assembly_.take_back();  // whole, and yet no frame
  }
  return std::nullopt;
}

}  // namespace specter::codec::vp8
