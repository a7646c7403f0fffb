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

// The W3C's spelling: "have-local-offer".
SPECTER_EXPORT std::string_view to_string(SignalingState state);
SPECTER_EXPORT std::string_view to_string(IceGatheringState state);
SPECTER_EXPORT std::string_view to_string(ConnectionState state);
SPECTER_EXPORT std::string_view to_string(IceConnectionState state);
SPECTER_EXPORT std::string_view to_string(DataChannelState state);

}  // namespace specter
