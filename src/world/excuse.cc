// Which lives may end badly. Everything else that ends badly is a fault.
#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "world/plan.h"
#include "world/turn_server.h"

namespace specter::world {
namespace {

// Consent lasts 30 s (RFC 7675 §5.1), and a path that comes back needs some for itself.
constexpr std::int64_t kMostSilenceMs = 15'000;
constexpr std::int64_t kMostSilenceWithAlertMs = 2'000;
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

// All of them, one after the other and one on top of the other.
struct Sums {
  std::int64_t silence = 0, lost = 0;
};
Sums sums_of(const Plan& plan) {
  Sums sums;
  for (const Step& step : plan.steps) {
    if (cuts(step.kind)) sums.silence += step.lasts;
    if (step.kind == Kind::Loss) sums.lost += step.a;
    if (step.kind == Kind::Bursts) sums.lost += step.a * step.b * 2 / 3;
    if (step.kind == Kind::Corruption || step.kind == Kind::Truncation) sums.lost += step.a;
  }
  return sums;
}

std::optional<std::string> too_much_together(const Plan& plan) {
  const auto [silence, lost] = sums_of(plan);
  if (silence > kMostSilenceMs) return fmt::format("silences of {} ms together", silence);
  if (lost > kMostLoss) return fmt::format("losses of {} of 1,000 together", lost);
  return std::nullopt;
}

// What all that translate for a side depend on together: as rows.cc has it.
struct Nats {
  std::int64_t mapping = 0, filtering = 0;
};
std::optional<Nats> nats_of(const Plan& plan, Side side) {
  std::optional<Nats> together;
  for (const Kind kind : {Kind::Nat, Kind::CarrierNat}) {
    const Step* const step = plan.find(kind, side);
    if (!step) continue;
    if (!together) together.emplace();
    together->mapping = std::max(together->mapping, step->a);
    together->filtering = std::max(together->filtering, step->b);
  }
  return together;
}

// Without a STUN server only what is not translated is known.
bool has_stun(const Plan& plan) {
  constexpr std::int64_t kGatheringMs = 6'000;
  return std::ranges::none_of(plan.steps, [](const Step& step) {
    return step.kind == Kind::StunServer ||
           (cuts(step.kind) && step.kind != Kind::LatePath && step.at < kGatheringMs);
  });
}

// Hole punching, RFC 5128 §3.3: one side's mapping may depend on whom it speaks to when the other's
// neither does nor filters by port.
bool can_meet_directly(const Plan& plan) {
  if (plan.has(Kind::RelayOnly)) return false;
  if (plan.has(Kind::SameRouter) || plan.has(Kind::Ipv6Only)) return true;
  const Step* const carrier = plan.find(Kind::CarrierNat, Side::A);
  const bool are_one =
      carrier && plan.has(Kind::CarrierNat, Side::B) && plan.has(Kind::SameCarrier);
  if (are_one && (carrier->c & 1) == 0) return false;
  const auto a = nats_of(plan, Side::A), b = nats_of(plan, Side::B);
  if (!a || !b) return true;
  if (!has_stun(plan)) return false;
  const auto admits = [](const Nats& stranger, const Nats& other) {
    return stranger.mapping == 0 || (other.mapping == 0 && other.filtering < 2);
  };
  return admits(*a, *b) && admits(*b, *a);
}

// RFC 8656 §9: a relay lets in whom it was told the address of.
bool can_meet(const Plan& plan) {
  if (can_meet_directly(plan)) return true;
  const auto is_known_to_relay = [&](Side side) {
    if (has_good_relay(plan, side)) return true;
    if (plan.has(Kind::RelayOnly, side)) return false;
    const bool is_translated = nats_of(plan, side) || plan.has(Kind::SameRouter);
    return !is_translated || plan.has(Kind::Ipv6Only) || has_stun(plan);
  };
  for (const Side side : {Side::A, Side::B}) {
    if (has_good_relay(plan, side) && is_known_to_relay(other(side))) return true;
  }
  return false;
}

// Who gets another port outside is found by the peer when that one hears it; a peer whose router
// lets in nothing from ports that it has not sent to never does. Only a restart helps.
bool loses_its_peer(const Plan& plan) {
  for (const Side side : {Side::A, Side::B}) {
    const auto others = nats_of(plan, other(side));
    const bool changes = plan.has(Kind::Rebinding, side) || plan.has(Kind::PortCollision, side);
    if (changes && others && others->filtering == 2) return true;
  }
  return false;
}

// When a side's mappings become others.
std::vector<std::int64_t> changes_of(const Plan& plan, Side side) {
  std::vector<std::int64_t> times;
  if (!nats_of(plan, side)) return times;
  for (const Step& step : plan.steps) {
    if (step.side != side || (step.kind != Kind::Rebinding && step.kind != Kind::PortCollision))
      continue;
    for (std::int64_t i = 0; i < step.a; ++i) {
      if (const std::int64_t at = step.at + i * step.b; at <= plan.heals_at) times.push_back(at);
    }
  }
  return times;
}

// Whose mapping changes is found as long as it knows where the other is; if that one's changes
// too, before it is found, neither does.
bool lose_each_other(const Plan& plan) {
  constexpr std::int64_t kFindingMs = 10'000;
  const auto of_b = changes_of(plan, Side::B);
  for (const std::int64_t a : changes_of(plan, Side::A)) {
    for (const std::int64_t b : of_b) {
      if (std::abs(a - b) < kFindingMs) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> excuse(const Plan& plan) {
  if (auto reason = too_strong(plan)) return reason;
  if (auto reason = too_much_together(plan)) return reason;
  if (loses_its_peer(plan)) return "a mapping that changes before a router that filters by port";
  if (lose_each_other(plan)) return "mappings of both that change at once";
  if (!can_meet(plan)) return "two NATs that have no way between them";
  return std::nullopt;
}

bool may_believe_alerts(const Plan& plan) {
  const auto [silence, lost] = sums_of(plan);
  return plan.has(Kind::ForgedAlerts) &&
         (silence > kMostSilenceWithAlertMs || lost > kMostLoss / 2);
}

}  // namespace specter::world
