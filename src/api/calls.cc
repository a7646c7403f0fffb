// The calls of a PeerConnection, as made on the event loop.
#include <utility>

#include "api/connection.h"
#include "base/queue.h"

namespace specter::api {

bool Connection::run_calls() {
  bool busy = false;
  if (!std::exchange(is_ready_told_, true)) {
    tell_of<event::Ready>();
    busy = true;
  }
  busy = tell_answer_after_events() || busy;
  busy = tell_negotiation_needed() || busy;
  busy = take_receiving() || busy;
  busy = data_.retry_delayed() || busy;
  for (std::size_t i = 0; i < kCallsPerRun && driver_->has_calls_left() && !driver_->is_closing();
       ++i) {
    if (handle_->is_aborted) {
      close();
      return true;
    }
    // Later calls have their results behind it.
    if (answers_after_events_) return true;
    if (running_at_ == running_.size()) {
      clear_to_fit(running_);
      running_at_ = 0;
      if (!handle_->take_calls(running_)) break;
    }
    busy = true;
    Call call = std::move(running_[running_at_++]);
    if (auto* send = std::get_if<SendCall>(&call)) {
      data_.run(std::move(*send));
      continue;
    }
    driver_->note_call();
    std::get<Action>(call)(this);
  }
  busy = tell_negotiation_needed() || busy;
  return media_.run_posts() || busy;
}

// Results are delivered after the snapshots were updated.
template <class E>
void Connection::answer(Operation operation, Result<SessionDescription>&& made) {
  if (!made) {
    tell_failure(operation, std::move(made).error());
    return;
  }
  tell_of<E>(std::move(*made));
}

template <class E>
void Connection::answer(Operation operation, Result<>&& done) {
  if (!done) {
    tell_failure(operation, std::move(done).error());
    return;
  }
  refresh_states();
  if (operation != Operation::AddIceCandidate) {
    data_.refresh_streams();
    media_.note_change();
    is_negotiation_needed_ = false;  // the core looks again when it is stable
  }
  if (operation == Operation::SetRemoteDescription)
    answers_after_events_ = true;
  else
    tell_of<E>();
}

bool Connection::tell_answer_after_events() {
  if (!std::exchange(answers_after_events_, false)) return false;
  tell_of<event::RemoteDescriptionSet>();
  return true;
}

// W3C §4.7.3: not while operations wait, one of which may be what it would ask for; and behind
// RemoteDescriptionSet.
bool Connection::tell_negotiation_needed() {
  if (!is_negotiation_needed_ || answers_after_events_ || handle_->has_operations() ||
      driver_->is_closing())
    return false;
  is_negotiation_needed_ = false;
  tell_of<event::NegotiationNeeded>();
  return true;
}

void Connection::create_offer(const OfferOptions& options) {
  answer<event::Offer>(Operation::CreateOffer, core().create_offer(options));
}

void Connection::create_answer() {
  answer<event::Answer>(Operation::CreateAnswer, core().create_answer());
}

void Connection::set_local_description(const std::optional<SessionDescription>& description) {
  answer<event::LocalDescriptionSet>(
      Operation::SetLocalDescription,
      description ? core().set_local_description(driver_->now(), *description)
                  : core().set_local_description(driver_->now()));
}

void Connection::set_remote_description(const SessionDescription& description) {
  answer<event::RemoteDescriptionSet>(Operation::SetRemoteDescription,
                                      core().set_remote_description(driver_->now(), description));
}

void Connection::add_ice_candidate(const IceCandidate& candidate) {
  answer<event::IceCandidateAdded>(Operation::AddIceCandidate,
                                   core().add_ice_candidate(driver_->now(), candidate));
}

void Connection::restart_ice() { core().restart_ice(); }

void Connection::get_stats() {
  Stats stats = core().stats();
  stats.timestamp = driver_->now();
  media_.add_to(stats);
  tell_of<event::Stats>(std::move(stats));
}

void Connection::tell_report(Asked asked) {
  tell_of<event::ConnectionReport>(core().report(driver_->now()), asked == Asked::ByCall);
}

void Connection::close() { driver_->close(); }

bool Connection::take_receiving() {
  if (!driver_ || driver_->is_closing()) return false;
  const bool has_room = owner_->takes_messages();
  if (!has_room) is_held_back_ = true;
  const bool wanted = has_room && handle_->is_receiving();
  if (std::exchange(is_receiving_, wanted) == wanted) return false;
  core().set_receiving(wanted);
  return true;
}

// Messages that the owner has no room for stay in the core, and do not delay other events.
bool Connection::takes_events() {
  take_receiving();
  const bool takes_news = owner_->takes_news();
  if (!takes_news) is_held_back_ = true;
  return takes_news;
}

}  // namespace specter::api
