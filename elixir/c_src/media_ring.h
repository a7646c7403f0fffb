// Media of the peer's that its owner has not asked for yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <variant>

#include "specter/event.h"

namespace specter::nif {

using Media = std::variant<event::Frame, event::RtpPackets>;

// The oldest of a track is dropped for its newest, and counted; other tracks are not touched,
// unless all of them together hold too much: then the oldest of all goes. Not locked: its owner is.
class MediaRing {
 public:
  // Of a track, at most: as a Mailbox of the library has it.
  static constexpr std::size_t kMaxEvents = 256;
  static constexpr std::size_t kMaxBytes = std::size_t{8} << 20;
  // Of all tracks of a connection, with what each event and each packet takes besides its bytes.
  static constexpr std::size_t kMaxBytesOfAll = std::size_t{64} << 20;

  struct Entry {
    std::string id;  // the transceiver's
    std::size_t bytes = 0;
    std::size_t memory = 0;  // the same, with what it takes besides
    Media media;
  };

  void push(std::string id, Media&& media);
  bool empty() const { return entries_.empty(); }
  Entry& front() { return entries_.front(); }
  // The first was told. Whether some of its track before it were dropped.
  bool pop();
  bool has_lost(const std::string& id) const;
  // Frames or packets of a track that were dropped since the start.
  std::uint64_t dropped(const std::string& id) const;
  // Forgets a track.
  void erase(const std::string& id);
  void clear();

 private:
  using Entries = std::list<Entry>;
  struct Track {
    std::deque<Entries::iterator> waiting;  // its own of entries_, in their order
    std::size_t bytes = 0;
    std::uint64_t dropped = 0;
    bool has_lost = false;  // since the last that was told
  };

  void take_first(Track& track);
  void drop_first(Track& track);

  Entries entries_;  // of all tracks, as they came
  std::size_t memory_ = 0;
  std::unordered_map<std::string, Track> tracks_;
};

}  // namespace specter::nif
