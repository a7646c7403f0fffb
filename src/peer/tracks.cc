#include "peer/tracks.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "specter/core.h"

namespace specter::peer {

// ---- what the next description says

Result<TransceiverId> Tracks::add_track(Timestamp now, LocalTrack track,
                                        std::vector<std::string> streams) {
  auto added = all().add_track(std::move(track), std::move(streams));
  if (!added) return added;
  update_media(now, *added);  // it may be one that sends already
  needed_.note();
  return added;
}

Result<TransceiverId> Tracks::add_transceiver(MediaKind kind, RtpTransceiverInit init) {
  auto added = all().add_transceiver(kind, std::move(init));
  if (added) needed_.note();
  return added;
}

Result<TransceiverId> Tracks::add_transceiver(LocalTrack track, RtpTransceiverInit init) {
  auto added = all().add_transceiver(std::move(track), std::move(init));
  if (added) needed_.note();
  return added;
}

Result<> Tracks::remove_track(Timestamp now, TransceiverId transceiver) {
  auto done = all().remove_track(transceiver);
  if (!done) return done;
  update_media(now, transceiver);
  needed_.note();
  return done;
}

Result<> Tracks::replace_track(Timestamp now, TransceiverId transceiver,
                               std::optional<LocalTrack> track) {
  auto done = all().replace_track(transceiver, std::move(track));
  if (done) update_media(now, transceiver);
  return done;
}

Result<> Tracks::set_direction(TransceiverId transceiver, RtpTransceiverDirection direction) {
  auto done = all().set_direction(transceiver, direction);
  if (done) needed_.note();
  return done;
}

Result<> Tracks::set_streams(TransceiverId transceiver, std::vector<std::string> streams) {
  auto done = all().set_streams(transceiver, std::move(streams));
  if (done) needed_.note();
  return done;
}

Result<> Tracks::set_codec_preferences(TransceiverId transceiver, std::vector<RtpCodec> codecs) {
  return all().set_codec_preferences(transceiver, std::move(codecs));
}

// W3C §5.4.2: sending ends at once, with BYE, and so does the peer's track.
Result<> Tracks::stop(Timestamp now, TransceiverId transceiver) {
  const auto stopped = all().stop(transceiver);
  if (!stopped) return fail(stopped.error());
  media_.remove(now, transceiver);
  if (*stopped) tell(**stopped);
  needed_.note();
  return {};
}

Result<> Tracks::set_send_parameters(Timestamp now, TransceiverId transceiver,
                                     const RtpSendParameters& parameters) {
  auto done = all().set_send_parameters(transceiver, parameters);
  if (done) update_media(now, transceiver);
  return done;
}

// ---- media

Result<> Tracks::check(TransceiverId transceiver) const {
  if (negotiation_.state() == SignalingState::Closed)
    return fail(ErrorCode::InvalidState, "connection closed");
  if (!std::as_const(negotiation_).transceivers().has(transceiver))
    return fail(ErrorCode::InvalidAccess, "the transceiver is none of this connection");
  return {};
}

Result<> Tracks::check_track(TransceiverId transceiver) const {
  if (auto good = check(transceiver); !good) return good;
  if (!std::as_const(negotiation_).transceivers().has_track(transceiver))
    return fail(ErrorCode::InvalidState, "the sender has no track: see replace_track()");
  return {};
}

Result<> Tracks::write_sample(Timestamp now, TransceiverId transceiver, const MediaSample& sample) {
  if (auto good = check_track(transceiver); !good) return good;
  if (!std::as_const(negotiation_).transceivers().is_sending_agreed(transceiver)) return {};
  return media_.make_session().senders().write_sample(now, transceiver, sample);
}

Result<> Tracks::write_rtp(Timestamp now, TransceiverId transceiver, Bytes packet,
                           std::string_view rid,
                           std::span<const RtpHeaderExtensionParameters> header_extensions) {
  if (auto good = check_track(transceiver); !good) return good;
  if (!std::as_const(negotiation_).transceivers().is_sending_agreed(transceiver)) return {};
  return media_.make_session().senders().write_rtp(now, transceiver, packet, rid,
                                                   header_extensions);
}

Result<> Tracks::set_delivery(TransceiverId transceiver, MediaDelivery delivery) {
  if (auto good = check(transceiver); !good) return good;
  return media_.make_session().receivers().set_delivery(transceiver, delivery);
}

Result<> Tracks::request_key_frame(Timestamp now, TransceiverId transceiver, std::string_view rid) {
  if (auto good = check(transceiver); !good) return good;
  return media_.make_session().receivers().request_key_frame(now, transceiver, rid);
}

void Tracks::set_bitrate_estimate(Timestamp now, std::uint64_t bits_per_second) {
  if (negotiation_.state() == SignalingState::Closed) return;
  media_.make_session().set_bitrate_estimate(now, bits_per_second);
}

// ---- what descriptions bring about

void Tracks::apply(Timestamp now, const jsep::Change& change) {
  for (const TransceiverId transceiver : change.media) update_media(now, transceiver);
  // That a track is muted is media's to tell: it knows whether it was heard.
  if (!change.tracks.empty()) {
    while (tell_next()) {
    }
  }
  for (const jsep::TrackChange& track : change.tracks) tell(track);
  for (const TransceiverId transceiver : change.gone) media_.remove(now, transceiver);
}

void Tracks::update_media(Timestamp now, TransceiverId transceiver) {
  const jsep::Transceivers& known = negotiation_.transceivers();
  MediaParameters parameters{.sending = known.sending(transceiver),
                             .receiving = known.receiving(transceiver)};
  if (parameters.sending || parameters.receiving) media_.set(now, transceiver, parameters);
}

void Tracks::tell(const jsep::TrackChange& change) {
  switch (change.kind) {
    case jsep::TrackChangeKind::Muted: break;
    case jsep::TrackChangeKind::StreamsLeft:
    case jsep::TrackChangeKind::StreamsEntered:
      events_.emplace_back(core::TrackStreamsChange{change.transceiver, change.streams});
      break;
    case jsep::TrackChangeKind::Added:
      events_.emplace_back(
          core::Track{change.transceiver, change.media_kind, change.mid, change.streams});
      break;
    case jsep::TrackChangeKind::Ended:
      events_.emplace_back(core::TrackEnded{change.transceiver});
      break;
  }
}

bool Tracks::tell_next() {
  auto event = media_.poll_event();
  if (!event) return false;
  std::visit([&](auto& e) { events_.emplace_back(std::move(e)); }, *event);
  return true;
}

}  // namespace specter::peer
