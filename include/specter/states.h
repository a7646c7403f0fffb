/// @file
/// The states of connections and data channels. Names and meanings are those of
/// https://www.w3.org/TR/webrtc/.
#pragma once

#include <cstdint>
#include <string_view>

#include "specter/export.h"

namespace specter {

/// RTCSignalingState, W3C §4.3.1; RFC 9429 §3.2.
enum class SignalingState {
  Stable,
  HaveLocalOffer,
  HaveRemoteOffer,
  HaveLocalPrAnswer,
  HaveRemotePrAnswer,
  Closed
};

/// RTCIceGatheringState, W3C §4.3.2.
enum class IceGatheringState { New, Gathering, Complete };

/// RTCPeerConnectionState, W3C §4.3.3.
enum class ConnectionState { New, Connecting, Connected, Disconnected, Failed, Closed };

/// RTCIceConnectionState, W3C §4.3.4.
enum class IceConnectionState { New, Checking, Connected, Completed, Disconnected, Failed, Closed };

/// RTCDataChannelState, W3C §6.2.
enum class DataChannelState { Connecting, Open, Closing, Closed };

/// RTCDtlsTransportState, W3C §5.5.1.
enum class DtlsTransportState { New, Connecting, Connected, Closed, Failed };

/// RTCDtlsRole, webrtc-stats §6.16.
enum class DtlsRole { Unknown, Client, Server };

/// RTCIceRole, W3C §5.6.4.
enum class IceRole { Unknown, Controlling, Controlled };

/// RTCIceCandidateType, W3C §4.8.1.3: "host", "srflx", "prflx", "relay".
enum class IceCandidateType { Host, ServerReflexive, PeerReflexive, Relayed };

/// RTCIceServerTransportProtocol, W3C §4.8.1.4: how a TURN server is spoken with. What it sends to
/// peers is UDP in any case.
enum class IceServerTransportProtocol : std::uint8_t { Udp, Tcp, Tls };

/// RTCStatsIceCandidatePairState, webrtc-stats §6.18.1; RFC 8445 §6.1.2.6.
enum class CandidatePairState { Frozen, Waiting, InProgress, Succeeded, Failed };

/// The W3C's spelling, e.g. "have-local-offer".
SPECTER_EXPORT std::string_view to_string(SignalingState state);
/// The W3C's spelling, e.g. "gathering".
SPECTER_EXPORT std::string_view to_string(IceGatheringState state);
/// The W3C's spelling, e.g. "connected".
SPECTER_EXPORT std::string_view to_string(ConnectionState state);
/// The W3C's spelling, e.g. "checking".
SPECTER_EXPORT std::string_view to_string(IceConnectionState state);
/// The W3C's spelling, e.g. "open".
SPECTER_EXPORT std::string_view to_string(DataChannelState state);
/// The W3C's spelling, e.g. "connected".
SPECTER_EXPORT std::string_view to_string(DtlsTransportState state);
/// The W3C's spelling, e.g. "client".
SPECTER_EXPORT std::string_view to_string(DtlsRole role);
/// The W3C's spelling, e.g. "controlling".
SPECTER_EXPORT std::string_view to_string(IceRole role);
/// The W3C's spelling, e.g. "srflx".
SPECTER_EXPORT std::string_view to_string(IceCandidateType type);
/// The W3C's spelling, e.g. "udp".
SPECTER_EXPORT std::string_view to_string(IceServerTransportProtocol protocol);
/// The W3C's spelling, e.g. "in-progress".
SPECTER_EXPORT std::string_view to_string(CandidatePairState state);

}  // namespace specter
