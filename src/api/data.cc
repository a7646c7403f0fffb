// The calls of data channels, and sending their messages to the core.
#include "api/data.h"

#include <utility>

#include "api/connection.h"

namespace specter::api {

void Data::create(const std::shared_ptr<ChannelHandle>& channel) {
  const auto id = connection_.core().create_data_channel(connection_.driver().now(), channel->label,
                                                         channel->options);
  if (!id) {
    channel->advance(DataChannelState::Closed);
    connection_.tell_failure(Operation::CreateDataChannel, id.error());
    return;
  }
  channel->id = *id;
  channels_.emplace(*id, channel);
  if (const auto stream = connection_.core().data_channel_stream(*id)) channel->stream = *stream;
  connection_.tell_of<event::DataChannelCreated>(DataChannel(channel));
}

std::optional<Result<>> Data::try_send(ChannelHandle& channel, MessageKind kind, Payload message,
                                       MessagePart part) {
  const bool others_first = connection_.has_running_calls() || !delayed_.empty();
  if (!connection_.driver().is_draining() || connection_.driver().is_closing() || others_first ||
      !channel.id)
    return std::nullopt;
  if (connection_.handle()->refuses_calls())
    return fail(ErrorCode::Closed, "the connection is closed");
  if (connection_.handle()->has_calls()) return std::nullopt;
  if (auto judged = connection_.handle()->ledger.judge(channel, message.size()); !judged)
    return judged;
  const std::size_t size = message.size();
  auto sent = message.buffer() ? connection_.core().send(connection_.driver().now(), *channel.id,
                                                         kind, std::move(*message.buffer()), part)
                               : connection_.core().send(connection_.driver().now(), *channel.id,
                                                         kind, message.bytes(), part);
  if (!sent) {
    // The ledger had room and the core had not: the message waits in delayed_.
    if (sent.error().code == ErrorCode::WouldBlock) return std::nullopt;
    return sent;
  }
  connection_.handle()->ledger.sent(channel, size);
  return sent;
}

void Data::receive_in_parts(const ChannelHandle& channel) {
  if (channel.id) connection_.core().receive_in_parts(*channel.id);
}

void Data::run(SendCall&& call) {
  if (delayed_.empty() && send_posted(call)) return;
  delayed_.push_back(std::move(call));
}

// Returns false if the core has no room.
bool Data::send_posted(SendCall& call) {
  ChannelHandle& channel = *call.channel;
  const std::size_t bytes = call.message.size();
  if (!channel.id || channel.state == DataChannelState::Closed) {
    // The channel is closed: DataChannelClosed was delivered.
    connection_.handle()->ledger.move_posted(channel, bytes, SendLedger::Posted::Left);
    return true;
  }
  auto sent = connection_.core().send(connection_.driver().now(), *channel.id, call.kind,
                                      std::move(call.message), call.part);
  if (!sent && sent.error().code == ErrorCode::WouldBlock) return false;
  connection_.handle()->ledger.move_posted(
      channel, bytes, sent ? SendLedger::Posted::InCore : SendLedger::Posted::Refused);
  if (!sent) connection_.tell_failure(Operation::Send, std::move(sent).error());
  return true;
}

void Data::close(const std::shared_ptr<ChannelHandle>& channel) {
  // Messages sent before are sent first.
  if (!delayed_.empty())
    delayed_.push_back(channel);
  else if (channel->id)
    connection_.core().close_data_channel(connection_.driver().now(), *channel->id);
}

bool Data::retry_delayed() {
  bool busy = false;
  while (!delayed_.empty() && !connection_.driver().is_closing()) {
    auto& first = delayed_.front();
    if (auto* send = std::get_if<SendCall>(&first)) {
      if (!send_posted(*send)) break;
    } else if (const auto& channel = std::get<1>(first); channel->id) {
      connection_.core().close_data_channel(connection_.driver().now(), *channel->id);
    }
    delayed_.pop_front();
    busy = true;
  }
  return busy;
}

// Packets were sent: updates the ledger and delivers BufferedAmountLow.
bool Data::settle() {
  if (connection_.handle()->ledger.is_settled()) return false;
  const auto low = connection_.handle()->ledger.settle(
      connection_.driver().now(), [this](const SendAccount& account) -> std::optional<std::size_t> {
        const auto& channel = static_cast<const ChannelHandle&>(account);
        if (channel.state == DataChannelState::Closed) return std::nullopt;
        return connection_.core().buffered_amount(*channel.id);
      });
  for (const auto& account : low)
    connection_.tell_of<event::BufferedAmountLow>(
        DataChannel(std::static_pointer_cast<ChannelHandle>(account)));
  return !low.empty();
}

}  // namespace specter::api
