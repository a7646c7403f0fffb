#include "local_tracks.h"

#include <utility>

namespace specter::nif {

std::string LocalTracks::add(AnyTrack track) {
  const void* const state = local_track(track).state().get();
  const std::lock_guard lock(mutex_);
  std::string id = tracks_.add(std::move(track));
  ids_.emplace(state, id);
  return id;
}

std::optional<AnyTrack> LocalTracks::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const AnyTrack* const found = tracks_.find(id);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::optional<std::string> LocalTracks::id_of(const TrackLocal& track) const {
  const std::lock_guard lock(mutex_);
  const auto found = ids_.find(track.state().get());
  return found != ids_.end() ? std::optional(found->second) : std::nullopt;
}

bool LocalTracks::take(std::string_view id) {
  std::optional<AnyTrack> taken;  // destroyed after the lock is open again
  const std::lock_guard lock(mutex_);
  taken = tracks_.take(id);
  if (taken) ids_.erase(local_track(*taken).state().get());
  return taken.has_value();
}

void LocalTracks::clear() {
  std::vector<AnyTrack> taken;  // likewise
  const std::lock_guard lock(mutex_);
  taken = tracks_.take_all();
  ids_.clear();
}

}  // namespace specter::nif
