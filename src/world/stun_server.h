// The STUN server of the simulated world, as helpful as the plan has it.
#pragma once

#include "simulation/internet.h"
#include "world/plan.h"

#include "specter/time.h"

namespace specter::world {

class StunServer {
 public:
  StunServer(const Plan& plan, simulation::Internet& internet, simulation::HostId host)
      : step_(plan.find(Kind::StunServer, Side::A) ? plan.find(Kind::StunServer, Side::A)
                                                   : plan.find(Kind::StunServer, Side::B)),
        internet_(internet),
        host_(host) {}

  void handle(Timestamp now, const simulation::Arrival& arrival);

 private:
  const Step* step_;
  simulation::Internet& internet_;
  simulation::HostId host_;
};

}  // namespace specter::world
