#include "ice/check_session.h"

#include <algorithm>
#include <utility>

#include "net/address_policy.h"

namespace specter::ice {

CheckSession::CheckSession(Shared& shared, Credentials local, Role role, Embeds embeds,
                           Awaits awaits)
    : shared_(shared),
      local_(std::move(local)),
      role_(role),
      tiebreaker_(shared.random.u64()),
      awaits_(awaits),
      checklist_(role, shared.config.max_remote_candidates, shared.config.max_pairs, shared.log),
      embedding_(embeds == Embeds::Yes ? Embedding::Wanted::Yes : Embedding::Wanted::No),
      dropped_before_(shared.counters.dropped_integrity) {
  for (const Base& base : shared.gathering.bases()) checklist_.add_base(base);
}

void CheckSession::remove_base(const Endpoint& base) {
  const auto let_go = [&](Pair*& pair) {
    if (pair && pair->base.endpoint == base) pair = nullptr;
  };
  let_go(current_);
  let_go(nominating_);
  std::erase_if(checks_, [&](const auto& entry) { return entry.second.path.local == base; });
  erase_if(responses_, [&](const Response& response) { return response.path.local == base; });
  checklist_.remove_base(base);
  choose_path();
}

// ---- the peer, by signalling

void CheckSession::set_role(Role role) {
  if (role != role_) switch_role(role);
}

void CheckSession::set_remote_credentials(Timestamp now, const Credentials& remote,
                                          Agent::Implementation peer) {
  if (peer == Agent::Implementation::Lite) awaits_ = Awaits::Nothing;
  remote_ = remote;
  if (!known_since_) known_since_ = now;
  for (const Candidate& candidate : std::exchange(early_candidates_, {})) accept_remote(candidate);
}

Result<> CheckSession::add_remote_candidate(const Candidate& candidate) {
  remote_in_play_ = true;
  const std::size_t most = shared_.config.max_remote_candidates;
  bool taken = true;
  if (remote_) {
    taken = accept_remote(candidate);
  } else if (early_candidates_.size() < most) {
    early_candidates_.push_back(candidate);
  } else {
    taken = std::ranges::find(early_candidates_, candidate) != early_candidates_.end();
  }
  if (taken) return {};
  return specter::fail(ErrorCode::OperationFailed,
                       "the peer has told of more candidates than are taken (" +
                           std::to_string(most) + "); this one is left out");
}

// False past the limit.
bool CheckSession::accept_remote(const Candidate& candidate) {
  const net::LoopbackPolicy loopback =
      shared_.config.allow_loopback ? net::LoopbackPolicy::Allow : net::LoopbackPolicy::Refuse;
  const auto ufrag = candidate.extension("ufrag");
  const Log& log = shared_.log;
  // A name waits for whoever resolves it (mDNS); TCP, what we don't know, other components and
  // other generations are nothing to this one.
  if (!candidate.is_resolved() || candidate.protocol != TransportProtocol::Udp ||
      candidate.type == CandidateType::Other || candidate.component != 1 ||
      !net::may_check(candidate.endpoint, loopback) || (ufrag && *ufrag != remote_->ufrag)) {
    ++unusable_remotes_;
    if (log.wants(LogLevel::Debug))
      log.debug("remote candidate is not used: {}", words(log, candidate));
    return true;
  }
  if (log.wants(LogLevel::Debug)) log.debug("remote candidate: {}", words(log, candidate));
  const bool taken = checklist_.add_remote(candidate);
  if (!taken) log.debug("that is one candidate too many");
  return taken;
}

void CheckSession::end_of_remote_candidates(Timestamp now) {
  if (!ended_at_) {
    ended_at_ = now;
    shared_.log.debug("the peer has told of all its candidates");
  }
  remote_in_play_ = true;
}

void CheckSession::end(IceConnectionState state) {
  for (const auto& pair : checklist_.pairs()) lose(*pair);
  closed_ = state == IceConnectionState::Closed;
  state_ = state;
  current_ = nullptr;
  nominating_ = nullptr;
  checks_.clear();
  responses_.clear();
}

// ---- the world

bool CheckSession::handle_activity(Timestamp now, const Path& path) {
  Pair* pair = checklist_.find(path);
  if (!pair || !pair->is_valid) return false;
  const bool matters = pair->consent.unanswered_since.has_value();
  pair->consent.last_sign_of_life = now;
  if (pair == current_) {
    doubts_ = 0;
    better_.note_followed();
  } else {
    note_seen_elsewhere(now, *pair);
  }
  return matters || doubted_since_;
}

void CheckSession::handle_timeout(Timestamp now) {
  expire_checks(now);
  expire_consent(now);
}

void CheckSession::consider_paths(Timestamp now) {
  forget_removed_pairs();
  consider_silence(now);
}

void CheckSession::consider_state(Timestamp now) {
  better_.follow(now, current_ && current_->is_nominated ? current_ : nullptr);
  consider_nomination(now);
  update_state(now);
}

void CheckSession::before_polling(Timestamp now) {
  consider_nomination(now);
  if (!std::exchange(flight_is_new_, false)) return;
  // What has a path leaves on it right now, by its owner's hand; embedded it follows in case of
  // loss.
  next_extra_ = current_ ? now + shared_.config.options.check_interval : now;
}

WakeUp CheckSession::next_timeout() const {
  if (is_over()) return {};
  return soonest(WakeUp(checks_deadline(), "ice checks"), WakeUp(consent_deadline(), "ice consent"),
                 WakeUp(nomination_deadline(), "ice nomination"),
                 WakeUp(state_deadline(), "ice state"),
                 WakeUp(extra_check_deadline(), "ice embedded checks"),
                 WakeUp(silence_deadline(), "ice silence"));
}

// ---- questions

// RFC 8445 §7.2.5.3.2: the valid pair's local candidate is the one whose address the peer saw.
Candidate CheckSession::local_candidate_of(const Pair& pair) const {
  const Endpoint seen = pair.mapped.value_or(pair.base.endpoint);
  if (seen == pair.base.endpoint) return Gathering::own_candidate(pair.base);
  for (const Candidate& candidate : shared_.gathering.candidates()) {
    if (candidate.endpoint == seen) return candidate;
  }
  Candidate candidate;
  candidate.foundation = pair.base.foundation;
  candidate.priority = pair.base.reflexive_priority;
  candidate.host = seen.address.to_string();
  candidate.endpoint = seen;
  candidate.type = CandidateType::PeerReflexive;
  candidate.related = pair.base.endpoint;
  return candidate;
}

void CheckSession::add_stats(std::vector<CandidatePairStats>& all) const {
  for (const auto& pair : checklist_.pairs()) {
    CandidatePairStats& stats = all.emplace_back();
    stats.local = local_candidate_of(*pair);
    stats.remote = checklist_.remote(pair->remote_index);
    stats.state = pair->state;
    stats.nominated = pair->is_nominated;
    stats.selected = pair.get() == current_ && shared_.in_use == this;
    stats.requests_sent = pair->requests_sent;
    stats.requests_received = pair->requests_received;
    stats.responses_sent = pair->responses_sent;
    stats.responses_received = pair->responses_received;
    stats.consent_requests_sent = pair->consent_requests_sent;
    stats.retransmissions_sent = pair->retransmissions_sent;
    stats.first_request = pair->first_request;
    stats.last_request = pair->last_request;
    if (pair->is_valid) stats.consent_expires = consent_ends(*pair);
    stats.total_round_trip_time = pair->total_round_trip_time;
    stats.current_round_trip_time = pair->last_round_trip_time;
  }
}

void CheckSession::add_remote_addresses(std::vector<IpAddress>& all) const {
  for (const auto& [index, remote] : checklist_.remotes()) {
    const IpAddress& address = remote.candidate.endpoint.address;
    if (std::ranges::find(all, address) == all.end()) all.push_back(address);
  }
}

}  // namespace specter::ice
