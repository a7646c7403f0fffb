// The states that a connection goes through. Names and meaning: https://www.w3.org/TR/webrtc/
#pragma once

#include <string_view>

#include "specter/export.h"

namespace specter {

// RTCSignalingState, W3C §4.3.1; RFC 9429 §3.2.
enum class SignalingState {
  Stable,
  HaveLocalOffer,
  HaveRemoteOffer,
  HaveLocalPrAnswer,
  HaveRemotePrAnswer,
  Closed
};

// RTCIceGatheringState, W3C §4.3.2.
enum class IceGatheringState { New, Gathering, Complete };

// RTCPeerConnectionState, W3C §4.3.3.
enum class ConnectionState { New, Connecting, Connected, Disconnected, Failed, Closed };

// RTCIceConnectionState, W3C §4.3.4.
enum class IceConnectionState { New, Checking, Connected, Completed, Disconnected, Failed, Closed };

// RTCDataChannelState, W3C §6.2.
enum class DataChannelState { Connecting, Open, Closing, Closed };

// RTCDtlsTransportState, W3C §5.5.1.
enum class DtlsTransportState { New, Connecting, Connected, Closed, Failed };

// RTCDtlsRole, webrtc-stats §6.16.
enum class DtlsRole { Unknown, Client, Server };

// RTCIceRole, W3C §5.6.4.
enum class IceRole { Unknown, Controlling, Controlled };

// RTCIceCandidateType, W3C §4.8.1.3: "host", "srflx", "prflx", "relay".
enum class IceCandidateType { Host, ServerReflexive, PeerReflexive, Relayed };

// RTCStatsIceCandidatePairState, webrtc-stats §6.18.1; RFC 8445 §6.1.2.6.
enum class CandidatePairState { Frozen, Waiting, InProgress, Succeeded, Failed };

// The W3C's spelling: "have-local-offer".
SPECTER_EXPORT std::string_view to_string(SignalingState state);
SPECTER_EXPORT std::string_view to_string(IceGatheringState state);
SPECTER_EXPORT std::string_view to_string(ConnectionState state);
SPECTER_EXPORT std::string_view to_string(IceConnectionState state);
SPECTER_EXPORT std::string_view to_string(DataChannelState state);
SPECTER_EXPORT std::string_view to_string(DtlsTransportState state);
SPECTER_EXPORT std::string_view to_string(DtlsRole role);
SPECTER_EXPORT std::string_view to_string(IceRole role);
SPECTER_EXPORT std::string_view to_string(IceCandidateType type);
SPECTER_EXPORT std::string_view to_string(CandidatePairState state);  // "in-progress"

}  // namespace specter
