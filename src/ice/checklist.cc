#include "ice/checklist.h"

#include <algorithm>

#include "ice/priority.h"
#include "net/address_policy.h"

namespace specter::ice {

Checklist::Checklist(Role role, std::size_t max_remotes, std::size_t max_pairs, Log log)
    : log_(log), role_(role), max_remotes_(max_remotes), max_pairs_(max_pairs) {}

Pair* Checklist::find(const Path& path) const {
  for (const auto& pair : pairs_) {
    if (pair->base.endpoint == path.local && pair->remote == path.remote) return pair.get();
  }
  return nullptr;
}

Directness Checklist::directness(const Pair& pair) const {
  const CandidateType remote_type = remote(pair.remote_index).type;
  const bool has_remote_relay = remote_type == CandidateType::Relayed;
  if (pair.base.is_relayed || has_remote_relay)
    return pair.base.is_relayed && has_remote_relay ? Directness::TwoRelays : Directness::OneRelay;
  const bool is_host = !pair.mapped || pair.mapped == pair.base.endpoint;
  return is_host && remote_type == CandidateType::Host ? Directness::HostToHost
                                                       : Directness::ThroughNats;
}

// ---- candidates

void Checklist::add_base(const Base& base) {
  bases_.push_back(base);
  // RFC 8445 §7.3.1.3: a peer-reflexive candidate is paired only with the base it came to.
  place();
}

bool Checklist::has_base(const Endpoint& base) const {
  return std::ranges::find(bases_, base, &Base::endpoint) != bases_.end();
}

void Checklist::remove_base(const Endpoint& base) {
  std::erase_if(bases_, [&](const Base& known) { return known.endpoint == base; });
  std::vector<Pair*> gone;
  for (const auto& pair : pairs_) {
    if (pair->base.endpoint == base) gone.push_back(pair.get());
  }
  for (Pair* pair : gone) remove(*pair);
  place();
}

std::optional<std::size_t> Checklist::find_remote(const Endpoint& remote) const {
  for (const auto& [index, known] : remotes_) {
    if (known.candidate.endpoint == remote) return index;
  }
  return std::nullopt;
}

std::size_t Checklist::count_signalled() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(remotes_, [](const auto& entry) { return !entry.second.is_learned; }));
}

bool Checklist::add_remote(const Candidate& candidate) {
  const auto known = find_remote(candidate.endpoint);
  if (known && !remotes_.at(*known).is_learned) return true;
  if (count_signalled() >= max_remotes_ && !make_room_for(candidate.type)) return false;
  if (known) {
    // RFC 8445 §7.3.1.3: signalling gives its true foundation, and type and priority with it.
    remotes_.at(*known) = {candidate, false};
    for (const auto& pair : pairs_) {
      if (pair->remote_index == *known) rename(*pair);
    }
  } else {
    remotes_.emplace(next_remote_++, RemoteCandidate{candidate, false});
  }
  place();
  return true;
}

// A quarter is kept for each kind that comes late: hosts with many addresses must not shut out the
// one address that works from outside. Of what has more, the kind that has most gives way.
bool Checklist::make_room_for(CandidateType kind) {
  std::map<CandidateType, std::size_t> counts;
  for (const auto& [index, remote] : remotes_) {
    if (!remote.is_learned) ++counts[remote.candidate.type];
  }
  const std::size_t share = max_remotes_ / 4;
  if (counts[kind] >= share) return false;
  auto least = remotes_.end();
  for (auto it = remotes_.begin(); it != remotes_.end(); ++it) {
    const auto& [index, remote] = *it;
    const std::size_t count = counts[remote.candidate.type];
    if (remote.is_learned || count <= share) continue;
    const bool is_in_use = std::ranges::any_of(pairs_, [&](const auto& pair) {
      return pair->remote_index == index && (pair->is_valid || pair->requests_received > 0);
    });
    if (is_in_use) continue;
    if (least != remotes_.end()) {
      const Candidate& other = least->second.candidate;
      if (count < counts[other.type]) continue;
      if (count == counts[other.type] && remote.candidate.priority >= other.priority) continue;
    }
    least = it;
  }
  if (least == remotes_.end()) return false;
  remove_remote(least->first);
  return true;
}

std::size_t Checklist::learn_remote(const Endpoint& remote, std::uint32_t priority) {
  make_room_for_learned();
  Candidate candidate;
  // RFC 8445 §7.3.1.3: any foundation that no other has; '-' is in no signalled one.
  candidate.foundation = "prflx-" + std::to_string(next_remote_);
  candidate.priority = priority;
  candidate.host = remote.address.to_string();
  candidate.endpoint = remote;
  candidate.type = CandidateType::PeerReflexive;
  log_.debug("remote candidate: prflx {}, learned from a check", log_.shown(remote));
  remotes_.emplace(next_remote_, RemoteCandidate{std::move(candidate), true});
  return next_remote_++;
}

void Checklist::make_room_for_learned() {
  std::size_t unproved = 0;
  std::optional<std::size_t> silent;
  Timestamp silent_since{};
  for (const auto& [index, remote] : remotes_) {
    if (!remote.is_learned) continue;
    bool is_proved = false;
    Timestamp heard{};
    for (const auto& pair : pairs_) {
      if (pair->remote_index != index) continue;
      is_proved = is_proved || pair->is_valid;
      heard = std::max(heard, pair->consent.last_sign_of_life);
    }
    if (is_proved) continue;
    ++unproved;
    if (!silent || heard < silent_since) {
      silent = index;
      silent_since = heard;
    }
  }
  if (unproved >= kMaxUnproved) remove_remote(*silent);
}

void Checklist::remove_remote(std::size_t index) {
  std::vector<Pair*> gone;
  for (const auto& pair : pairs_) {
    if (pair->remote_index == index) gone.push_back(pair.get());
  }
  for (Pair* pair : gone) remove(*pair);
  remotes_.erase(index);
}

Pair* Checklist::surplus(std::initializer_list<const Pair*> spared) const {
  std::size_t proved = 0;
  Pair* oldest = nullptr;
  for (const auto& pair : pairs_) {
    if (!pair->is_valid || !is_learned(*pair)) continue;
    ++proved;
    if (std::ranges::find(spared, pair.get()) != spared.end()) continue;
    if (!oldest || pair->consent.last_response < oldest->consent.last_response) oldest = pair.get();
  }
  return proved > kMaxProved ? oldest : nullptr;
}

// ---- pairs

std::uint64_t Checklist::priority_of(const Base& base, const Candidate& remote) const {
  return role_ == Role::Controlling ? pair_priority(base.priority, remote.priority)
                                    : pair_priority(remote.priority, base.priority);
}

void Checklist::rename(Pair& pair) const {
  const Candidate& candidate = remote(pair.remote_index);
  pair.foundation = pair.base.foundation + ":" + candidate.foundation;
  pair.priority = priority_of(pair.base, candidate);
}

// Gives the places anew. A pair that loses its own stays while there is room.
void Checklist::place() {
  const std::vector<Place> places = rank_places(bases_, remotes_, max_pairs_);
  for (const auto& pair : pairs_) pair->turn = is_learned(*pair) ? 0 : Pair::kNoTurn;
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Endpoint& base = bases_[places[i].base].endpoint;
    if (Pair* pair = find({base, remote(places[i].remote).endpoint}))
      pair->turn = i + 1;
    else
      missing.push_back(i);
  }
  for (const std::size_t i : missing) form(bases_[places[i].base], places[i].remote, i + 1);
  sort();
}

// RFC 8838 §12 for the state of a pair that comes later.
void Checklist::form(const Base& base, std::size_t remote_index, std::size_t turn) {
  Pair* pair = insert(base, remote_index, turn);
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

Pair* Checklist::insert(const Base& base, std::size_t remote_index, std::size_t turn) {
  if (pairs_.size() >= max_pairs_ && !make_room(turn)) return nullptr;
  auto pair = std::make_unique<Pair>();
  pair->base = base;
  pair->remote_index = remote_index;
  pair->remote = remote(remote_index).endpoint;
  pair->turn = turn;
  rename(*pair);
  if (log_.wants(LogLevel::Debug))
    log_.debug("pair {}: {} with {}, priority {}", log_.shown(pair->path()),
               base.is_relayed ? "relay" : "host", to_string(remote(remote_index).type),
               pair->priority);
  pairs_.push_back(std::move(pair));
  return pairs_.back().get();
}

// RFC 8445 §6.1.2.5: over the limit, the least hopeful pair goes: one whose turn is the last, and
// of those that the peer itself has checked, one that does not answer. Never a valid one.
bool Checklist::make_room(std::size_t turn) {
  Pair* last = nullptr;
  Pair* mute = nullptr;
  for (const auto& pair : pairs_) {
    if (pair->is_valid) continue;
    if (pair->requests_received == 0) {
      if (pair->turn > turn && (!last || pair->turn > last->turn)) last = pair.get();
    } else if (pair->state == PairState::Failed && turn == 0) {
      if (!mute || pair->consent.last_sign_of_life < mute->consent.last_sign_of_life)
        mute = pair.get();
    }
  }
  Pair* gone = last ? last : mute;
  if (!gone) return false;
  remove(*gone);
  return true;
}

void Checklist::remove(Pair& pair) {
  untrigger(pair);
  log_.debug("pair {} is given up", log_.shown(pair.path()));
  const std::size_t index = pair.remote_index;
  std::erase_if(pairs_, [&](const auto& known) { return known.get() == &pair; });
  has_removed_ = true;
  const auto remote = remotes_.find(index);
  if (remote == remotes_.end() || !remote->second.is_learned) return;
  if (std::ranges::none_of(pairs_, [&](const auto& other) { return other->remote_index == index; }))
    remotes_.erase(remote);
}

Pair* Checklist::pair_for_check(const Base& base, std::size_t remote_index) {
  if (Pair* pair = find({base.endpoint, remote(remote_index).endpoint})) return pair;
  Pair* pair = insert(base, remote_index, 0);
  const bool has_pair = std::ranges::any_of(
      pairs_, [&](const auto& other) { return other->remote_index == remote_index; });
  if (!has_pair && remotes_.at(remote_index).is_learned) remotes_.erase(remote_index);
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

Pair* Checklist::next_ordinary(const Pair* than) const {
  const auto counts = [&](const Pair& pair) { return !than || is_better(pair, *than); };
  const auto first = [&](PairState state, auto also) {
    Pair* found = nullptr;
    for (const auto& pair : pairs_) {
      if (pair->state != state || pair->is_triggered || !counts(*pair) || !also(*pair)) continue;
      if (!found || pair->turn < found->turn) found = pair.get();
    }
    return found;
  };
  if (Pair* pair = first(PairState::Waiting, [](const Pair&) { return true; })) return pair;
  // RFC 8445 §6.1.4.2: a frozen one whose foundation nobody else is trying.
  return first(PairState::Frozen, [&](const Pair& frozen) {
    return std::ranges::none_of(pairs_, [&](const auto& other) {
      return (other->state == PairState::Waiting || other->state == PairState::InProgress) &&
             other->foundation == frozen.foundation && counts(*other);
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
