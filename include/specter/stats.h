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
};

/// A candidate pair. RTCIceCandidatePairStats.
struct CandidatePairStats {
  /// The two candidates.
  CandidateStats local, remote;
  /// The state in the checklist.
  CandidatePairState state{};
  /// Whether the pair was nominated, and whether data are sent over it.
  bool nominated = false, selected = false;
  /// Connectivity checks (Binding requests and responses).
  std::uint64_t requests_sent = 0, requests_received = 0, responses_sent = 0,
                responses_received = 0;
  /// Consent checks, RFC 7675.
  std::uint64_t consent_requests_sent = 0;
  /// Retransmitted Binding requests.
  std::uint64_t retransmissions_sent = 0;
  /// When the first and the latest request were sent.
  std::optional<Timestamp> first_request{}, last_request{};
  /// When consent expires unless the peer responds (RFC 7675).
  std::optional<Timestamp> consent_expires{};
  /// The latest round trip, of a Binding request.
  std::optional<Duration> current_round_trip_time{};
  /// The sum of all measured round trips.
  Duration total_round_trip_time{};
};

/// The transport: UDP and DTLS. RTCTransportStats.
struct TransportStats {
  /// Bytes of UDP payload.
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  /// Datagrams.
  std::uint64_t packets_sent = 0, packets_received = 0;
  /// When the latest datagram was sent and received.
  std::optional<Timestamp> last_packet_sent{}, last_packet_received{};
  /// The state of DTLS.
  DtlsTransportState dtls_state = DtlsTransportState::New;
  /// Whether this side is the DTLS client.
  DtlsRole dtls_role = DtlsRole::Unknown;
  /// "DTLS 1.3" or "DTLS 1.2". Empty before the handshake.
  std::string tls_version{};
  /// The cipher suite, by its IANA name: "TLS_AES_128_GCM_SHA256".
  std::string dtls_cipher{};
  /// The library that encrypts packets: "OpenSSL" or "multi-buffer".
  std::string cipher_engine{};
  /// The group of the key exchange: "x25519".
  std::string tls_group{};
  /// Whether this side is the controlling ICE agent.
  IceRole ice_role = IceRole::Unknown;
  /// The fingerprints of the certificates: "sha-256 4A:AD:…".
  std::string local_fingerprint{}, remote_fingerprint{};
  /// Received datagrams that were dropped, by protocol.
  std::uint64_t dropped_stun = 0, dropped_dtls = 0, dropped_sctp = 0, dropped_unknown = 0;
  /// Whether the peer supports SPED: DTLS in ICE's Binding messages.
  bool sped = false;
  /// Handshake datagrams carried in Binding messages.
  std::uint64_t sped_datagrams_sent = 0, sped_datagrams_received = 0;
};

/// A data channel. RTCDataChannelStats.
struct DataChannelStats {
  /// The channel.
  ChannelId channel{};
  /// Label and subprotocol.
  std::string label, protocol;
  /// The SCTP stream.
  std::optional<std::uint16_t> data_channel_identifier{};
  /// The state of the channel.
  DataChannelState state = DataChannelState::Connecting;
  /// Messages, and the bytes of their content.
  std::uint64_t messages_sent = 0, messages_received = 0, bytes_sent = 0, bytes_received = 0;
};

/// The SCTP association. RTCSctpTransportStats, and more.
struct SctpStats {
  /// The smoothed round-trip time, RFC 9260 §6.3.1.
  std::optional<Duration> smoothed_round_trip_time{};
  /// Bytes.
  std::size_t congestion_window = 0, receiver_window = 0, unacknowledged_bytes = 0;
  /// SCTP packets sent and received, and chunks sent again.
  std::uint64_t packets_sent = 0, packets_received = 0, retransmissions = 0;
  /// Bytes of SCTP packets.
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  /// The largest SCTP packet that the path is known to carry, in bytes.
  std::size_t mtu = 0;
  /// Whether SNAP was used: SCTP was set up by the descriptions, without a handshake of its own.
  bool snap = false;
  /// Whether message interleaving (RFC 8260) was negotiated.
  bool interleaving = false;
};

/// A snapshot of the statistics of a connection.
struct Stats {
  /// When the snapshot was made, by the clock of all timestamps here. core::PeerConnection leaves
  /// it to its caller.
  Timestamp timestamp{};
  /// RTCPeerConnectionStats: channels created by this side, opened, closed, and created by the
  /// peer.
  std::uint64_t data_channels_requested = 0, data_channels_opened = 0, data_channels_closed = 0,
                data_channels_accepted = 0;
  /// UDP and DTLS.
  TransportStats transport;
  /// SCTP.
  SctpStats sctp;
  /// All candidates.
  std::vector<CandidateStats> local_candidates, remote_candidates;
  /// All candidate pairs.
  std::vector<CandidatePairStats> candidate_pairs;
  /// Open channels, and up to 256 closed ones.
  std::vector<DataChannelStats> data_channels;
};

}  // namespace specter
