#include "cli/sim/report.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "world/shrink.h"

namespace specter::cli::sim {

std::string names_of_kinds() {
  std::string out;
  std::string_view family;
  for (const world::Row& row : world::rows()) {
    if (row.family != family) out += fmt::format("{}{}:", family.empty() ? "" : "\n  ", row.family);
    family = row.family;
    out += fmt::format(" {}", row.name);
  }
  return out;
}

world::Plan shrink_failed(const SwarmOptions& options, const world::Plan& plan,
                          world::Verdict verdict, const world::Workshop& workshop) {
  return world::shrink(plan,
                       [&](const world::Plan& smaller) {
                         const auto outcome = live(options, smaller, workshop);
                         return outcome.failure && outcome.failure->verdict == verdict;
                       })
      .plan;
}

void tell(const world::Plan& plan, const world::Outcome& outcome) {
  fmt::print("In the world of seed {}:\n", plan.seed);
  for (const world::Step& step : plan.steps) {
    if (world::row(step.kind).when == world::When::AtFirst)
      fmt::print("  {}\n", world::to_string(step));
  }
  fmt::print("What happens, in seconds:\n");
  for (const auto& note : outcome.notes)
    fmt::print("{:5}.{:06}  {}\n", note.at_us / 1'000'000, note.at_us % 1'000'000, note.text);
}

void tell_end(const world::Outcome& outcome) {
  if (outcome.failure)
    fmt::print("It fails at {}.{:03} s, {}: {}.\n", outcome.failure->at_ms / 1000,
               outcome.failure->at_ms % 1000, to_string(outcome.failure->verdict),
               outcome.failure->what);
  else
    fmt::print("It goes well: {}, {} messages arrived, {}.{:03} s; hash {:016x}.\n",
               outcome.was_connected ? "connected" : "not connected, and with a reason",
               outcome.messages, outcome.lasted_ms / 1000, outcome.lasted_ms % 1000, outcome.hash);
}

void tell_table(const Tally& tally) {
  fmt::print("{:22} {:>8}  {:>8}  {}\n", "kind", "lives", "fewest", "together with");
  for (const world::Row& row : world::rows()) {
    const auto kind = static_cast<std::size_t>(row.kind);
    const auto& pairs = tally.visited_pairs[kind];
    const auto fewest = std::ranges::min_element(pairs);
    const auto other = static_cast<std::size_t>(fewest - pairs.begin());
    fmt::print("{:22} {:8}  {:8}  {}\n", row.name, tally.visited[kind], *fewest,
               world::rows()[other].name);
  }
}

void tell_failures(const Tally& tally, const SwarmOptions& options) {
  std::map<world::Verdict, std::vector<const Failed*>> by_verdict;
  for (const Failed& each : tally.failed) by_verdict[each.failure.verdict].push_back(&each);
  if (!tally.failed.empty()) {
    const Failed& first =
        *std::ranges::min_element(tally.failed, {}, [](const Failed& f) { return f.after; });
    fmt::print("first failure: seed {} after {:.1f} s\n", first.seed, first.after);
    fmt::print("verdict: {}: {}\n", to_string(first.failure.verdict), first.failure.what);
  }
  const world::Workshop workshop = world::Workshop::make();
  for (const auto& [verdict, failed] : by_verdict) {
    fmt::print("\n{}: {} of {} lives\n", to_string(verdict), failed.size(), tally.lives);
    constexpr std::size_t kMostShown = 5;
    for (std::size_t i = 0; i < std::min(failed.size(), kMostShown); ++i)
      fmt::print("  seed {}: {}\n", failed[i]->seed, failed[i]->failure.what);
    const std::uint64_t seed = failed.front()->seed;
    const world::Plan small = shrink_failed(options, draw(options, seed), verdict, workshop);
    fmt::print("  seed {} shrunk, for a file and --plan:\n", seed);
    std::string text = world::to_text(small);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      fmt::print("    {}\n", text.substr(at, text.find('\n', at) - at));
    fmt::print("  again: specter sim{} --seed {} --story\n", options.is_sctp ? " --sctp" : "",
               seed);
  }
}

void tell_sum(const Tally& tally) {
  fmt::print(
      "{} seeds: {} connected in the end, {} failed; {} messages; {:.1f} virtual hours; {:.0f} "
      "lives a CPU second; hash {:016x}\n",
      tally.lives, tally.connected, tally.failed.size(), tally.messages,
      static_cast<double>(tally.virtual_ms) / 3.6e6,
      static_cast<double>(tally.lives) / std::max(tally.cpu_seconds, 1e-9), tally.hash);
}

}  // namespace specter::cli::sim
