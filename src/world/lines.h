// What the steps under way make of the lines.
#pragma once

#include <vector>

#include "simulation/internet.h"
#include "world/plan.h"

namespace specter::world {

class Lines {
 public:
  explicit Lines(simulation::Internet& internet);

  // A step begins or ends. False when it is none of a line's.
  bool handle(const Step& step, bool begins);
  // As if there had been none.
  void heal();

 private:
  void renew(Side side);

  simulation::Internet& internet_;
  std::vector<Step> active_;
  std::array<simulation::Conditions, 2> base_;
};

}  // namespace specter::world
