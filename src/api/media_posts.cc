#include "api/media_posts.h"

#include <algorithm>
#include <utility>

#include "api/media_handles.h"

namespace specter::api {

Written PostedMedia::view() const {
  Written written{.sample = sample, .is_packet = is_packet, .header_extensions = header_extensions};
  written.sample.bytes = *bytes;
  written.sample.rid = rid;
  return written;
}

bool MediaPosts::post(PostedMedia&& media) {
  std::vector<PostedMedia> dropped;  // destroyed after the lock is released
  const std::scoped_lock lock(mutex_);
  if (ended_) return false;
  const bool was_empty = waiting_.empty();
  bytes_ += media.bytes->size();
  waiting_.push_back(std::move(media));
  while (waiting_.size() > kMaxCount || bytes_ > kMaxBytes) {
    bytes_ -= waiting_.front().bytes->size();
    dropped.push_back(waiting_.take_front());
  }
  for (const PostedMedia& gone : dropped) {
    gone.track->count_dropped();
    gone.transceiver->dropped_written += 1;
    if (gone.transceiver->kind != MediaKind::Video || gone.is_packet) continue;
    const auto is_same = [&](const Lost& one) {
      return one.transceiver == gone.transceiver && one.rid == gone.rid;
    };
    if (lost_.size() < kMaxLost && std::ranges::none_of(lost_, is_same))
      lost_.push_back({gone.transceiver, gone.rid});
  }
  is_empty_.store(false, std::memory_order_release);
  return was_empty;
}

void MediaPosts::take(std::size_t most, std::vector<PostedMedia>& out, std::vector<Lost>& lost) {
  if (is_empty()) return;
  const std::scoped_lock lock(mutex_);
  for (; most > 0 && !waiting_.empty(); --most) {
    bytes_ -= waiting_.front().bytes->size();
    out.push_back(waiting_.take_front());
  }
  lost.swap(lost_);
  is_empty_.store(waiting_.empty(), std::memory_order_release);
}

MediaPosts::Rest MediaPosts::end() {
  Rest rest;
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  rest.waiting = std::move(waiting_);
  rest.lost.swap(lost_);
  bytes_ = 0;
  is_empty_.store(true, std::memory_order_release);
  return rest;
}

}  // namespace specter::api
