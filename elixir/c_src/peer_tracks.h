// The tracks of one peer connection as Elixir knows them: their ids, and the messages about them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "resources.h"

#include "specter/specter.h"

namespace specter::nif {

class Peer;

class PeerTracks {
 public:
  PeerTracks(Peer& peer, const ResourceTypes& types) : peer_(peer), types_(types) {}

  // `id`: the track's, for its answer.
  Result<> add(const PeerConnection& connection, std::string id, const TrackLocal& track);
  std::optional<Transceiver> transceiver(std::string_view id) const;

  // ---- on the loop
  void handle(event::TrackAdded&& added);
  void handle(event::TransceiverAdded&& added);
  void handle(event::TrackReplaced&& replaced);
  void handle(event::SendParametersSet&& set);
  void handle(event::Track&& track);
  void handle(event::TrackStreamsChange&& change);
  void handle(event::TrackMuted&& muted);
  void handle(event::TrackUnmuted&& unmuted);
  void handle(event::TrackEnded&& ended);
  void handle(event::Frame&& frame);
  void handle(event::RtpPackets&& packets);
  void handle(event::KeyFrameWanted&& wanted);
  void handle(event::EncodingWanted&& wanted);
  void handle(event::BitrateFeedback&& feedback);
  void note_failed_add() { (void)take_added(); }
  void end();

 private:
  struct Untold {
    std::uint64_t frames = 0;
    bool is_last = false;  // the last frame was one of them
  };

  std::string id_of(const Transceiver& transceiver);
  std::string take_added();

  Peer& peer_;
  const ResourceTypes& types_;

  // ---- the loop's
  // Of the peer's tracks, by their transceivers: not told, because the owner wanted no messages.
  std::unordered_map<std::uint64_t, Untold> untold_;

  mutable std::mutex mutex_;       // of what is below
  std::deque<std::string> added_;  // tracks whose answers are on their way
  // By their numbers in the process, and by their ids.
  std::unordered_map<std::uint64_t, std::string> ids_;
  std::map<std::string, Transceiver, std::less<>> transceivers_;
};

}  // namespace specter::nif
