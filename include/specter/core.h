// The sans-IO peer connection: for programs that have an event loop of their own, and for tests. It
// opens no socket, starts no thread and reads no clock: it is told what happened, and answers what
// to do. specter/specter.h has the ordinary API, which runs this on loops of its own.
//
// One turn of a driver:
//
//     handle_datagrams(now, …) for what came in, handle_timeout(now), commands of the application;
//     then until both have nothing left: poll_event(), poll_transmit(now);
//     then sleep until next_timeout() or the next input.
//
// Within one turn `now` is one value, and it never runs backwards. Not thread-safe: one thread at a
// time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "specter/bytes.h"
#include "specter/core_events.h"
#include "specter/description.h"
#include "specter/endpoint.h"
#include "specter/export.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/result.h"
#include "specter/states.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::crypto {
class PacketCipher;
}

namespace specter::core {

using specter::Certificate;
SPECTER_EXPORT std::shared_ptr<const Certificate> generate_certificate(
    Random& random, std::int64_t unix_seconds, CertificateType type = CertificateType::EcdsaP256);

// What enciphers packets, for all connections of one thread; opaque. Fastest: MultiBuffer where
// there is one, since nothing is measured here.
using PacketCipher = crypto::PacketCipher;
SPECTER_EXPORT std::shared_ptr<PacketCipher> make_packet_cipher(
    CipherEngine engine = CipherEngine::Fastest);

// The operating system's source (getrandom). Throws std::system_error when there is none.
class SPECTER_EXPORT SystemRandom final : public Random {
 public:
  void fill(MutableBytes out) override;
};

// What poll_event() answers: specter/core_events.h has each.
using Event = std::variant<GatherCandidates, NegotiationNeeded, SignalingStateChange,
                           IceGatheringStateChange, IceConnectionStateChange, ConnectionStateChange,
                           LocalCandidate, IncomingDataChannel, DataChannelOpen, Message,
                           BufferedAmountLow, DataChannelClosing, DataChannelError,
                           DataChannelClosed, DataChannelRefused, Closed>;

// RTCPeerConnection, W3C §4.4, without a network of its own.
class SPECTER_EXPORT PeerConnection {
 public:
  using Transmit = specter::Transmit;
  using Event = core::Event;

  // `random` must outlive the connection. `cipher` is shared by the connections of one thread;
  // without one the connection has its own. ConnectionOptions::ice_servers is for the driver.
  // Throws std::invalid_argument without a certificate, and with the sentence of check_options().
  PeerConnection(ConnectionOptions options, Random& random,
                 std::shared_ptr<PacketCipher> cipher = nullptr);
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  // ---- the application: negotiation, RFC 9429. Errors leave everything as it was.
  Result<SessionDescription> create_offer(const OfferOptions& options = {});
  Result<SessionDescription> create_answer();
  // With an empty text: the last one that was created; or, where there is none or it is not what
  // would be created now, a new one. W3C §4.4.2.
  Result<> set_local_description(Timestamp now, const SessionDescription& description);
  // The offer or the answer that the signaling state asks for, created and set.
  Result<> set_local_description(Timestamp now);
  Result<> set_remote_description(Timestamp now, const SessionDescription& description);
  // An empty candidate text: no more will come, for the section that it names or for all. One of a
  // transport or type that isn't known here is taken and not used. Errors: InvalidArgument without
  // sdp_mid and sdp_mline_index, InvalidState without a remote description, OperationFailed.
  Result<> add_ice_candidate(Timestamp now, const IceCandidate& candidate);
  // The next offers restart ICE, until a restart is negotiated; NegotiationNeeded asks for one.
  // GatherCandidates comes again with the description. RTCPeerConnection.restartIce(), W3C §4.4.2.
  void restart_ice();

  // ---- the application: data channels, RFC 8831
  Result<ChannelId> create_data_channel(Timestamp now, std::string_view label,
                                        const DataChannelOptions& options = {});
  Result<> send(Timestamp now, ChannelId channel, MessageKind kind, Bytes message,
                MessagePart part = MessagePart::Whole);
  // Without a copy; a message that is refused stays as it was.
  Result<> send(Timestamp now, ChannelId channel, MessageKind kind, Buffer&& message,
                MessagePart part = MessagePart::Whole);
  // From the next message on they are told as they come, large ones in several events, and no
  // max_message_bytes holds for them.
  void receive_in_parts(ChannelId channel);
  void close_data_channel(Timestamp now, ChannelId channel);
  void set_buffered_amount_low_threshold(ChannelId channel, std::size_t bytes);

  // Says goodbye to the peer where there is one; Closed follows at once. Twice is as good as once.
  void close(Timestamp now);

  // ---- the driver: local addresses
  // `interface_mtu`: the largest IP packet in bytes that the interface of this address sends, which
  // is as far as packets grow; datagrams are to be sent with "don't fragment", but for those of a
  // Transmit that says may_fragment.
  void add_local_endpoint(Timestamp now, Endpoint base, std::size_t interface_mtu = 1500);
  void remove_local_endpoint(Timestamp now, Endpoint base);
  void add_stun_server(Timestamp now, Endpoint server);
  void end_of_local_endpoints(Timestamp now);
  // There is nothing to send from, nor will there be: Failed, with this reason.
  void handle_network_failure(Timestamp now, std::string reason);

  // ---- the driver: the world
  // What one receive brought. The bytes are changed: what is enciphered is deciphered in its place.
  void handle_datagrams(Timestamp now, std::span<const Datagram> datagrams);
  // A datagram was refused, or dropped on its way (ICMP), for its size: none that has more than
  // `most` bytes gets from here to there. A hint, that makes datagrams smaller and never larger.
  void handle_too_large(Timestamp now, const Endpoint& local, const Endpoint& remote,
                        std::size_t most);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  // The same, in memory of the caller's: what `memory` has room for becomes the Transmit's bytes,
  // or is left in it when they are elsewhere. With a Buffer that comes back here after each send
  // nothing is allocated while data flow.
  std::optional<Transmit> poll_transmit(Timestamp now, Buffer& memory);
  // Received messages that are not polled close the peer's window: a slow application slows its
  // peer down.
  std::optional<Event> poll_event();
  // While false the messages of data channels stay where they are, and what follows them on their
  // channels, such as the peer's closing: the peer's window closes by itself. Everything else
  // comes, new channels too. True at first.
  void set_receiving(bool receiving);
  // When to call handle_timeout() at the latest, and which timer asks for it.
  WakeUp next_timeout() const;

  // With ConnectionOptions::key_log_file: lines for a key log, without their ends, since the last
  // call.
  std::vector<std::string> take_key_log();

  // ---- questions
  SignalingState signaling_state() const;
  IceGatheringState ice_gathering_state() const;
  IceConnectionState ice_connection_state() const;
  ConnectionState connection_state() const;
  // Another number when what the next six say may be another than it was: to ask for it only then.
  std::uint64_t descriptions_revision() const;
  // With the candidates found so far, W3C §4.4.1; the remote ones with those that were added.
  std::optional<SessionDescription> local_description() const;
  std::optional<SessionDescription> current_local_description() const;
  std::optional<SessionDescription> pending_local_description() const;
  std::optional<SessionDescription> remote_description() const;
  std::optional<SessionDescription> current_remote_description() const;
  std::optional<SessionDescription> pending_remote_description() const;
  std::optional<DataChannelState> data_channel_state(
      ChannelId channel) const;  // nothing once it is closed
  std::optional<std::uint16_t> data_channel_stream(ChannelId channel) const;  // RTCDataChannel.id
  std::size_t buffered_amount(ChannelId channel) const;
  std::size_t max_message_size()
      const;  // what the peer takes: RTCSctpTransport.maxMessageSize; 0: no limit
  Stats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace specter::core
