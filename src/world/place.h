// Where the peers of a plan stand: their interfaces, and the routers before these.
#pragma once

#include <array>
#include <optional>

#include "simulation/internet.h"
#include "world/plan.h"

namespace specter::world {

struct Place {
  struct Standing {
    std::vector<Endpoint> endpoints;
    std::array<std::size_t, 2> interface{};  // which of them is the first, and the second network's
    std::size_t interfaces = 1;
    std::optional<simulation::RouterId> router;  // before the first
  };

  // There is a TURN server for each side.
  static constexpr simulation::HostId kStunServer = 2, kAttacker = 3, kTurnServers = 4;

  std::array<Standing, 2> of;
  Endpoint stun_server;
  std::array<std::vector<Endpoint>, 2> turn_servers;  // with an IPv6 address, where sides have one
};

// The hosts of both sides are 0 and 1.
Place build(const Plan& plan, simulation::Internet& internet);
// Another address than it has, in the same network.
Endpoint another(const Endpoint& endpoint);
// Whoever else is behind a router; nobody is there.
IpAddress neighbour();

}  // namespace specter::world
