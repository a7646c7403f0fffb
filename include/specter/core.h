/// @file
/// The sans-IO peer connection, for programs with an event loop of their own and for tests.
///
/// It opens no socket, starts no thread and reads no clock. You pass in datagrams, the time and
/// random bytes; it returns datagrams, events and the next deadline. specter/specter.h has the
/// ordinary API, which runs this class on event loops of the library.
///
/// One iteration of a driver:
///
/// 1. Pass the input: handle_datagrams(now, …) for what was received, handle_timeout(now), and
///    calls of the application.
/// 2. Call poll_event() and poll_transmit(now) until both return nothing.
/// 3. Sleep until next_timeout() or the next input, whichever comes first.
///
/// `now` has one value during an iteration and never decreases.
///
/// Thread: not thread-safe. One thread at a time.
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
#include "specter/log.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/report.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/states.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::crypto {
class PacketCipher;
}

/// The sans-IO peer connection: no sockets, no threads, no clock.
namespace specter::core {

using specter::Certificate;

/// Makes a certificate with a new key. `unix_seconds` is the current time; the validity of the
/// certificate follows from it.
SPECTER_EXPORT std::shared_ptr<const Certificate> generate_certificate(
    Random& random, std::int64_t unix_seconds, CertificateType type = CertificateType::EcdsaP256);

/// Encrypts packets for all connections of one thread. Opaque.
using PacketCipher = crypto::PacketCipher;

/// Makes a PacketCipher. Nothing is measured here: Fastest means MultiBuffer where it is available.
SPECTER_EXPORT std::shared_ptr<PacketCipher> make_packet_cipher(
    CipherEngine engine = CipherEngine::Fastest);

/// The random source of the operating system (getrandom).
class SPECTER_EXPORT SystemRandom final : public Random {
 public:
  /// Throws std::system_error when the system has no random source.
  void fill(MutableBytes out) override;
};

/// A server that a driver asks: PeerConnection::note_server().
struct IceServerNote {
  /// As it stands in ConnectionOptions::ice_servers.
  std::string_view url;
  /// Whether it is asked for relays.
  bool is_turn = false;
  /// How it is spoken with.
  IceServerTransportProtocol protocol = IceServerTransportProtocol::Udp;
};
/// PeerConnection::handle_server_failure().
struct IceServerFailure {
  /// As it stands in ConnectionOptions::ice_servers.
  std::string_view url;
  /// The local address that it was asked from, if it was asked.
  std::optional<Endpoint> base{};
  /// What the server said, 300 to 699; 701: it was not reached.
  std::uint16_t code = 701;
  /// A sentence without addresses.
  std::string_view text;
};

/// What PeerConnection::poll_event() returns. specter/core_events.h describes each type.
using Event = std::variant<GatherCandidates, NegotiationNeeded, SignalingStateChange,
                           IceGatheringStateChange, IceConnectionStateChange, ConnectionStateChange,
                           ConnectingEnded, LocalCandidate, IceCandidateError, IncomingDataChannel,
                           DataChannelOpen, Message, BufferedAmountLow, DataChannelClosing,
                           DataChannelError, DataChannelClosed, DataChannelRefused, Track,
                           TrackStreamsChange, TrackMuted, TrackUnmuted, TrackEnded, Frame,
                           RtpPackets, KeyFrameWanted, EncodingWanted, BitrateFeedback, Closed>;

/// A sans-IO RTCPeerConnection (W3C §4.4). Not thread-safe. No call blocks.
class SPECTER_EXPORT PeerConnection {
 public:
  /// What poll_transmit() returns.
  using Transmit = specter::Transmit;
  /// What poll_event() returns.
  using Event = core::Event;

  /// `options.certificate` is required. ConnectionOptions::ice_servers is left to the driver.
  /// `random` must outlive the connection. `cipher` may be shared by the connections of one thread;
  /// null: the connection makes its own.
  ///
  /// Throws std::invalid_argument without a certificate, or with the message of check_options().
  PeerConnection(ConnectionOptions options, Random& random,
                 std::shared_ptr<PacketCipher> cipher = nullptr);
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  /// @name Negotiation
  /// RFC 9429. A call that returns an error has changed nothing.
  /// @{

  /// Makes an offer. It takes effect with set_local_description().
  Result<SessionDescription> create_offer(const OfferOptions& options = {});
  /// Makes an answer to the offer that was set. Error: InvalidState without a remote offer.
  Result<SessionDescription> create_answer();
  /// Applies a description that this connection made. GatherCandidates follows the first one, and
  /// each one that restarts ICE. An empty text stands for the description that was created last, or
  /// for a new one if there is none or it is out of date. W3C §4.4.2.
  Result<> set_local_description(Timestamp now, const SessionDescription& description);
  /// Creates the offer or the answer that the signaling state requires, and applies it. W3C §4.4.2.
  Result<> set_local_description(Timestamp now);
  /// Applies a description of the peer.
  Result<> set_remote_description(Timestamp now, const SessionDescription& description);
  /// Adds a candidate of the peer. An empty candidate text means that no more will follow, for the
  /// media section it names, or for all of them if it names none. Candidates of unknown transports
  /// or types are ignored, without an error.
  ///
  /// Errors: InvalidArgument without sdp_mid and sdp_mline_index; InvalidState without a remote
  /// description; OperationFailed for a candidate that fits no media section.
  Result<> add_ice_candidate(Timestamp now, const IceCandidate& candidate);
  /// Restarts ICE with the next offers, until a restart is negotiated. NegotiationNeeded requests
  /// an offer, and GatherCandidates is returned again with its description.
  /// RTCPeerConnection.restartIce(), W3C §4.4.2.
  void restart_ice();
  /// @}

  /// @name Data channels
  /// RFC 8831.
  /// @{

  /// Creates a data channel. Errors: those of specter::PeerConnection::create_data_channel().
  Result<ChannelId> create_data_channel(Timestamp now, std::string_view label,
                                        const DataChannelOptions& options = {});
  /// Queues a message; the bytes are copied. Errors: those of DataChannel::send().
  Result<> send(Timestamp now, ChannelId channel, MessageKind kind, Bytes message,
                MessagePart part = MessagePart::Whole);
  /// The same without a copy. `message` is unchanged if an error is returned.
  Result<> send(Timestamp now, ChannelId channel, MessageKind kind, Buffer&& message,
                MessagePart part = MessagePart::Whole);
  /// Delivers the following messages of the channel in parts: a large message becomes several
  /// Message events. DataOptions::max_message_bytes does not apply to such a channel.
  void receive_in_parts(ChannelId channel);
  /// Closes a channel. Messages sent before are delivered first.
  void close_data_channel(Timestamp now, ChannelId channel);
  /// BufferedAmountLow is returned when the buffered amount falls to so many bytes. Default: 0.
  void set_buffered_amount_low_threshold(ChannelId channel, std::size_t bytes);
  /// @}

  /// @name Tracks
  /// W3C §5. A transceiver is a sender and a receiver that share an m= section; its id names all
  /// three. MediaOptions::codecs must not be empty. Errors of all calls: InvalidState after
  /// close(); InvalidAccess for an id of no transceiver of this connection.
  /// @{

  /// Sends a track: by a transceiver that can take it, or a new one. W3C §5.1.2. Errors:
  /// InvalidAccess if it is sent already; InvalidArgument for an id or a stream's id that RFC 8830
  /// does not allow.
  Result<TransceiverId> add_track(Timestamp now, LocalTrack track,
                                  std::vector<std::string> streams = {});
  /// Makes a transceiver. W3C §5.1.2. Errors: InvalidArgument for encodings that are not valid;
  /// OperationFailed for an encoding's codec that is not in MediaOptions::codecs.
  Result<TransceiverId> add_transceiver(MediaKind kind, RtpTransceiverInit init = {});
  /// The same, with a track to send.
  Result<TransceiverId> add_transceiver(LocalTrack track, RtpTransceiverInit init = {});
  /// Stops sending a track; the transceiver stays. W3C §5.1.2.
  Result<> remove_track(Timestamp now, TransceiverId transceiver);
  /// Sends another track, or none, without negotiation. Errors: InvalidArgument for another kind;
  /// InvalidState if the transceiver is stopped; InvalidModification if the track's codec was not
  /// negotiated. W3C §5.2.2.
  Result<> replace_track(Timestamp now, TransceiverId transceiver, std::optional<LocalTrack> track);
  /// Sets RTCRtpTransceiver.direction. Errors: InvalidState if it is stopped; InvalidArgument for
  /// Stopped.
  Result<> set_direction(TransceiverId transceiver, RtpTransceiverDirection direction);
  /// Sets the streams that the sender's track belongs to. W3C §5.2.2.
  Result<> set_streams(TransceiverId transceiver, std::vector<std::string> streams);
  /// The codecs that the next descriptions list, in this order; empty: the default. Error:
  /// InvalidModification for one that is not in MediaOptions::codecs. W3C §5.4.2.
  Result<> set_codec_preferences(TransceiverId transceiver, std::vector<RtpCodec> codecs);
  /// Stops a transceiver: its m= section is rejected by the next offer. W3C §5.4.2.
  Result<> stop_transceiver(Timestamp now, TransceiverId transceiver);
  /// RTCRtpSender.getParameters().
  Result<RtpSendParameters> send_parameters(TransceiverId transceiver);
  /// RTCRtpSender.setParameters(). Errors: InvalidState if the transceiver is stopped or the
  /// transaction id is out of date; InvalidModification if something changed that is read-only;
  /// InvalidArgument for a number out of range. W3C §5.2.2.
  Result<> set_send_parameters(Timestamp now, TransceiverId transceiver,
                               const RtpSendParameters& parameters);
  /// RTCRtpReceiver.getParameters().
  Result<RtpReceiveParameters> receive_parameters(TransceiverId transceiver) const;
  /// The transceivers, in the order in which they were made. W3C §5.1.
  std::vector<RtpTransceiver> transceivers() const;
  /// All that can be read of each transceiver, in the order in which they were made.
  std::vector<TransceiverSnapshot> transceiver_snapshots() const;
  /// The same of one; nothing if there is none of this id.
  std::optional<TransceiverSnapshot> transceiver_snapshot(TransceiverId transceiver) const;

  /// Sends a sample of the sender's track. What cannot be sent yet (no connection, no negotiated
  /// direction, an inactive encoding) is dropped and counted, without an error. Errors:
  /// InvalidState without a track; InvalidModification if its codec was not negotiated;
  /// InvalidArgument for a sample that the codec does not allow, or an unknown rid.
  Result<> write_sample(Timestamp now, TransceiverId transceiver, const MediaSample& sample);
  /// Sends an RTP packet of the sender's track: SSRC, payload type and header extensions are
  /// replaced; sequence number, timestamp and marker are kept. `header_extensions` says what the
  /// packet's numbers mean: those that describe the media (audio levels, orientation, capture time,
  /// playout delay, layers) are sent on, where they were negotiated. Errors: those of
  /// write_sample().
  Result<> write_rtp(Timestamp now, TransceiverId transceiver, Bytes packet,
                     std::string_view rid = {},
                     std::span<const RtpHeaderExtensionParameters> header_extensions = {});
  /// What is delivered of the peer's track. Default: MediaDelivery::Frames for codecs that can be
  /// depacketized, MediaDelivery::Rtp for others.
  Result<> set_delivery(TransceiverId transceiver, MediaDelivery delivery);
  /// Requests a key frame from the peer (PLI, RFC 4585 §6.3.1), at most one each 500 ms.
  Result<> request_key_frame(Timestamp now, TransceiverId transceiver, std::string_view rid = {});
  /// Tells the peer how much it may send in all, in bit/s (REMB). 0: nothing is told any more.
  void set_bitrate_estimate(Timestamp now, std::uint64_t bits_per_second);
  /// @}

  /// Closes the connection and notifies the peer if there is one. Closed is the next event. Calling
  /// it again has no effect.
  void close(Timestamp now);

  /// @name Driver: local addresses
  /// @{

  /// Adds a local address that datagrams can be sent from.
  ///
  /// `interface_mtu` is the largest IP packet, in bytes, that the address's network interface
  /// sends. Path MTU discovery does not go beyond it. Send datagrams with "don't fragment" set,
  /// unless Transmit::may_fragment says otherwise.
  void add_local_endpoint(Timestamp now, Endpoint base, std::size_t interface_mtu = 1500);
  /// Adds a relayed address, which a TURN server forwards from and to `base`: datagrams of it are
  /// sent and received through the server, by the driver. RFC 8656. `url`: the server's, as
  /// note_server() has it.
  void add_relayed_endpoint(Timestamp now, Endpoint relayed, Endpoint base,
                            std::string_view url = {});
  /// Removes a local or relayed address: its socket is closed, or the interface is gone.
  void remove_local_endpoint(Timestamp now, Endpoint base);
  /// Removes an address once the last generation of ICE that has it has ended; the newest makes no
  /// use of it from now on.
  void retire_local_endpoint(Timestamp now, Endpoint base);
  /// Whether it is an address of the connection's.
  bool has_local_endpoint(const Endpoint& base) const;
  /// Adds a STUN server, by its resolved address. `url`: as note_server() has it.
  void add_stun_server(Timestamp now, Endpoint server, std::string_view url = {});
  /// A server of ConnectionOptions::ice_servers takes part in this gathering: its name is being
  /// looked up, or a TURN server is being asked by the driver. For statistics, reports and reasons.
  void note_server(Timestamp now, const IceServerNote& server);
  /// What the driver asks of such a server failed: it is not reached from `base`, or it refuses.
  /// IceCandidateError tells it.
  void handle_server_failure(Timestamp now, const IceServerFailure& failure);
  /// The TURN server of `relayed` relays nothing to an address of the peer's (403 and its like).
  void handle_peer_refused(const Endpoint& relayed, std::uint16_t code);
  /// The addresses of the peer's that checks may go to: a relay needs a permission for each, before
  /// the first check (RFC 8656 §9).
  std::vector<IpAddress> remote_addresses() const;
  /// Changes whenever remote_addresses() may have.
  std::uint32_t remote_addresses_revision() const;
  /// All local addresses and servers are added.
  void end_of_local_endpoints(Timestamp now);
  /// There is no local address, and there will be none. The connection fails with this reason.
  void handle_network_failure(Timestamp now, std::string reason);
  /// @}

  /// @name Driver: network and time
  /// @{

  /// Passes in received datagrams. Their bytes are decrypted in place, so they change.
  void handle_datagrams(Timestamp now, std::span<const Datagram> datagrams);
  /// A datagram was rejected by the system or dropped on the path (ICMP) because of its size.
  /// Datagrams of more than `most` bytes do not pass from `local` to `remote`. It is a hint: it can
  /// only make datagrams smaller.
  void handle_too_large(Timestamp now, const Endpoint& local, const Endpoint& remote,
                        std::size_t most);
  /// Runs the timers that are due. Calling it early is harmless.
  void handle_timeout(Timestamp now);
  /// The next datagrams to send, or nothing.
  std::optional<Transmit> poll_transmit(Timestamp now);
  /// The same, writing into memory of the caller. If the datagrams fit `memory`, it becomes
  /// Transmit::bytes; otherwise `memory` is unchanged. Pass the buffer back after each send to
  /// avoid allocations while data flow.
  std::optional<Transmit> poll_transmit(Timestamp now, Buffer& memory);
  /// The next event, or nothing. Received messages that are not polled close the receive window: a
  /// slow application slows its peer down.
  std::optional<Event> poll_event();
  /// While false, Message events are held back, with the events that follow a message on its
  /// channel, such as DataChannelClosed. The receive window closes when the buffer is full. All
  /// other events are returned as usual. Default: true.
  void set_receiving(bool receiving);
  /// When handle_timeout() must be called at the latest, and the timer that requires it. Empty: no
  /// timer is running.
  WakeUp next_timeout() const;
  /// The key log lines since the last call, without line ends. Empty unless
  /// ConnectionOptions::key_log_file is set.
  std::vector<std::string> take_key_log();
  /// Sets which log records are made, from now on. Default: none. What is not made costs nothing.
  void set_log(const LogLevels& levels, LogAddresses addresses = LogAddresses::Hidden);
  /// The log records since the last call, oldest first. At most 1024 are kept; of more the oldest,
  /// and a last one with the number of those that were lost.
  std::vector<LogRecord> take_log();
  /// @}

  /// @name Getters
  /// @{

  /// RTCPeerConnection.signalingState.
  SignalingState signaling_state() const;
  /// RTCPeerConnection.iceGatheringState.
  IceGatheringState ice_gathering_state() const;
  /// RTCPeerConnection.iceConnectionState.
  IceConnectionState ice_connection_state() const;
  /// RTCPeerConnection.connectionState.
  ConnectionState connection_state() const;
  /// Changes whenever one of the next six results may have changed.
  std::uint64_t descriptions_revision() const;
  /// The pending or current local description, with the candidates found so far. W3C §4.4.1.
  std::optional<SessionDescription> local_description() const;
  /// The negotiated local description, with the candidates found so far.
  std::optional<SessionDescription> current_local_description() const;
  /// The local description under negotiation, with the candidates found so far.
  std::optional<SessionDescription> pending_local_description() const;
  /// The pending or current remote description, with the candidates added so far.
  std::optional<SessionDescription> remote_description() const;
  /// The negotiated remote description, with the candidates added so far.
  std::optional<SessionDescription> current_remote_description() const;
  /// The remote description under negotiation, with the candidates added so far.
  std::optional<SessionDescription> pending_remote_description() const;
  /// The state of a channel. Empty once it is closed.
  std::optional<DataChannelState> data_channel_state(ChannelId channel) const;
  /// RTCDataChannel.id: the channel's SCTP stream.
  std::optional<std::uint16_t> data_channel_stream(ChannelId channel) const;
  /// Bytes that send() took and that are in no packet yet.
  std::size_t buffered_amount(ChannelId channel) const;
  /// The largest message that the peer accepts, in bytes: RTCSctpTransport.maxMessageSize. 0: no
  /// limit.
  std::size_t max_message_size() const;
  /// A snapshot of the statistics. Stats::timestamp is left to the caller.
  Stats stats() const;
  /// How connecting went, or goes.
  ConnectionReport report(Timestamp now) const;
  /// @}

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace specter::core
