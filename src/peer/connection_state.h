// The states of ICE and of the connection, as they are told. W3C §4.3.3, §4.4.2.
#pragma once

#include "peer/events.h"
#include "peer/transport.h"

#include "specter/states.h"

namespace specter::peer {

// RTCPeerConnectionState out of the states of the one transport, in the W3C's order. Never Closed:
// that is our own close().
constexpr ConnectionState connection_state(IceConnectionState ice, DtlsTransportState dtls) {
  using enum ConnectionState;
  if (ice == IceConnectionState::Failed || dtls == DtlsTransportState::Failed) return Failed;
  // The W3C leaves this one "connected" until ICE notices. We know better at once, and for good:
  // the peer said goodbye. docs/decisions/0006-peers-close.md.
  if (dtls == DtlsTransportState::Closed) return Failed;
  if (ice == IceConnectionState::Disconnected) return Disconnected;
  const bool is_ice_new = ice == IceConnectionState::New || ice == IceConnectionState::Closed;
  // A DTLS that ICE is to carry in its checks (SPED) is `connecting` before the first one, and
  // nothing has begun: W3C §5.5.1 has it `new` until then.
  if (is_ice_new && (dtls == DtlsTransportState::New || dtls == DtlsTransportState::Connecting))
    return New;
  const bool is_ice_up =
      ice == IceConnectionState::Connected || ice == IceConnectionState::Completed;
  if (is_ice_up && dtls == DtlsTransportState::Connected) return Connected;
  return Connecting;
}

static_assert(connection_state(IceConnectionState::Checking, DtlsTransportState::New) ==
              ConnectionState::Connecting);
static_assert(connection_state(IceConnectionState::New, DtlsTransportState::Connecting) ==
              ConnectionState::New);
static_assert(connection_state(IceConnectionState::Connected, DtlsTransportState::Connecting) ==
              ConnectionState::Connecting);

class ToldStates {
 public:
  void handle_ice(IceConnectionState state, const Transport& transport, Events& events);
  // The transport's DTLS is in another state.
  void update(const Transport& transport, Events& events);
  // Our own close(), of which no state change is told, nor of anything behind it.
  void close();

  IceConnectionState ice() const { return ice_; }
  ConnectionState connection() const { return connection_; }

 private:
  IceConnectionState ice_ = IceConnectionState::New;
  ConnectionState connection_ = ConnectionState::New;
  bool is_closed_ = false;
};

}  // namespace specter::peer
