#include "cli/peer/track_events.h"

#include "cli/peer/track_json.h"
#include "io/clock.h"

namespace specter::cli {

Json TrackEvents::track_event(std::string_view name, const Transceiver& transceiver) {
  return {{"event", name}, {"transceiver", parts_.transceivers.number_of(transceiver)}};
}

// ---- answers

void TrackEvents::on(const event::TrackAdded& e) {
  Json json = track_event("track_added", e.transceiver);
  const auto track = e.transceiver.track();
  json["track"] = track ? Json(track->id()) : Json(nullptr);
  parts_.answers.answer("add_track", std::move(json));
}
void TrackEvents::on(const event::TransceiverAdded& e) {
  parts_.answers.answer("add_transceiver", track_event("transceiver_added", e.transceiver));
}
// echo_media replaces the track without a command of that name: nobody waits for an answer then.
void TrackEvents::on(const event::TrackReplaced& e) {
  parts_.answers.answer("replace_track", track_event("track_replaced", e.transceiver));
}
void TrackEvents::on(const event::SendParametersSet& e) {
  parts_.answers.answer("set_send_parameters", track_event("send_parameters_set", e.transceiver));
}

// ---- unasked

void TrackEvents::on(const event::Track& e) {
  Json json = track_event("track", e.transceiver);
  json["kind"] = name_of(e.kind);
  json["mid"] = e.mid;
  json["streams"] = e.streams;
  parts_.answers.print(json);
}
void TrackEvents::on(const event::TrackStreamsChange& e) {
  Json json = track_event("track_streams", e.transceiver);
  json["streams"] = e.streams;
  parts_.answers.print(json);
}
void TrackEvents::on(const event::TrackMuted& e) {
  parts_.answers.print(track_event("track_muted", e.transceiver));
}
void TrackEvents::on(const event::TrackUnmuted& e) {
  parts_.answers.print(track_event("track_unmuted", e.transceiver));
}
void TrackEvents::on(const event::TrackEnded& e) {
  parts_.answers.print(track_event("track_ended", e.transceiver));
}
void TrackEvents::on(const event::Frame& e) {
  parts_.receiving.handle(parts_.transceivers.number_of(e.transceiver), e);
}
void TrackEvents::on(const event::RtpPackets& e) {
  parts_.receiving.handle(parts_.transceivers.number_of(e.transceiver), e);
}
void TrackEvents::on(const event::KeyFrameWanted& e) {
  const TransceiverNumber number = parts_.transceivers.number_of(e.transceiver);
  if (const auto track = e.transceiver.track()) parts_.sending.jump_to_key_frame(*track, e.rid);
  parts_.receiving.handle_key_frame_wanted(number, e.transceiver);
  Json json = track_event("key_frame_wanted", e.transceiver);
  json["rid"] = e.rid;
  parts_.answers.print(json);
}
void TrackEvents::on(const event::EncodingWanted& e) {
  Json json = track_event("encoding_wanted", e.transceiver);
  json["rid"] = e.rid;
  json["is_wanted"] = e.is_wanted;
  parts_.answers.print(json);
}
void TrackEvents::on(const event::BitrateFeedback& e) {
  if (e.estimate) feedback_.estimate = e.estimate;
  feedback_.packets += e.packets;
  feedback_.received += e.received;
  feedback_.received_bytes += e.received_bytes;
  feedback_.received_within += e.received_within;
  const Timestamp now = io::now();
  if (feedback_told_ && now - *feedback_told_ < kFeedbackInterval) return;
  feedback_told_ = now;
  const auto& f = feedback_;
  parts_.answers.print(
      {{"event", "bitrate_feedback"},
       {"estimate", f.estimate ? Json(*f.estimate) : Json(nullptr)},
       {"packets", f.packets},
       {"received", f.received},
       {"received_bytes", f.received_bytes},
       {"received_within", std::chrono::duration<double>(f.received_within).count()}});
  feedback_ = {};
}

}  // namespace specter::cli
