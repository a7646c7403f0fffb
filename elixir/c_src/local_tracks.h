// The tracks that are sent, by their ids.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "ids.h"

#include "specter/track.h"

namespace specter::nif {

// Of samples, or of RTP packets.
using AnyTrack = std::variant<TrackLocalStaticSample, TrackLocalStaticRtp>;

inline TrackLocal local_track(const AnyTrack& track) {
  return std::visit([](const TrackLocal& each) { return each; }, track);
}

// Usable from any thread. Its lock is its own: every sample that is written looks here.
class LocalTracks {
 public:
  // The new track's id.
  std::string add(AnyTrack track);
  std::optional<AnyTrack> find(std::string_view id) const;
  // The one of these packets or samples, and nothing if it is of another kind.
  template <class T>
  std::optional<T> find_as(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const AnyTrack* const found = tracks_.find(id);
    const T* const track = found != nullptr ? std::get_if<T>(found) : nullptr;
    return track != nullptr ? std::optional(*track) : std::nullopt;
  }
  std::optional<std::string> id_of(const TrackLocal& track) const;
  // Whether it was there. What sends it does so no more.
  bool take(std::string_view id);
  void clear();

 private:
  mutable std::mutex mutex_;  // of what is below
  Table<AnyTrack> tracks_;
  std::unordered_map<const void*, std::string> ids_;
};

}  // namespace specter::nif
