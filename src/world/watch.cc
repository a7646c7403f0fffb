#include "world/watch.h"

#include <fmt/format.h>

namespace specter::world {
namespace {

using namespace std::chrono_literals;

constexpr Duration kConsent = 30s;  // RFC 7675 §5.1

bool is_stun(Bytes bytes) { return !bytes.empty() && bytes[0] < 4; }
bool is_binding_success(Bytes bytes) {
  return bytes.size() >= 20 && bytes[0] == 0x01 && bytes[1] == 0x01;
}

// W3C §4.3.3; a connection that failed is revived by nothing but a restart.
bool is_legal(ConnectionState from, ConnectionState to) {
  using enum ConnectionState;
  switch (from) {
    case New: return to == Connecting || to == Failed || to == Closed;
    case Connecting: return to != New;
    case Connected: return to == Disconnected || to == Failed || to == Closed || to == Connecting;
    case Disconnected: return to == Connecting || to == Connected || to == Failed || to == Closed;
    case Failed: return to == Closed;
    case Closed: return false;
  }
  return false;
}

bool is_legal(IceConnectionState from, IceConnectionState to) {
  using enum IceConnectionState;
  switch (from) {
    case New: return to == Checking || to == Failed || to == Closed;
    case Checking: return to != New && to != Checking;
    case Connected: return to == Completed || to == Disconnected || to == Failed || to == Closed;
    case Completed: return to == Connected || to == Disconnected || to == Failed || to == Closed;
    case Disconnected:
      return to == Connected || to == Completed || to == Checking || to == Failed || to == Closed;
    case Failed: return to == Closed;
    case Closed: return false;
  }
  return false;
}

// A restart: checking begins anew, W3C RTCIceTransportState.
bool begins_again(IceConnectionState from, const core::IceConnectionStateChange& to) {
  return to.state == IceConnectionState::Checking && from != IceConnectionState::Closed;
}

}  // namespace

void Watch::fail(Verdict verdict, std::string_view what) {
  journal_.fail(verdict, fmt::format("{} {}", side_ == Side::A ? "a" : "b", what));
}

void Watch::see_arrival(Timestamp now, const Datagram& arrival, bool is_of_attacker) {
  if (!is_of_attacker && is_binding_success(arrival.bytes))
    answered_[{arrival.path.local, arrival.path.remote}] = now;
}

void Watch::see_transmit(Timestamp now, const Transmit& transmit) {
  if (is_stun(transmit.bytes)) return;
  const auto at = answered_.find({transmit.path.local, transmit.path.remote});
  if (at == answered_.end())
    return fail(Verdict::Consent,
                fmt::format("sends {} bytes to {}, which has not answered", transmit.bytes.size(),
                            transmit.path.remote.to_string()));
  if (now - at->second > kConsent)
    fail(Verdict::Consent, fmt::format("sends {} bytes to {}, which has not answered for {} ms",
                                       transmit.bytes.size(), transmit.path.remote.to_string(),
                                       (now - at->second) / 1ms));
}

void Watch::see_event(const core::Event& event) {
  if (is_closed_) return fail(Verdict::States, "tells an event after Closed");
  if (const auto* const change = std::get_if<core::ConnectionStateChange>(&event)) {
    see(*change);
  } else if (const auto* const ice = std::get_if<core::IceConnectionStateChange>(&event)) {
    if (!is_legal(ice_state_, ice->state) && !(may_restart_ && begins_again(ice_state_, *ice)))
      fail(Verdict::States,
           fmt::format("goes from ICE's {} to {}", to_string(ice_state_), to_string(ice->state)));
    ice_state_ = ice->state;
  } else if (const auto* const signaling = std::get_if<core::SignalingStateChange>(&event)) {
    if (signaling_state_ == signaling->state || signaling_state_ == SignalingState::Closed)
      fail(Verdict::States, fmt::format("goes from {} to {}", to_string(signaling_state_),
                                        to_string(signaling->state)));
    signaling_state_ = signaling->state;
  } else if (const auto* const gathering = std::get_if<core::IceGatheringStateChange>(&event)) {
    if (gathering_state_ == gathering->state)
      fail(Verdict::States, fmt::format("is {} twice", to_string(gathering->state)));
    gathering_state_ = gathering->state;
  } else if (std::holds_alternative<core::Closed>(event)) {
    is_closed_ = true;
  }
}

void Watch::see(const core::ConnectionStateChange& change) {
  if (!is_legal(connection_state_, change.state))
    fail(Verdict::States,
         fmt::format("goes from {} to {}", to_string(connection_state_), to_string(change.state)));
  connection_state_ = change.state;
  was_connected_ = was_connected_ || change.state == ConnectionState::Connected;
  if (change.state == ConnectionState::Failed && (change.reason.empty() || !change.code))
    fail(Verdict::Reasons, "failed and does not say why");
}

void Watch::see_deadline(Timestamp now, WakeUp next) {
  // A turn may have given it more to do at once; not again and again.
  at_once_ = next && *next <= now ? at_once_ + 1 : 0;
  if (at_once_ > 3)
    fail(Verdict::Timers, fmt::format("wants to be called again at once: {}", next.timer));
  const ConnectionState state = connection_.connection_state();
  const bool is_alive = state == ConnectionState::Connecting ||
                        state == ConnectionState::Connected ||
                        state == ConnectionState::Disconnected;
  if (is_alive && !next)
    fail(Verdict::Timers, fmt::format("is {} and waits for nothing", to_string(state)));
}

}  // namespace specter::world
