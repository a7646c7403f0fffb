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
  Attacker(const Plan& plan, simulation::Internet& internet, simulation::HostId host);

  void begin(Timestamp now, const Step& step);
  void end(const Step& step);
  void stop();

  // What it saw since the last time.
  void handle(Timestamp now);
  void handle_timeout(Timestamp now);
  Deadline next_timeout() const;

  // Where it stands.
  static constexpr IpAddress kAddress = IpAddress::v4({198, 51, 100, 66});

 private:
  struct Garbage {
    Step step;
    Timestamp next;
  };

  static bool is_stranger(const Step& step) {
    return step.b == 0 && (step.kind == Kind::Garbage || step.kind == Kind::Mutations);
  }
  // Of what comes from a stranger's address, and of what is sent in a peer's name or repeated: so
  // that the one is the same without the other.
  simulation::SeededRandom& random(const Step& step) {
    return is_stranger(step) ? strangers_ : random_;
  }
  void send_garbage(Timestamp now, const Step& step);
  void react(Timestamp now, const Step& step, const simulation::Internet::Overheard& seen);
  void abuse(Timestamp now, const Step& step, const simulation::Internet::Overheard& seen);
  void send_alert(Timestamp now, const simulation::Internet::Overheard& seen);
  void answer(Timestamp now, const simulation::Internet::Overheard& seen);
  static Endpoint elsewhere(simulation::SeededRandom& random);

  simulation::SeededRandom random_, strangers_;
  simulation::Internet& internet_;
  simulation::HostId host_;
  std::vector<Garbage> garbage_;
  std::vector<Step> reactions_;  // to what it sees: all but garbage
  // The latest way from each side to the other, as it is seen outside.
  std::array<std::optional<std::pair<Endpoint, Endpoint>>, 2> way_from_;
  std::array<std::optional<simulation::Internet::Overheard>, 2> request_of_;
};

}  // namespace specter::world
