#include "world/shrink.h"

#include <algorithm>
#include <array>
#include <utility>

namespace specter::world {
namespace {

class Shrinker {
 public:
  Shrinker(Plan plan, const StillFails& still_fails, std::size_t most_tries)
      : plan_(std::move(plan)), still_fails_(still_fails), most_tries_(most_tries) {}

  Shrunk run() {
    for (bool is_smaller = true; is_smaller && tries_ < most_tries_;) {
      is_smaller = remove_steps();
      is_smaller = heal_sooner() || is_smaller;
      is_smaller = weaken_steps() || is_smaller;
    }
    return {std::move(plan_), tries_};
  }

 private:
  bool take(Plan candidate) {
    if (tries_ >= most_tries_ || candidate == plan_) return false;
    ++tries_;
    if (!still_fails_(candidate)) return false;
    plan_ = std::move(candidate);
    return true;
  }

  // Zeller's delta debugging: halves, quarters, and so on down to single steps.
  bool remove_steps() {
    bool is_smaller = false;
    for (std::size_t chunk = std::max<std::size_t>(plan_.steps.size() / 2, 1);; chunk /= 2) {
      for (std::size_t at = 0; at < plan_.steps.size();) {
        Plan without = plan_;
        const auto first = without.steps.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(chunk, plan_.steps.size() - at);
        without.steps.erase(first, first + static_cast<std::ptrdiff_t>(count));
        if (take(std::move(without)))
          is_smaller = true;
        else
          at += count;
      }
      if (chunk <= 1) return is_smaller;
    }
  }

  bool heal_sooner() {
    std::int64_t last = 1'000;
    for (const Step& step : plan_.steps) last = std::max(last, step.until() + 1);
    Plan sooner = plan_;
    sooner.heals_at = std::min(plan_.heals_at, last);
    return take(std::move(sooner));
  }

  // Each number towards its least: at once, else by half, else rounded.
  bool weaken_steps() {
    bool is_smaller = false;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      const Row& kind = row(plan_.steps[i].kind);
      const std::array<std::pair<std::int64_t Step::*, std::int64_t>, 5> numbers{
          {{&Step::lasts, 0},
           {&Step::at, 0},
           {&Step::a, kind.a.least},
           {&Step::b, kind.b.least},
           {&Step::c, kind.c.least}}};
      for (const auto& [number, least] : numbers)
        is_smaller = lower(i, number, least) || is_smaller;
    }
    return is_smaller;
  }

  bool lower(std::size_t step, std::int64_t Step::* number, std::int64_t least) {
    const std::int64_t now = plan_.steps[step].*number;
    for (const std::int64_t value :
         {least, least + (now - least) / 2, now / 1000 * 1000, now / 100 * 100}) {
      if (value >= now || value < least) continue;
      Plan weaker = plan_;
      weaker.steps[step].*number = value;
      if (take(std::move(weaker))) return true;
    }
    return false;
  }

  Plan plan_;
  const StillFails& still_fails_;
  std::size_t most_tries_, tries_ = 0;
};

}  // namespace

Shrunk shrink(Plan plan, const StillFails& still_fails, std::size_t most_tries) {
  return Shrinker(std::move(plan), still_fails, most_tries).run();
}

}  // namespace specter::world
