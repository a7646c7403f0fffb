// Many lives, on all cores.
#pragma once

#include <cstdint>
#include <vector>

#include "world/life.h"

namespace specter::cli::sim {

struct SwarmOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1000;
  double seconds = 0;    // no new one is begun after these; 0: no limit
  std::size_t jobs = 0;  // threads; 0: one a core
  bool stops_at_failure = false;
  bool is_sctp = false;  // two associations in place of whole peers
  world::Kinds kinds;
};

struct Failed {
  std::uint64_t seed;
  double after;  // seconds since the beginning
  world::Failure failure;
};

struct Tally {
  std::uint64_t lives = 0, connected = 0, entries = 0;
  std::uint64_t virtual_ms = 0, messages = 0;
  std::uint64_t hash = 0;  // of all, whatever their order
  double cpu_seconds = 0;
  std::vector<Failed> failed;
  // In how many lives a kind was, and two of them together.
  std::vector<std::uint64_t> visited;
  std::vector<std::vector<std::uint64_t>> visited_pairs;
};

world::Plan draw(const SwarmOptions& options, std::uint64_t seed);
world::Outcome live(const SwarmOptions& options, const world::Plan& plan,
                    const world::Workshop& workshop, world::Tells tells = world::Tells::Nothing);
Tally run_swarm(const SwarmOptions& options);

}  // namespace specter::cli::sim
