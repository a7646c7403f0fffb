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
  // A DTLS that ICE is to carry in its checks (SPED) is `connecting` before the first one, and
  // nothing has begun: W3C §5.5.1 has it `new` until then.
  if (is_ice_new && (dtls == DtlsState::New || dtls == DtlsState::Connecting)) return New;
  const bool is_ice_up =
      ice == IceConnectionState::Connected || ice == IceConnectionState::Completed;
  if (is_ice_up && dtls == DtlsState::Connected) return Connected;
  return Connecting;
}

static_assert(connection_state(IceConnectionState::Checking, DtlsState::New) ==
              ConnectionState::Connecting);
static_assert(connection_state(IceConnectionState::New, DtlsState::Connecting) ==
              ConnectionState::New);
static_assert(connection_state(IceConnectionState::Connected, DtlsState::Connecting) ==
              ConnectionState::Connecting);

}  // namespace specter::peer
