#include "ice/better_path.h"

#include <algorithm>

#include "ice/check_session.h"

namespace specter::ice {

namespace {

using namespace std::chrono_literals;

// A check that has gone unanswered is followed by another after half the time that the search has
// taken, so of each pair a dozen in the first half minute, and then as often as a NAT's mapping has
// to be refreshed (RFC 4787 §4.3 has at least two minutes; many have 30 s).
constexpr Duration kFirstInterval = 500ms;
constexpr Duration kLastInterval = 25s;
// Later than that they wait until consent is asked; and where the path in use has no relay in it,
// what is better is not worth more.
constexpr Duration kEagerFor = 10s;
constexpr Duration kLooksFor = 10min;
// Two checks so far apart, of which the second one nominates, are not answered by chance; and what
// is better still may answer meanwhile.
constexpr Duration kSettling = 500ms;
constexpr Duration kHold = 30s;
constexpr int kMostDoublings = 4;
// Checks of different pairs, while they are many.
constexpr Duration kSpacing = 100ms;

}  // namespace

void BetterPath::follow(Timestamp now, const Pair* selected) {
  if (!selected || selected_ == selected->path()) return;
  Pair* const before = selected_ ? checklist_.find(*selected_) : nullptr;
  if (before && checklist_.is_better(*before, *selected)) note_failure(now, *before);
  former_ = before && checklist_.is_better(*selected, *before) ? selected_ : std::nullopt;
  selected_ = selected->path();
  since_ = now;
}

void BetterPath::note_failure(Timestamp now, Pair& pair) {
  if (now < pair.held_until) return;
  pair.held_until = now + kHold * (1 << std::min(pair.falls, kMostDoublings));
  ++pair.falls;
}

// ---- checks

std::optional<BetterPath::Due> BetterPath::due(const Pair& pair, const Pair& selected) const {
  if (pair.is_valid || pair.active || pair.is_triggered) return std::nullopt;
  // An address that a check has taught, and that never answered, waits for another one.
  if (checklist_.is_learned(pair) || !checklist_.is_better(pair, selected)) return std::nullopt;
  if (!pair.last_request) {
    // Its foundation does not answer, which may be no foundation at all: see check_again_at().
    return pair.state == PairState::Frozen ? std::optional(Due{since_, Beat::No}) : std::nullopt;
  }
  const Timestamp begun = std::max(since_, *pair.first_request);
  const Timestamp at = *pair.last_request +
                       std::clamp((*pair.last_request - begun) / 2, kFirstInterval, kLastInterval);
  if (at < begun + kEagerFor) return Due{at, Beat::No};
  const bool is_relayed = checklist_.directness(selected) <= Directness::OneRelay;
  return is_relayed && at < begun + kLooksFor ? std::optional(Due{at, Beat::Yes}) : std::nullopt;
}

Pair* BetterPath::next_to_ask(Timestamp now, const Pair& selected, Beat beat) const {
  if (!may_be_bettered(selected)) return nullptr;
  Pair* first = nullptr;
  Timestamp first_at = now;
  for (const auto& pair : checklist_.pairs()) {
    const auto one = due(*pair, selected);
    if (!one || one->at > now || (one->keeps_to_beats == Beat::Yes && beat == Beat::No)) continue;
    if (first && one->at >= first_at) continue;
    first = pair.get();
    first_at = one->at;
  }
  return first;
}

Deadline BetterPath::asks_at(const Pair& selected) const {
  Deadline next;
  if (!may_be_bettered(selected)) return next;
  for (const auto& pair : checklist_.pairs()) {
    const auto one = due(*pair, selected);
    if (one && one->keeps_to_beats == Beat::No) next = soonest(next, one->at);
  }
  return next;
}

// ---- the move

namespace {

Timestamp ready_at(const Pair& pair) {
  return std::max(pair.valid_since + kSettling, pair.held_until);
}

}  // namespace

Pair* BetterPath::next_to_nominate(Timestamp now, const Pair& selected) const {
  if (!may_be_bettered(selected)) return nullptr;
  for (const auto& pair : checklist_.pairs()) {
    if (!pair->is_valid || pair->consent.unanswered_since || now < ready_at(*pair)) continue;
    if (checklist_.is_better(*pair, selected)) return pair.get();
  }
  return nullptr;
}

Deadline BetterPath::nominates_after(Timestamp now, const Pair& selected) const {
  Deadline next;
  if (!may_be_bettered(selected)) return next;
  for (const auto& pair : checklist_.pairs()) {
    if (pair->is_valid && ready_at(*pair) > now && checklist_.is_better(*pair, selected))
      next = soonest(next, ready_at(*pair));
  }
  return next;
}

// ---- the session's part of it

// Nothing better is looked for by a generation that another has taken the place of.
bool CheckSession::may_improve(Timestamp now) const {
  return is_concluded(now) && shared_.in_use == this;
}

std::optional<Transmit> CheckSession::poll_better_check(Timestamp now) {
  const auto beat = now >= next_consent_ ? BetterPath::Beat::Yes : BetterPath::Beat::No;
  if (now < next_again_ || checklist_.next_ordinary(current_)) return std::nullopt;
  Pair* const pair = better_.next_to_ask(now, *current_, beat);
  if (!pair) return std::nullopt;
  if (beat == BetterPath::Beat::No) next_again_ = now + kSpacing;
  shared_.pacer.take(now);
  return send_check(now, *pair, Repeat::No);
}

Deadline CheckSession::better_check_deadline() const {
  if (checklist_.next_ordinary(current_)) return ordinary_ready_at();
  const Deadline at = better_.asks_at(*current_);
  return at ? Deadline(std::max({*at, shared_.pacer.ready_at(), next_again_})) : at;
}

}  // namespace specter::ice
