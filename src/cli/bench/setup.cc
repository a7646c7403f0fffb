// specter bench setup: how long it takes until a channel is open, and how many can be a second.
#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "cli/bench/options.h"
#include "cli/bench/pairs.h"
#include "cli/bench/process.h"
#include "cli/bench/progress.h"
#include "cli/bench/report.h"

namespace specter::cli::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Not counted: what a process does once only, such as loading tables.
constexpr std::size_t kWarmUpPairs = 3;

Result<Report> measure(const SetupOptions& options) {
  Configuration configuration = options.common.configuration();
  if (options.share_certificate) configuration.defaults.certificate = generate_certificate();
  PairMaker maker(configuration, options.common.timeout());
  auto warm = maker.make(kWarmUpPairs, 1, PairMaker::Then::Close, [](const Pair&) {});
  if (!warm) return fail(warm.error());

  std::vector<double> open_ms, message_ms;
  Progress progress;
  const double cpu_before = cpu_seconds();
  const auto begin = Clock::now();
  Clock::time_point last_open = begin;
  auto made = maker.make(options.count, options.at_once, PairMaker::Then::Close, [&](Pair& pair) {
    last_open = Clock::now();
    open_ms.push_back(pair.open_ms());
    message_ms.push_back(pair.message_ms());
    if (progress.is_due())
      progress.show(fmt::format(
          "{}  {} of {} pairs",
          progress_bar(static_cast<double>(open_ms.size()) / static_cast<double>(options.count)),
          open_ms.size(), options.count));
  });
  if (!made) return fail(made.error());
  const double cpu_ms = (cpu_seconds() - cpu_before) * 1e3 / static_cast<double>(options.count);
  const double wall = std::chrono::duration<double>(Clock::now() - begin).count();
  const double seconds = std::chrono::duration<double>(last_open - begin).count();
  progress.clear();

  Report report("setup", options.parameters());
  report.add_percentiles("open_", "ms", percentiles(open_ms), "created to open");
  report.add_percentiles("message_", "ms", percentiles(message_ms), "to first message");
  const double rate = static_cast<double>(options.count) / seconds;
  report.add("pairs_per_s", rate, "rate", fmt::format("{:.1f} pairs a second", rate));
  report.add("cpu_ms_per_pair", cpu_ms, "CPU",
             fmt::format("{:.2f} ms a pair, from creation to the end of both", cpu_ms));
  report.add("cores_busy", cpu_ms * 1e-3 * static_cast<double>(options.count) / wall);
  report.add("seconds", seconds);
  report.add("seconds_until_all_closed", wall);
  return report;
}

}  // namespace

Json SetupOptions::parameters() const {
  return {{"count", count},
          {"at_once", at_once},
          {"share_certificate", share_certificate},
          {"loops", common.loops},
          {"loopback", common.network.loopback}};
}

int run_setup(const SetupOptions& options) {
  return print("setup", measure(options), options.common.json ? Format::Json : Format::Table);
}

}  // namespace specter::cli::bench
