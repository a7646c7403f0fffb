#include "specter/peer_connection.h"

#include <utility>

#include "api/connection.h"

namespace specter {

namespace {

constexpr std::size_t kMaxText = 65535;       // of a label or protocol: RFC 8832 §5.1
constexpr std::int64_t kMaxLifeTime = 65535;  // ms; W3C §6.1: an unsigned short
constexpr std::uint16_t kNoStream = 65535;    // RFC 8832 §6: never a channel's

Result<> closed() { return fail(ErrorCode::Closed, "the connection is closed"); }
Result<> invalid(const char* why) { return fail(ErrorCode::InvalidArgument, why); }

// W3C §6.1, createDataChannel.
Result<> judge(std::string_view label, const DataChannelOptions& options) {
  // These two and the last in the words of elixir-contract.md.
  if (label.size() > kMaxText) return invalid("data channel label exceeds size limit");
  if (options.protocol.size() > kMaxText) return invalid("protocol is larger then 65535 bytes");
  if (options.max_packet_life_time && options.max_retransmits)
    return invalid("max_packet_life_time and max_retransmits exclude each other");
  if (options.max_packet_life_time && (options.max_packet_life_time->count() < 0 ||
                                       options.max_packet_life_time->count() > kMaxLifeTime))
    return invalid("max_packet_life_time must be 0 to 65535 ms");
  if (options.negotiated && !options.id) return invalid("a negotiated channel needs an id");
  if (options.id == kNoStream) return invalid("maximum number ID for datachannel specified");
  return {};
}

}  // namespace

PeerConnection::PeerConnection(std::shared_ptr<api::ConnectionHandle> handle)
    : handle_(std::move(handle)) {}

Result<DataChannel> PeerConnection::create_data_channel(std::string_view label,
                                                        DataChannelOptions options) const {
  if (!handle_) return std::unexpected(closed().error());
  if (auto judged = judge(label, options); !judged) return std::unexpected(judged.error());
  // W3C §6.1: an id that was not negotiated is not looked at.
  if (!options.negotiated) options.id.reset();
  auto channel =
      std::make_shared<api::ChannelHandle>(handle_, std::string(label), std::move(options));
  auto called = handle_->call([channel](api::Connection* c) { c->create_channel(channel); });
  if (!called) return std::unexpected(std::move(called).error());
  return DataChannel(std::move(channel));
}

Result<> PeerConnection::create_offer(OfferOptions options) const {
  if (!handle_) return closed();
  return handle_->call([options](api::Connection* c) { c->create_offer(options); });
}

Result<> PeerConnection::create_answer() const {
  if (!handle_) return closed();
  return handle_->call([](api::Connection* c) { c->create_answer(); });
}

Result<> PeerConnection::set_local_description(SessionDescription description) const {
  if (!handle_) return closed();
  return handle_->call([description = std::move(description)](api::Connection* c) {
    c->set_local_description(description);
  });
}

Result<> PeerConnection::set_remote_description(SessionDescription description) const {
  if (!handle_) return closed();
  return handle_->call([description = std::move(description)](api::Connection* c) {
    c->set_remote_description(description);
  });
}

Result<> PeerConnection::add_ice_candidate(IceCandidate candidate) const {
  if (!handle_) return closed();
  return handle_->call(
      [candidate = std::move(candidate)](api::Connection* c) { c->add_ice_candidate(candidate); });
}

// A closed connection says so before it looks at the text.
Result<> PeerConnection::set_local_description(std::string_view json) const {
  if (!handle_ || handle_->is_closed()) return closed();
  auto description = SessionDescription::from_json(json);
  if (!description) return std::unexpected(std::move(description).error());
  return set_local_description(std::move(*description));
}

Result<> PeerConnection::set_remote_description(std::string_view json) const {
  if (!handle_ || handle_->is_closed()) return closed();
  auto description = SessionDescription::from_json(json);
  if (!description) return std::unexpected(std::move(description).error());
  return set_remote_description(std::move(*description));
}

Result<> PeerConnection::add_ice_candidate(std::string_view json) const {
  if (!handle_ || handle_->is_closed()) return closed();
  auto candidate = IceCandidate::from_json(json);
  if (!candidate) return std::unexpected(std::move(candidate).error());
  return add_ice_candidate(std::move(*candidate));
}

Result<> PeerConnection::get_stats() const {
  if (!handle_) return closed();
  return handle_->call([](api::Connection* c) { c->get_stats(); });
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
