#include "sctp/association/held_events.h"

#include <algorithm>
#include <utility>

namespace specter::sctp {

namespace {

// The streams whose order an event is part of.
std::span<const StreamId> streams_of(const Association::Event& event) {
  if (const auto* message = std::get_if<MessageReceived>(&event)) return {&message->stream, 1};
  if (const auto* incoming = std::get_if<IncomingStreamsReset>(&event)) return incoming->streams;
  if (const auto* failed = std::get_if<OutgoingResetFailed>(&event)) return failed->streams;
  return {};
}

bool is_unwanted(const Association::Event& event, std::optional<Ppid> control) {
  const auto* const message = std::get_if<MessageReceived>(&event);
  return message && (!control || message->ppid != *control);
}

}  // namespace

bool HeldEvents::must_wait(const Association::Event& event, std::optional<Ppid> control) const {
  if (std::holds_alternative<Closed>(event)) return !events_.empty();
  return is_unwanted(event, control) || concerns_held(streams_of(event));
}

bool HeldEvents::may_take(std::optional<Ppid> control) const {
  return !events_.empty() && !is_unwanted(events_.front(), control);
}

bool HeldEvents::concerns_held(std::span<const StreamId> streams) const {
  return std::ranges::any_of(streams, [&](StreamId stream) { return streams_.contains(stream); });
}

void HeldEvents::hold(Association::Event&& event) {
  for (const StreamId stream : streams_of(event)) ++streams_[stream];
  events_.push_back(std::move(event));
}

std::optional<Association::Event> HeldEvents::take() {
  if (events_.empty()) return std::nullopt;
  Association::Event event = events_.take_front();
  for (const StreamId stream : streams_of(event)) {
    if (const auto at = streams_.find(stream); --at->second == 0) streams_.erase(at);
  }
  return event;
}

}  // namespace specter::sctp
