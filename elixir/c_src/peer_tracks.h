// The tracks of one peer connection as Elixir knows them: their ids, and the messages about them.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <erl_nif.h>

#include "media_ring.h"
#include "resources.h"

#include "specter/specter.h"

namespace specter::nif {

class Peer;
class LocalTracks;

// What {:transceivers, pc, list} says of each.
struct TransceiverInfo {
  std::string id;
  Transceiver transceiver;
  std::optional<std::string> track;  // the id of the track that it sends
  std::uint64_t dropped = 0;
};
Term encode(ErlNifEnv* env, const TransceiverInfo& info);

class PeerTracks {
 public:
  PeerTracks(Peer& peer, const ResourceTypes& types) : peer_(peer), types_(types) {}

  // `id`: the track's, for its answer.
  Result<> add(const PeerConnection& connection, std::string id, const TrackLocal& track,
               std::vector<std::string> streams);
  std::optional<Transceiver> transceiver(std::string_view id) const;

  // Whether media waits until it is wanted. From any thread.
  bool has_media() const { return has_media_; }

  // ---- on the loop
  // Tells what waits, as far as it is wanted.
  void flush();
  // All that are not stopped. `tracks`: of those that know them.
  std::vector<TransceiverInfo> infos(const PeerConnection& connection, const LocalTracks& tracks);

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
  enum class Telling { Told, NotWanted, Unheard };

  std::string id_of(const Transceiver& transceiver);
  template <class... Elements>
  void tell_of(Atom tag, const Transceiver& transceiver, const Elements&... elements);
  std::string take_added();
  void take_in(const Transceiver& transceiver, Media&& media);
  Telling tell_first();
  Term make(ErlNifEnv* env, const std::string& id, event::Frame& frame) const;
  Term make(ErlNifEnv* env, const std::string& id, event::RtpPackets& packets) const;

  Peer& peer_;
  const ResourceTypes& types_;

  MediaRing ring_;  // the loop's
  std::atomic<bool> has_media_ = false;

  mutable std::mutex mutex_;       // of what is below
  std::deque<std::string> added_;  // tracks whose answers are on their way
  // By their numbers in the process, and by their ids.
  std::unordered_map<std::uint64_t, std::string> ids_;
  std::map<std::string, Transceiver, std::less<>> transceivers_;
};

}  // namespace specter::nif
