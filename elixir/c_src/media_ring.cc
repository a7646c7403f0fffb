#include "media_ring.h"

#include <algorithm>
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

}  // namespace

void MediaRing::push(std::string id, Media&& media) {
  const std::size_t bytes = std::visit([](const auto& each) { return bytes_of(each); }, media);
  Track& track = tracks_[id];
  while (track.events == kMaxEvents || (track.events > 0 && track.bytes + bytes > kMaxBytes))
    drop_oldest(id, track);
  ++track.events;
  track.bytes += bytes;
  entries_.push_back({std::move(id), bytes, std::move(media)});
}

void MediaRing::drop_oldest(const std::string& id, Track& track) {
  const auto oldest = std::ranges::find(entries_, id, &Entry::id);
  track.dropped += std::visit([](const auto& each) { return count_of(each); }, oldest->media);
  track.has_lost = true;
  --track.events;
  track.bytes -= oldest->bytes;
  entries_.erase(oldest);
}

bool MediaRing::pop() {
  const Entry& first = entries_.front();
  Track& track = tracks_[first.id];
  --track.events;
  track.bytes -= first.bytes;
  entries_.pop_front();
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
  std::erase_if(entries_, [&](const Entry& entry) { return entry.id == id; });
  tracks_.erase(id);
}

void MediaRing::clear() {
  entries_.clear();
  tracks_.clear();
}

}  // namespace specter::nif
