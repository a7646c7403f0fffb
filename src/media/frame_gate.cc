#include "media/frame_gate.h"

#include <utility>

#include "base/bytes.h"
#include "codec/vp8/descriptor.h"

namespace specter::media {
namespace {

// A number of 7 bits or of 15: which one it is may change from frame to frame.
bool follows(std::uint16_t id, std::uint16_t before) {
  return id == ((before + 1) & 0x7fff) || (before == 0x7f && id == 0);
}

}  // namespace

void FrameGate::handle_vp8_packet(Bytes payload, std::uint32_t timestamp, bool marker) {
  if (timestamp != current_.timestamp || current_.is_over)
    previous_ = std::exchange(current_, {timestamp, false, false});
  current_.is_over = marker;
  ByteReader in(payload);
  const auto descriptor = codec::vp8::Descriptor::parse(in);
  if (!descriptor || !descriptor->is_non_reference || !descriptor->picture_id) return;
  const std::uint16_t id = descriptor->picture_id->value;
  if (seen_picture_ && follows(id, *seen_picture_)) seen_picture_ = id;
  current_.is_unneeded = seen_picture_ == id;
}

void FrameGate::handle_incomplete() {
  has_dropped_ = true;
  if (tl0_picture_index_) return;  // the next frame tells whether it was one that it needs
  const bool is_needed = !current_.is_unneeded || !(previous_.is_unneeded || previous_.is_over);
  if (is_needed) is_waiting_ = true;
}

bool FrameGate::is_next_picture(const codec::Frame& frame) const {
  if (!frame.picture_id || !seen_picture_) return false;
  if (frame.timestamp - seen_timestamp_ > kTurn) return false;
  return follows(*frame.picture_id, *seen_picture_) || *frame.picture_id == *seen_picture_;
}

bool FrameGate::survives_loss(const codec::Frame& frame) {
  if (is_next_picture(frame)) return true;
  if (!frame.tl0_picture_index || !frame.temporal_id || !tl0_picture_index_) return false;
  const auto distance = static_cast<std::uint8_t>(*frame.tl0_picture_index - *tl0_picture_index_);
  if (distance != (*frame.temporal_id == 0 ? 1 : 0)) return false;
  whole_layers_ = 0;
  return true;
}

bool FrameGate::passes_layers(const codec::Frame& frame) {
  const std::uint8_t layer = frame.temporal_id.value_or(0);
  if (layer <= whole_layers_) return true;
  if (!frame.is_layer_sync) return false;
  if (layer == whole_layers_ + 1) whole_layers_ = layer;
  return true;
}

void FrameGate::remember(const codec::Frame& frame) {
  seen_picture_ = frame.picture_id;
  seen_timestamp_ = frame.timestamp;
  if (frame.temporal_id.value_or(0) == 0) tl0_picture_index_ = frame.tl0_picture_index;
}

bool FrameGate::pass(codec::Frame& frame) {
  if (is_audio_) {
    frame.follows_loss |= std::exchange(has_dropped_, false);
    return true;
  }
  if (frame.is_key_frame) {
    is_waiting_ = false;
    whole_layers_ = kAllLayers;
  } else if (is_waiting_ || (frame.follows_loss && !survives_loss(frame))) {
    is_waiting_ = has_dropped_ = true;
    return false;
  } else if (!passes_layers(frame)) {
    remember(frame);
    has_dropped_ = true;
    return false;
  }
  const bool is_next = frame.picture_id && passed_picture_ && !has_dropped_ &&
                       is_next_picture(frame) && follows(*frame.picture_id, *passed_picture_);
  frame.follows_loss = has_dropped_ || (frame.follows_loss && !is_next);
  has_dropped_ = false;
  passed_picture_ = frame.picture_id;
  remember(frame);
  return true;
}

void FrameGate::lose() { is_waiting_ = has_dropped_ = true; }

void FrameGate::reset() {
  const bool had_frames = passed_picture_ || !is_waiting_;
  is_waiting_ = true;
  has_dropped_ = had_frames;
  seen_picture_.reset();
  passed_picture_.reset();
  tl0_picture_index_.reset();
  whole_layers_ = kAllLayers;
  current_ = previous_ = {};
}

}  // namespace specter::media
