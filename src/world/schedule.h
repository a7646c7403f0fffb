// The steps of a plan in the order of their times.
#pragma once

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "simulation/link.h"
#include "world/plan.h"

#include "specter/time.h"

namespace specter::world {

constexpr Timestamp at_ms(std::int64_t ms) {
  return simulation::kStart + std::chrono::milliseconds(ms);
}

class Schedule {
 public:
  struct Change {
    Timestamp at;
    std::size_t step;  // of the plan's
    bool begins;
  };

  explicit Schedule(const Plan& plan) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const Step& step = plan.steps[i];
      const When when = row(step.kind).when;
      if (when == When::AtFirst) continue;
      changes_.push_back({at_ms(step.at), i, true});
      if (when == When::ForATime) changes_.push_back({at_ms(step.until()), i, false});
    }
    std::ranges::sort(changes_, {}, [](const Change& change) {
      return std::tuple(change.at, change.step, !change.begins);
    });
  }

  Deadline next() const {
    return done_ < changes_.size() ? Deadline{changes_[done_].at} : Deadline{};
  }
  std::optional<Change> take(Timestamp now) {
    if (done_ == changes_.size() || changes_[done_].at > now) return std::nullopt;
    return changes_[done_++];
  }
  // It happens once more.
  void add(Timestamp at, std::size_t step) {
    const auto rest = changes_.begin() + static_cast<std::ptrdiff_t>(done_);
    changes_.insert(std::ranges::upper_bound(rest, changes_.end(), at, {}, &Change::at),
                    Change{at, step, true});
  }

 private:
  std::vector<Change> changes_;
  std::size_t done_ = 0;
};

}  // namespace specter::world
