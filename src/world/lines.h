// What the steps under way make of the lines.
#pragma once

#include <vector>

#include "simulation/internet.h"
#include "world/plan.h"

namespace specter::world {

// A line that is small from beginning to end, where the plan has one.
void narrow(const Plan& plan, Side side, simulation::Conditions& up, simulation::Conditions& down);

// What finding out takes where packets that are too large end without a word: one timeout of the
// longest, RFC 9260 §6.3.1, and a few probes of a second, RFC 8899 §5.1.1.
Duration time_to_find_size(const Plan& plan);

class Lines {
 public:
  explicit Lines(simulation::Internet& internet);

  // A step begins or ends. False when it is none of a line's.
  bool handle(const Step& step, bool begins);
  // As it was at the beginning.
  void heal();

 private:
  void renew(Side side);

  simulation::Internet& internet_;
  std::vector<Step> active_;
  std::array<simulation::Conditions, 2> base_;
};

}  // namespace specter::world
