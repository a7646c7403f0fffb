// Somebody on the network who sees every datagram, and can send to any address in any name. Nothing
// that it sees is kept from its addressee.
#pragma once

#include <optional>
#include <vector>

#include "simulation/internet.h"
#include "simulation/random.h"
#include "world/plan.h"

#include "specter/time.h"

namespace specter::world {

class Attacker {
 public:
  Attacker(std::uint64_t seed, simulation::Internet& internet, simulation::HostId host)
      : random_(seed ^ 0xbad), internet_(internet), host_(host) {}

  void begin(Timestamp now, const Step& step);
  void end(const Step& step);
  void stop();

  // What it saw since the last time.
  void handle(Timestamp now);
  void handle_timeout(Timestamp now);
  Deadline next_timeout() const;

  simulation::HostId host() const { return host_; }

 private:
  struct Garbage {
    Step step;
    Timestamp next;
  };

  void send_garbage(Timestamp now, const Step& step);
  void abuse(Timestamp now, const Step& step, const simulation::Internet::Overheard& seen);
  Endpoint elsewhere();

  simulation::SeededRandom random_;
  simulation::Internet& internet_;
  simulation::HostId host_;
  std::vector<Garbage> garbage_;
  std::vector<Step> copies_;  // mutations and replays
  // The latest way from each side to the other, as it is seen outside.
  std::array<std::optional<std::pair<Endpoint, Endpoint>>, 2> way_from_;
};

}  // namespace specter::world
