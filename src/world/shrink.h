// A failing life made small: what is not needed for it to fail is taken away.
#pragma once

#include <cstddef>
#include <functional>

#include "world/plan.h"

namespace specter::world {

struct Shrunk {
  Plan plan;
  std::size_t tries = 0;
};

// Whether the life of this plan fails in the same way.
using StillFails = std::function<bool(const Plan&)>;

// First whole steps, many at a time; then their times and amounts; until nothing more can go, or
// after `most_tries` lives. `plan` must fail.
Shrunk shrink(Plan plan, const StillFails& still_fails, std::size_t most_tries = 2'000);

}  // namespace specter::world
