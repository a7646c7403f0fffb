#include "stun/transaction.h"

#include <utility>

#include "base/check.h"

namespace specter::stun {

void ClientTransaction::start(Timestamp now) {
  SPECTER_CHECK(std::holds_alternative<Idle>(state_));
  SPECTER_CHECK(schedule_.rc >= 1 && schedule_.rm >= 1);
  state_ = Waiting{now, schedule_.rto};
}

void ClientTransaction::cancel() { state_ = Done{}; }

void ClientTransaction::handle_response() {
  if (std::holds_alternative<Waiting>(state_)) finish(Event::Answered);
}

void ClientTransaction::handle_timeout(Timestamp now) {
  const auto* waiting = std::get_if<Waiting>(&state_);
  if (waiting && now >= waiting->deadline && sent_ == schedule_.rc) finish(Event::TimedOut);
}

std::optional<Buffer> ClientTransaction::poll_transmit(Timestamp now) {
  auto* waiting = std::get_if<Waiting>(&state_);
  if (!waiting || now < waiting->deadline || sent_ == schedule_.rc) return std::nullopt;

  ++sent_;
  const bool was_last = sent_ == schedule_.rc;
  waiting->deadline = now + (was_last ? schedule_.rm * schedule_.rto : waiting->interval);
  waiting->interval *= 2;
  return request_;
}

std::optional<ClientTransaction::Event> ClientTransaction::poll_event() {
  return std::exchange(event_, std::nullopt);
}

WakeUp ClientTransaction::next_timeout() const {
  if (const auto* waiting = std::get_if<Waiting>(&state_))
    return {waiting->deadline, "stun transaction"};
  return {};
}

void ClientTransaction::finish(Event event) {
  state_ = Done{};
  event_ = event;
}

}  // namespace specter::stun
