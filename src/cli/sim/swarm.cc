#include "cli/sim/swarm.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <exception>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "cli/bench/process.h"
#include "cli/bench/progress.h"
#include "world/sctp_life.h"

namespace specter::cli::sim {
namespace {

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Swarm {
 public:
  explicit Swarm(const SwarmOptions& options)
      : options_(options), began_(std::chrono::steady_clock::now()) {
    const std::size_t kinds = world::rows().size();
    tally_.visited.resize(kinds);
    tally_.visited_pairs.assign(kinds, std::vector<std::uint64_t>(kinds));
  }

  Tally run() {
    const std::size_t jobs = options_.jobs ? options_.jobs : bench::cpu_count();
    running_ = jobs;
    {
      std::vector<std::jthread> threads;
      threads.reserve(jobs);
      for (std::size_t i = 0; i < jobs; ++i) threads.emplace_back([this] { work(); });
      watch();
    }
    if (broken_) std::rethrow_exception(broken_);
    std::ranges::sort(tally_.failed, {}, &Failed::seed);
    return std::move(tally_);
  }

 private:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

  void work() {
    try {
      const world::Workshop workshop = world::Workshop::make();
      while (!stops_) {
        const std::uint64_t number = next_++;
        if (number >= options_.seeds || (options_.seconds > 0 && seconds() > options_.seconds))
          break;
        const world::Plan plan = draw(options_, options_.first_seed + number);
        const double before = thread_cpu_seconds();
        const world::Outcome outcome = live(options_, plan, workshop);
        count(plan, outcome, thread_cpu_seconds() - before);
      }
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      broken_ = std::current_exception();
      stops_ = true;
    }
    const std::scoped_lock lock(mutex_);
    --running_;
    changed_.notify_one();
  }

  void count(const world::Plan& plan, const world::Outcome& outcome, double cpu_seconds) {
    const std::scoped_lock lock(mutex_);
    ++tally_.lives;
    tally_.connected += outcome.was_connected ? 1 : 0;
    tally_.entries += outcome.entries;
    tally_.messages += outcome.messages;
    tally_.virtual_ms += static_cast<std::uint64_t>(outcome.lasted_ms);
    tally_.hash ^= outcome.hash * (2 * plan.seed + 1);
    tally_.cpu_seconds += cpu_seconds;
    std::vector<std::size_t> kinds;
    kinds.reserve(plan.steps.size());
    for (const world::Step& step : plan.steps) kinds.push_back(static_cast<std::size_t>(step.kind));
    std::ranges::sort(kinds);
    kinds.erase(std::ranges::unique(kinds).begin(), kinds.end());
    for (const std::size_t a : kinds) {
      ++tally_.visited[a];
      for (const std::size_t b : kinds) ++tally_.visited_pairs[a][b];
    }
    if (outcome.failure) {
      tally_.failed.push_back({plan.seed, seconds(), *outcome.failure});
      if (options_.stops_at_failure) stops_ = true;
    }
    changed_.notify_one();
  }

  void watch() {
    bench::Progress progress;
    std::unique_lock lock(mutex_);
    while (running_ > 0) {
      if (progress.is_due())
        progress.show(fmt::format("{} of {} lives, {} failed", tally_.lives, options_.seeds,
                                  tally_.failed.size()));
      changed_.wait(lock);
    }
  }

  const SwarmOptions& options_;
  const std::chrono::steady_clock::time_point began_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> stops_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t running_ = 0;
  std::exception_ptr broken_;
  Tally tally_;
};

}  // namespace

world::Plan draw(const SwarmOptions& options, std::uint64_t seed) {
  return options.is_sctp ? world::draw_sctp(seed) : world::draw(seed, options.kinds);
}

world::Outcome live(const SwarmOptions& options, const world::Plan& plan,
                    const world::Workshop& workshop, world::Tells tells) {
  return options.is_sctp ? world::live_sctp(plan, tells) : world::live(plan, workshop, tells);
}

Tally run_swarm(const SwarmOptions& options) { return Swarm(options).run(); }

}  // namespace specter::cli::sim
