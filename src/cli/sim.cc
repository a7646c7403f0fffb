// specter sim: whole connections in a simulated world, under faults that seeds decide.
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/sim/report.h"
#include "cli/sim/swarm.h"
#include "world/shrink.h"

namespace specter::cli {
namespace {

using namespace sim;

struct Options {
  SwarmOptions swarm;
  std::uint64_t seed = 0;
  std::vector<std::string> plans;
  std::string only;
  bool tells_story = false, traces = false, shrinks = false, shows_table = false;

  world::Tells tells() const {
    return traces ? world::Tells::Trace : tells_story ? world::Tells::Story : world::Tells::Nothing;
  }
};

// One life, told. True when it went well.
bool live_one(world::Plan plan, const Options& options, const world::Workshop& workshop) {
  world::Outcome outcome = live(options.swarm, plan, workshop, options.tells());
  if (outcome.failure && options.shrinks) {
    plan = shrink_failed(options.swarm, plan, outcome.failure->verdict, workshop);
    outcome = live(options.swarm, plan, workshop, options.tells());
    fmt::print("{}\n", world::to_text(plan));
  }
  if (options.tells() != world::Tells::Nothing) tell(plan, outcome);
  tell_end(outcome);
  return !outcome.failure;
}

world::Plan read_plan(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto plan = world::parse_plan(text);
  if (!file || !plan) throw CLI::ValidationError(path, "is not a plan that can be read");
  return *std::move(plan);
}

int run_plans(const Options& options) {
  const world::Workshop workshop = world::Workshop::make();
  bool all_well = true;
  for (const std::string& path : options.plans) {
    if (options.plans.size() > 1) fmt::print("{}: ", path);
    all_well = live_one(read_plan(path), options, workshop) && all_well;
  }
  return all_well ? kSuccess : kFailure;
}

int run_seed(const Options& options) {
  const world::Workshop workshop = world::Workshop::make();
  return live_one(draw(options.swarm, options.seed), options, workshop) ? kSuccess : kFailure;
}

int run_many(const Options& options) {
  const Tally tally = run_swarm(options.swarm);
  if (options.shows_table) tell_table(tally);
  tell_failures(tally, options.swarm);
  tell_sum(tally);
  return tally.failed.empty() ? kSuccess : kFailure;
}

void choose(CLI::App& command, Options& options) {
  command.add_option("--seeds", options.swarm.seeds, "How many lives")->capture_default_str();
  command.add_option("--first", options.swarm.first_seed, "The seed of the first")
      ->capture_default_str();
  command.add_option("--seconds", options.swarm.seconds, "Begin no further one after so long")
      ->check(CLI::Range(0.0, 1e6));
  command.add_option("--jobs", options.swarm.jobs, "Threads; 0: one a core")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  auto* only = command.add_option(
      "--only", options.only, "Draw nothing but these kinds or families, such as nat,mtu,owner");
  command.add_flag("--sctp", options.swarm.is_sctp, "Two SCTP associations alone, much faster")
      ->excludes(only);
  command.add_flag("--stop", options.swarm.stops_at_failure, "End with the first failure");
  command.add_flag("--table", options.shows_table,
                   "How often each kind was visited, and two of them together");
  auto* seed = command.add_option("--seed", options.seed, "One life: that of this seed");
  auto* plans =
      command.add_option("--plan", options.plans, "The lives of these files")->type_name("FILE");
  seed->excludes(plans);
  command.add_flag("--story", options.tells_story, "With --seed or --plan: tell what happens");
  command.add_flag("--trace", options.traces, "The same with every datagram");
  command.add_flag("--shrink", options.shrinks,
                   "With --seed or --plan: when it fails, take away what is not needed for that");
}

}  // namespace

void add_sim(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "sim",
      "Whole connections in a simulated world that breaks: NATs, losses, partitions, small paths,\n"
      "attackers, owners and signalling as bad as they come. A seed decides all of it, and what\n"
      "must hold for every connection is judged at each step. No socket, no clock: an hour takes\n"
      "a fraction of a second.");
  command->footer("Exit code 1: a life failed. docs/simulation.md tells more.");
  auto options = std::make_shared<Options>();
  choose(*command, *options);
  command->callback([options, &exit_code] {
    const bool is_of_one = options->seed || !options->plans.empty();
    if (!is_of_one && (options->tells_story || options->traces || options->shrinks))
      throw CLI::ValidationError("--story, --trace and --shrink", "need --seed or --plan");
    if (!options->only.empty()) {
      const auto kinds = world::parse_kinds(options->only);
      if (!kinds) throw CLI::ValidationError("--only", "knows these: " + names_of_kinds());
      options->swarm.kinds = *kinds;
    }
    exit_code = !options->plans.empty() ? run_plans(*options)
                : options->seed         ? run_seed(*options)
                                        : run_many(*options);
  });
}

}  // namespace specter::cli
