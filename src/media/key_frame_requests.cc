#include "media/key_frame_requests.h"

#include <algorithm>

namespace specter::media {

Timestamp KeyFrameRequests::allowed(Timestamp at) const {
  return sent_ ? std::max(at, *sent_ + kInterval) : at;
}

void KeyFrameRequests::begin(Timestamp now) { due_ = allowed(now + kPatience); }

void KeyFrameRequests::want(Timestamp now) { due_ = soonest(due_, Deadline(allowed(now))); }

void KeyFrameRequests::handle_packet(Timestamp now, bool is_waiting) {
  if (!packet_ || !frameless_since_ || now - *packet_ > kPause) frameless_since_ = now;
  packet_ = now;
  if (due_) return;
  if (is_waiting || now - *frameless_since_ >= kFrameless) want(now);
}

void KeyFrameRequests::handle_key_frame_begins(Timestamp now) {
  if (due_) due_ = std::max(*due_, now + kPatience);
}

void KeyFrameRequests::handle_frame(Timestamp now, bool is_key_frame) {
  frameless_since_ = now;
  if (is_key_frame) due_.reset();
}

void KeyFrameRequests::reset() {
  due_.reset();
  packet_.reset();
  frameless_since_.reset();
}

bool KeyFrameRequests::poll(Timestamp now) {
  if (!due_ || now < *due_) return false;
  due_.reset();
  sent_ = now;
  frameless_since_ = now;
  return true;
}

}  // namespace specter::media
