// What a peer must never do, judged as it does it.
#pragma once

#include <map>
#include <utility>

#include "world/journal.h"

#include "specter/core.h"

namespace specter::world {

class Watch {
 public:
  Watch(Side side, const core::PeerConnection& connection, bool may_restart, Journal& journal)
      : side_(side), connection_(connection), may_restart_(may_restart), journal_(journal) {}

  void see_arrival(Timestamp now, const Datagram& arrival, bool is_of_attacker);
  void see_transmit(Timestamp now, const Transmit& transmit);
  void see_event(const core::Event& event);
  // After a turn at `now`: the loop would spin.
  void see_deadline(Timestamp now, WakeUp next);

  bool has_failed() const { return connection_state_ == ConnectionState::Failed; }
  bool was_connected() const { return was_connected_; }
  bool is_closed() const { return is_closed_; }

 private:
  void see(const core::ConnectionStateChange& change);
  void fail(Verdict verdict, std::string_view what);

  Side side_;
  const core::PeerConnection& connection_;
  bool may_restart_;  // ICE
  Journal& journal_;
  bool is_closed_ = false, was_connected_ = false;
  int at_once_ = 0;
  ConnectionState connection_state_ = ConnectionState::New;
  IceConnectionState ice_state_ = IceConnectionState::New;
  SignalingState signaling_state_ = SignalingState::Stable;
  IceGatheringState gathering_state_ = IceGatheringState::New;
  // When each of the peer's addresses last answered, from which of ours.
  std::map<std::pair<Endpoint, Endpoint>, Timestamp> answered_;
};

}  // namespace specter::world
