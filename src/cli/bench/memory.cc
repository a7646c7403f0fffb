// specter bench memory: what many idle connections cost.
#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "cli/bench/options.h"
#include "cli/bench/pairs.h"
#include "cli/bench/process.h"
#include "cli/bench/progress.h"
#include "cli/bench/report.h"

namespace specter::cli::bench {
namespace {

using Clock = std::chrono::steady_clock;

// The progress line moves so often while nothing happens: rarely, for it is not to be measured.
constexpr Duration kIdleStep = std::chrono::seconds(1);
constexpr std::size_t kAtOnce = 4;  // in the making
// For 60 ms after Closed a connection's sockets are open, to say goodbye again:
// docs/decisions/0006-peers-close.md.
constexpr std::chrono::milliseconds kGoodbyes{200};

// What the process has when it is at rest.
struct Footprint {
  std::size_t resident = resident_bytes();
  std::size_t threads = thread_count();
  std::size_t files = open_file_count();
};

Result<Report> measure(const MemoryOptions& options) {
  PairMaker maker(options.common.configuration(), options.common.timeout());
  // Not counted: what a process needs once only, such as tables of the crypto library.
  auto warm = maker.make(1, 1, PairMaker::Then::Close, [](const Pair&) {});
  if (!warm) return fail(warm.error());
  std::this_thread::sleep_for(kGoodbyes);
  const Footprint before;

  Progress progress;
  std::size_t opened = 0;
  auto made = maker.make(options.pairs, kAtOnce, PairMaker::Then::Keep, [&](const Pair&) {
    ++opened;
    if (progress.is_due())
      progress.show(fmt::format(
          "{}  {} of {} pairs",
          progress_bar(static_cast<double>(opened) / static_cast<double>(options.pairs)), opened,
          options.pairs));
  });
  if (!made) return fail(made.error());
  const Footprint after;
  const double cpu_before = cpu_seconds();
  const auto begin = Clock::now();
  const Duration whole = to_duration(options.idle_seconds);
  for (Duration idled{}; idled < whole; idled += kIdleStep) {
    const auto share = std::chrono::duration<double>(idled) / std::chrono::duration<double>(whole);
    progress.show(fmt::format("{}  of {} s of idling", progress_bar(share), options.idle_seconds));
    if (auto idle = maker.idle(std::min(kIdleStep, whole - idled)); !idle)
      return fail(idle.error());
  }
  const double idle_cpu = cpu_seconds() - cpu_before;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const Footprint later;
  progress.clear();

  const double connections = 2 * static_cast<double>(options.pairs);
  const auto kilobytes_each = [&](const Footprint& now) {
    return (static_cast<double>(now.resident) - static_cast<double>(before.resident)) / 1e3 /
           connections;
  };
  const double percent = 100 * idle_cpu / seconds;
  Report report("memory", options.parameters());
  report.add("rss_kb_per_connection", kilobytes_each(after), "memory",
             fmt::format("{:.1f} kB resident a connection, {:.1f} kB after {} s of idling",
                         kilobytes_each(after), kilobytes_each(later), options.idle_seconds));
  report.add("rss_kb_per_connection_after_idle", kilobytes_each(later));
  report.add("rss_bytes_before", before.resident);
  report.add("rss_bytes_after", after.resident);
  report.add("connections", 2 * options.pairs);
  report.add("idle_cpu_percent_of_a_core", percent, "idle CPU",
             fmt::format("{:.2f} % of a core for {} connections", percent, 2 * options.pairs));
  report.add("threads", after.threads, "threads",
             fmt::format("{} (before: {})", after.threads, before.threads));
  report.add("open_files", after.files, "open files",
             fmt::format("{} (before: {})", after.files, before.files));
  if (auto closed = maker.close_all(); !closed) return fail(closed.error());
  std::this_thread::sleep_for(kGoodbyes);
  const Footprint at_last;
  report.add("rss_bytes_once_closed", at_last.resident, "once closed",
             fmt::format("{:.1f} MB resident of {:.1f} MB, {} open files",
                         static_cast<double>(at_last.resident) / 1e6,
                         static_cast<double>(after.resident) / 1e6, at_last.files));
  report.add("open_files_once_closed", at_last.files);
  return report;
}

}  // namespace

Json MemoryOptions::parameters() const {
  return {{"pairs", pairs},
          {"idle_seconds", idle_seconds},
          {"loops", common.loops},
          {"loopback", common.network.loopback}};
}

int run_memory(const MemoryOptions& options) {
  return print("memory", measure(options), options.common.json ? Format::Json : Format::Table);
}

}  // namespace specter::cli::bench
