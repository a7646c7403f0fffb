// From the core's events to the owner's.
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "api/connection.h"

namespace specter::api {

void Connection::tell(Event&& event) {
  if (owner_->is_told_at_once()) refresh_descriptions();
  owner_->tell(std::move(event));
}

bool Connection::end_turn() {
  refresh_descriptions();
  const bool was_held_back = std::exchange(is_held_back_, false);
  return owner_->flush() && was_held_back;
}

void Connection::tell_failure(Operation operation, Error error) {
  tell_of<event::OperationFailed>(operation, std::move(error));
}

void Connection::refresh_states() {
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

// A description may have decided which stream each channel has.
void Connection::refresh_streams() {
  for (const auto& [id, channel] : channels_) {
    if (channel->stream >= 0) continue;
    if (const auto stream = core().data_channel_stream(id)) channel->stream = *stream;
  }
}

std::shared_ptr<ChannelHandle> Connection::find(ChannelId id) const {
  const auto found = channels_.find(id);
  return found == channels_.end() ? nullptr : found->second;
}

void Connection::handle_event(core::Event&& event) {
  std::visit(
      [this]<class E>(E& e) {
        if constexpr (std::is_same_v<E, core::NegotiationNeeded>) {
          tell_of<event::NegotiationNeeded>();
        } else if constexpr (std::is_same_v<E, core::SignalingStateChanged>) {
          refresh_states();
          tell_of<event::SignalingStateChange>(e.state);
        } else if constexpr (std::is_same_v<E, core::IceGatheringStateChanged>) {
          refresh_states();
          tell_of<event::IceGatheringStateChange>(e.state);
        } else if constexpr (std::is_same_v<E, core::IceConnectionStateChanged>) {
          refresh_states();
          tell_of<event::IceConnectionStateChange>(e.state);
        } else if constexpr (std::is_same_v<E, core::ConnectionStateChanged>) {
          refresh_states();
          tell_of<event::ConnectionStateChange>(e.state, std::move(e.reason), e.code);
        } else if constexpr (std::is_same_v<E, core::LocalCandidate>) {
          tell_of<event::IceCandidate>(std::move(e.candidate));
        } else if constexpr (std::is_same_v<E, core::DataChannelRefused>) {
          tell_of<event::DataChannelRefused>(e.stream, std::move(e.error));
        } else if constexpr (std::is_same_v<E, core::BufferedAmountLow>) {
          // Told by settle(), which knows of posted messages too.
        } else if constexpr (std::is_same_v<E, core::GatherCandidates> ||
                             std::is_same_v<E, core::Closed>) {
          // The driver's.
        } else {
          handle(std::move(e));
        }
      },
      event);
}

void Connection::handle(core::IncomingDataChannel&& event) {
  auto channel =
      std::make_shared<ChannelHandle>(handle_, std::move(event.label), std::move(event.options));
  channel->id = event.channel;
  if (const auto stream = core().data_channel_stream(event.channel)) channel->stream = *stream;
  channel->advance(core().data_channel_state(event.channel).value_or(DataChannelState::Open));
  channels_.emplace(event.channel, channel);
  refresh_states();
  tell_of<event::IncomingDataChannel>(DataChannel(std::move(channel)));
}

void Connection::handle(core::DataChannelOpened&& event) {
  const auto channel = find(event.channel);
  if (!channel) return;
  if (const auto stream = core().data_channel_stream(event.channel)) channel->stream = *stream;
  refresh_states();
  channel->advance(DataChannelState::Open);
  // Closed meanwhile, such as in the handler of IncomingDataChannel: W3C §6.2.3.
  if (channel->state != DataChannelState::Open) return;
  tell_of<event::DataChannelOpen>(DataChannel(channel));
}

void Connection::handle(core::MessageReceived&& event) {
  // Who closed wants to hear the end, and no more messages.
  if (driver_->is_closing()) return;
  const auto channel = find(event.channel);
  if (channel)
    tell_of<event::Message>(DataChannel(channel), event.kind, std::move(event.data), event.begins,
                            event.ends, event.is_cut_off);
}

void Connection::handle(core::DataChannelClosing&& event) {
  const auto channel = find(event.channel);
  if (!channel) return;
  channel->advance(DataChannelState::Closing);
  tell_of<event::DataChannelClosing>(DataChannel(channel));
}

void Connection::handle(core::DataChannelFailed&& event) {
  if (const auto channel = find(event.channel))
    tell_of<event::DataChannelError>(DataChannel(channel), std::move(event.error));
}

void Connection::handle(core::DataChannelClosed&& event) {
  const auto found = channels_.find(event.channel);
  if (found == channels_.end()) return;
  const auto channel = std::move(found->second);
  channels_.erase(found);
  channel->advance(DataChannelState::Closed);
  handle_->ledger.forget(*channel);
  tell_of<event::DataChannelClosed>(DataChannel(channel));
}

// The core tells the Closed of each channel; this is for when it could not.
void Connection::end_channels() {
  std::vector<std::shared_ptr<ChannelHandle>> rest;
  rest.reserve(channels_.size());
  for (auto& [id, channel] : channels_) rest.push_back(std::move(channel));
  channels_.clear();
  std::ranges::sort(rest, {}, [](const auto& channel) { return *channel->id; });
  for (const auto& channel : rest) {
    channel->advance(DataChannelState::Closed);
    tell_of<event::DataChannelClosed>(DataChannel(channel));
  }
}

void Connection::handle_end(const std::optional<Error>& fault) {
  handle_->end();
  running_.clear();
  running_at_ = 0;
  delayed_.clear();
  handle_->signaling_state = SignalingState::Closed;
  handle_->ice_connection_state = IceConnectionState::Closed;
  handle_->connection_state = fault ? ConnectionState::Failed : ConnectionState::Closed;
  end_channels();
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
