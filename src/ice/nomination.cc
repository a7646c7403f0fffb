// Which of the valid pairs is used. RFC 8445 §8.
//
// Controlling: the first valid pair is nominated at once when both its ends are host candidates,
// for nothing better will come; any other waits kPatience for a better one, or until no better one
// is left to try. Nominating is a fresh check with USE-CANDIDATE (RFC 8445 §8.1.1). Controlled: the
// pair that the peer has checked before and then nominated, the latest one; of a peer that
// nominates all it checks (RFC 5245 §8.1.1.2), the valid pair of the highest priority.
#include "ice/check_session.h"

namespace specter::ice {

namespace {

constexpr Duration kPatience = std::chrono::milliseconds(50);
// A relay costs a way round and somebody's money: the better kinds have longer.
constexpr Duration kPatienceWithARelay = std::chrono::milliseconds(500);
constexpr Duration kNominationSilence = std::chrono::milliseconds(500);

}  // namespace

Duration CheckSession::patience_with(const Pair& pair) const {
  return checklist_.directness(pair) <= Directness::OneRelay ? kPatienceWithARelay : kPatience;
}

Pair* CheckSession::best_to_nominate(Timestamp now) const {
  for (const auto& pair : checklist_.pairs()) {
    if (is_alive(*pair, now)) return pair.get();
  }
  return nullptr;
}

// A valid pair that answers while the one under nomination has not: the repetitions of that take
// longer than anybody would wait.
Pair* CheckSession::better_to_nominate() const {
  const Timestamp since = std::max(nominated_at_, nominating_->consent.last_sign_of_life);
  const Duration patience =
      std::max(kNominationSilence, 3 * nominating_->smoothed_round_trip_time.value_or(Duration{}));
  for (const auto& pair : checklist_.pairs()) {
    if (pair->is_valid && pair->consent.last_sign_of_life >= since + patience) return pair.get();
  }
  return nullptr;
}

void CheckSession::consider_nomination(Timestamp now) {
  considered_ = now;
  if (role_ != Role::Controlling || closed_ || !may_send_checks()) return;
  if (nominating_) {
    Pair* const better = better_to_nominate();
    if (!better) return;
    better_.note_failure(now, *nominating_);
    checklist_.untrigger(*nominating_);
    supersede(now, *nominating_);
    nominating_->nominate = false;
    return nominate(now, *better);
  }
  if (current_ && current_->is_nominated && !is_silent(*current_, now)) {
    Pair* const better = may_improve(now) ? better_.next_to_nominate(now, *current_) : nullptr;
    if (better) nominate(now, *better);
    return;
  }
  // RFC 8445 has no word on it: a peer that offered a restart answers checks before it has our
  // answer, and Firefox forgets a nomination that comes so early.
  if (awaits_ == Awaits::ThePeersChecks && requests_taken_ == 0) return;
  Pair* best = best_to_nominate(now);
  if (!best) return;

  const bool was_patient = now >= first_valid_ + patience_with(*best);
  if (!was_patient && checklist_.directness(*best) != Directness::HostToHost) {
    // Sorted by priority: what is before `best` is better.
    for (const auto& pair : checklist_.pairs()) {
      if (pair.get() == best) break;
      const bool may_succeed = pair->state == PairState::Frozen ||
                               pair->state == PairState::Waiting ||
                               pair->state == PairState::InProgress;
      if (may_succeed) return;
    }
  }
  nominate(now, *best);
}

void CheckSession::nominate(Timestamp now, Pair& pair) {
  shared_.log.debug("pair {} is to be nominated", shared_.log.shown(pair.path()));
  nominating_ = &pair;
  nominated_at_ = now;
  pair.nominate = true;
  checklist_.trigger(pair);
  shared_.is_stale = true;
}

// Controlled: whether the peer's nomination of a pair that has answered counts. The latest one
// does, once more when we had to move elsewhere meanwhile; an earlier one until a later one does.
bool CheckSession::is_chosen_by_peer(const Pair& pair, bool is_new) const {
  if (role_ != Role::Controlled || pair.peer_nomination == 0 || pair.is_nominated) return false;
  if (pair.peer_nomination == peer_nominations_) return true;
  const bool is_overtaken = pair.peer_checked && current_ && current_->is_nominated &&
                            current_->peer_nomination > pair.peer_nomination;
  return is_new && !is_overtaken;
}

void CheckSession::handle_nominated(Timestamp now, Pair& pair) {
  if (role_ == Role::Controlling) {
    // An answer that was not waited for any more: the other one need not be asked. If it was, and
    // answers, the peer has moved there.
    if (nominating_ && nominating_ != &pair) {
      nominating_->nominate = false;
      checklist_.untrigger(*nominating_);
    }
    nominating_ = nullptr;
    pair.nominate = false;
  }
  // What is chosen last counts: the one before is silent, or it would not have been replaced.
  if (role_ == Role::Controlling || pair.peer_checked) {
    for (const auto& other : checklist_.pairs()) other->is_nominated = false;
  }
  if (!pair.is_nominated || &pair != current_)
    shared_.log.debug("pair {} is nominated", shared_.log.shown(pair.path()));
  pair.is_nominated = true;
  choose_path();
  conclude(now);
}

// The request was repeated and not answered. With another valid pair at hand this one is given up
// (RFC 8445 §7.2.5.3.4); else it is tried again until its consent ends.
void CheckSession::handle_nomination_failed(Timestamp now, Pair& pair) {
  shared_.log.debug("the nomination of {} is not answered", shared_.log.shown(pair.path()));
  nominating_ = nullptr;
  pair.nominate = false;
  better_.note_failure(now, pair);
  for (const auto& other : checklist_.pairs()) {
    if (other.get() == &pair || !is_alive(*other, now)) continue;
    lose(pair);
    choose_path();
    // The peer may have heard it, and moved to where nothing comes back.
    if (current_->is_nominated && !is_silent(*current_, now)) nominate(now, *current_);
    return;
  }
}

// Keeps what path() answers right, and says so when it changes.
void CheckSession::choose_path() {
  Pair* best = current_ && current_->is_valid ? current_ : nullptr;
  for (const auto& pair : checklist_.pairs()) {
    if (!pair->is_valid) continue;
    if (!best) best = pair.get();  // before nomination there is no reason to move
    if (pair->is_nominated) {
      best = pair.get();
      break;
    }
  }
  if (current_ != best) {
    doubted_since_.reset();
    seen_elsewhere_.reset();
    doubts_ = 0;
  }
  current_ = best;
  tell_path();
}

void CheckSession::tell_path() const {
  if (current_) shared_.tell_path(*this, current_->path(), current_->is_nominated);
}

// RFC 8445 §8.1.2: other checks end. They may be taken up again should this pair fall silent.
void CheckSession::conclude(Timestamp now) {
  for (const auto& pair : checklist_.pairs()) {
    if (pair->is_valid || pair->peer_nomination != 0) continue;
    if (checklist_.is_better(*pair, *current_)) continue;
    // The peer has been seen there meanwhile: it may have moved.
    if (role_ == Role::Controlling && pair->last_request_received >= nominated_at_) continue;
    checklist_.untrigger(*pair);
    if (pair->state == PairState::InProgress) {
      supersede(now, *pair);
      pair->state = PairState::Waiting;
    }
  }
}

Deadline CheckSession::nomination_deadline() const {
  if (awaits_ == Awaits::ThePeersChecks && requests_taken_ == 0) return std::nullopt;
  if (role_ != Role::Controlling || nominating_ || !may_send_checks()) return std::nullopt;
  if (may_improve(considered_)) return better_.nominates_after(considered_, *current_);
  if (!current_ || current_->is_nominated) return std::nullopt;
  const Pair* const best = best_to_nominate(considered_);
  if (!best) return std::nullopt;
  const Timestamp patience_ends = first_valid_ + patience_with(*best);
  // Once it has, what was in the way (silence, say) ends with an input, not with time.
  return patience_ends > considered_ ? Deadline(patience_ends) : std::nullopt;
}

}  // namespace specter::ice
