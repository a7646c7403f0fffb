// One life: two peers of ours in the world of a plan, from the first offer to the close, judged at
// every step. docs/simulation.md has the whole picture.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "world/journal.h"
#include "world/peer.h"
#include "world/plan.h"

namespace specter::world {

struct Outcome {
  std::optional<Failure> failure;
  std::uint64_t hash = 0;      // of all that both said, with its time
  std::uint64_t shape = 0;     // the same without the bytes
  std::uint64_t entries = 0;   // so many things
  bool was_connected = false;  // both, when the world had healed
  std::size_t messages = 0;    // that arrived
  std::int64_t lasted_ms = 0;
  std::vector<Journal::Note> notes;
};

// The same plan has the same outcome, everywhere.
Outcome live(const Plan& plan, const Workshop& workshop, Tells tells = Tells::Nothing);

}  // namespace specter::world
