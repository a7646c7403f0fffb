#include "ice/checklist.h"

#include <algorithm>

#include "ice/address_policy.h"
#include "ice/priority.h"

namespace specter::ice {

std::string_view to_string(PairState state) {
  switch (state) {
    case PairState::Frozen: return "frozen";
    case PairState::Waiting: return "waiting";
    case PairState::InProgress: return "in-progress";
    case PairState::Succeeded: return "succeeded";
    case PairState::Failed: return "failed";
  }
  return "";
}

Checklist::Checklist(Role role, std::size_t max_remotes, std::size_t max_pairs)
    : role_(role), max_remotes_(max_remotes), max_pairs_(max_pairs) {}

Pair* Checklist::find(const Path& path) const {
  for (const auto& pair : pairs_) {
    if (pair->base.endpoint == path.local && pair->remote == path.remote) return pair.get();
  }
  return nullptr;
}

// ---- candidates

void Checklist::add_base(const Base& base) {
  bases_.push_back(base);
  for (std::size_t i = 0; i < remotes_.size(); ++i) {
    // RFC 8445 §7.3.1.3: a peer-reflexive one is paired only with the base it came to.
    if (remotes_[i].type != CandidateType::PeerReflexive) form(base, i);
  }
  sort();
}

void Checklist::remove_base(const Endpoint& base) {
  std::erase_if(bases_, [&](const Base& known) { return known.endpoint == base; });
  erase_if(triggered_, [&](const Pair* pair) { return pair->base.endpoint == base; });
  std::erase_if(pairs_, [&](const auto& pair) { return pair->base.endpoint == base; });
}

std::optional<std::size_t> Checklist::find_remote(const Endpoint& remote) const {
  const auto known = std::ranges::find(remotes_, remote, &Candidate::endpoint);
  if (known == remotes_.end()) return std::nullopt;
  return static_cast<std::size_t>(known - remotes_.begin());
}

bool Checklist::add_remote(const Candidate& candidate) {
  const auto known = find_remote(candidate.endpoint);
  if (known && remotes_[*known].type != CandidateType::PeerReflexive) return true;
  if (signalled_ == max_remotes_) return false;
  ++signalled_;
  const std::size_t index = known.value_or(remotes_.size());
  if (known) {
    // RFC 8445 §7.3.1.3: signalling gives its true foundation, and type and priority with it.
    --learned_;
    remotes_[index] = candidate;
    for (const auto& pair : pairs_) {
      if (pair->remote_index == index) rename(*pair);
    }
  } else {
    remotes_.push_back(candidate);
  }
  for (const Base& base : bases_) form(base, index);
  sort();
  return true;
}

std::optional<std::size_t> Checklist::learn_remote(const Endpoint& remote, std::uint32_t priority) {
  if (learned_ == kMaxPeerReflexive) return std::nullopt;
  ++learned_;
  Candidate candidate;
  // RFC 8445 §7.3.1.3: any foundation that no other has; '-' is in no signalled one.
  candidate.foundation = "prflx-" + std::to_string(remotes_.size());
  candidate.priority = priority;
  candidate.host = remote.address.to_string();
  candidate.endpoint = remote;
  candidate.type = CandidateType::PeerReflexive;
  remotes_.push_back(std::move(candidate));
  return remotes_.size() - 1;
}

// ---- pairs

std::uint64_t Checklist::priority_of(const Base& base, const Candidate& remote) const {
  return role_ == Role::Controlling ? pair_priority(base.priority, remote.priority)
                                    : pair_priority(remote.priority, base.priority);
}

void Checklist::rename(Pair& pair) const {
  const Candidate& remote = remotes_[pair.remote_index];
  pair.foundation = pair.base.foundation + ":" + remote.foundation;
  pair.priority = priority_of(pair.base, remote);
}

// RFC 8445 §6.1.2.2, and RFC 8838 §12 for the state of a pair that comes later.
void Checklist::form(const Base& base, std::size_t remote_index) {
  const Candidate& remote = remotes_[remote_index];
  if (!can_pair(base.endpoint.address, remote.endpoint.address)) return;
  if (base.endpoint == remote.endpoint) return;
  if (find({base.endpoint, remote.endpoint})) return;
  Pair* pair = insert(base, remote_index);
  if (!pair) return;
  bool succeeded = false;
  bool alone = true;
  for (const auto& other : pairs_) {
    if (other.get() == pair || other->foundation != pair->foundation) continue;
    succeeded = succeeded || other->state == PairState::Succeeded;
    alone = false;
  }
  if (alone || succeeded) pair->state = PairState::Waiting;
}

Pair* Checklist::insert(const Base& base, std::size_t remote_index) {
  const Candidate& remote = remotes_[remote_index];
  if (pairs_.size() >= max_pairs_ && !make_room(priority_of(base, remote))) return nullptr;
  auto pair = std::make_unique<Pair>();
  pair->base = base;
  pair->remote_index = remote_index;
  pair->remote = remote.endpoint;
  rename(*pair);
  pairs_.push_back(std::move(pair));
  return pairs_.back().get();
}

// RFC 8445 §6.1.2.5: over the limit, the pair of lowest priority goes. Never one that is in use.
bool Checklist::make_room(std::uint64_t priority) {
  auto lowest = pairs_.end();
  for (auto it = pairs_.begin(); it != pairs_.end(); ++it) {
    const Pair& pair = **it;
    const bool is_idle = pair.state == PairState::Frozen || pair.state == PairState::Waiting ||
                         pair.state == PairState::Failed;
    if (!is_idle || pair.is_triggered || pair.is_valid || pair.active) continue;
    if (lowest == pairs_.end() || pair.priority < (*lowest)->priority) lowest = it;
  }
  if (lowest == pairs_.end() || (*lowest)->priority >= priority) return false;
  pairs_.erase(lowest);
  return true;
}

Pair* Checklist::pair_for_check(const Base& base, std::size_t remote_index) {
  if (Pair* pair = find({base.endpoint, remotes_[remote_index].endpoint})) return pair;
  Pair* pair = insert(base, remote_index);
  sort();
  return pair;
}

void Checklist::set_role(Role role) {
  role_ = role;
  for (const auto& pair : pairs_) rename(*pair);
  sort();
}

void Checklist::sort() {
  // Of equal priority, the older remote candidate and the smaller base: some order, always the
  // same. (Not stable_sort: GCC 12's uses what clang 19 calls deprecated.)
  std::ranges::sort(pairs_, [](const auto& x, const auto& y) {
    if (x->priority != y->priority) return x->priority > y->priority;
    if (x->remote_index != y->remote_index) return x->remote_index < y->remote_index;
    return x->base.endpoint < y->base.endpoint;
  });
}

// ---- what to check next

void Checklist::trigger(Pair& pair) {
  if (!pair.is_valid) pair.state = PairState::Waiting;
  if (pair.is_triggered) return;
  pair.is_triggered = true;
  triggered_.push_back(&pair);
}

void Checklist::untrigger(Pair& pair) {
  if (!pair.is_triggered) return;
  pair.is_triggered = false;
  erase_if(triggered_, [&](const Pair* other) { return other == &pair; });
}

Pair* Checklist::take_triggered() {
  if (triggered_.empty()) return nullptr;
  Pair* pair = triggered_.front();
  untrigger(*pair);
  return pair;
}

Pair* Checklist::next_ordinary() const {
  const auto first = [&](PairState state, auto also) -> Pair* {
    for (const auto& pair : pairs_) {
      if (pair->state == state && !pair->is_triggered && also(*pair)) return pair.get();
    }
    return nullptr;
  };
  if (Pair* pair = first(PairState::Waiting, [](const Pair&) { return true; })) return pair;
  // RFC 8445 §6.1.4.2: a frozen one whose foundation nobody else is trying.
  return first(PairState::Frozen, [&](const Pair& frozen) {
    return std::ranges::none_of(pairs_, [&](const auto& other) {
      return (other->state == PairState::Waiting || other->state == PairState::InProgress) &&
             other->foundation == frozen.foundation;
    });
  });
}

void Checklist::unfreeze(const std::string& foundation) {
  for (const auto& pair : pairs_) {
    if (pair->state == PairState::Frozen && pair->foundation == foundation)
      pair->state = PairState::Waiting;
  }
}

std::size_t Checklist::count(PairState state) const {
  return static_cast<std::size_t>(
      std::ranges::count(pairs_, state, [](const auto& pair) { return pair->state; }));
}

}  // namespace specter::ice
