// What becomes of a connection's tracks.
#include <chrono>
#include <optional>
#include <utility>

#include "instance.h"
#include "peer.h"

namespace specter::nif {

namespace {

Atom name_of(MediaKind kind) { return kind == MediaKind::Audio ? Atom("audio") : Atom("video"); }

// A map that is being made.
class Map {
 public:
  explicit Map(ErlNifEnv* env) : env_(env), term_(enif_make_new_map(env)) {}

  void put(Atom key, Term value) { enif_make_map_put(env_, term_, key.term(env_), value, &term_); }
  template <class T>
  void put_value(Atom key, const T& value) {
    put(key, encode(env_, value));
  }
  void put_number(Atom key, std::uint64_t value) { put(key, enif_make_uint64(env_, value)); }
  template <class T>
  void put_number(Atom key, const std::optional<T>& value) {
    put(key, value ? enif_make_uint64(env_, static_cast<std::uint64_t>(*value))
                   : Atom("nil").term(env_));
  }
  Term term() const { return term_; }

 private:
  ErlNifEnv* env_;
  Term term_;
};

// What {:track, pc, transceiver, info} says of a track.
struct TrackInfo {
  const event::Track& track;
};

Term encode(ErlNifEnv* env, const TrackInfo& of) {
  Map info(env);
  info.put_value(Atom("kind"), name_of(of.track.kind));
  info.put_value(Atom("mid"), of.track.mid);
  info.put_value(Atom("streams"), of.track.streams);
  return info.term();
}

struct Feedback {
  const event::BitrateFeedback& of;
};

Term encode(ErlNifEnv* env, const Feedback& feedback) {
  const event::BitrateFeedback& of = feedback.of;
  Map map(env);
  map.put_number(Atom("estimate"), of.estimate);
  map.put_number(Atom("packets"), of.packets);
  map.put_number(Atom("received"), of.received);
  map.put_number(Atom("received_bytes"), of.received_bytes);
  map.put_number(
      Atom("received_within_us"),
      static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(of.received_within).count()));
  return map.term();
}

}  // namespace

Result<> Peer::add_track(std::string id, const TrackLocal& track) {
  // The lock keeps both queues in the same order.
  const std::lock_guard lock(mutex_);
  added_tracks_.push_back(std::move(id));
  const auto added = connection_.add_track(track);
  if (added) return {};
  added_tracks_.pop_back();
  return fail(added.error());
}

std::optional<Transceiver> Peer::transceiver(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = transceivers_.find(id);
  return found == transceivers_.end() ? std::nullopt : std::optional(found->second);
}

// The one of the call that was answered.
std::string Peer::take_added_track() {
  const std::lock_guard lock(mutex_);
  if (added_tracks_.empty()) return {};
  std::string id = std::move(added_tracks_.front());
  added_tracks_.pop_front();
  return id;
}

// The transceiver gets an id when it is first told of.
std::string Peer::id_of(const Transceiver& transceiver) {
  const std::lock_guard lock(mutex_);
  std::string& id = transceiver_ids_[transceiver.id()];
  if (id.empty()) {
    id = new_id();
    transceivers_.emplace(id, transceiver);
  }
  return id;
}

void Peer::handle(event::TrackAdded&& added) {
  const std::string track = take_added_track();
  tell(Atom("rtp_sender"), track, id_of(added.transceiver));
}

// Calls that Elixir does not have.
void Peer::handle(event::TransceiverAdded&&) {}
void Peer::handle(event::SendParametersSet&&) {}

void Peer::handle(event::TrackReplaced&& replaced) {
  tell(Atom("track_replaced"), id_of(replaced.transceiver));
}

void Peer::handle(event::Track&& track) {
  tell(Atom("track"), id_of(track.transceiver), TrackInfo{track});
}

void Peer::handle(event::TrackStreamsChange&& change) {
  tell(Atom("track_streams_change"), id_of(change.transceiver), change.streams);
}

void Peer::handle(event::TrackMuted&& muted) {
  tell(Atom("track_muted"), id_of(muted.transceiver));
}

void Peer::handle(event::TrackUnmuted&& unmuted) {
  tell(Atom("track_unmuted"), id_of(unmuted.transceiver));
}

// It is its last message: calls do not find it from here on.
void Peer::handle(event::TrackEnded&& ended) {
  const std::string id = id_of(ended.transceiver);
  untold_media_.erase(ended.transceiver.id());
  {
    const std::lock_guard lock(mutex_);
    transceivers_.erase(id);
    transceiver_ids_.erase(ended.transceiver.id());
  }
  tell(Atom("track_ended"), id);
}

void Peer::handle(event::Frame&& event) {
  const std::string transceiver = id_of(event.transceiver);
  Untold& untold = untold_media_[event.transceiver.id()];
  MediaFrame& frame = event.frame;
  const auto make = [&](ErlNifEnv* env) {
    Map map(env);
    map.put_value(Atom("rid"), event.rid);
    map.put_value(Atom("codec"), frame.codec);
    map.put_number(Atom("rtp_timestamp"), frame.rtp_timestamp);
    map.put_number(Atom("captured_at"),
                   frame.captured_at ? std::optional(frame.captured_at->count()) : std::nullopt);
    map.put_value(Atom("is_key_frame"), frame.is_key_frame);
    map.put_value(Atom("follows_loss"), frame.follows_loss || untold.is_last);
    map.put_number(Atom("width"), frame.width);
    map.put_number(Atom("height"), frame.height);
    map.put_number(Atom("temporal_id"), frame.temporal_id);
    map.put_number(Atom("audio_level"), frame.audio_level);
    map.put_number(Atom("rotation"), frame.rotation);
    map.put_number(Atom("dropped"), event.dropped + untold.frames);
    map.put(Atom("data"), make_binary(env, types_, std::move(frame.bytes)));
    return enif_make_tuple4(env, Atom("frame").term(env), encode(env, id()),
                            encode(env, transceiver), map.term());
  };
  // Before it is moved from.
  const bool can_be_shown = frame.is_key_frame || event.transceiver.kind() == MediaKind::Audio;
  switch (outbox_.tell_media(event.connection, frame.bytes.size(), make)) {
    case Outbox::Media::Told:
      if (std::exchange(untold.is_last, false) && !can_be_shown)
        (void)event.transceiver.request_key_frame();
      return;
    case Outbox::Media::NotWanted:
      ++untold.frames;
      untold.is_last = true;
      return;
    case Outbox::Media::Unheard: return abandon();
  }
}

void Peer::handle(event::RtpPackets&& event) {
  const std::string transceiver = id_of(event.transceiver);
  std::size_t bytes = 0;
  for (const Buffer& packet : event.packets) bytes += packet.size();
  const auto make = [&](ErlNifEnv* env) {
    Term packets = enif_make_list(env, 0);
    for (auto packet = event.packets.rbegin(); packet != event.packets.rend(); ++packet)
      packets = enif_make_list_cell(env, make_binary(env, types_, std::move(*packet)), packets);
    return enif_make_tuple5(env, Atom("rtp").term(env), encode(env, id()), encode(env, transceiver),
                            encode(env, event.rid), packets);
  };
  if (outbox_.tell_media(event.connection, bytes, make) == Outbox::Media::Unheard) abandon();
}

void Peer::handle(event::KeyFrameWanted&& wanted) {
  tell(Atom("key_frame_wanted"), id_of(wanted.transceiver), wanted.rid);
}

void Peer::handle(event::EncodingWanted&& wanted) {
  tell(Atom("encoding_wanted"), id_of(wanted.transceiver), wanted.rid, wanted.is_wanted);
}

void Peer::handle(event::BitrateFeedback&& feedback) {
  tell(Atom("bitrate_feedback"), Feedback{feedback});
}

}  // namespace specter::nif
