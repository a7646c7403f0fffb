// What `specter sim` prints.
#pragma once

#include <string>

#include "cli/sim/swarm.h"
#include "world/life.h"

namespace specter::cli::sim {

// Families and kinds, for who looks for one.
std::string names_of_kinds();

world::Plan shrink_failed(const SwarmOptions& options, const world::Plan& plan,
                          world::Verdict verdict, const world::Workshop& workshop);

// What was drawn, as sentences, and what came of it.
void tell(const world::Plan& plan, const world::Outcome& outcome);
void tell_end(const world::Outcome& outcome);

void tell_table(const Tally& tally);
// By verdict; the first of each is shrunk.
void tell_failures(const Tally& tally, const SwarmOptions& options);
void tell_sum(const Tally& tally);

}  // namespace specter::cli::sim
