// The public sans-IO peer connection: each call goes to what is behind it.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "crypto/secret.h"
#include "peer/peer_connection_impl.h"

#include "specter/core.h"

namespace specter::core {

std::shared_ptr<const Certificate> generate_certificate(Random& random, std::int64_t unix_seconds,
                                                        CertificateType type) {
  const auto key =
      type == CertificateType::Rsa2048 ? crypto::KeyType::Rsa : crypto::KeyType::EcdsaP256;
  return crypto::Certificate::generate(key, random, unix_seconds);
}

std::shared_ptr<PacketCipher> make_packet_cipher(CipherEngine engine) {
  return std::make_shared<PacketCipher>(
      PacketCipher::all(engine == CipherEngine::OpenSsl ? crypto::CipherLibrary::OpenSsl
                                                        : crypto::CipherLibrary::MultiBuffer));
}

namespace {

ConnectionOptions checked(ConnectionOptions options) {
  if (!options.certificate) {
    throw std::invalid_argument(
        "core::PeerConnection needs a certificate: see core::generate_certificate()");
  }
  if (const auto verdict = check_options(options); !verdict)
    throw std::invalid_argument(verdict.error().message);
  for (IceServer& server : options.ice_servers) {
    std::string& text = server.credential;
    crypto::cleanse({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  }
  options.ice_servers.clear();  // the driver's; credentials have no business here
  // RFC 8841 §6.1: what is announced is taken, and nothing larger than the buffer ever is. 0 is no
  // limit, for messages in parts.
  options.data.max_message_bytes =
      std::min(options.data.max_message_bytes, options.data.receive_buffer_bytes);
  return options;
}

}  // namespace

PeerConnection::PeerConnection(ConnectionOptions options, Random& random,
                               std::shared_ptr<PacketCipher> cipher)
    : impl_(std::make_unique<Impl>(checked(std::move(options)), random, std::move(cipher))) {}
PeerConnection::~PeerConnection() = default;

Result<SessionDescription> PeerConnection::create_offer(const OfferOptions& options) {
  return impl_->create_offer(options);
}
Result<SessionDescription> PeerConnection::create_answer() { return impl_->create_answer(); }
Result<> PeerConnection::set_local_description(Timestamp now, const SessionDescription& d) {
  return impl_->at(now).set_description(now, jsep::Side::Local, &d);
}
Result<> PeerConnection::set_local_description(Timestamp now) {
  return impl_->at(now).set_description(now, jsep::Side::Local, nullptr);
}
Result<> PeerConnection::set_remote_description(Timestamp now, const SessionDescription& d) {
  return impl_->at(now).set_description(now, jsep::Side::Remote, &d);
}
Result<> PeerConnection::add_ice_candidate(Timestamp now, const IceCandidate& candidate) {
  return impl_->at(now).add_ice_candidate(now, candidate);
}

void PeerConnection::restart_ice() { impl_->restart_ice(); }

Result<ChannelId> PeerConnection::create_data_channel(Timestamp now, std::string_view label,
                                                      const DataChannelOptions& options) {
  return impl_->at(now).create_data_channel(now, label, options);
}
Result<> PeerConnection::send(Timestamp now, ChannelId channel, MessageKind kind, Bytes message,
                              MessagePart part) {
  return impl_->data().channels().send(now, channel, kind, message, part);
}
void PeerConnection::receive_in_parts(ChannelId channel) {
  impl_->data().channels().receive_in_parts(channel);
}
Result<> PeerConnection::send(Timestamp now, ChannelId channel, MessageKind kind, Buffer&& message,
                              MessagePart part) {
  return impl_->data().channels().send(now, channel, kind, std::move(message), part);
}
void PeerConnection::close_data_channel(Timestamp now, ChannelId channel) {
  impl_->at(now).data().channels().close(now, channel);
}
void PeerConnection::set_buffered_amount_low_threshold(ChannelId channel, std::size_t bytes) {
  impl_->data().channels().set_buffered_amount_low_threshold(channel, bytes);
}

Result<TransceiverId> PeerConnection::add_track(Timestamp now, LocalTrack track,
                                                std::vector<std::string> streams) {
  return impl_->tracks().add_track(now, std::move(track), std::move(streams));
}
Result<TransceiverId> PeerConnection::add_transceiver(MediaKind kind, RtpTransceiverInit init) {
  return impl_->tracks().add_transceiver(kind, std::move(init));
}
Result<TransceiverId> PeerConnection::add_transceiver(LocalTrack track, RtpTransceiverInit init) {
  return impl_->tracks().add_transceiver(std::move(track), std::move(init));
}
Result<> PeerConnection::remove_track(Timestamp now, TransceiverId transceiver) {
  return impl_->tracks().remove_track(now, transceiver);
}
Result<> PeerConnection::replace_track(Timestamp now, TransceiverId transceiver,
                                       std::optional<LocalTrack> track) {
  return impl_->tracks().replace_track(now, transceiver, std::move(track));
}
Result<> PeerConnection::set_direction(TransceiverId transceiver,
                                       RtpTransceiverDirection direction) {
  return impl_->tracks().set_direction(transceiver, direction);
}
Result<> PeerConnection::set_streams(TransceiverId transceiver, std::vector<std::string> streams) {
  return impl_->tracks().set_streams(transceiver, std::move(streams));
}
Result<> PeerConnection::set_codec_preferences(TransceiverId transceiver,
                                               std::vector<RtpCodec> codecs) {
  return impl_->tracks().set_codec_preferences(transceiver, std::move(codecs));
}
Result<> PeerConnection::stop_transceiver(Timestamp now, TransceiverId transceiver) {
  return impl_->tracks().stop(now, transceiver);
}
Result<RtpSendParameters> PeerConnection::send_parameters(TransceiverId transceiver) {
  return impl_->negotiation().transceivers().send_parameters(transceiver);
}
Result<> PeerConnection::set_send_parameters(Timestamp now, TransceiverId transceiver,
                                             const RtpSendParameters& parameters) {
  return impl_->tracks().set_send_parameters(now, transceiver, parameters);
}
Result<RtpReceiveParameters> PeerConnection::receive_parameters(TransceiverId transceiver) const {
  return impl_->negotiation().transceivers().receive_parameters(transceiver);
}
std::vector<RtpTransceiver> PeerConnection::transceivers() const {
  return impl_->negotiation().transceivers().all();
}
std::vector<TransceiverSnapshot> PeerConnection::transceiver_snapshots() const {
  return impl_->negotiation().transceivers().snapshots();
}
std::optional<TransceiverSnapshot> PeerConnection::transceiver_snapshot(
    TransceiverId transceiver) const {
  return impl_->negotiation().transceivers().snapshot(transceiver);
}
Result<> PeerConnection::write_sample(Timestamp now, TransceiverId transceiver,
                                      const MediaSample& sample) {
  return impl_->tracks().write_sample(now, transceiver, sample);
}
Result<> PeerConnection::write_rtp(Timestamp now, TransceiverId transceiver, Bytes packet,
                                   std::string_view rid,
                                   std::span<const RtpHeaderExtensionParameters> extensions) {
  return impl_->tracks().write_rtp(now, transceiver, packet, rid, extensions);
}
Result<> PeerConnection::set_delivery(TransceiverId transceiver, MediaDelivery delivery) {
  return impl_->tracks().set_delivery(transceiver, delivery);
}
Result<> PeerConnection::request_key_frame(Timestamp now, TransceiverId transceiver,
                                           std::string_view rid) {
  return impl_->tracks().request_key_frame(now, transceiver, rid);
}
void PeerConnection::set_bitrate_estimate(Timestamp now, std::uint64_t bits_per_second) {
  impl_->tracks().set_bitrate_estimate(now, bits_per_second);
}

void PeerConnection::close(Timestamp now) { impl_->at(now).close(now); }

void PeerConnection::add_local_endpoint(Timestamp now, Endpoint base, std::size_t interface_mtu) {
  impl_->data().note_interface(base.address, interface_mtu);
  impl_->at(now).transport().ice().add_local_endpoint(now, base);
  impl_->pump(now);
}
void PeerConnection::add_relayed_endpoint(Timestamp now, Endpoint relayed, Endpoint base,
                                          std::string_view url) {
  impl_->reporter().note_relay(now, url);
  impl_->at(now).transport().ice().add_relayed_endpoint(now, relayed, base, url);
  impl_->pump(now);
}
void PeerConnection::handle_too_large(Timestamp now, const Endpoint& local, const Endpoint& remote,
                                      std::size_t most) {
  impl_->at(now).transport().handle_too_large(now, local, remote, most);
}
void PeerConnection::remove_local_endpoint(Timestamp now, Endpoint base) {
  impl_->reporter().note_lost(base);
  impl_->at(now).transport().ice().remove_local_endpoint(now, base);
  impl_->pump(now);
}
void PeerConnection::retire_local_endpoint(Timestamp now, Endpoint base) {
  impl_->at(now).transport().ice().retire_local_endpoint(now, base);
  impl_->pump(now);
}
bool PeerConnection::has_local_endpoint(const Endpoint& base) const {
  return impl_->transport().ice().has_local_endpoint(base);
}
void PeerConnection::add_stun_server(Timestamp now, Endpoint server, std::string_view url) {
  impl_->at(now).transport().ice().add_stun_server(now, server, url);
  impl_->pump(now);
}
void PeerConnection::note_server(Timestamp now, const IceServerNote& server) {
  impl_->reporter().note_server(now, server);
}
void PeerConnection::handle_server_failure(Timestamp now, const IceServerFailure& failure) {
  impl_->reporter().handle_failure(now, failure);
}
void PeerConnection::handle_peer_refused(const Endpoint& relayed, std::uint16_t code) {
  impl_->reporter().handle_peer_refused(relayed, code);
}
std::vector<IpAddress> PeerConnection::remote_addresses() const {
  return impl_->transport().ice().remote_addresses();
}
std::uint32_t PeerConnection::remote_addresses_revision() const {
  return impl_->transport().ice().remote_candidates_taken();
}
void PeerConnection::end_of_local_endpoints(Timestamp now) {
  impl_->at(now).transport().ice().end_of_local_endpoints(now);
  impl_->pump(now);
}

void PeerConnection::handle_network_failure(Timestamp now, std::string reason) {
  impl_->at(now).handle_network_failure(now, std::move(reason));
}

void PeerConnection::handle_datagrams(Timestamp now, std::span<const Datagram> datagrams) {
  impl_->at(now).transport().handle_datagrams(now, datagrams);
}
void PeerConnection::handle_timeout(Timestamp now) { impl_->at(now).handle_timeout(now); }
std::optional<Transmit> PeerConnection::poll_transmit(Timestamp now) {
  return impl_->at(now).transport().poll_transmit(now);
}
std::optional<Transmit> PeerConnection::poll_transmit(Timestamp now, Buffer& memory) {
  return impl_->at(now).transport().poll_transmit(now, memory);
}
std::optional<Event> PeerConnection::poll_event() { return impl_->poll_event(); }
void PeerConnection::set_receiving(bool receiving) {
  impl_->data().channels().set_receiving(receiving);
}
WakeUp PeerConnection::next_timeout() const { return impl_->next_timeout(); }

SignalingState PeerConnection::signaling_state() const { return impl_->negotiation().state(); }
IceGatheringState PeerConnection::ice_gathering_state() const {
  return impl_->candidates().gathering_state();
}
IceConnectionState PeerConnection::ice_connection_state() const { return impl_->states().ice(); }
ConnectionState PeerConnection::connection_state() const { return impl_->states().connection(); }

std::uint64_t PeerConnection::descriptions_revision() const {
  return impl_->descriptions_revision();
}
std::optional<SessionDescription> PeerConnection::local_description() const {
  const Negotiation& n = impl_->negotiation();
  return impl_->with_candidates(n.pending_local() ? n.pending_local() : n.current_local());
}
std::optional<SessionDescription> PeerConnection::current_local_description() const {
  return impl_->with_candidates(impl_->negotiation().current_local());
}
std::optional<SessionDescription> PeerConnection::pending_local_description() const {
  return impl_->with_candidates(impl_->negotiation().pending_local());
}
std::optional<SessionDescription> PeerConnection::remote_description() const {
  const Negotiation& n = impl_->negotiation();
  return n.pending_remote() ? n.shown_pending_remote() : n.shown_current_remote();
}
std::optional<SessionDescription> PeerConnection::current_remote_description() const {
  return impl_->negotiation().shown_current_remote();
}
std::optional<SessionDescription> PeerConnection::pending_remote_description() const {
  return impl_->negotiation().shown_pending_remote();
}

std::optional<DataChannelState> PeerConnection::data_channel_state(ChannelId channel) const {
  return impl_->data().channels().state(channel);
}
std::optional<std::uint16_t> PeerConnection::data_channel_stream(ChannelId channel) const {
  const auto info = impl_->data().channels().info(channel);
  return info ? info->options.id : std::nullopt;
}
std::size_t PeerConnection::buffered_amount(ChannelId channel) const {
  return impl_->data().channels().buffered_amount(channel);
}
std::size_t PeerConnection::max_message_size() const {
  return impl_->data().max_send_message_bytes();
}

std::vector<std::string> PeerConnection::take_key_log() {
  return impl_->transport().take_key_log();
}
void PeerConnection::set_log(const LogLevels& levels, LogAddresses addresses) {
  impl_->log().set(levels, addresses);
}
std::vector<LogRecord> PeerConnection::take_log() { return impl_->log().take(); }

Stats PeerConnection::stats() const {
  Stats stats;
  impl_->add_stats(stats);
  impl_->reporter().add_relay_protocols(stats);
  return stats;
}

ConnectionReport PeerConnection::report(Timestamp now) const {
  return impl_->reporter().report(now);
}

}  // namespace specter::core
