// Which lives may end badly. Everything else that ends badly is a fault.
#include <algorithm>

#include <fmt/format.h>

#include "world/plan.h"

namespace specter::world {
namespace {

// Consent lasts 30 s (RFC 7675 §5.1), and a path that comes back needs some for itself.
constexpr std::int64_t kMostSilenceMs = 15'000;
// Of 1,000 in one direction, of all that lose together.
constexpr std::int64_t kMostLoss = 250;

bool cuts(Kind kind) {
  switch (kind) {
    case Kind::Partition:
    case Kind::OneWay:
    case Kind::LatePath:
    case Kind::DarkInterface:
    case Kind::Pause: return true;
    default: return false;
  }
}

std::optional<std::string> too_strong(const Plan& plan) {
  for (const Step& step : plan.steps) {
    const Row& each = row(step.kind);
    const bool is_strong = each.mild_a == 0 || (each.mild_a > 0 && step.a > each.mild_a) ||
                           (each.when == When::ForATime && step.lasts > each.mild_ms);
    if (is_strong) return to_string(step);
  }
  return std::nullopt;
}

std::optional<std::string> too_much_together(const Plan& plan) {
  std::int64_t silence = 0, lost = 0;
  for (const Step& step : plan.steps) {
    if (cuts(step.kind)) silence += step.lasts;
    if (step.kind == Kind::Loss) lost += step.a;
    if (step.kind == Kind::Bursts) lost += step.a * step.b * 2 / 3;
    if (step.kind == Kind::Corruption || step.kind == Kind::Truncation) lost += step.a;
  }
  if (silence > kMostSilenceMs) return fmt::format("silences of {} ms together", silence);
  if (lost > kMostLoss) return fmt::format("losses of {} of 1,000 together", lost);
  return std::nullopt;
}

// Hole punching, RFC 5128 §3.3: one side's mapping may depend on whom it speaks to when the other's
// neither does nor filters by port.
bool can_meet(const Plan& plan) {
  const Step* const a = plan.find(Kind::Nat, Side::A);
  const Step* const b = plan.find(Kind::Nat, Side::B);
  if (plan.has(Kind::SameRouter)) return true;
  if (!a || !b) return true;
  // Without a STUN server only what is not translated is known.
  constexpr std::int64_t kGatheringMs = 6'000;
  const auto hides_server = [](const Step& step) {
    return step.kind == Kind::StunServer ||
           (cuts(step.kind) && step.kind != Kind::LatePath && step.at < kGatheringMs);
  };
  if (std::ranges::any_of(plan.steps, hides_server)) return false;
  const auto admits = [](const Step& stranger, const Step& other) {
    return stranger.a == 0 || (other.a == 0 && other.b < 2);
  };
  return admits(*a, *b) && admits(*b, *a);
}

// Who gets another port outside is found by the peer when that one hears it; a peer whose router
// lets in nothing from ports that it has not sent to never does. Only a restart helps.
bool loses_its_peer(const Plan& plan) {
  for (const Side side : {Side::A, Side::B}) {
    const Step* const others = plan.find(Kind::Nat, other(side));
    if (plan.has(Kind::Rebinding, side) && others && others->b == 2) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> excuse(const Plan& plan) {
  if (auto reason = too_strong(plan)) return reason;
  if (auto reason = too_much_together(plan)) return reason;
  if (loses_its_peer(plan)) return "a mapping that changes before a router that filters by port";
  if (!can_meet(plan)) return "two NATs that have no way between them";
  return std::nullopt;
}

}  // namespace specter::world
