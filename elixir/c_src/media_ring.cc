#include "media_ring.h"

#include <iterator>
#include <utility>

namespace specter::nif {

namespace {

std::size_t bytes_of(const event::Frame& event) { return event.frame.bytes.size(); }
std::size_t bytes_of(const event::RtpPackets& event) {
  std::size_t bytes = 0;
  for (const Buffer& packet : event.packets) bytes += packet.size();
  return bytes;
}

std::size_t count_of(const event::Frame&) { return 1; }
std::size_t count_of(const event::RtpPackets& event) { return event.packets.size(); }

// What a list and a deque keep of an entry besides it.
constexpr std::size_t kLinks = 4 * sizeof(void*);

std::size_t memory_of(const event::Frame& event) { return event.frame.bytes.capacity(); }
std::size_t memory_of(const event::RtpPackets& event) {
  std::size_t bytes = event.packets.capacity() * sizeof(Buffer);
  for (const Buffer& packet : event.packets) bytes += packet.capacity();
  return bytes;
}

}  // namespace

void MediaRing::push(std::string id, Media&& media) {
  const std::size_t bytes = std::visit([](const auto& each) { return bytes_of(each); }, media);
  const std::size_t memory =
      std::visit([](const auto& each) { return memory_of(each); }, media) + sizeof(Entry) + kLinks;
  Track& track = tracks_[id];
  while (track.waiting.size() == kMaxEvents ||
         (!track.waiting.empty() && track.bytes + bytes > kMaxBytes))
    drop_first(track);
  while (!entries_.empty() && memory_ + memory > kMaxBytesOfAll)
    drop_first(tracks_[entries_.front().id]);
  track.bytes += bytes;
  memory_ += memory;
  entries_.push_back({std::move(id), bytes, memory, std::move(media)});
  track.waiting.push_back(std::prev(entries_.end()));
}

void MediaRing::take_first(Track& track) {
  const auto first = track.waiting.front();
  track.waiting.pop_front();
  track.bytes -= first->bytes;
  memory_ -= first->memory;
  entries_.erase(first);
}

void MediaRing::drop_first(Track& track) {
  track.dropped +=
      std::visit([](const auto& each) { return count_of(each); }, track.waiting.front()->media);
  track.has_lost = true;
  take_first(track);
}

bool MediaRing::pop() {
  Track& track = tracks_[entries_.front().id];
  take_first(track);
  return std::exchange(track.has_lost, false);
}

bool MediaRing::has_lost(const std::string& id) const {
  const auto found = tracks_.find(id);
  return found != tracks_.end() && found->second.has_lost;
}

std::uint64_t MediaRing::dropped(const std::string& id) const {
  const auto found = tracks_.find(id);
  return found != tracks_.end() ? found->second.dropped : 0;
}

void MediaRing::erase(const std::string& id) {
  const auto found = tracks_.find(id);
  if (found == tracks_.end()) return;
  while (!found->second.waiting.empty()) take_first(found->second);
  tracks_.erase(found);
}

void MediaRing::clear() {
  entries_.clear();
  memory_ = 0;
  tracks_.clear();
}

}  // namespace specter::nif
