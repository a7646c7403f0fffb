#include "media/track_output.h"

#include <algorithm>
#include <utility>

namespace specter::media {
namespace {

bool is_state(const ReceiverEvent& event) {
  return std::holds_alternative<core::TrackMuted>(event) ||
         std::holds_alternative<core::TrackUnmuted>(event);
}

}  // namespace

TrackOutput::Losses& TrackOutput::losses(std::size_t encoding) {
  if (losses_.size() <= encoding) losses_.resize(encoding + 1);
  return losses_[encoding];
}

std::uint64_t TrackOutput::dropped_frames(std::size_t encoding) const {
  return encoding < losses_.size() ? losses_[encoding].frames : 0;
}

std::uint64_t TrackOutput::dropped_packets(std::size_t encoding) const {
  return encoding < losses_.size() ? losses_[encoding].packets : 0;
}

bool TrackOutput::take_broken(std::size_t encoding) {
  return encoding < losses_.size() && std::exchange(losses_[encoding].is_broken, false);
}

bool TrackOutput::make_room(std::size_t bytes) {
  while (bytes_ + held_ + bytes > max_bytes_)
    if (!drop_oldest()) return false;
  return true;
}

bool TrackOutput::has_room(std::size_t bytes) { return make_room(bytes); }

// False: there is nothing that may be dropped.
bool TrackOutput::drop_oldest() {
  const auto oldest =
      std::ranges::find_if(items_, [](const Item& item) { return !is_state(item.event); });
  if (oldest == items_.end()) return false;
  if (std::holds_alternative<core::Frame>(oldest->event)) {
    drop_frames(oldest->encoding);
    return true;
  }
  losses(oldest->encoding).packets += std::get<core::RtpPackets>(oldest->event).packets.size();
  bytes_ -= oldest->bytes;
  items_.erase(oldest, oldest + 1);
  return true;
}

// The oldest frame of the encoding and those after it, up to its next key frame. Of audio every
// frame is one.
void TrackOutput::drop_frames(std::size_t encoding) {
  bool is_first = true;
  bool is_over = false;
  const std::size_t dropped = erase_if(items_, [&](const Item& item) {
    const auto* frame = std::get_if<core::Frame>(&item.event);
    if (!frame || item.encoding != encoding || is_over) return false;
    if (!std::exchange(is_first, false) &&
        (frame->frame.is_key_frame || kind_ == MediaKind::Audio)) {
      is_over = true;
      return false;
    }
    bytes_ -= item.bytes;
    return true;
  });
  Losses& lost = losses(encoding);
  lost.frames += dropped;
  dropped_frames_ += dropped;
  if (is_over || kind_ == MediaKind::Audio) {
    for (Item& item : items_) {
      auto* frame = std::get_if<core::Frame>(&item.event);
      if (!frame || item.encoding != encoding) continue;
      frame->frame.follows_loss = true;
      break;
    }
  } else {
    lost.is_broken = true;
  }
}

bool TrackOutput::add_frame(std::size_t encoding, const std::string& rid, MediaFrame frame) {
  const std::size_t bytes = frame.bytes.size() + sizeof(Item);
  const bool has_room = make_room(bytes);
  const bool was_broken = take_broken(encoding);
  if (!has_room || (was_broken && !frame.is_key_frame)) {
    ++losses(encoding).frames;
    ++dropped_frames_;
    return kind_ == MediaKind::Audio;
  }
  frame.follows_loss |= was_broken;
  items_.push_back(
      {core::Frame{transceiver_, rid, std::move(frame), dropped_frames_}, encoding, bytes});
  bytes_ += bytes;
  return true;
}

std::vector<Buffer>& TrackOutput::packets(std::size_t encoding, const std::string& rid) {
  if (!items_.empty() && items_.back().encoding == encoding) {
    auto* last = std::get_if<core::RtpPackets>(&items_.back().event);
    if (last && last->packets.size() < kMaxPackets) return last->packets;
  }
  items_.push_back({core::RtpPackets{transceiver_, rid, {}}, encoding, sizeof(Item)});
  bytes_ += sizeof(Item);
  return std::get<core::RtpPackets>(items_.back().event).packets;
}

void TrackOutput::set_muted(bool is_muted) {
  if (is_muted == is_muted_) return;
  is_muted_ = is_muted;
  if (!items_.empty() && is_state(items_.back().event)) {
    bytes_ -= items_.back().bytes;
    items_.erase(items_.end() - 1, items_.end());  // nobody has heard of the state between
    --states_;
    return;
  }
  Item item{core::TrackUnmuted{transceiver_}, 0, sizeof(Item)};
  if (is_muted) item.event = core::TrackMuted{transceiver_};
  items_.push_back(std::move(item));
  bytes_ += sizeof(Item);
  if (++states_ > kMaxStates) limit_states();
}

// The two oldest take each other back: the state before them is the one after them.
void TrackOutput::limit_states() {
  int left = 2;
  erase_if(items_, [&](const Item& item) {
    if (left == 0 || !is_state(item.event)) return false;
    --left;
    bytes_ -= item.bytes;
    --states_;
    return true;
  });
}

std::optional<ReceiverEvent> TrackOutput::poll() {
  if (items_.empty()) return std::nullopt;
  Item item = items_.take_front();
  bytes_ -= item.bytes;
  if (is_state(item.event)) --states_;
  if (auto* frame = std::get_if<core::Frame>(&item.event)) frame->dropped = dropped_frames_;
  return std::move(item.event);
}

}  // namespace specter::media
