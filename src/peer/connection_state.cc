#include "peer/connection_state.h"

#include <utility>

namespace specter::peer {

void ToldStates::handle_ice(IceConnectionState state, const Transport& transport, Events& events) {
  if (is_closed_) return;
  ice_ = state;
  events.emplace_back(core::IceConnectionStateChange{state});
  update(transport, events);
}

void ToldStates::update(const Transport& transport, Events& events) {
  const ConnectionState state = peer::connection_state(ice_, transport.dtls_state());
  if (is_closed_ || state == connection_) return;
  connection_ = state;
  core::ConnectionStateChange changed{state};
  if (const auto& why = transport.failure(); why && state == ConnectionState::Failed) {
    changed.reason = why->message;
    changed.code = why->code;
  }
  events.emplace_back(std::move(changed));
}

void ToldStates::close() {
  is_closed_ = true;
  ice_ = IceConnectionState::Closed;
  connection_ = ConnectionState::Closed;
}

}  // namespace specter::peer
