// All trials of a matrix, on several threads. Each is alone in its world, so neither their number
// nor their order shows in what comes out.
#pragma once

#include <cstddef>
#include <vector>

#include "cli/bench/link/matrix.h"

namespace specter::cli::bench {

struct Outcome {
  Case tried;
  Result<Measured> measured;
};

// `jobs` of 0: one a core. A line about how far it is on a terminal.
std::vector<Outcome> run_all(const std::vector<Case>& cases, std::size_t jobs);

}  // namespace specter::cli::bench
