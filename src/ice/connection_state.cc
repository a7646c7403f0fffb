// What the application is told. W3C RTCIceConnectionState; RFC 8863 for when to give up.
//
//        candidates or checks        a valid pair          nominated, and both sides
//        are in play                                       have told of all candidates
//   New ---------------> Checking ----------------> Connected ----------------> Completed
//                           |  failed_timeout        |     ^                     |    ^
//                           v                silence v     | answered    silence v    | answered
//                         Failed <------------------ Disconnected <--------------+----+
//                           |      consent expired
//                           +--> Connected: a check of the peer's came and ours was answered
#include <fmt/format.h>

#include "ice/agent_impl.h"

namespace specter::ice {

void Agent::Impl::update_state(Timestamp now) {
  if (closed_) return;
  if (remote_ && remote_in_play_ && !checking_since_) checking_since_ = now;
  std::string reason;
  const IceConnectionState next = judge(now, reason);
  if (next != state_) enter(now, next, std::move(reason));
}

IceConnectionState Agent::Impl::judge(Timestamp now, std::string& reason) {
  using enum IceConnectionState;
  if (current_) {
    if (is_disconnected(*current_, now)) return Disconnected;
    const bool all_told = gathering_.state() == IceGatheringState::Complete && remote_ended_;
    return current_->is_nominated && all_told ? Completed : Connected;
  }
  if (state_ == Failed) return Failed;  // until a check succeeds
  if (was_connected_ && consent_expired_) {
    reason = fmt::format(
        "the peer has not answered for {} s: it is gone, or the network is down",
        std::chrono::duration_cast<std::chrono::seconds>(config_.consent_timeout).count());
    return Failed;
  }
  // RFC 8863 §4: not before the time is over, even with no pair left to try: a check of the peer's
  // may still show one.
  if (const Deadline at = failure_at(); at && now >= *at) {
    reason = why_nothing_connected();
    return Failed;
  }
  // The base of the path is gone; others are being tried.
  if (was_connected_) return Disconnected;
  return checking_since_ ? Checking : New;
}

void Agent::Impl::enter(Timestamp now, IceConnectionState state, std::string reason) {
  using enum IceConnectionState;
  // W3C: what was connected went through "connected" on its way to "completed".
  if (state == Completed && state_ != Connected && state_ != Disconnected)
    events_.push_back(ConnectionStateChanged{Connected, {}});
  if (state == Connected || state == Completed) {
    was_connected_ = true;
    consent_expired_ = false;
  }
  if (state == Disconnected) {
    checking_since_ = now;
    try_everything_again();
  }
  if (state == Failed) {
    for (const auto& pair : checklist_.pairs()) {
      if (pair->state == PairState::InProgress && pair->active) {
        supersede(now, *pair);
        pair->state = PairState::Failed;
      }
    }
  }
  state_ = state;
  stale_ = true;
  events_.push_back(ConnectionStateChanged{state, std::move(reason)});
}

// The path is silent: pairs that failed before may work now.
void Agent::Impl::try_everything_again() {
  for (const auto& pair : checklist_.pairs()) {
    if (!pair->is_valid && pair->state == PairState::Failed) pair->state = PairState::Frozen;
  }
}

Deadline Agent::Impl::failure_at() const {
  if (current_ || !checking_since_ || state_ == IceConnectionState::Failed) return std::nullopt;
  return *checking_since_ + config_.failed_timeout;
}

// No addresses: this ends up in logs.
std::string Agent::Impl::why_nothing_connected() const {
  if (gathering_.bases().empty()) return "there is no local address to connect from";
  const std::size_t remotes = checklist_.remotes().size();
  if (remotes == 0 && unusable_remotes_ == 0) return "the peer has told of no candidate";
  if (checklist_.pairs().empty()) {
    return fmt::format(
        "none of the peer's {} candidates can be reached from here (a name, TCP, another IP "
        "version, or an address that is not allowed)",
        remotes + unusable_remotes_);
  }
  std::string text =
      requests_taken_ > 0
          ? fmt::format(
                "the peer's checks arrive, but none of our {} checks was answered: packets "
                "get through in one direction only, or the peer has other credentials",
                checks_sent_)
          : fmt::format(
                "none of {} checks on {} candidate pairs was answered; a firewall may "
                "block UDP, and a TURN server would help",
                checks_sent_, checklist_.pairs().size());
  if (counters_.dropped_integrity > 0) {
    text += fmt::format("; {} messages had other credentials: is the description the latest one?",
                        counters_.dropped_integrity);
  }
  return text;
}

}  // namespace specter::ice
