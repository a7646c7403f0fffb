#include "cli/bench/link/runs.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "cli/bench/process.h"
#include "cli/bench/progress.h"

namespace specter::cli::bench {
namespace {

// What the line may carry: the most that a trial can cost.
double cost(const Case& each) {
  return static_cast<double>(each.trial.path.rate_bits_per_second) *
         std::chrono::duration<double>(each.trial.time).count();
}

class Workers {
 public:
  explicit Workers(const std::vector<Case>& cases)
      : cases_(cases), measured_(cases.size()), order_(cases.size()) {
    // The dear ones first, so that the last thread is not long alone.
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::sort(order_, std::ranges::greater{},
                      [&](std::size_t i) { return cost(cases[i]); });
    for (const Case& each : cases) whole_cost_ += cost(each);
  }

  std::vector<Outcome> run(std::size_t jobs) {
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < std::min(jobs, cases_.size()); ++i)
        threads.emplace_back([this] { work(); });
      wait();
    }
    if (broken_) std::rethrow_exception(broken_);
    std::vector<Outcome> out;
    out.reserve(cases_.size());
    for (std::size_t i = 0; i < cases_.size(); ++i)
      out.push_back({cases_[i], std::move(measured_[i]).value()});
    return out;
  }

 private:
  void work() {
    for (std::size_t at; (at = next_++) < order_.size();) {
      const std::size_t index = order_[at];
      try {
        measured_[index] = bench::run(cases_[index].trial);
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        broken_ = std::current_exception();
        next_ = order_.size();
      }
      const std::scoped_lock lock(mutex_);
      ++done_;
      done_cost_ += cost(cases_[index]);
      changed_.notify_one();
    }
  }
  void wait() {
    Progress progress;
    std::unique_lock lock(mutex_);
    while (done_ < cases_.size() && !broken_) {
      if (progress.is_due())
        progress.show(fmt::format("{} of {} trials, {:.0f} % of what the lines carry", done_,
                                  cases_.size(), 100 * done_cost_ / whole_cost_));
      changed_.wait(lock);
    }
  }

  const std::vector<Case>& cases_;
  std::vector<std::optional<Result<Measured>>> measured_;  // each written by one thread
  std::vector<std::size_t> order_;
  double whole_cost_ = 0;
  std::atomic<std::size_t> next_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t done_ = 0;
  double done_cost_ = 0;
  std::exception_ptr broken_;
};

}  // namespace

std::vector<Outcome> run_all(const std::vector<Case>& cases, std::size_t jobs) {
  return Workers(cases).run(jobs ? jobs : cpu_count());
}

}  // namespace specter::cli::bench
