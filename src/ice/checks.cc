// Our connectivity checks. RFC 8445 §7.2.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "ice/check_session.h"
#include "stun/attributes.h"
#include "stun/integrity.h"

namespace specter::ice {

namespace {

using namespace std::chrono_literals;

// While few pairs are tried a check goes out at 0, 0.1, 0.3 and 0.7 s; of many, once. Then those
// that have not answered are checked over and over until something is connected or failed: ten a
// second in turn, none twice within half a second. RFC 8445 §14.3 starts at 500 ms; a lost check is
// what users wait for, and the pacer bounds all checks together whatever their intervals are.
constexpr Duration kFirstInterval = 100ms;
constexpr stun::ClientTransaction::Schedule kEager{.rto = kFirstInterval, .rc = 4, .rm = 5};
constexpr stun::ClientTransaction::Schedule kOnce{.rto = 500ms, .rc = 1, .rm = 1};
constexpr int kFew = 5;
constexpr Duration kAgainAfter = 500ms;
constexpr Duration kAgainInterval = 100ms;
// Without an answer for so long a pair is called failed. It is checked all the same: RFC 8863, a
// path may start to work later.
constexpr Duration kFailedAfter = 9500ms;
// A nomination that is not answered moves on to another pair, so it gives up earlier (3.9 s).
constexpr int kNominationSends = 6;
constexpr int kNominationLastWait = 8;
// An address that only a check of the peer's has told of is checked while more of them come.
constexpr Duration kHeardLately = 10s;
// A superseded check's answer still counts for so long.
constexpr Duration kSupersededLife = 5s;

constexpr std::uint16_t kForbidden = 403;

constexpr stun::AttributeType kUnderstoodInResponses[] = {
    stun::AttributeType::MappedAddress,
    stun::AttributeType::XorMappedAddress,
    stun::AttributeType::Username,
    stun::AttributeType::MessageIntegrity,
    stun::AttributeType::ErrorCode,
    stun::AttributeType::UnknownAttributes,
    stun::AttributeType::Realm,
    stun::AttributeType::Nonce,
    stun::AttributeType::Userhash,
    stun::AttributeType::MessageIntegritySha256,
    stun::AttributeType::PasswordAlgorithm,
    stun::AttributeType::Priority,
    stun::AttributeType::UseCandidate};

Transmit transmit(const Path& path, Buffer bytes) {
  const std::size_t size = bytes.size();
  return {path, std::move(bytes), size};
}

}  // namespace

// ---- sending

bool CheckSession::may_send_checks() const { return remote_.has_value() && !is_over(); }

// RFC 8445 §8.1.2: once a pair is nominated, other pairs are left alone, but for better ones; until
// it falls silent.
bool CheckSession::is_concluded(Timestamp now) const {
  return current_ && current_->is_nominated && !doubted_since_ && !is_disconnected(*current_, now);
}

std::optional<Transmit> CheckSession::poll_check(Timestamp now) {
  if (!may_send_checks()) return std::nullopt;
  const bool is_ready = shared_.pacer.is_ready(now);
  // RFC 8445 §6.1.4.2: triggered ones first. But where NATs show each check from another address
  // they call each other without an end, so each second turn is the rest's.
  if (is_ready && checklist_.has_triggered()) {
    if (std::exchange(is_turn_of_the_rest_, !is_turn_of_the_rest_)) {
      if (auto again = poll_check_again(now)) return again;
    }
    shared_.pacer.take(now);
    return send_check(now, *checklist_.take_triggered());
  }
  if (is_ready) {
    if (auto again = poll_retransmission(now, true)) return again;
  }
  if (auto ordinary = poll_ordinary(now)) return ordinary;
  if (!is_ready) return std::nullopt;
  if (auto extra = poll_extra_check(now)) return extra;
  if (auto again = poll_retransmission(now, false)) return again;
  return poll_check_again(now);
}

// While nothing is connected the first checks leave as fast as RFC 8445 §14.2 allows, each pair's
// once: the one that works may be the last. They leave some of the common bucket to the answers.
std::optional<Transmit> CheckSession::poll_ordinary(Timestamp now) {
  if (now < ordinary_ready_at()) return std::nullopt;
  Pair* const pair = next_unasked(now);
  if (!pair) return std::nullopt;
  next_ordinary_ = now + shared_.config.options.check_interval;
  if (is_in_a_hurry()) {
    shared_.first_checks.take(now);
    if (shared_.pacer.has(now, Shared::kKeptForAnswers + 1)) shared_.pacer.take(now);
  } else {
    shared_.pacer.take(now);
  }
  return send_check(now, *pair);
}

Pair* CheckSession::next_unasked(Timestamp now) const {
  if (is_concluded(now)) return may_improve(now) ? checklist_.next_ordinary(current_) : nullptr;
  Pair* const valid = next_to_ask();
  return valid ? valid : checklist_.next_ordinary();
}

bool CheckSession::is_in_a_hurry() const { return !current_ || doubted_since_; }

Timestamp CheckSession::ordinary_ready_at() const {
  return is_in_a_hurry() ? shared_.first_checks.ready_at()
                         : std::max(shared_.pacer.ready_at(), next_ordinary_);
}

// ---- pairs that have not answered, over and over

// When a pair is to be checked again without the peer having asked for it.
Deadline CheckSession::check_again_at(const Pair& pair) const {
  if (pair.is_triggered || pair.active) return std::nullopt;
  // A peer that never nominates is no reason to go on.
  if (current_ && !doubted_since_ && !is_disconnected(*current_, considered_)) return std::nullopt;
  if (pair.is_valid) {
    return doubted_since_ && pair.last_request ? Deadline(*pair.last_request + kAgainAfter)
                                               : std::nullopt;
  }
  if (checklist_.is_learned(pair) && !is_heard_of(pair)) return std::nullopt;
  switch (pair.state) {
    case PairState::InProgress:
    case PairState::Failed: return pair.last_request.value_or(Timestamp{}) + again(kAgainAfter);
    // Its foundation does not answer. RFC 8445 §6.1.4.2 has it wait for that; but there are peers
    // that give all their candidates the same one.
    case PairState::Frozen: return Timestamp{};
    case PairState::Waiting:
    case PairState::Succeeded: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Transmit> CheckSession::poll_check_again(Timestamp now) {
  if (is_concluded(now)) return may_improve(now) ? poll_better_check(now) : std::nullopt;
  if (now < next_again_ || checklist_.next_ordinary()) return std::nullopt;
  Pair* first = nullptr;
  Timestamp first_at = now;
  for (const auto& pair : checklist_.pairs()) {
    const Deadline at = check_again_at(*pair);
    if (!at || *at > now || (first && *at >= first_at)) continue;
    first = pair.get();
    first_at = *at;
  }
  if (!first) return std::nullopt;
  next_again_ = now + again(kAgainInterval);
  shared_.pacer.take(now);
  return send_check(now, *first, Repeat::No);
}

Deadline CheckSession::check_again_deadline() const {
  Deadline next;
  if (checklist_.next_ordinary()) return next;
  for (const auto& pair : checklist_.pairs()) next = soonest(next, check_again_at(*pair));
  if (next) next = std::max({*next, shared_.pacer.ready_at(), next_again_});
  return next;
}

// Half as often once the patience is over: more candidates may come, and they are checked at once.
Duration CheckSession::again(Duration interval) const {
  return state_ == IceConnectionState::Disconnected && !current_ ? 2 * interval : interval;
}

// Only a check of the peer's has told of this address. It is worth checks while more of them come
// and nothing else is connected.
bool CheckSession::is_heard_of(const Pair& pair) const {
  return !current_ && considered_ < pair.consent.last_sign_of_life + kHeardLately;
}

std::optional<Transmit> CheckSession::poll_retransmission(Timestamp now, bool nominating) {
  for (auto& [id, check] : checks_) {
    if (!check.transaction || check.nominates != nominating) continue;
    auto bytes = check.transaction->poll_transmit(now);
    if (!bytes) continue;
    shared_.pacer.take(now);
    check.last_sent = now;
    ++check.sent;
    ++requests_sent_;
    shared_.log.debug("check {}: sent again, time {}", shared_.log.shown(check.path), check.sent);
    if (Pair* pair = checklist_.find(check.path)) {
      pair->note_request(now);
      ++pair->retransmissions_sent;
    }
    return transmit(check.path, std::move(*bytes));
  }
  return std::nullopt;
}

Transmit CheckSession::send_check(Timestamp now, Pair& pair, Repeat repeat) {
  supersede(now, pair);
  const bool nominates = pair.nominate && role_ == Role::Controlling;
  const auto id = stun::TransactionId::generate(shared_.random);
  stun::ClientTransaction transaction(build_request(now, id, pair, nominates),
                                      repeat == Repeat::Yes ? schedule(pair, nominates) : kOnce);
  transaction.start(now);
  auto bytes = transaction.poll_transmit(now);
  SPECTER_CHECK(bytes.has_value());

  Check check{.path = pair.path(), .role = role_, .nominates = nominates, .last_sent = now};
  check.transaction.emplace(std::move(transaction));
  remember(id, std::move(check));
  pair.active = id;
  // One that has failed and is checked over and over remains so until it answers.
  const bool has_failed = repeat == Repeat::No && pair.state == PairState::Failed;
  if (!pair.is_valid && !has_failed) pair.state = PairState::InProgress;
  pair.note_request(now);
  ++requests_sent_;
  shared_.log.debug("check {}: sent{}{}", shared_.log.shown(pair.path()),
                    nominates ? ", to nominate" : "", repeat == Repeat::No ? ", once more" : "");
  return transmit(pair.path(), std::move(*bytes));
}

// RFC 8445 §7.1, §7.2.2
Buffer CheckSession::build_request(Timestamp now, const stun::TransactionId& id, const Pair& pair,
                                   bool nominates) {
  stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding, id);
  writer.add(stun::Username{remote_->ufrag + ":" + local_.ufrag});
  writer.add(stun::Priority{pair.base.reflexive_priority});
  if (role_ == Role::Controlling)
    writer.add(stun::IceControlling{tiebreaker_});
  else
    writer.add(stun::IceControlled{tiebreaker_});
  if (nominates) writer.add(stun::UseCandidate{});
  embed(now, writer, is_among_best(pair) ? Carries::Datagram : Carries::NoDatagram);
  writer.integrity(stun::short_term_key(remote_->pwd)).fingerprint();
  return writer.finish();
}

// RFC 8445 §14.3: the more checks there are, the longer each waits, so that repeating them keeps
// within the pace too.
stun::ClientTransaction::Schedule CheckSession::schedule(const Pair& pair, bool nominates) const {
  if (nominates) {
    return {.rto = std::max(kFirstInterval, 2 * pair.smoothed_round_trip_time.value_or(0ms)),
            .rc = kNominationSends,
            .rm = kNominationLastWait};
  }
  // Of these silence is loss.
  if (pair.is_valid) return kEager;
  const auto busy = static_cast<Duration::rep>(checklist_.count(PairState::Waiting) +
                                               checklist_.count(PairState::InProgress));
  if (pair.requests_received == 0) return busy <= kFew ? kEager : kOnce;
  auto schedule = kEager;
  schedule.rto = std::max(kFirstInterval, shared_.config.options.check_interval * busy);
  return schedule;
}

Check& CheckSession::remember(const stun::TransactionId& id, Check check) {
  auto oldest = checks_.end();
  std::size_t same = 0;
  for (auto it = checks_.begin(); it != checks_.end(); ++it) {
    if (it->second.path != check.path) continue;
    ++same;
    const Pair* pair = checklist_.find(check.path);
    if (pair && pair->active == it->first) continue;
    if (oldest == checks_.end() || it->second.last_sent < oldest->second.last_sent) oldest = it;
  }
  if (same >= kMaxChecksPerPair && oldest != checks_.end()) checks_.erase(oldest);
  return checks_.emplace(id, std::move(check)).first->second;
}

// RFC 8445 §7.3.1.4: no more is sent for it and its silence means nothing, but its answer counts.
void CheckSession::supersede(Timestamp now, Pair& pair) {
  if (!pair.active) return;
  const auto entry = checks_.find(*pair.active);
  if (entry != checks_.end()) {
    entry->second.transaction.reset();
    entry->second.expires = now + kSupersededLife;
  }
  pair.active.reset();
}

void CheckSession::expire_checks(Timestamp now) {
  std::vector<stun::TransactionId> over;
  for (auto& [id, check] : checks_) {
    if (check.transaction) check.transaction->handle_timeout(now);
    if (check.transaction ? check.transaction->is_over() : now >= check.expires) over.push_back(id);
  }
  for (const stun::TransactionId& id : over) {
    auto node = checks_.extract(id);
    if (node.empty()) continue;  // one of those before it made room for its own late answer
    Pair* pair = checklist_.find(node.mapped().path);
    if (pair && pair->active == id) {
      pair->active.reset();
      handle_check_timeout(now, *pair, id, std::move(node.mapped()));
    }
  }
  if (!over.empty()) give_back_unproved();
}

// An address that a check taught us and that answers none of ours is forgotten: it may have been a
// replay, and the next one of the peer's teaches it again.
void CheckSession::give_back_unproved() {
  if (!remote_) return;
  std::vector<Pair*> silent;
  for (const auto& pair : checklist_.pairs()) {
    if (!checklist_.is_learned(*pair) || pair->is_valid || pair->is_triggered) continue;
    const bool may_answer = std::ranges::any_of(
        checks_, [&](const auto& entry) { return entry.second.path == pair->path(); });
    if (!may_answer) silent.push_back(pair.get());
  }
  for (Pair* pair : silent) checklist_.remove(*pair);
}

// A pair that made room for another: nothing waits for its answer.
void CheckSession::forget_removed_pairs() {
  if (!checklist_.take_removal()) return;
  std::erase_if(checks_, [&](const auto& entry) { return !checklist_.find(entry.second.path); });
}

Deadline CheckSession::checks_deadline() const {
  Deadline next;
  for (const auto& [id, check] : checks_) {
    if (!check.transaction) {
      next = soonest(next, check.expires);
      continue;
    }
    Deadline due = check.transaction->next_timeout();
    if (due && check.transaction->has_sends_left()) due = std::max(*due, shared_.pacer.ready_at());
    next = soonest(next, due);
  }
  if (!may_send_checks()) return next;
  if (checklist_.has_triggered()) next = soonest(next, shared_.pacer.ready_at());
  // Whether checks go on is a question of time too, but then a deadline of consent's comes first.
  if (is_concluded(considered_))
    return may_improve(considered_) ? soonest(next, better_check_deadline()) : next;
  if (next_to_ask() || checklist_.next_ordinary()) next = soonest(next, ordinary_ready_at());
  return soonest(next, check_again_deadline());
}

// ---- answers

void CheckSession::handle_response(Timestamp now, const Received& datagram,
                                   const stun::Message& message) {
  const auto entry = checks_.find(message.id);
  Counters& counters = shared_.counters;
  if (entry == checks_.end() || !remote_)
    return shared_.drop(counters.dropped_unexpected, "a Binding response to no request of ours",
                        datagram.path);
  // RFC 8489 §9.1.4: without integrity it is as if it had never come; the transaction goes on.
  if (!stun::has_integrity(datagram.bytes, stun::short_term_key(remote_->pwd)))
    return shared_.drop(counters.dropped_integrity,
                        "a Binding response without the peer's integrity", datagram.path);
  Pair* pair = checklist_.find(entry->second.path);
  const auto mapped = message.get<stun::XorMappedAddress>();
  const auto error = message.get<stun::ErrorCode>();
  const bool is_success = message.cls == stun::Class::SuccessResponse;
  // RFC 8489 §6.3.3, §6.3.4: what can't be understood is no answer.
  if (!pair || (is_success ? !mapped : !error) ||
      !message.unknown_required(kUnderstoodInResponses).empty())
    return shared_.drop(counters.dropped_unexpected,
                        "a Binding response that is not understood, or whose pair is gone",
                        datagram.path);
  // RFC 8445 §7.2.5.2.1: it must come back the way the request went. A pair that was checking
  // fails; one that is valid is not ended by what anybody can replay from elsewhere.
  if (datagram.path.remote != pair->remote || datagram.path.local != pair->base.endpoint) {
    shared_.drop(counters.dropped_unexpected, "a Binding response that came another way",
                 datagram.path);
    if (pair->active == message.id && !pair->is_valid) {
      const auto node = checks_.extract(entry);
      pair->active.reset();
      fail(now, *pair, node.mapped());
    }
    return;
  }

  const auto node = checks_.extract(entry);
  const Check& check = node.mapped();
  ++pair->responses_received;
  measure(now, *pair, check);
  if (pair->active == message.id) pair->active.reset();
  if (is_success) {
    // Before the pair becomes valid: what DTLS makes of it is then the first thing on the new path.
    handle_embedded(datagram, message);
    handle_success(now, *pair, message.id, check, mapped->endpoint);
  } else {
    handle_error(now, *pair, check, error->code);
  }
}

// RFC 8445 §7.2.5.3
void CheckSession::handle_success(Timestamp now, Pair& pair, const stun::TransactionId&,
                                  const Check& check, const Endpoint& mapped) {
  if (check.kind == Check::Kind::Consent && !pair.is_valid) return;  // it came too late
  // RFC 8445 §7.2.5.3.1, §7.2.5.3.2: the address the peer saw makes the valid pair.
  const bool has_moved = pair.is_valid && pair.mapped != mapped;
  pair.mapped = mapped;
  shared_.log.debug("check {}: answered; the peer sees {}", shared_.log.shown(pair.path()),
                    shared_.log.shown(mapped));
  if (has_moved && &pair == current_ && shared_.in_use == this && shared_.told_selected) {
    doubts_ = 0;
    shared_.events.push_back(SelectedPathChanged{pair.path()});
  }
  const bool is_new = !pair.is_valid;
  if (is_new) {
    if (!current_) first_valid_ = now;
    pair.is_valid = true;
    pair.state = PairState::Succeeded;
    shared_.log.debug("pair {} is valid", shared_.log.shown(pair.path()));
    pair.valid_since = now;
    note_request_over(now, pair);
    start_consent(now, pair);
    if (Pair* old = checklist_.surplus({current_, nominating_, &pair})) {
      lose(*old);
      checklist_.remove(*old);
    }
    checklist_.unfreeze(pair.foundation);
    if (!pair.nominate) checklist_.untrigger(pair);
  }
  handle_consent(now, pair);
  // Another check of the same pair has nothing left to find out, but a nomination has.
  if (pair.active && !pair.nominate) supersede(now, pair);

  // RFC 8445 §7.2.5.3.4
  if (check.nominates && check.role == Role::Controlling && role_ == Role::Controlling)
    handle_nominated(now, pair);
  else if (is_chosen_by_peer(pair, is_new))
    handle_nominated(now, pair);
  else if (is_new)
    choose_path();
}

void CheckSession::handle_error(Timestamp now, Pair& pair, const Check& check, std::uint16_t code) {
  shared_.log.debug("check {}: refused with {}", shared_.log.shown(pair.path()), code);
  if (code == 487) {
    // RFC 8445 §7.2.5.1: the other role, a new tiebreaker, and the same check again.
    const Role other = check.role == Role::Controlling ? Role::Controlled : Role::Controlling;
    if (role_ != other) {
      switch_role(other);
      tiebreaker_ = shared_.random.u64();
    }
    if (check.kind == Check::Kind::Connectivity && !pair.active) checklist_.trigger(pair);
    return;
  }
  // RFC 7675 §5.2: the peer says with integrity that it wants no more.
  if (code == kForbidden && check.kind == Check::Kind::Consent && pair.is_valid) {
    shared_.log.info("consent is taken back on {}", shared_.log.shown(pair.path()));
    better_.note_failure(now, pair);
    lose(pair);
    choose_path();
    if (!current_) consent_expired_ = consent_revoked_ = true;
    return;
  }
  // RFC 8445 §7.2.5.2.4. A valid pair lives by its consent.
  if (check.kind == Check::Kind::Connectivity && !pair.active) fail(now, pair, check);
}

void CheckSession::fail(Timestamp now, Pair& pair, const Check& check) {
  if (check.nominates && nominating_ == &pair) {
    handle_nomination_failed(now, pair);
  } else if (!pair.is_valid && !pair.is_triggered) {
    pair.state = PairState::Failed;
    shared_.log.debug("pair {} has failed", shared_.log.shown(pair.path()));
  }
}

// RFC 8445 §7.2.5.2.3: a time-out fails the pair, in the end. A late answer counts, and an address
// that the peer itself has sent checks from is worth another round at once.
void CheckSession::handle_check_timeout(Timestamp now, Pair& pair, const stun::TransactionId& id,
                                        Check check) {
  shared_.log.debug("check {}: no answer", shared_.log.shown(pair.path()));
  if (pair.is_valid) return fail(now, pair, check);
  check.transaction.reset();
  check.expires = now + kSupersededLife;
  remember(id, std::move(check));
  if (now >= *pair.first_request + kFailedAfter && !pair.is_triggered) {
    if (pair.state != PairState::Failed)
      shared_.log.debug("pair {} has failed", shared_.log.shown(pair.path()));
    pair.state = PairState::Failed;
  }
  if (pair.requests_received > 0 && is_heard_of(pair)) checklist_.trigger(pair);
}

void CheckSession::measure(Timestamp now, Pair& pair, const Check& check) {
  const Duration sample = now - check.last_sent;
  auto& smoothed = pair.smoothed_round_trip_time;
  const bool is_measured = check.sent == 1 && shared_.late_at != now;
  // webrtc-stats: divided by responsesReceived it is the average. What can't be measured is as the
  // others were.
  pair.total_round_trip_time += is_measured ? sample : smoothed.value_or(sample);
  if (!is_measured) return;
  pair.last_round_trip_time = sample;
  smoothed = smoothed ? (*smoothed * 7 + sample) / 8 : sample;
}

// RFC 8445 §7.3.1.1: pair priorities depend on the role, and so does who nominates.
void CheckSession::switch_role(Role role) {
  shared_.log.debug("this side is the {} one",
                    role == Role::Controlling ? "controlling" : "controlled");
  role_ = role;
  nominating_ = nullptr;
  for (const auto& pair : checklist_.pairs()) pair->nominate = false;
  checklist_.set_role(role);
}

}  // namespace specter::ice
