// What the application is told. W3C RTCIceConnectionState, RTCIceTransportState; RFC 8863 for when
// to give up.
//
//        candidates or checks        a valid pair          nominated, and both sides
//        are in play                                       have told of all candidates
//   New ---------------> Checking ----------------> Connected ----------------> Completed
//    |                    |    |                       |   ^                     |    ^
//    |                    |    | patience ends, more   |   |                     |    |
//    |                    |    | candidates may come   v   |                     v    |
//    |                    |    +-----------------> Disconnected <----------------+----+
//    |                    |                            |    silence; a valid pair, answered
//    | limbo_timeout      | patience ends, and         | limbo_timeout, the end of candidates,
//    |                    | no candidates come         | consent expired, patience ends again
//    +--------------------+-------------> Failed <-----+
//                                      for good: another generation begins anew
#include <algorithm>

#include <fmt/format.h>

#include "ice/check_session.h"

namespace specter::ice {

namespace {
// For the checks of a candidate that comes with the end of them.
constexpr Duration kLastChance = std::chrono::milliseconds(9'500);
}  // namespace

void CheckSession::update_state(Timestamp now) {
  if (closed_) return;
  if (remote_ && remote_in_play_ && !checking_since_) checking_since_ = now;
  std::string reason;
  const IceConnectionState next = judge(now, reason);
  if (next != state_) enter(now, next, std::move(reason));
}

IceConnectionState CheckSession::judge(Timestamp now, std::string& reason) {
  using enum IceConnectionState;
  // W3C: terminal until ICE is restarted. RFC 7675 §5.1: not with the same credentials.
  if (state_ == Failed) return Failed;
  if (current_) {
    if (const Deadline at = failure_at(); at && now >= *at) {
      reason =
          "the peer answers checks and sends none: it has not taken the answer to the ICE restart";
      return Failed;
    }
    if (is_disconnected(*current_, now)) return Disconnected;
    const bool all_told = shared_.gathering.state() == IceGatheringState::Complete && ended_at_;
    return current_->is_nominated && all_told ? Completed : Connected;
  }
  if (was_connected_ && consent_revoked_) {
    reason = "the peer refuses to receive more: it has taken back its consent";
    return Failed;
  }
  if (was_connected_ && consent_expired_) {
    reason = fmt::format(
        "the peer has not answered for {} s: it is gone, or the network is down",
        std::chrono::duration_cast<std::chrono::seconds>(shared_.config.options.consent_timeout)
            .count());
    return Failed;
  }
  // The base of the path is gone; others are being tried.
  if (was_connected_ && state_ != Disconnected) return Disconnected;
  if (const Deadline at = failure_at(); at && now >= *at) {
    reason = why_nothing_connected();
    return Failed;
  }
  if (was_connected_) return Disconnected;
  if (!checking_since_) return New;
  return now >= *patience_ends() ? Disconnected : Checking;
}

void CheckSession::enter(Timestamp now, IceConnectionState state, std::string reason) {
  using enum IceConnectionState;
  if (state == Connected || state == Completed) {
    was_connected_ = true;
    consent_expired_ = consent_revoked_ = false;
  }
  if (state == Disconnected && was_connected_) {
    checking_since_ = now;
    try_everything_again();
  }
  if (state == Failed) fall_silent();
  state_ = state;
  reason_ = std::move(reason);
}

// RFC 7675 §5.1: nothing of this generation counts any more, neither way.
void CheckSession::fall_silent() {
  for (const auto& pair : checklist_.pairs()) lose(*pair);
  current_ = nullptr;
  checks_.clear();
  responses_.clear();
}

// The path is silent: pairs that failed before may work now.
void CheckSession::try_everything_again() {
  for (const auto& pair : checklist_.pairs()) {
    if (!pair->is_valid && pair->state == PairState::Failed) pair->state = PairState::Frozen;
  }
}

// RFC 8863 §4: not before that, even with no pair left to try: a check of the peer's may still show
// one. What the peer told last has a chance too.
Deadline CheckSession::patience_ends() const {
  if (!checking_since_) return std::nullopt;
  const Timestamp ends = *checking_since_ + shared_.config.options.patience;
  return ended_at_ ? std::max(ends, *ended_at_ + kLastChance) : ends;
}

Deadline CheckSession::failure_at() const {
  if (is_over()) return std::nullopt;
  if (current_) {
    // Who offered a restart answers checks before it has our answer (RFC 8445 §7.3), and has none
    // of its own to send. An answer that it never gets would leave us connected, and it failed.
    const bool is_unheard = awaits_ == Awaits::ThePeersChecks && requests_taken_ == 0;
    return is_unheard && known_since_
               ? Deadline(*known_since_ + shared_.config.options.limbo_timeout)
               : Deadline{};
  }
  if (was_connected_) return *checking_since_ + shared_.config.options.patience;
  const Deadline limbo =
      known_since_ ? Deadline(*known_since_ + shared_.config.options.limbo_timeout) : Deadline{};
  const bool all_told = shared_.gathering.state() == IceGatheringState::Complete && ended_at_;
  return all_told ? soonest(limbo, patience_ends()) : limbo;
}

Deadline CheckSession::state_deadline() const {
  const bool may_tire = state_ == IceConnectionState::Checking && !current_;
  return soonest(failure_at(), may_tire ? patience_ends() : Deadline{});
}

// Where nothing of the peer's arrives.
std::string CheckSession::what_about_relays() const {
  const std::string& trouble = shared_.relay_trouble;
  const bool has_relay = std::ranges::any_of(shared_.gathering.bases(), &Base::is_relayed);
  if (has_relay) {
    return trouble.empty() ? "relays were tried too: the peer is gone, or nothing reaches it"
                           : "relays were tried too, and " + trouble;
  }
  return "a firewall may block UDP, and " +
         (trouble.empty() ? "a TURN server would help" : trouble);
}

// No addresses: this ends up in logs.
std::string CheckSession::why_nothing_connected() const {
  const std::string& trouble = shared_.relay_trouble;
  if (shared_.gathering.bases().empty()) {
    return trouble.empty() ? "there is no local address to connect from"
                           : "there is no candidate to connect from: " + trouble;
  }
  const std::size_t remotes = checklist_.remote_count();
  if (remotes == 0 && unusable_remotes_ == 0) return "no candidate of the peer was received";
  if (checklist_.pairs().empty()) {
    return fmt::format(
        "none of the peer's {} candidates can be reached from here (a name, TCP, another IP "
        "version, or an address that is not allowed)",
        remotes + unusable_remotes_);
  }
  // Both sides count alike: each request that left, and each pair that one of them left on.
  const auto pairs =
      std::ranges::count_if(checklist_.pairs(), [](const auto& p) { return p->requests_sent > 0; });
  const std::string ours = fmt::format(
      "none of our {} Binding requests on {} candidate pairs was answered", requests_sent_, pairs);
  std::string text =
      requests_taken_ > 0
          ? fmt::format(
                "the peer's checks arrive, but {}: packets get through in one direction only, or "
                "the peer has other credentials",
                ours)
          : fmt::format("{}; {}", ours, what_about_relays());
  if (const auto dropped = shared_.counters.dropped_integrity - dropped_before_; dropped > 0) {
    text += fmt::format("; {} messages had other credentials: is the description the latest one?",
                        dropped);
  }
  return text;
}

}  // namespace specter::ice
