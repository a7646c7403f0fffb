// The public sans-IO peer connection: what the application and the driver say goes to negotiation
// or transport, and what these answer becomes events. It decides nothing itself.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "crypto/secret.h"
#include "jsep/negotiation.h"
#include "peer/connection_state.h"
#include "peer/data_link.h"
#include "peer/events.h"
#include "peer/local_candidates.h"
#include "peer/log_words.h"
#include "peer/media_link.h"
#include "peer/negotiation_needed.h"
#include "peer/reporter.h"
#include "peer/tracks.h"
#include "peer/transport.h"
#include "peer/waiting_candidates.h"

#include "specter/core.h"

namespace specter::core {

using jsep::Change;
using jsep::Negotiation;
using peer::DataLink;
using peer::Transport;

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

class PeerConnection::Impl {
 public:
  Impl(ConnectionOptions&& options, Random& random, std::shared_ptr<PacketCipher>&& cipher)
      : options_(checked(std::move(options))),
        cipher_(cipher ? std::move(cipher) : make_packet_cipher()),
        transport_(options_, *cipher_, random, Log(log_, LogModule::Peer)),
        data_(options_, transport_, random, Log(log_, LogModule::Channel)),
        media_(options_, transport_, *cipher_, random, Log(log_, LogModule::Media)),
        negotiation_({.credentials = transport_.ice().local_credentials(),
                      .fingerprint = options_.certificate->fingerprint().to_string(),
                      .max_message_bytes = options_.data.max_message_bytes,
                      .sctp_init = options_.data.snap ? data_.channels().association().local_init()
                                                      : Buffer{},
                      .sped = options_.transport.sped,
                      .shows_candidates = options_.show_remote_candidates,
                      .media = options_.media},
                     random) {}

  // ---- negotiation

  Result<SessionDescription> create_offer(const OfferOptions& options) {
    return negotiation_.create_offer(options);
  }
  Result<SessionDescription> create_answer() { return with_cause(negotiation_.create_answer()); }

  // Null: the local one that the state asks for.
  Result<> set_description(Timestamp now, jsep::Side side, const SessionDescription* description) {
    const bool is_remote = side == jsep::Side::Remote;
    auto change = is_remote     ? negotiation_.set_remote(*description)
                  : description ? negotiation_.set_local(*description)
                                : negotiation_.set_local();
    if (is_remote) refused_ = change ? std::string() : change.error().message;
    if (const Log log(log_, LogModule::Jsep); log.wants(LogLevel::Info)) {
      const auto& made = negotiation_.pending_local() ? negotiation_.pending_local()
                                                      : negotiation_.current_local();
      if (!change)
        peer::log_refusal(log, side, change.error());
      else if (description || made)
        peer::log_description(log, side, description ? *description : *made);
    }
    if (!change) return fail(std::move(change).error());
    ++descriptions_changed_;
    apply(now, *change);
    return {};
  }

  void apply(Timestamp now, const Change& change) {
    if (change.rolled_back) waiting_.clear();
    if (change.candidates_dropped) candidates_.drop(events_);
    // W3C §4.4.1.5: an offer that meets ours is taken in the stable state, which is told too.
    const SignalingState state = negotiation_.state();
    if (change.rolled_back && state != SignalingState::Stable)
      events_.emplace_back(SignalingStateChange{SignalingState::Stable});
    if (change.state_changed) events_.emplace_back(SignalingStateChange{state});
    if (change.ice_role) transport_.ice().set_role(*change.ice_role);
    const bool is_other_generation = change.local_credentials || change.generation_dropped;
    if (is_other_generation)
      transport_.ice().set_local_credentials(now, negotiation_.local_credentials());
    if (change.local_credentials) {
      reporter_.begin_gathering();
      candidates_.gather_anew(events_);
    }
    if (change.gather) candidates_.gather(now, candidate_section(), events_);
    if (change.data_ended && !change.new_peer) data_.end(now, *change.data_ended);
    if (change.new_peer) {
      data_.leave_peer(now, change.data_ended.value_or(""));
      media_.leave_peer(now);
      transport_.leave_peer(now);
    }
    if (change.transport) {
      transport_.start(now, *change.transport, *change.dtls_role);
      data_.start(now, *change.transport);
      pump(now);
      waiting_.hand_over(now, transport_.ice());
    }
    pump(now);
    tracks_.apply(now, change);
    // W3C §4.4.1.5: the flag is cleared and asked anew in each stable state that a description led
    // to, and not in one that it passed through.
    if (negotiation_.state() != SignalingState::Stable) return;
    needed_.clear();
    update_negotiation_needed();
  }

  void update_negotiation_needed() {
    if (negotiation_.state() == SignalingState::Stable)
      needed_.update(negotiation_.is_needed(), events_);
  }

  void restart_ice() {
    if (negotiation_.state() == SignalingState::Closed) return;
    negotiation_.restart_ice();
    update_negotiation_needed();
  }

  Result<> add_ice_candidate(Timestamp now, const IceCandidate& text) {
    if (!text.candidate.empty() && !text.sdp_mid && !text.sdp_mline_index) {
      return fail(ErrorCode::InvalidArgument,
                  "a candidate needs an sdpMid or an sdpMLineIndex: W3C §4.4.2");
    }
    if (negotiation_.state() == SignalingState::Closed) {
      return fail(ErrorCode::InvalidState, "connection closed");
    }
    if (!negotiation_.current_remote() && !negotiation_.pending_remote()) {
      return with_cause<void>(fail(ErrorCode::InvalidState, "remote description is not set"));
    }
    const auto generation = negotiation_.generation_of(text);
    if (!generation) return fail(generation.error());

    auto candidate = peer::read_candidate(text);
    if (!candidate) return fail(std::move(candidate).error());
    // One of a section that we rejected, or that never had our transport, is taken and not used.
    if (*generation && negotiation_.remote_transport()) {
      auto taken = keep_candidate(now, std::move(*candidate), **generation);
      if (!taken) return taken;
    }
    if (negotiation_.show_candidate(text)) ++descriptions_changed_;
    return {};
  }

  // ---- data channels

  Result<ChannelId> create_data_channel(Timestamp now, std::string_view label,
                                        const DataChannelOptions& options) {
    if (negotiation_.state() == SignalingState::Closed) {
      return fail(ErrorCode::InvalidState, "connection closed");
    }
    auto channel = data_.channels().create(now, label, options);
    if (!channel) return channel;
    negotiation_.want_data();
    update_negotiation_needed();
    return channel;
  }

  // ---- the end

  void close(Timestamp now) {
    if (negotiation_.state() == SignalingState::Closed) return;
    pump(now);
    negotiation_.close();
    data_.shut_down(now);
    media_.shut_down(now);
    transport_.close(now);
    // W3C §4.4.2 fires no state changes on one's own close(); what the channels become is told.
    life_ = Life::Closing;
    events_.clear();
    states_.close();
  }

  // ---- the driver

  void handle_network_failure(Timestamp now, std::string reason) {
    if (life_ != Life::Open || states_.connection() == ConnectionState::Failed) return;
    pump(now);  // what came before is told before
    transport_.handle_network_failure(now, std::move(reason));
  }

  Transport& transport() { return transport_; }
  const Transport& transport() const { return transport_; }
  peer::Tracks& tracks() { return tracks_; }
  const peer::MediaLink& media() const { return media_; }
  peer::Reporter& reporter() { return reporter_; }
  const peer::Reporter& reporter() const { return reporter_; }
  DataLink& data() { return data_; }
  const DataLink& data() const { return data_; }
  Negotiation& negotiation() { return negotiation_; }
  const Negotiation& negotiation() const { return negotiation_; }

  void pump(Timestamp now) {
    if (life_ == Life::Open) transport_.pump(now);
  }

  std::optional<Event> poll_event() {
    while (true) {
      if (!events_.empty()) {
        peer::log_event(Log(log_, LogModule::Peer), events_.front());
        return events_.take_front();
      }
      if (life_ == Life::Closed) return std::nullopt;
      if (auto below = transport_.poll_event()) {
        std::visit([&](auto& e) { translate(e); }, *below);
      } else if (auto data = data_.poll_event()) {
        translate(*data);
      } else if (life_ == Life::Open && tracks_.tell_next()) {
        continue;
      } else {
        if (life_ == Life::Open) return std::nullopt;
        life_ = Life::Closed;
        return Closed{};
      }
    }
  }

  void handle_timeout(Timestamp now) {
    transport_.handle_timeout(now);
    data_.handle_timeout(now);
    media_.handle_timeout(now);
    pump(now);
  }
  WakeUp next_timeout() const {
    return soonest(transport_.next_timeout(), data_.next_timeout(), media_.next_timeout());
  }

  // ---- the log

  // Before what concerns it, which has the same time.
  Impl& at(Timestamp now) {
    log_.advance(now);
    return *this;
  }
  LogBuffer& log() { return log_; }

  // ---- questions

  const peer::LocalCandidates& candidates() const { return candidates_; }
  const peer::ToldStates& states() const { return states_; }

  std::uint64_t descriptions_revision() const {
    return std::uint64_t{descriptions_changed_} << 32 | candidates_.revision();
  }
  std::optional<SessionDescription> with_candidates(
      const std::optional<SessionDescription>& description) const {
    return candidates_.shown_in(description, negotiation_.candidate_index());
  }

 private:
  // Where there is no remote description because it was refused, that is the reason.
  template <class T>
  Result<T> with_cause(Result<T> result) const {
    const bool is_closed = negotiation_.state() == SignalingState::Closed;
    if (!result && !refused_.empty() && !negotiation_.pending_remote() && !is_closed)
      result.error().message += ": the last one was refused: " + refused_;
    return result;
  }

  // Until our answer is set the peer is not ours to call. The generation before needs no more of
  // them.
  Result<> keep_candidate(Timestamp now, peer::AddedCandidate candidate,
                          jsep::Generation generation) {
    if (generation == jsep::Generation::Former) return {};
    if (generation == jsep::Generation::Offered) return waiting_.add(std::move(candidate));
    auto taken = peer::add_candidate(now, transport_.ice(), candidate);
    pump(now);
    return taken;
  }

  peer::CandidateSection candidate_section() const {
    return {negotiation_.candidate_mid(), negotiation_.candidate_index()};
  }

  // ---- what the layers say, as our own events

  void translate(ice::LocalCandidateFound&) { tell_candidates(); }
  void translate(ice::GatheringStateChanged& changed) {
    reporter_.handle(changed);
    tell_candidates();
  }
  void tell_candidates() {
    if (life_ == Life::Open) candidates_.tell(candidate_section(), events_);
  }
  void translate(ice::ServerAnswer& answer) { reporter_.handle(answer); }
  void translate(ice::ConnectionStateChanged& changed) {
    states_.handle_ice(changed.state, transport_, events_);
    reporter_.consider_end();
  }
  void translate(peer::DtlsStateChanged&) {
    states_.update(transport_, events_);
    reporter_.consider_end();
  }

  // Channels make our events themselves.
  void translate(DataLink::Event& event) {
    std::visit(
        [&]<class E>(E& e) {
          if constexpr (std::is_constructible_v<Event, E&&>)
            events_.emplace_back(std::move(e));
          else
            translate(e);
        },
        event);
  }
  // RTCSctpTransport's states are seen through its channels.
  void translate(channel::AssociationEstablished&) { reporter_.consider_end(); }
  void translate(channel::AssociationClosed&) { reporter_.consider_end(); }

  LogBuffer log_;
  const ConnectionOptions options_;
  const std::shared_ptr<PacketCipher> cipher_;
  Transport transport_;
  DataLink data_;
  peer::MediaLink media_;
  Negotiation negotiation_;
  peer::Events events_;
  peer::LocalCandidates candidates_{transport_.ice()};
  peer::WaitingCandidates waiting_;
  peer::ToldStates states_;
  peer::Reporter reporter_{options_, transport_, data_, states_, events_};
  peer::NegotiationNeededFlag needed_;
  peer::Tracks tracks_{negotiation_, media_, needed_, events_};
  std::string refused_;  // why the last remote description was
  std::uint32_t descriptions_changed_ = 0;
  // Closing: our own close() has been called, and what the channels become is yet to be told.
  enum class Life : std::uint8_t { Open, Closing, Closed };
  Life life_ = Life::Open;
};

PeerConnection::PeerConnection(ConnectionOptions options, Random& random,
                               std::shared_ptr<PacketCipher> cipher)
    : impl_(std::make_unique<Impl>(std::move(options), random, std::move(cipher))) {}
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
Result<> PeerConnection::write_sample(Timestamp now, TransceiverId transceiver,
                                      const MediaSample& sample) {
  return impl_->tracks().write_sample(now, transceiver, sample);
}
Result<> PeerConnection::write_rtp(Timestamp now, TransceiverId transceiver, Bytes packet,
                                   std::string_view rid) {
  return impl_->tracks().write_rtp(now, transceiver, packet, rid);
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
  impl_->transport().add_stats(stats);
  impl_->data().add_stats(stats);
  impl_->media().add_stats(stats);
  impl_->reporter().add_relay_protocols(stats);
  return stats;
}

ConnectionReport PeerConnection::report(Timestamp now) const {
  return impl_->reporter().report(now);
}

}  // namespace specter::core
