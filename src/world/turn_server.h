// A TURN server of the simulated world, as good as the plan has it. Each 5-tuple has a server of
// its own (src/turn/testing/server.h), whose relayed address is one more port of the host.
#pragma once

#include <memory>
#include <vector>

#include "simulation/internet.h"
#include "turn/testing/server.h"
#include "world/plan.h"

#include "specter/time.h"

namespace specter::world {

// What a Relay step's `a` says.
enum class RelayWay : std::int64_t { Good, AlsoGood, Silent, Refusing, Busy };
// Whether a side has a relay that works all the time.
bool has_good_relay(const Plan& plan, Side side);

class TurnServer {
 public:
  static constexpr std::string_view kUsername = "user", kPassword = "secret";

  // Of this side's peer. Without a Relay step it is not asked.
  TurnServer(const Plan& plan, Side side, simulation::Internet& internet, simulation::HostId host,
             std::vector<Endpoint> at);

  void handle(Timestamp now, const simulation::Arrival& arrival);
  // A RelayFails step.
  void fail(const Step& step);

 private:
  struct Session {
    Endpoint at, client;
    turn::TestServer server;
    std::size_t relayed = 0;  // of what it has sent to peers
  };

  Session& session(const Endpoint& at, const Endpoint& client);
  void send(Timestamp now, Session& from);

  const Step* step_;
  simulation::Internet& internet_;
  const simulation::HostId host_;
  const std::vector<Endpoint> at_;
  const bool relays_ipv6_;
  bool is_dead_ = false;
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace specter::world
