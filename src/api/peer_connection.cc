#include "specter/peer_connection.h"

#include <utility>

#include "api/connection.h"
#include "api/media_handles.h"
#include "channel/data_channels.h"
#include "io/ice_url.h"

namespace specter {

namespace {

Result<> closed() { return fail(ErrorCode::Closed, "the connection is closed"); }

}  // namespace

PeerConnection::PeerConnection(std::shared_ptr<api::ConnectionHandle> handle)
    : handle_(std::move(handle)) {}

Result<DataChannel> PeerConnection::create_data_channel(std::string_view label,
                                                        DataChannelOptions options) const {
  if (!handle_) return fail(closed().error());
  if (auto judged = channel::DataChannels::check_options(label, options); !judged)
    return fail(std::move(judged).error());
  // W3C §6.1: the id is ignored unless negotiated.
  if (!options.negotiated) options.id.reset();
  auto channel =
      std::make_shared<api::ChannelHandle>(handle_, std::string(label), std::move(options));
  auto called = handle_->call([channel](api::Connection* c) { c->data().create(channel); });
  if (!called) return fail(std::move(called).error());
  return DataChannel(std::move(channel));
}

Result<> PeerConnection::create_offer(OfferOptions options) const {
  if (!handle_) return closed();
  return handle_->call_operation([options](api::Connection* c) { c->create_offer(options); });
}

Result<> PeerConnection::create_answer() const {
  if (!handle_) return closed();
  return handle_->call_operation([](api::Connection* c) { c->create_answer(); });
}

Result<> PeerConnection::set_local_description(SessionDescription description) const {
  if (!handle_) return closed();
  return handle_->call_operation([description = std::move(description)](api::Connection* c) {
    c->set_local_description(description);
  });
}

Result<> PeerConnection::set_local_description() const {
  if (!handle_) return closed();
  return handle_->call_operation(
      [](api::Connection* c) { c->set_local_description(std::nullopt); });
}

Result<> PeerConnection::set_remote_description(SessionDescription description) const {
  if (!handle_) return closed();
  return handle_->call_operation([description = std::move(description)](api::Connection* c) {
    c->set_remote_description(description);
  });
}

Result<> PeerConnection::add_ice_candidate(IceCandidate candidate) const {
  if (!handle_) return closed();
  return handle_->call_operation(
      [candidate = std::move(candidate)](api::Connection* c) { c->add_ice_candidate(candidate); });
}

// Closed takes precedence over InvalidJson.
Result<> PeerConnection::set_local_description(std::string_view json) const {
  if (!handle_ || handle_->is_closed()) return closed();
  auto description = SessionDescription::from_json(json);
  if (!description) return fail(std::move(description).error());
  return set_local_description(std::move(*description));
}

Result<> PeerConnection::set_remote_description(std::string_view json) const {
  if (!handle_ || handle_->is_closed()) return closed();
  auto description = SessionDescription::from_json(json);
  if (!description) return fail(std::move(description).error());
  return set_remote_description(std::move(*description));
}

Result<> PeerConnection::add_ice_candidate(std::string_view json) const {
  if (!handle_ || handle_->is_closed()) return closed();
  auto candidate = IceCandidate::from_json(json);
  if (!candidate) return fail(std::move(candidate).error());
  return add_ice_candidate(std::move(*candidate));
}

Result<> PeerConnection::restart_ice() const {
  if (!handle_) return closed();
  return handle_->call([](api::Connection* c) { c->restart_ice(); });
}

Result<> PeerConnection::set_ice_servers(std::vector<IceServer> servers) const {
  if (!handle_ || handle_->is_closed()) return closed();
  auto parsed = io::parse_ice_servers(servers);
  if (!parsed) return fail(std::move(parsed).error());
  return handle_->call(
      [parsed = std::move(*parsed)](api::Connection* c) { c->driver().set_servers(parsed); });
}

namespace {

Result<> check_tracks_names(const TrackLocal& track, const std::vector<std::string>& streams) {
  if (!track) return fail(ErrorCode::InvalidArgument, "the handle names no track");
  auto checked = api::check_msid(track.state()->track().id);
  for (const std::string& stream : streams) {
    if (checked) checked = api::check_msid(stream);
  }
  return checked;
}

}  // namespace

Result<Transceiver> PeerConnection::add_track(TrackLocal track,
                                              std::vector<std::string> streams) const {
  if (!handle_) return fail(closed().error());
  if (track && streams.empty()) streams = track.streams();
  if (auto checked = check_tracks_names(track, streams); !checked)
    return fail(std::move(checked).error());
  auto transceiver = std::make_shared<api::TransceiverHandle>(handle_, track.kind());
  auto called = handle_->call([transceiver, state = track.state(),
                               streams = std::move(streams)](api::Connection* c) mutable {
    c->media().add_track(transceiver, state, std::move(streams));
  });
  if (!called) return fail(std::move(called).error());
  return Transceiver(std::move(transceiver));
}

Result<Transceiver> PeerConnection::add_transceiver(MediaKind kind, RtpTransceiverInit init) const {
  return add_transceiver(kind, TrackLocal(), std::move(init));
}

Result<Transceiver> PeerConnection::add_transceiver(TrackLocal track,
                                                    RtpTransceiverInit init) const {
  if (!handle_) return fail(closed().error());
  if (init.streams.empty() && track) init.streams = track.streams();
  if (auto checked = check_tracks_names(track, init.streams); !checked)
    return fail(std::move(checked).error());
  const MediaKind kind = track.kind();
  return add_transceiver(kind, track, std::move(init));
}

Result<Transceiver> PeerConnection::add_transceiver(MediaKind kind, const TrackLocal& track,
                                                    RtpTransceiverInit init) const {
  if (!handle_) return fail(closed().error());
  auto transceiver = std::make_shared<api::TransceiverHandle>(handle_, kind);
  transceiver->number = api::next_transceiver_number();
  auto called = handle_->call(
      [transceiver, state = track.state(), init = std::move(init)](api::Connection* c) mutable {
        c->media().add_transceiver(transceiver, state, std::move(init));
      });
  if (!called) return fail(std::move(called).error());
  return Transceiver(std::move(transceiver));
}

Result<> PeerConnection::remove_track(const Transceiver& transceiver) const {
  if (!handle_) return closed();
  const auto& sender = transceiver.handle();
  if (!sender || sender->connection != handle_)
    return fail(ErrorCode::InvalidAccess, "the transceiver is of no or of another connection");
  return sender->call(Operation::RemoveTrack,
                      [](core::PeerConnection& core, Timestamp now, TransceiverId id) {
                        return core.remove_track(now, id);
                      });
}

std::vector<Transceiver> PeerConnection::transceivers() const {
  std::vector<Transceiver> all;
  if (!handle_) return all;
  for (auto& transceiver : handle_->transceivers()) all.emplace_back(std::move(transceiver));
  return all;
}

Result<> PeerConnection::set_bitrate_estimate(std::uint64_t bits_per_second) const {
  if (!handle_) return closed();
  return handle_->call([bits_per_second](api::Connection* c) {
    c->core().set_bitrate_estimate(c->driver().now(), bits_per_second);
  });
}

Result<> PeerConnection::get_stats() const {
  if (!handle_) return closed();
  return handle_->call([](api::Connection* c) { c->get_stats(); });
}

Result<> PeerConnection::get_report() const {
  if (!handle_) return closed();
  return handle_->call([](api::Connection* c) { c->get_report(); });
}

Result<> PeerConnection::ask(std::uint64_t question) const {
  if (!handle_) return closed();
  return handle_->call([question](api::Connection* c) { c->ask(question); });
}

void PeerConnection::set_receiving(bool receiving) const {
  if (handle_) handle_->set_receiving(receiving);
}

void PeerConnection::close() const {
  if (handle_) handle_->close();
}

void PeerConnection::abort() const {
  if (handle_) handle_->abort();
}

SignalingState PeerConnection::signaling_state() const {
  return handle_ ? handle_->signaling_state.load() : SignalingState::Closed;
}

IceGatheringState PeerConnection::ice_gathering_state() const {
  return handle_ ? handle_->ice_gathering_state.load() : IceGatheringState::New;
}

IceConnectionState PeerConnection::ice_connection_state() const {
  return handle_ ? handle_->ice_connection_state.load() : IceConnectionState::Closed;
}

ConnectionState PeerConnection::connection_state() const {
  return handle_ ? handle_->connection_state.load() : ConnectionState::Closed;
}

namespace {

std::optional<SessionDescription> description(const std::shared_ptr<api::ConnectionHandle>& handle,
                                              api::Which which) {
  return handle ? handle->description(which) : std::nullopt;
}

}  // namespace

std::optional<SessionDescription> PeerConnection::local_description() const {
  return description(handle_, api::Which::Local);
}
std::optional<SessionDescription> PeerConnection::current_local_description() const {
  return description(handle_, api::Which::CurrentLocal);
}
std::optional<SessionDescription> PeerConnection::pending_local_description() const {
  return description(handle_, api::Which::PendingLocal);
}
std::optional<SessionDescription> PeerConnection::remote_description() const {
  return description(handle_, api::Which::Remote);
}
std::optional<SessionDescription> PeerConnection::current_remote_description() const {
  return description(handle_, api::Which::CurrentRemote);
}
std::optional<SessionDescription> PeerConnection::pending_remote_description() const {
  return description(handle_, api::Which::PendingRemote);
}

std::uint64_t PeerConnection::id() const { return handle_ ? handle_->id : 0; }

}  // namespace specter
