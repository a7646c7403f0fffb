// What a connection counts. The names are those of https://www.w3.org/TR/webrtc-stats/ where it has
// one.
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

struct CandidateStats {
  IceCandidateType type{};
  std::string address;
  std::uint16_t port = 0;
  Protocol protocol = Protocol::Udp;
  std::uint32_t priority = 0;
};

struct CandidatePairStats {
  CandidateStats local, remote;
  CandidatePairState state{};
  bool nominated = false, selected = false;
  std::uint64_t requests_sent = 0, requests_received = 0, responses_sent = 0,
                responses_received = 0;
  std::uint64_t consent_requests_sent = 0;
  std::uint64_t retransmissions_sent = 0;                    // of requests
  std::optional<Timestamp> first_request{}, last_request{};  // that we sent
  std::optional<Timestamp> consent_expires{};  // RFC 7675, unless the peer answers until then
  std::optional<Duration> current_round_trip_time{};
  Duration total_round_trip_time{};
};

struct TransportStats {
  std::uint64_t bytes_sent = 0, bytes_received = 0;      // UDP payload
  std::uint64_t packets_sent = 0, packets_received = 0;  // datagrams
  std::optional<Timestamp> last_packet_sent{}, last_packet_received{};
  DtlsTransportState dtls_state = DtlsTransportState::New;
  DtlsRole dtls_role = DtlsRole::Unknown;
  std::string tls_version{};    // "DTLS 1.3"
  std::string dtls_cipher{};    // as IANA has it: "TLS_AES_128_GCM_SHA256"
  std::string cipher_engine{};  // the library that enciphers: "OpenSSL" or "multi-buffer"
  std::string tls_group{};      // of the key exchange: "x25519"
  IceRole ice_role = IceRole::Unknown;
  std::string local_fingerprint{}, remote_fingerprint{};  // "sha-256 4A:AD:…"
  std::uint64_t dropped_stun = 0, dropped_dtls = 0, dropped_sctp = 0,
                dropped_unknown = 0;  // datagrams not taken
  // DTLS in ICE's Binding messages (SPED): whether the peer takes part, and how many datagrams of
  // the handshake rode in messages of ours and of the peer's.
  bool sped = false;
  std::uint64_t sped_datagrams_sent = 0, sped_datagrams_received = 0;
};

struct DataChannelStats {
  ChannelId channel{};
  std::string label, protocol;
  std::optional<std::uint16_t> data_channel_identifier{};
  DataChannelState state = DataChannelState::Connecting;
  std::uint64_t messages_sent = 0, messages_received = 0, bytes_sent = 0, bytes_received = 0;
};

struct SctpStats {
  std::optional<Duration> smoothed_round_trip_time{};
  std::size_t congestion_window = 0, receiver_window = 0, unacknowledged_bytes = 0;  // bytes
  std::uint64_t packets_sent = 0, packets_received = 0, retransmissions = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;  // of SCTP packets
  std::size_t mtu = 0;  // the largest SCTP packet that the path is known to carry, bytes
  bool snap = false;    // established by the INITs of the descriptions, without SCTP's handshake
  bool interleaving = false;  // RFC 8260 was agreed: channels are mixed packet by packet
};

struct Stats {
  // When event::Stats was made, by the clock of all its timestamps. The core leaves it to its
  // caller, who knows the time.
  Timestamp timestamp{};
  std::uint64_t data_channels_requested = 0, data_channels_opened = 0, data_channels_closed = 0,
                data_channels_accepted = 0;
  TransportStats transport;
  SctpStats sctp;
  std::vector<CandidateStats> local_candidates, remote_candidates;
  std::vector<CandidatePairStats> candidate_pairs;
  std::vector<DataChannelStats> data_channels;
};

}  // namespace specter
