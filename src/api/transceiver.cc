#include "specter/transceiver.h"

#include <utility>

#include "api/connection.h"
#include "api/media_handles.h"

#include "specter/core.h"

namespace specter {

namespace {

using Handle = std::shared_ptr<api::TransceiverHandle>;

Result<> no_transceiver() { return fail(ErrorCode::Closed, "the handle names no transceiver"); }

// What `get` takes of the snapshot; `none` for a handle without a transceiver.
template <class Get, class Value>
Value read(const Handle& handle, Get get, Value none) {
  return handle ? handle->target()->read(get) : none;
}

}  // namespace

Transceiver::Transceiver(Handle handle) : handle_(std::move(handle)) {}

MediaKind Transceiver::kind() const { return handle_ ? handle_->kind : MediaKind::Audio; }

std::optional<std::string> Transceiver::mid() const {
  return read(
      handle_, [](const auto& s) { return s.transceiver.mid; }, std::optional<std::string>());
}

RtpTransceiverDirection Transceiver::direction() const {
  return read(
      handle_, [](const auto& s) { return s.transceiver.direction; },
      RtpTransceiverDirection::Stopped);
}

std::optional<RtpTransceiverDirection> Transceiver::current_direction() const {
  return read(
      handle_, [](const auto& s) { return s.transceiver.current_direction; },
      std::optional(RtpTransceiverDirection::Stopped));
}

Result<> Transceiver::set_direction(RtpTransceiverDirection direction) const {
  if (!handle_) return no_transceiver();
  if (direction == RtpTransceiverDirection::Stopped)
    return fail(ErrorCode::InvalidArgument, "a transceiver is stopped by stop()");
  return handle_->call(Operation::SetDirection,
                       [direction](core::PeerConnection& core, Timestamp, TransceiverId id) {
                         return core.set_direction(id, direction);
                       });
}

Result<> Transceiver::set_codec_preferences(std::vector<RtpCodec> codecs) const {
  if (!handle_) return no_transceiver();
  return handle_->call(
      Operation::SetCodecPreferences,
      [codecs = std::move(codecs)](core::PeerConnection& core, Timestamp, TransceiverId id) {
        return core.set_codec_preferences(id, codecs);
      });
}

Result<> Transceiver::stop() const {
  if (!handle_) return no_transceiver();
  return handle_->call(Operation::StopTransceiver,
                       [](core::PeerConnection& core, Timestamp now, TransceiverId id) {
                         return core.stop_transceiver(now, id);
                       });
}

std::optional<TrackLocal> Transceiver::track() const {
  return read(handle_, [](const auto& s) { return s.track; }, std::optional<TrackLocal>());
}

std::vector<std::string> Transceiver::streams() const {
  return read(
      handle_, [](const auto& s) { return s.transceiver.streams; }, std::vector<std::string>());
}

Result<> Transceiver::replace_track(std::optional<TrackLocal> track) const {
  if (!handle_) return no_transceiver();
  auto state = track ? track->state() : nullptr;
  if (state && state->track().kind != handle_->kind)
    return fail(ErrorCode::InvalidArgument, "the track is of another kind than the transceiver");
  if (state) {
    if (auto checked = api::check_msid(state->track().id); !checked) return checked;
  }
  return handle_->connection->call(
      [handle = handle_, state = std::move(state)](api::Connection* c) {
        c->media().replace_track(*handle, state);
      });
}

Result<> Transceiver::set_streams(std::vector<std::string> streams) const {
  if (!handle_) return no_transceiver();
  for (const std::string& stream : streams) {
    if (auto checked = api::check_msid(stream); !checked) return checked;
  }
  return handle_->call(
      Operation::SetStreams,
      [streams = std::move(streams)](core::PeerConnection& core, Timestamp, TransceiverId id) {
        return core.set_streams(id, streams);
      });
}

RtpSendParameters Transceiver::send_parameters() const {
  return read(handle_, [](const auto& s) { return s.send; }, RtpSendParameters());
}

Result<> Transceiver::set_send_parameters(RtpSendParameters parameters) const {
  if (!handle_) return no_transceiver();
  return handle_->call(Operation::SetSendParameters,
                       [parameters = std::move(parameters)](core::PeerConnection& core,
                                                            Timestamp now, TransceiverId id) {
                         return core.set_send_parameters(now, id, parameters);
                       });
}

std::vector<std::string> Transceiver::remote_streams() const {
  return read(
      handle_, [](const auto& s) { return s.transceiver.remote_streams; },
      std::vector<std::string>());
}

RtpReceiveParameters Transceiver::receive_parameters() const {
  return read(handle_, [](const auto& s) { return s.receive; }, RtpReceiveParameters());
}

Result<> Transceiver::set_delivery(MediaDelivery delivery) const {
  if (!handle_) return no_transceiver();
  return handle_->call(Operation::SetDelivery,
                       [delivery](core::PeerConnection& core, Timestamp, TransceiverId id) {
                         return core.set_delivery(id, delivery);
                       });
}

Result<> Transceiver::request_key_frame(std::string_view rid) const {
  if (!handle_) return no_transceiver();
  return handle_->call(
      Operation::RequestKeyFrame,
      [rid = std::string(rid)](core::PeerConnection& core, Timestamp now, TransceiverId id) {
        return core.request_key_frame(now, id, rid);
      });
}

std::uint64_t Transceiver::dropped() const {
  if (!handle_) return 0;
  const auto target = handle_->target();
  return target->dropped_frames + target->dropped_packets;
}

std::uint64_t Transceiver::id() const { return handle_ ? handle_->number.load() : 0; }

bool Transceiver::is_same_as(const Transceiver& other) const {
  if (!handle_ || !other.handle_) return handle_ == other.handle_;
  return handle_->target() == other.handle_->target();
}

}  // namespace specter
