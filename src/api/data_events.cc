// Translates the core's events of data channels to those of the owner.
#include <algorithm>
#include <utility>
#include <vector>

#include "api/connection.h"
#include "api/data.h"

namespace specter::api {

std::shared_ptr<ChannelHandle> Data::find(ChannelId id) const {
  const auto found = channels_.find(id);
  return found == channels_.end() ? nullptr : found->second;
}

// A description may have decided the streams of channels.
void Data::refresh_streams() {
  for (const auto& [id, channel] : channels_) {
    if (channel->stream >= 0) continue;
    if (const auto stream = connection_.core().data_channel_stream(id)) channel->stream = *stream;
  }
}

void Data::handle(core::IncomingDataChannel&& event) {
  auto channel = std::make_shared<ChannelHandle>(connection_.handle(), std::move(event.label),
                                                 std::move(event.options));
  channel->id = event.channel;
  if (const auto stream = connection_.core().data_channel_stream(event.channel))
    channel->stream = *stream;
  channel->advance(
      connection_.core().data_channel_state(event.channel).value_or(DataChannelState::Open));
  channels_.emplace(event.channel, channel);
  connection_.refresh_states();
  connection_.tell_of<event::IncomingDataChannel>(DataChannel(std::move(channel)));
}

void Data::handle(core::DataChannelOpen&& event) {
  const auto channel = find(event.channel);
  if (!channel) return;
  if (const auto stream = connection_.core().data_channel_stream(event.channel))
    channel->stream = *stream;
  connection_.refresh_states();
  channel->advance(DataChannelState::Open);
  // Closed meanwhile, for example in the callback of IncomingDataChannel: W3C §6.2.3.
  if (channel->state != DataChannelState::Open) return;
  connection_.tell_of<event::DataChannelOpen>(DataChannel(channel));
}

void Data::handle(core::Message&& event) {
  // After close() the owner gets DataChannelClosed and no more messages.
  if (connection_.driver().is_closing()) return;
  const auto channel = find(event.channel);
  if (channel)
    connection_.tell_of<event::Message>(DataChannel(channel), event.kind, std::move(event.data),
                                        event.begins, event.ends, event.is_cut_off);
}

void Data::handle(core::DataChannelClosing&& event) {
  const auto channel = find(event.channel);
  if (!channel) return;
  channel->advance(DataChannelState::Closing);
  connection_.tell_of<event::DataChannelClosing>(DataChannel(channel));
}

void Data::handle(core::DataChannelError&& event) {
  const auto channel = find(event.channel);
  if (!channel) return;
  if (connection_.core().data_channel_state(event.channel) == DataChannelState::Connecting)
    channel->begin_again();
  connection_.tell_of<event::DataChannelError>(DataChannel(channel), std::move(event.error));
}

void Data::handle(core::DataChannelClosed&& event) {
  const auto found = channels_.find(event.channel);
  if (found == channels_.end()) return;
  const auto channel = std::move(found->second);
  channels_.erase(found);
  channel->advance(DataChannelState::Closed);
  connection_.handle()->ledger.forget(*channel);
  connection_.tell_of<event::DataChannelClosed>(DataChannel(channel));
}

// The core returns an event for each closed channel. This is for channels whose event is missing.
void Data::end() {
  delayed_.clear();
  std::vector<std::shared_ptr<ChannelHandle>> rest;
  rest.reserve(channels_.size());
  for (auto& [id, channel] : channels_) rest.push_back(std::move(channel));
  channels_.clear();
  std::ranges::sort(rest, {}, [](const auto& channel) { return *channel->id; });
  for (const auto& channel : rest) {
    channel->advance(DataChannelState::Closed);
    connection_.tell_of<event::DataChannelClosed>(DataChannel(channel));
  }
}

}  // namespace specter::api
