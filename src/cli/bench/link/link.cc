// specter bench link: what a data channel makes of simulated paths.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "cli/bench/link/matrix.h"
#include "cli/bench/link/report.h"
#include "cli/bench/link/runs.h"
#include "cli/bench/options.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace specter::cli::bench {
namespace {

using enum CongestionControl;

const std::vector<QueueSize> kQueues = {{.products = 0.5}, {.products = 2}};

// What the option does not say, for one flow and for two.
Matrix matrix_of_one(bool all) {
  if (all)
    return {.round_trips_ms = {0, 12, 50, 100, 200},
            .losses_percent = {0, 0.1, 1, 5},
            .rates_mbit_per_s = {10, 100, 1000},
            .queues = kQueues,
            .controls = {Cubic, Bbr, Reno}};
  return {.round_trips_ms = {12, 100},
          .losses_percent = {0, 1},
          .rates_mbit_per_s = {100},
          .queues = kQueues,
          .controls = {Cubic, Bbr, Reno}};
}
Matrix matrix_of_two(bool all) {
  if (all)
    return {.round_trips_ms = {12, 50, 100, 200},
            .losses_percent = {0},
            .rates_mbit_per_s = {10, 100},
            .queues = kQueues,
            .controls = {Cubic, Bbr, Reno}};
  return {.round_trips_ms = {50},
          .losses_percent = {0},
          .rates_mbit_per_s = {20},
          .queues = kQueues,
          .controls = {Cubic, Bbr, Reno}};
}

// Each value once.
template <class Value>
void take(std::vector<Value>& place, const std::vector<Value>& given) {
  if (given.empty()) return;
  place.clear();
  for (const Value& value : given)
    if (std::ranges::find(place, value) == place.end()) place.push_back(value);
}

CongestionControl control_of(std::string_view name) {
  for (const CongestionControl control : {Cubic, Bbr})
    if (name == name_of(control)) return control;
  return Reno;
}

// Error: InvalidArgument for a queue that is none.
Result<> apply(const LinkOptions& options, Matrix& matrix) {
  const auto sorted = [](std::vector<double> values) {
    std::ranges::sort(values);
    return values;
  };
  take(matrix.round_trips_ms, sorted(options.round_trips_ms));
  take(matrix.losses_percent, sorted(options.losses_percent));
  take(matrix.rates_mbit_per_s, sorted(options.rates_mbit_per_s));
  std::vector<QueueSize> queues;
  for (const std::string& text : options.queues) {
    auto queue = QueueSize::parse(text);
    if (!queue) return fail(queue.error());
    queues.push_back(*queue);
  }
  take(matrix.queues, queues);
  std::vector<CongestionControl> controls;
  controls.reserve(options.controls.size());
  for (const std::string& name : options.controls) controls.push_back(control_of(name));
  take(matrix.controls, controls);
  return {};
}

Result<> write(const std::string& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return fail(ErrorCode::OperationFailed,
              fmt::format("{} can't be written: {}", file, std::strerror(errno)));
}

Result<> write_files(const LinkOptions& options, const LinkReport& report) {
  if (!options.svg_file.empty()) {
    if (auto written = write(options.svg_file, to_svg(report)); !written) return written;
  }
  if (options.markdown_file.empty()) return {};
  // Beside each other, as a rule: a name that leads from the one to the other.
  namespace fs = std::filesystem;
  std::string figure;
  if (!options.svg_file.empty()) {
    const fs::path folder = fs::absolute(options.markdown_file).parent_path();
    figure = fs::absolute(options.svg_file).lexically_relative(folder).generic_string();
  }
  return write(options.markdown_file, to_markdown(report, figure));
}

int complain(std::string_view message) {
  fmt::print(stderr, "specter bench link: {}\n", message);
  return kFailure;
}

}  // namespace

Json LinkOptions::parameters() const {
  Json out;
  out["all"] = all;
  out["seconds"] = seconds > 0 ? Json(seconds) : Json(nullptr);
  out["seed"] = seed;
  return out;
}

std::string LinkOptions::command() const {
  std::string out = "specter bench link";
  const auto add = [&](std::string_view name, const auto& values) {
    if (!values.empty()) out += fmt::format(" {} {}", name, fmt::join(values, ","));
  };
  if (all) out += " --all";
  add("--rtt", round_trips_ms);
  add("--loss", losses_percent);
  add("--rate", rates_mbit_per_s);
  add("--queue", queues);
  add("--congestion-control", controls);
  if (flows.size() == 1) add("--flows", flows);
  if (seconds > 0) out += fmt::format(" --seconds {}", seconds);
  if (seed != 1) out += fmt::format(" --seed {}", seed);
  return out;
}

int run_link(const LinkOptions& options) {
  const auto has = [&](int flows) { return std::ranges::count(options.flows, flows) > 0; };
  Matrix one = matrix_of_one(options.all), two = matrix_of_two(options.all);
  for (Matrix* matrix : {&one, &two}) {
    if (auto applied = apply(options, *matrix); !applied) {
      complain(applied.error().message);
      return kUsage;
    }
  }
  std::vector<Case> cases;
  if (has(1)) cases = cases_of_one(one, options.seconds, options.seed);
  const std::size_t of_one = cases.size();
  if (has(2))
    std::ranges::copy(cases_of_two(two, options.seconds, options.seed), std::back_inserter(cases));

  std::vector<Outcome> outcomes = run_all(cases, options.jobs);
  LinkReport report{
      .parameters = options.parameters(), .command = options.command(), .one = {}, .two = {}};
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    (i < of_one ? report.one : report.two).push_back(std::move(outcomes[i]));

  Output output(STDOUT_FILENO);
  std::string text = options.json ? to_line(to_json(report)) : to_table(report);
  if (text.ends_with('\n')) text.pop_back();
  output.line(text);
  output.flush();
  if (auto written = write_files(options, report); !written)
    return complain(written.error().message);
  if (const Outcome* failed = report.failed())
    return complain(fmt::format("{}: {}", failed->tried.name(), failed->measured.error().message));
  return kSuccess;
}

}  // namespace specter::cli::bench
