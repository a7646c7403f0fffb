/// @file
/// The statistics of a connection. The names are those of https://www.w3.org/TR/webrtc-stats/ where
/// it has one. Counters start at 0 with the connection and never decrease.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "specter/endpoint.h"
#include "specter/options.h"
#include "specter/rtp.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter {

/// A candidate. RTCIceCandidateStats.
struct CandidateStats {
  /// Host, server-reflexive, peer-reflexive or relayed.
  IceCandidateType type{};
  /// The IP address.
  std::string address;
  /// The port.
  std::uint16_t port = 0;
  /// The transport protocol.
  Protocol protocol = Protocol::Udp;
  /// RFC 8445 §5.1.2.
  std::uint32_t priority = 0;
  /// Of local ones that a server led to: which, as it stands in ConnectionOptions::ice_servers.
  std::string url{};
  /// Of local relayed ones: how the server is spoken with. `protocol` is how the peer is.
  std::optional<IceServerTransportProtocol> relay_protocol{};
};

/// A candidate pair. RTCIceCandidatePairStats.
struct CandidatePairStats {
  /// The local candidate.
  CandidateStats local;
  /// The remote candidate.
  CandidateStats remote;
  /// The state in the checklist.
  CandidatePairState state{};
  /// Whether the pair was nominated.
  bool nominated = false;
  /// Whether data are sent over this pair.
  bool selected = false;
  /// Connectivity checks: Binding requests sent.
  std::uint64_t requests_sent = 0;
  /// Binding requests received.
  std::uint64_t requests_received = 0;
  /// Binding responses sent.
  std::uint64_t responses_sent = 0;
  /// Binding responses received.
  std::uint64_t responses_received = 0;
  /// Consent checks, RFC 7675.
  std::uint64_t consent_requests_sent = 0;
  /// Retransmitted Binding requests.
  std::uint64_t retransmissions_sent = 0;
  /// When the first request was sent.
  std::optional<Timestamp> first_request{};
  /// When the latest request was sent.
  std::optional<Timestamp> last_request{};
  /// When consent expires unless the peer responds (RFC 7675).
  std::optional<Timestamp> consent_expires{};
  /// The latest round trip, of a Binding request.
  std::optional<Duration> current_round_trip_time{};
  /// The sum of all measured round trips.
  Duration total_round_trip_time{};
};

/// The transport: UDP and DTLS. RTCTransportStats.
struct TransportStats {
  /// Bytes of UDP payload sent.
  std::uint64_t bytes_sent = 0;
  /// Bytes of UDP payload received.
  std::uint64_t bytes_received = 0;
  /// Datagrams sent.
  std::uint64_t packets_sent = 0;
  /// Datagrams received.
  std::uint64_t packets_received = 0;
  /// When the latest datagram was sent.
  std::optional<Timestamp> last_packet_sent{};
  /// When the latest datagram was received.
  std::optional<Timestamp> last_packet_received{};
  /// The state of DTLS.
  DtlsTransportState dtls_state = DtlsTransportState::New;
  /// Whether this side is the DTLS client.
  DtlsRole dtls_role = DtlsRole::Unknown;
  /// "DTLS 1.3" or "DTLS 1.2". Empty before the handshake.
  std::string tls_version{};
  /// The cipher suite, by its IANA name: "TLS_AES_128_GCM_SHA256".
  std::string dtls_cipher{};
  /// The protection profile of tracks, by its IANA name: "SRTP_AEAD_AES_128_GCM" (RFC 5764). Empty
  /// if the peer has none.
  std::string srtp_cipher{};
  /// RTCP packets that were malformed.
  std::uint64_t dropped_rtcp = 0;
  /// The library that encrypts packets: "OpenSSL" or "multi-buffer".
  std::string cipher_engine{};
  /// The group of the key exchange: "x25519".
  std::string tls_group{};
  /// Whether this side is the controlling ICE agent.
  IceRole ice_role = IceRole::Unknown;
  /// The fingerprint of the local certificate: "sha-256 4A:AD:…".
  std::string local_fingerprint{};
  /// The fingerprint of the peer's certificate.
  std::string remote_fingerprint{};
  /// Received STUN messages that were dropped.
  std::uint64_t dropped_stun = 0;
  /// Received DTLS datagrams that were dropped.
  std::uint64_t dropped_dtls = 0;
  /// Received SCTP packets that were dropped.
  std::uint64_t dropped_sctp = 0;
  /// Received datagrams of no known protocol. They are dropped.
  std::uint64_t dropped_unknown = 0;
  /// Whether the peer supports SPED: DTLS in ICE's Binding messages.
  bool sped = false;
  /// Handshake datagrams sent in Binding messages.
  std::uint64_t sped_datagrams_sent = 0;
  /// Handshake datagrams received in Binding messages.
  std::uint64_t sped_datagrams_received = 0;
};

/// A data channel. RTCDataChannelStats.
struct DataChannelStats {
  /// The channel.
  ChannelId channel{};
  /// The label.
  std::string label;
  /// The application's subprotocol.
  std::string protocol;
  /// The SCTP stream.
  std::optional<std::uint16_t> data_channel_identifier{};
  /// The state of the channel.
  DataChannelState state = DataChannelState::Connecting;
  /// Messages sent.
  std::uint64_t messages_sent = 0;
  /// Messages received.
  std::uint64_t messages_received = 0;
  /// Bytes of messages sent.
  std::uint64_t bytes_sent = 0;
  /// Bytes of messages received.
  std::uint64_t bytes_received = 0;
};

/// The SCTP association. RTCSctpTransportStats, and more.
struct SctpStats {
  /// The smoothed round-trip time, RFC 9260 §6.3.1.
  std::optional<Duration> smoothed_round_trip_time{};
  /// The congestion window, in bytes.
  std::size_t congestion_window = 0;
  /// The peer's receive window, in bytes.
  std::size_t receiver_window = 0;
  /// Bytes sent and not acknowledged yet.
  std::size_t unacknowledged_bytes = 0;
  /// SCTP packets sent.
  std::uint64_t packets_sent = 0;
  /// SCTP packets received.
  std::uint64_t packets_received = 0;
  /// DATA chunks retransmitted.
  std::uint64_t retransmissions = 0;
  /// Bytes of SCTP packets sent.
  std::uint64_t bytes_sent = 0;
  /// Bytes of SCTP packets received.
  std::uint64_t bytes_received = 0;
  /// The largest SCTP packet that the path is known to carry, in bytes.
  std::size_t mtu = 0;
  /// Whether SNAP was used: SCTP was set up by the descriptions, without a handshake of its own.
  bool snap = false;
  /// Whether message interleaving (RFC 8260) was negotiated.
  bool interleaving = false;
};

/// What is received of one encoding of the peer's. RTCInboundRtpStreamStats. Where its source
/// (SSRC) changes, the counters go on.
struct InboundRtpStats {
  /// The transceiver that receives it.
  TransceiverId transceiver{};
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// The m= section.
  std::string mid;
  /// Of simulcast: which encoding. Empty: the only one.
  std::string rid;
  /// The encoding name of the latest packet's codec: "VP8".
  std::string codec;
  /// The source that packets come from now.
  std::uint32_t ssrc = 0;
  /// The source of its retransmissions (RFC 4588).
  std::optional<std::uint32_t> rtx_ssrc{};
  /// Packets received, retransmissions and padding included.
  std::uint64_t packets_received = 0;
  /// Bytes of their payloads, without padding.
  std::uint64_t bytes_received = 0;
  /// Bytes of their headers, header extensions and padding.
  std::uint64_t header_bytes_received = 0;
  /// RFC 3550 §6.4.1: packets expected minus packets received, without retransmissions. Negative
  /// where duplicates came.
  std::int64_t packets_lost = 0;
  /// RFC 3550 §6.4.1.
  Duration jitter{};
  /// When the latest packet came.
  std::optional<Timestamp> last_packet_received_timestamp{};
  /// Retransmissions (RFC 4588) that restored a packet.
  std::uint64_t retransmitted_packets_received = 0;
  /// Bytes of the payloads that they restored.
  std::uint64_t retransmitted_bytes_received = 0;
  /// Packets that came too late, came twice, or that there was no use or no room for.
  std::uint64_t packets_discarded = 0;
  /// Whole frames that were assembled.
  std::uint64_t frames_received = 0;
  /// Those of them that decoding can begin with.
  std::uint64_t key_frames_received = 0;
  /// Frames that were not delivered: incomplete, not decodable for lack of an earlier one, or not
  /// polled in time.
  std::uint64_t frames_dropped = 0;
  /// NACK packets sent.
  std::uint64_t nack_count = 0;
  /// PLI packets sent.
  std::uint64_t pli_count = 0;
  /// FIR packets sent.
  std::uint64_t fir_count = 0;
};

/// What the peer's sender reports say of one source. RTCRemoteOutboundRtpStreamStats.
struct RemoteOutboundRtpStats {
  /// The transceiver that receives it.
  TransceiverId transceiver{};
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// The source.
  std::uint32_t ssrc = 0;
  /// Packets that the peer has sent.
  std::uint32_t packets_sent = 0;
  /// Bytes of their payloads.
  std::uint32_t bytes_sent = 0;
  /// When the latest report was made, by the peer's clock, as a duration since 1900.
  Duration remote_timestamp{};
  /// Sender reports received.
  std::uint64_t reports_sent = 0;
};

/// What is sent of one encoding. RTCOutboundRtpStreamStats.
struct OutboundRtpStats {
  /// The transceiver that sends it.
  TransceiverId transceiver{};
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// The m= section.
  std::string mid;
  /// Of simulcast: which encoding. Empty: the only one.
  std::string rid;
  /// The encoding name of the codec: "VP8". Empty: none is negotiated for the track.
  std::string codec;
  /// The source.
  std::uint32_t ssrc = 0;
  /// The source of its retransmissions (RFC 4588), where they were negotiated.
  std::optional<std::uint32_t> rtx_ssrc{};
  /// Whether what is written is sent.
  bool active = false;
  /// Packets sent, retransmissions included.
  std::uint64_t packets_sent = 0;
  /// Bytes of their payloads, without padding.
  std::uint64_t bytes_sent = 0;
  /// Bytes of their headers, header extensions and padding.
  std::uint64_t header_bytes_sent = 0;
  /// Retransmissions sent.
  std::uint64_t retransmitted_packets_sent = 0;
  /// Bytes of the payloads of retransmissions.
  std::uint64_t retransmitted_bytes_sent = 0;
  /// Packets that were asked for and not sent again: they would have been too much, or too soon.
  std::uint64_t retransmissions_refused = 0;
  /// Packets that were not sent although it was their turn: write_rtp() gave their sequence number
  /// a second time, or SRTP's key may seal no more (RFC 3711 §9.2; 1,024 sources). They are in no
  /// other counter of what was sent.
  std::uint64_t packets_discarded_on_send = 0;
  /// Samples taken for sending, and video frames of write_rtp().
  std::uint64_t frames_sent = 0;
  /// Those of them that decoding can begin with.
  std::uint64_t key_frames_sent = 0;
  /// Samples and packets that were written and not sent: there was no connection, they waited for
  /// too long, or a frame before them was missing.
  std::uint64_t frames_dropped = 0;
  /// How long packets waited for their turn, in sum.
  Duration total_packet_send_delay{};
  /// NACK packets received.
  std::uint64_t nack_count = 0;
  /// PLI packets received.
  std::uint64_t pli_count = 0;
  /// FIR requests received, without repetitions.
  std::uint64_t fir_count = 0;
};

/// What the peer's reports say of one encoding. RTCRemoteInboundRtpStreamStats.
struct RemoteInboundRtpStats {
  /// The transceiver that sends it.
  TransceiverId transceiver{};
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// The source.
  std::uint32_t ssrc = 0;
  /// Packets that arrived, without retransmissions.
  std::uint64_t packets_received = 0;
  /// RFC 3550 §6.4.1. Negative where duplicates arrived.
  std::int64_t packets_lost = 0;
  /// The part of the packets that was lost before the latest report, 0 to 1.
  double fraction_lost = 0;
  /// RFC 3550 §6.4.1.
  Duration jitter{};
  /// The latest round trip.
  std::optional<Duration> round_trip_time{};
  /// The sum of all measured round trips.
  Duration total_round_trip_time{};
  /// Measured round trips.
  std::uint64_t round_trip_time_measurements = 0;
  /// Reports received.
  std::uint64_t reports_received = 0;
};

/// A snapshot of the statistics of a connection.
struct Stats {
  /// When the snapshot was made, by the clock of all timestamps here. core::PeerConnection leaves
  /// it to its caller.
  Timestamp timestamp{};
  /// Data channels that this side created.
  std::uint64_t data_channels_requested = 0;
  /// Data channels that opened, whoever created them.
  std::uint64_t data_channels_opened = 0;
  /// Data channels that closed after they had opened.
  std::uint64_t data_channels_closed = 0;
  /// Data channels that the peer created.
  std::uint64_t data_channels_accepted = 0;
  /// UDP and DTLS.
  TransportStats transport;
  /// SCTP.
  SctpStats sctp;
  /// The local candidates.
  std::vector<CandidateStats> local_candidates;
  /// The remote candidates.
  std::vector<CandidateStats> remote_candidates;
  /// All candidate pairs.
  std::vector<CandidatePairStats> candidate_pairs;
  /// Open channels, and up to 256 closed ones.
  std::vector<DataChannelStats> data_channels;
  /// What is received of the peer's tracks: one an encoding that packets of have come.
  std::vector<InboundRtpStats> inbound_rtp{};
  /// What the peer's sender reports say of these.
  std::vector<RemoteOutboundRtpStats> remote_outbound_rtp{};
  /// What is sent of tracks: one an encoding.
  std::vector<OutboundRtpStats> outbound_rtp{};
  /// What the peer's receiver reports say of these.
  std::vector<RemoteInboundRtpStats> remote_inbound_rtp{};
};

}  // namespace specter
