// Translates the core's events to those of the owner.
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "api/connection.h"

namespace specter::api {

void Connection::tell(Event&& event) {
  if (owner_->is_told_at_once()) {
    refresh_descriptions();
    media_.refresh();
  }
  owner_->tell(std::move(event));
}

bool Connection::end_turn() {
  refresh_descriptions();
  media_.refresh();
  const bool was_held_back = std::exchange(is_held_back_, false);
  return owner_->flush() && was_held_back;
}

void Connection::tell_failure(Operation operation, Error error) {
  tell_of<event::OperationFailed>(operation, std::move(error));
}

// The descriptions come first: who sees on another thread that gathering is complete reads one that
// is there.
void Connection::refresh_states() {
  refresh_descriptions();
  handle_->signaling_state = core().signaling_state();
  handle_->ice_gathering_state = core().ice_gathering_state();
  handle_->ice_connection_state = core().ice_connection_state();
  handle_->connection_state = core().connection_state();
  handle_->max_message_size = core().max_message_size();
}

void Connection::refresh_descriptions() {
  if (!driver_ || handle_->is_over) return;
  const std::uint64_t revision = core().descriptions_revision();
  if (std::exchange(descriptions_revision_, revision) == revision) return;
  handle_->set_descriptions({.current_local = core().current_local_description(),
                             .pending_local = core().pending_local_description(),
                             .current_remote = core().current_remote_description(),
                             .pending_remote = core().pending_remote_description()});
}

namespace {

template <class E>
constexpr bool is_of_media =
    std::is_same_v<E, core::Track> || std::is_same_v<E, core::TrackStreamsChange> ||
    std::is_same_v<E, core::TrackMuted> || std::is_same_v<E, core::TrackUnmuted> ||
    std::is_same_v<E, core::TrackEnded> || std::is_same_v<E, core::Frame> ||
    std::is_same_v<E, core::RtpPackets> || std::is_same_v<E, core::KeyFrameWanted> ||
    std::is_same_v<E, core::EncodingWanted> || std::is_same_v<E, core::BitrateFeedback>;

}  // namespace

void Connection::handle_event(core::Event&& event) {
  std::visit(
      [this]<class E>(E& e) {
        if constexpr (std::is_same_v<E, core::NegotiationNeeded>) {
          is_negotiation_needed_ = true;
          tell_negotiation_needed();
        } else if constexpr (std::is_same_v<E, core::SignalingStateChange>) {
          refresh_states();
          tell_of<event::SignalingStateChange>(e.state);
        } else if constexpr (std::is_same_v<E, core::IceGatheringStateChange>) {
          refresh_states();
          tell_of<event::IceGatheringStateChange>(e.state);
        } else if constexpr (std::is_same_v<E, core::IceConnectionStateChange>) {
          refresh_states();
          tell_of<event::IceConnectionStateChange>(e.state);
        } else if constexpr (std::is_same_v<E, core::ConnectionStateChange>) {
          refresh_states();
          tell_of<event::ConnectionStateChange>(e.state, std::move(e.reason), e.code);
        } else if constexpr (std::is_same_v<E, core::ConnectingEnded>) {
          tell_report(Asked::ByNobody);
        } else if constexpr (std::is_same_v<E, core::IceCandidateError>) {
          tell_of<event::IceCandidateError>(std::move(e.address), e.port, std::move(e.url),
                                            e.error_code, std::move(e.error_text));
        } else if constexpr (std::is_same_v<E, core::LocalCandidate>) {
          tell_of<event::LocalCandidate>(std::move(e.candidate));
        } else if constexpr (std::is_same_v<E, core::DataChannelRefused>) {
          tell_of<event::DataChannelRefused>(e.stream, std::move(e.error));
        } else if constexpr (is_of_media<E>) {
          media_.handle(std::move(e));
        } else if constexpr (std::is_same_v<E, core::BufferedAmountLow>) {
          // settle() delivers it: it also accounts for posted messages.
        } else if constexpr (std::is_same_v<E, core::GatherCandidates> ||
                             std::is_same_v<E, core::Closed>) {
          // Handled by the driver.
        } else {
          data_.handle(std::move(e));
        }
      },
      event);
}

void Connection::handle_end(const std::optional<Error>& fault) {
  handle_->end();
  running_.clear();
  running_at_ = 0;
  handle_->signaling_state = SignalingState::Closed;
  handle_->ice_connection_state = IceConnectionState::Closed;
  handle_->connection_state = fault ? ConnectionState::Failed : ConnectionState::Closed;
  data_.end();
  media_.end();
  if (fault && !is_ready_told_) {
    tell_failure(Operation::Start, *fault);
  } else if (fault) {
    tell_of<event::ConnectionStateChange>(ConnectionState::Failed, fault->message, fault->code);
  }
  handle_->connection_state = ConnectionState::Closed;
  tell_of<event::Closed>();
  owner_->flush();
}

}  // namespace specter::api
