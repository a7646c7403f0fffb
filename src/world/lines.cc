#include "world/lines.h"

#include <algorithm>

namespace specter::world {
namespace {

using simulation::Conditions;
using std::chrono::milliseconds;

double of_1000(std::int64_t n) { return static_cast<double>(n) / 1000; }

void apply(const Step& step, Conditions& line) {
  switch (step.kind) {
    case Kind::Jitter: line.jitter = milliseconds(step.a); return;
    case Kind::Loss: line.loss = 1 - (1 - line.loss) * (1 - of_1000(step.a)); return;
    case Kind::Bursts:
      line.burst_begins = of_1000(step.b);
      line.burst_ends = 1 / static_cast<double>(std::max<std::int64_t>(step.a, 1));
      line.burst_loss = 0.9;
      return;
    case Kind::Duplicates: line.duplicates = of_1000(step.a); return;
    case Kind::Reordering:
      line.late = of_1000(step.a);
      line.late_by = milliseconds(step.b);
      return;
    case Kind::Corruption: line.corrupt = of_1000(step.a); return;
    case Kind::Truncation: line.truncate = of_1000(step.a); return;
    case Kind::Rate:
      line.rate_bits_per_second = static_cast<std::uint64_t>(step.a) * 1000;
      line.queue_bytes = static_cast<std::size_t>(step.b) * 1024;
      return;
    case Kind::Mtu:
      if (static_cast<std::size_t>(step.a) > line.mtu) return;
      line.mtu = static_cast<std::size_t>(step.a);
      line.icmp = step.b == 1;
      return;
    default: line.cut = true; return;  // Partition, OneWay
  }
}

}  // namespace

void narrow(const Plan& plan, Side side, Conditions& up, Conditions& down) {
  const Step* const step = plan.find(Kind::SmallPath, side);
  if (!step) return;
  up.mtu = down.mtu = static_cast<std::size_t>(step->a);
  up.icmp = down.icmp = step->b == 1;
}

Duration time_to_find_size(const Plan& plan) {
  const bool is_silent = std::ranges::any_of(
      plan.steps, [](const Step& step) { return step.kind == Kind::SmallPath && step.b == 0; });
  return is_silent ? std::chrono::seconds(15) : Duration{};
}

Lines::Lines(simulation::Internet& internet)
    : internet_(internet), base_{internet.up(0).conditions(), internet.up(1).conditions()} {}

bool Lines::handle(const Step& step, bool begins) {
  if (row(step.kind).family != "path") return false;
  if (step.kind == Kind::LatePath) {
    internet_.separate(0, 1, begins);
    return true;
  }
  if (begins)
    active_.push_back(step);
  else if (const auto at = std::ranges::find(active_, step); at != active_.end())
    active_.erase(at);
  renew(step.side);
  return true;
}

void Lines::heal() {
  active_.clear();
  internet_.separate(0, 1, false);
  renew(Side::A);
  renew(Side::B);
}

void Lines::renew(Side side) {
  const auto host = static_cast<simulation::HostId>(side);
  Conditions up = base_[index(side)], down = up;
  for (const Step& step : active_) {
    if (step.side != side) continue;
    const bool is_whole = step.kind == Kind::Partition;
    if (is_whole || step.c == 0) apply(step, up);
    if (is_whole || step.c == 1) apply(step, down);
  }
  internet_.up(host).conditions() = up;
  internet_.down(host).conditions() = down;
}

}  // namespace specter::world
