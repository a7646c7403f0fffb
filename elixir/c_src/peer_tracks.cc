// What becomes of a connection's tracks.
#include "peer_tracks.h"

#include <chrono>
#include <optional>
#include <utility>

#include "ids.h"
#include "local_tracks.h"
#include "peer.h"
#include "rtp_terms.h"

namespace specter::nif {

namespace {

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

// Whether a decoder shows it without what was dropped before it.
bool can_be_shown(const event::Frame& event) {
  return event.frame.is_key_frame || event.transceiver.kind() == MediaKind::Audio;
}
bool can_be_shown(const event::RtpPackets& event) {
  return event.transceiver.kind() == MediaKind::Audio;
}

}  // namespace

Term encode(ErlNifEnv* env, const TransceiverInfo& info) {
  const Transceiver& of = info.transceiver;
  const auto current = of.current_direction();
  Map map(env);
  map.put_value(Atom("id"), info.id);
  map.put_value(Atom("kind"), name_of(of.kind()));
  map.put_value(Atom("mid"), of.mid());
  map.put_value(Atom("direction"), name_of(of.direction()));
  map.put_value(Atom("current_direction"),
                current ? std::optional(name_of(*current)) : std::nullopt);
  map.put_value(Atom("track"), info.track);
  map.put_value(Atom("streams"), of.streams());
  map.put_value(Atom("remote_streams"), of.remote_streams());
  map.put_number(Atom("dropped"), info.dropped);
  return map.term();
}

Result<> PeerTracks::add(const PeerConnection& connection, std::string id, const TrackLocal& track,
                         std::vector<std::string> streams) {
  // The lock keeps both queues in the same order.
  const std::lock_guard lock(mutex_);
  added_.push_back(std::move(id));
  const auto added = connection.add_track(track, std::move(streams));
  if (added) return {};
  added_.pop_back();
  return fail(added.error());
}

std::optional<Transceiver> PeerTracks::transceiver(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = transceivers_.find(id);
  return found == transceivers_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<TransceiverInfo> PeerTracks::infos(const PeerConnection& connection,
                                               const LocalTracks& tracks) {
  std::vector<TransceiverInfo> infos;
  for (const Transceiver& each : connection.transceivers()) {
    const auto track = each.track();
    std::string id = id_of(each);
    const std::uint64_t dropped = each.dropped() + ring_.dropped(id);
    infos.push_back({std::move(id), each, track ? tracks.id_of(*track) : std::nullopt, dropped});
  }
  return infos;
}

// The one of the call that was answered.
std::string PeerTracks::take_added() {
  const std::lock_guard lock(mutex_);
  if (added_.empty()) return {};
  std::string id = std::move(added_.front());
  added_.pop_front();
  return id;
}

// The transceiver gets an id when it is first told of. Empty: its last message was told.
std::string PeerTracks::id_of(const Transceiver& transceiver) {
  const std::lock_guard lock(mutex_);
  const auto known = ids_.find(transceiver.id());
  if (known != ids_.end()) return known->second;
  if (transceiver.direction() == RtpTransceiverDirection::Stopped) return {};
  std::string id = new_id();
  ids_.emplace(transceiver.id(), id);
  transceivers_.emplace(id, transceiver);
  return id;
}

template <class... Elements>
void PeerTracks::tell_of(Atom tag, const Transceiver& transceiver, const Elements&... elements) {
  const std::string id = id_of(transceiver);
  if (!id.empty()) peer_.tell(tag, id, elements...);
}

void PeerTracks::handle(event::TrackAdded&& added) {
  const std::string track = take_added();
  peer_.tell(Atom("rtp_sender"), track, id_of(added.transceiver));
}

void PeerTracks::handle(event::TransceiverAdded&& added) {
  peer_.tell(Atom("transceiver_added"), id_of(added.transceiver));
}

void PeerTracks::handle(event::SendParametersSet&& set) {
  tell_of(Atom("parameters_set"), set.transceiver);
}

void PeerTracks::handle(event::TrackReplaced&& replaced) {
  tell_of(Atom("track_replaced"), replaced.transceiver);
}

void PeerTracks::handle(event::Track&& track) {
  tell_of(Atom("track"), track.transceiver, TrackInfo{track});
}

void PeerTracks::handle(event::TrackStreamsChange&& change) {
  tell_of(Atom("track_streams_change"), change.transceiver, change.streams);
}

void PeerTracks::handle(event::TrackMuted&& muted) {
  tell_of(Atom("track_muted"), muted.transceiver);
}

void PeerTracks::handle(event::TrackUnmuted&& unmuted) {
  tell_of(Atom("track_unmuted"), unmuted.transceiver);
}

// It is its last message: calls do not find it from here on.
void PeerTracks::handle(event::TrackEnded&& ended) {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    const auto known = ids_.extract(ended.transceiver.id());
    if (known.empty()) return;  // nobody has heard of it
    id = known.mapped();
    transceivers_.erase(id);
  }
  ring_.erase(id);
  peer_.tell(Atom("track_ended"), id);
}

void PeerTracks::handle(event::Frame&& frame) {
  const Transceiver transceiver = frame.transceiver;
  take_in(transceiver, std::move(frame));
}

void PeerTracks::handle(event::RtpPackets&& packets) {
  const Transceiver transceiver = packets.transceiver;
  take_in(transceiver, std::move(packets));
}

void PeerTracks::take_in(const Transceiver& transceiver, Media&& media) {
  std::string id = id_of(transceiver);
  if (id.empty()) return;
  ring_.push(std::move(id), std::move(media));
}

void PeerTracks::flush() {
  // Set before anybody is asked whether media is wanted: who wants it from there on sees it.
  has_media_ = !ring_.empty();
  Telling telling = Telling::Told;
  while (telling == Telling::Told && !ring_.empty()) telling = tell_first();
  has_media_ = !ring_.empty();
  if (telling == Telling::Unheard) peer_.abandon();
}

PeerTracks::Telling PeerTracks::tell_first() {
  MediaRing::Entry& first = ring_.front();
  return std::visit(
      [&](auto& event) {
        const Transceiver transceiver = event.transceiver;
        const std::string rid = event.rid;
        const bool is_shown = can_be_shown(event);
        switch (peer_.outbox().tell_media(event.connection, first.bytes, [&](ErlNifEnv* env) {
          return make(env, first.id, event);
        })) {
          case Outbox::Media::NotWanted: return Telling::NotWanted;
          case Outbox::Media::Unheard: return Telling::Unheard;
          case Outbox::Media::Told: break;
        }
        if (ring_.pop() && !is_shown) (void)transceiver.request_key_frame(rid);
        return Telling::Told;
      },
      first.media);
}

Term PeerTracks::make(ErlNifEnv* env, const std::string& id, event::Frame& event) const {
  MediaFrame& frame = event.frame;
  Map map(env);
  map.put_value(Atom("rid"), event.rid);
  map.put_value(Atom("codec"), frame.codec);
  map.put_number(Atom("rtp_timestamp"), frame.rtp_timestamp);
  map.put_number(Atom("captured_at"),
                 frame.captured_at ? std::optional(frame.captured_at->count()) : std::nullopt);
  map.put_value(Atom("is_key_frame"), frame.is_key_frame);
  map.put_value(Atom("follows_loss"), frame.follows_loss || ring_.has_lost(id));
  map.put_number(Atom("width"), frame.width);
  map.put_number(Atom("height"), frame.height);
  map.put_number(Atom("temporal_id"), frame.temporal_id);
  map.put_number(Atom("audio_level"), frame.audio_level);
  map.put_number(Atom("rotation"), frame.rotation);
  map.put_number(Atom("dropped"), event.dropped + ring_.dropped(id));
  map.put(Atom("data"), make_binary(env, types_, std::move(frame.bytes)));
  return enif_make_tuple4(env, Atom("frame").term(env), encode(env, peer_.id()), encode(env, id),
                          map.term());
}

Term PeerTracks::make(ErlNifEnv* env, const std::string& id, event::RtpPackets& event) const {
  Term packets = enif_make_list(env, 0);
  for (auto packet = event.packets.rbegin(); packet != event.packets.rend(); ++packet)
    packets = enif_make_list_cell(env, make_binary(env, types_, std::move(*packet)), packets);
  return enif_make_tuple5(env, Atom("rtp").term(env), encode(env, peer_.id()), encode(env, id),
                          encode(env, event.rid), packets);
}

void PeerTracks::handle(event::KeyFrameWanted&& wanted) {
  tell_of(Atom("key_frame_wanted"), wanted.transceiver, wanted.rid);
}

void PeerTracks::handle(event::EncodingWanted&& wanted) {
  tell_of(Atom("encoding_wanted"), wanted.transceiver, wanted.rid, wanted.is_wanted);
}

void PeerTracks::handle(event::BitrateFeedback&& feedback) {
  peer_.tell(Atom("bitrate_feedback"), Feedback{feedback});
}

void PeerTracks::end() {
  ring_.clear();
  has_media_ = false;
  const std::lock_guard lock(mutex_);
  transceivers_.clear();
  ids_.clear();
  added_.clear();
}

}  // namespace specter::nif
