// The tracks of a life and the frames on them, as both owners know them: content is made from
// numbers, so nothing of it is kept.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "world/journal.h"
#include "world/step.h"

#include "specter/core.h"

namespace specter::world {

// What both peers are able to send and to receive: Opus, and VP8 with retransmission.
MediaOptions media_options();

class Show {
 public:
  Show(std::uint64_t seed, Journal& journal) : seed_(seed), journal_(journal) {}

  // The owner has another track from here on: `key` is the step's.
  void begin(Side side, core::PeerConnection& connection, const Step& step, std::size_t key);
  // The next frame of it.
  void play(Timestamp now, Side side, core::PeerConnection& connection, std::size_t key);
  void handle(Side side, const core::Event& event);

  // Those that are negotiated, of connections that live, have something to show once more.
  void ask(Timestamp now, std::array<core::PeerConnection*, 2> connections);
  // Whether of each of those a frame has come since ask() was called first; else which has not.
  std::string unseen(std::array<core::PeerConnection*, 2> connections) const;
  std::size_t received() const { return received_; }
  bool empty() const { return tracks_.empty(); }

 private:
  struct Track {
    Side from;
    std::size_t key;
    MediaKind kind;
    std::size_t bytes;  // of a frame, about
    TransceiverId sender{};
    std::optional<TransceiverId> receiver{};
    std::vector<bool> is_key{};  // of what was written, by number
    bool wants_key_frame = true;
    std::optional<std::uint32_t> last{};    // that came
    std::optional<std::size_t> asked_at{};  // frames that had been written when life was asked for
  };

  void write(Timestamp now, Track& track, core::PeerConnection& connection);
  Buffer frame(const Track& track, std::uint32_t number, bool is_key) const;
  void receive(Side side, const core::Frame& event);
  bool flows(const Track& track, const core::PeerConnection& connection) const;
  void fail(Side side, std::string_view what);

  std::uint64_t seed_;
  Journal& journal_;
  std::deque<Track> tracks_;
  std::size_t received_ = 0;
};

}  // namespace specter::world
