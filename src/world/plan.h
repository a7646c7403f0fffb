// What a seed decides: everything that happens in one simulated life, as a value. A life is a
// function of its plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "world/step.h"

namespace specter::world {

struct Plan {
  std::uint64_t seed = 0;     // of what is not in the steps: keys, which datagram is lost
  std::int64_t heals_at = 0;  // milliseconds; what the lines do ends here at the latest
  std::vector<Step> steps;

  const Step* find(Kind kind, Side side) const;  // the first of its kind, on this side
  const Step* find(Kind kind) const;             // on either side
  bool has(Kind kind, Side side) const { return find(kind, side) != nullptr; }
  bool has(Kind kind) const { return has(kind, Side::A) || has(kind, Side::B); }

  bool operator==(const Plan&) const = default;
};

// Which kinds may be drawn; all when it is empty.
using Kinds = std::vector<Kind>;
// Names of kinds and families, with commas between. Nothing when one is not known.
std::optional<Kinds> parse_kinds(std::string_view names);

// Each kind is in it with probability ½, or less where its row says so, its strength drawn. What is
// drawn for one kind does not depend on the others, nor on which there are or may be drawn.
Plan draw(std::uint64_t seed, const Kinds& kinds = {});

// Why the connection of such a life may end, or never be; nothing when it has to be there after the
// faults.
std::optional<std::string> excuse(const Plan& plan);

// An alert in the clear is believed when nothing of the peer's follows for 5 s: whether there may
// be such a silence behind a forged one.
bool may_believe_alerts(const Plan& plan);

// One line a step: "loss side=a at=200 lasts=3000 a=120 c=1". For files that people read.
std::string to_text(const Plan& plan);
std::optional<Plan> parse_plan(std::string_view text);
// The same, as sentences.
std::string describe(const Plan& plan);

}  // namespace specter::world
