// RTCPeerConnectionState out of the states of the one transport. W3C §4.3.3, in its order. Of our
// own close() nothing is told, and nobody asks here.
#pragma once

#include "peer/transport.h"

#include "specter/states.h"

namespace specter::peer {

constexpr ConnectionState connection_state(IceConnectionState ice, DtlsState dtls) {
  using enum ConnectionState;
  if (ice == IceConnectionState::Failed || dtls == DtlsState::Failed) return Failed;
  // The W3C leaves this one "connected" until ICE notices. We know better at once, and for good:
  // the peer said goodbye. docs/decisions/0006-peers-close.md.
  if (dtls == DtlsState::Closed) return Failed;
  if (ice == IceConnectionState::Disconnected) return Disconnected;
  const bool is_ice_new = ice == IceConnectionState::New || ice == IceConnectionState::Closed;
  if (is_ice_new && dtls == DtlsState::New) return New;
  const bool is_ice_up =
      ice == IceConnectionState::Connected || ice == IceConnectionState::Completed;
  if (is_ice_up && dtls == DtlsState::Connected) return Connected;
  return Connecting;
}

static_assert(connection_state(IceConnectionState::Checking, DtlsState::New) ==
              ConnectionState::Connecting);
static_assert(connection_state(IceConnectionState::Connected, DtlsState::Connecting) ==
              ConnectionState::Connecting);

}  // namespace specter::peer
