// specter sim: whole connections in a simulated world, under faults that seeds decide.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/sim/swarm.h"

namespace specter::cli {
namespace {

using namespace sim;

struct Options {
  SwarmOptions swarm;
  std::uint64_t seed = 0;
  bool story = false, trace = false;
  std::string only;
};

int run_one(const Options& options) {
  const world::Workshop workshop = world::Workshop::make();
  const world::Plan plan = world::draw(options.seed, options.swarm.kinds);
  const world::Outcome outcome = world::live(plan, workshop,
                                             options.trace   ? world::Tells::Trace
                                             : options.story ? world::Tells::Story
                                                             : world::Tells::Nothing);
  fmt::print("{}", world::to_text(plan));
  for (const auto& note : outcome.notes)
    fmt::print("{:4}.{:03}  {}\n", note.at_ms / 1000, note.at_ms % 1000, note.text);
  fmt::print("hash {:016x}, {} entries, {} messages\n", outcome.hash, outcome.entries,
             outcome.messages);
  if (!outcome.failure) return kSuccess;
  fmt::print("{} at {} ms: {}\n", to_string(outcome.failure->verdict), outcome.failure->at_ms,
             outcome.failure->what);
  return kFailure;
}

int run_many(const Options& options) {
  const Tally tally = run_swarm(
      options.swarm,
      [](const world::Plan& plan, const world::Workshop& w) { return world::live(plan, w); });
  for (const Failed& each : tally.failed)
    fmt::print("seed {}: {}: {}\n", each.seed, to_string(each.failure.verdict), each.failure.what);
  fmt::print(
      "{} lives, {} connected, {} failed, {} messages, {:.1f} virtual hours, {:.1f} a CPU second\n",
      tally.lives, tally.connected, tally.failed.size(), tally.messages,
      static_cast<double>(tally.virtual_ms) / 3.6e6,
      static_cast<double>(tally.lives) / tally.cpu_seconds);
  return tally.failed.empty() ? kSuccess : kFailure;
}

}  // namespace

void add_sim(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("sim", "Whole connections in a simulated world, under faults.");
  auto options = std::make_shared<Options>();
  command->add_option("--seeds", options->swarm.seeds, "How many lives")->capture_default_str();
  command->add_option("--first", options->swarm.first_seed, "The first seed")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Only this one");
  command->add_option("--jobs", options->swarm.jobs, "Threads; 0: one a core");
  command->add_option("--only", options->only, "Kinds or families");
  command->add_flag("--story", options->story, "Tell what happens");
  command->add_flag("--trace", options->trace, "And every datagram");
  command->callback([options, &exit_code] {
    if (!options->only.empty()) {
      const auto kinds = world::parse_kinds(options->only);
      if (!kinds) throw CLI::ValidationError("--only", "there is no such kind or family");
      options->swarm.kinds = *kinds;
    }
    exit_code = options->seed ? run_one(*options) : run_many(*options);
  });
}

}  // namespace specter::cli
