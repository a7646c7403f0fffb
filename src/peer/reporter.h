// Explains how connecting goes: what is known of servers, phases and pairs, as reports, events and
// reasons. It decides nothing of the connection.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ice/agent.h"
#include "peer/connection_state.h"
#include "peer/data_link.h"
#include "peer/events.h"
#include "peer/servers.h"
#include "peer/transport.h"

#include "specter/core.h"
#include "specter/report.h"
#include "specter/time.h"

namespace specter::peer {

class Reporter {
 public:
  // All of them outlive it.
  Reporter(const ConnectionOptions& options, Transport& transport, const DataLink& data,
           const ToldStates& states, Events& events)
      : options_(options), transport_(transport), data_(data), states_(states), events_(events) {
    explain_relays();
  }
  Reporter(const Reporter&) = delete;

  void begin_gathering();  // once more: the driver notes the servers again
  void note_server(Timestamp now, const core::IceServerNote& server);
  void note_relay(Timestamp now, std::string_view url);
  // A local address is about to go; perhaps the last relay of a server.
  void note_lost(const Endpoint& local);
  void handle_failure(Timestamp now, const core::IceServerFailure& failure);
  void handle_peer_refused(const Endpoint& relayed, std::uint16_t code);
  void handle(const ice::ServerAnswer& answer);
  void handle(const ice::GatheringStateChanged& changed);
  // Whether connecting has ended, which is told; to be called when a state or SCTP has changed.
  void consider_end();

  ConnectionReport report(Timestamp now) const;
  void add_relay_protocols(Stats& stats) const;

 private:
  void explain_relays();
  void tell_error(const std::optional<Endpoint>& base, std::string_view url, std::uint16_t code,
                  std::string_view text);

  const ConnectionOptions& options_;
  Transport& transport_;
  const DataLink& data_;
  const ToldStates& states_;
  Events& events_;
  Servers servers_;
  std::optional<ConnectionState> told_end_;  // the latest, until it connects anew
};

}  // namespace specter::peer
