// The path in use has fallen silent, which is noticed from what is missing and not from the next
// check of consent: that is up to six seconds away.
//
//               something is outstanding, or the peer is seen
//               elsewhere, and nothing was heard for so long            nor for kGrace
//     Trusted ------------------------------------------------> Doubted ---------------> another
//        ^                                                         |                     pair that
//        +------------- anything heard on the path ----------------+                     answered
//
// While the path is doubted all pairs are checked, that one too. The controlling agent nominates
// another that answers; the controlled one follows, or moves by itself to where the peer is.
#include <algorithm>

#include "ice/check_session.h"

namespace specter::ice {

namespace {

using namespace std::chrono_literals;

// Three round trips, but no less: a peer may wait before it acknowledges, RFC 9260 §6.2.
constexpr Duration kLeastSilence = 500ms;
constexpr int kRoundTrips = 3;
// A path that answers checks, and brings nothing else all the same, is doubted ever less often.
constexpr Duration kMostSilence = 5s;
// For the answer on the path itself: a check and two repetitions.
constexpr Duration kGrace = 400ms;
// A new pair that the peer checks is a sign that it has moved when the path has been quiet before.
constexpr Duration kQuiet = 250ms;

}  // namespace

void CheckSession::expect_answer(Timestamp now, bool is_outstanding) {
  if (is_outstanding == expects_) return;
  expects_ = is_outstanding;
  if (!is_outstanding) return;
  expects_since_ = now;
  wake_for_silence();
}

void CheckSession::wake_for_silence() {
  if (!shared_.is_stale && !is_over())
    shared_.deadline = soonest(shared_.deadline, WakeUp(silence_at(), "ice silence"));
}

Duration CheckSession::silence_limit() const {
  const Duration round_trip = current_->smoothed_round_trip_time.value_or(0ms);
  const Duration least = std::max(kLeastSilence, kRoundTrips * round_trip);
  return std::min(least * (1 << std::min(doubts_, 4)), kMostSilence);
}

Deadline CheckSession::silence_at() const {
  if (!current_ || doubted_since_) return std::nullopt;
  Timestamp heard = current_->consent.last_sign_of_life;
  const bool is_missed = seen_elsewhere_ && *seen_elsewhere_ > heard;
  if (!expects_ && !is_missed) return std::nullopt;
  if (!is_missed) heard = std::max(heard, expects_since_);
  return heard + silence_limit();
}

Deadline CheckSession::silence_deadline() const {
  if (!current_ || !doubted_since_) return silence_at();
  const Timestamp grace_ends = *doubted_since_ + kGrace;
  return grace_ends > considered_ ? Deadline(grace_ends) : std::nullopt;
}

void CheckSession::consider_silence(Timestamp now) {
  if (!current_ || is_over()) {
    doubted_since_.reset();
  } else if (!doubted_since_) {
    if (const Deadline at = silence_at(); at && now >= *at) doubt_path(now);
  } else if (current_->consent.last_sign_of_life > *doubted_since_) {
    doubted_since_.reset();
    ++doubts_;
    if (current_->is_nominated) conclude(now);
  } else if (role_ == Role::Controlled && is_silent(*current_, now)) {
    move_to_the_peer();
  }
}

void CheckSession::doubt_path(Timestamp now) {
  doubted_since_ = now;
  shared_.log.info("the path {} is silent: all pairs are tried",
                   shared_.log.shown(current_->path()));
  try_everything_again();
}

// Of the valid pairs, one that has not been checked since the path is doubted; that one first.
Pair* CheckSession::next_to_ask() const {
  if (!doubted_since_) return nullptr;
  const auto is_due = [&](const Pair& pair) {
    return pair.is_valid && !pair.active && !pair.is_triggered &&
           pair.last_request < doubted_since_;
  };
  if (current_ && is_due(*current_)) return current_;
  for (const auto& pair : checklist_.pairs()) {
    if (is_due(*pair)) return pair.get();
  }
  return nullptr;
}

bool CheckSession::is_silent(const Pair& pair, Timestamp now) const {
  if (is_disconnected(pair, now)) return true;
  return doubted_since_ && &pair == current_ && now >= *doubted_since_ + kGrace &&
         pair.consent.last_sign_of_life <= *doubted_since_;
}

// Whether it would be any better than the path that is doubted.
bool CheckSession::is_alive(const Pair& pair, Timestamp now) const {
  if (!pair.is_valid || is_silent(pair, now)) return false;
  return !doubted_since_ || pair.consent.last_sign_of_life > *doubted_since_;
}

// Controlled: the peer's nomination may be late, or it has not noticed; RFC 8445 §12.1 has any
// valid pair usable. Best is one over which the peer itself has asked since.
void CheckSession::move_to_the_peer() {
  Pair* best = nullptr;
  bool is_asked_over = false;
  for (const auto& pair : checklist_.pairs()) {
    if (pair.get() == current_ || !pair->is_valid ||
        pair->consent.last_sign_of_life <= *doubted_since_)
      continue;
    const bool asked = pair->last_request_received > current_->consent.last_sign_of_life;
    if (best && (is_asked_over || !asked)) continue;
    best = pair.get();
    is_asked_over = asked;
  }
  if (!best) return;
  for (const auto& pair : checklist_.pairs()) pair->is_nominated = false;
  best->is_nominated = true;
  choose_path();
}

void CheckSession::note_seen(Timestamp now, const Path& path) {
  const Pair* const pair = checklist_.find(path);
  if (pair && pair->is_valid && current_ && pair != current_) note_seen_elsewhere(now, *pair);
}

// The peer sends over a pair other than ours.
void CheckSession::note_seen_elsewhere(Timestamp now, const Pair& pair) {
  if (better_.has_left(pair)) return;
  seen_elsewhere_ = now;
  wake_for_silence();
}

// The peer checks a pair that is new: it may have moved, by itself or by the hand of a NAT.
void CheckSession::note_request_over(Timestamp now, const Pair& pair) {
  if (!current_ || &pair == current_ || !pair.is_valid || pair.requests_received == 0) return;
  const Timestamp heard = current_->consent.last_sign_of_life;
  if (pair.valid_since > heard && now >= heard + kQuiet) note_seen_elsewhere(now, pair);
}

}  // namespace specter::ice
