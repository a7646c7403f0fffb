// Messages on their way into the core.
#include <utility>

#include "api/connection.h"

namespace specter::api {

std::optional<Result<>> Connection::try_send(ChannelHandle& channel, MessageKind kind,
                                             Payload message, MessagePart part) {
  const bool others_first = running_at_ < running_.size() || !delayed_.empty();
  if (!driver_->is_draining() || driver_->is_closing() || others_first || !channel.id)
    return std::nullopt;
  {
    const std::scoped_lock lock(handle_->mutex);
    if (handle_->refuses_calls()) return fail(ErrorCode::Closed, "the connection is closed");
    if (handle_->has_calls()) return std::nullopt;
  }
  if (auto judged = handle_->ledger.judge(channel, message.size()); !judged) return judged;
  const std::size_t size = message.size();
  auto sent =
      message.buffer()
          ? core().send(driver_->now(), *channel.id, kind, std::move(*message.buffer()), part)
          : core().send(driver_->now(), *channel.id, kind, message.bytes(), part);
  if (!sent) {
    // The ledger had room, the core none: it waits in delayed_.
    if (sent.error().code == ErrorCode::WouldBlock) return std::nullopt;
    return sent;
  }
  handle_->ledger.sent(channel, size);
  return sent;
}

void Connection::receive_in_parts(const ChannelHandle& channel) {
  if (channel.id) core().receive_in_parts(*channel.id);
}

void Connection::run_send(SendCall&& call) {
  if (delayed_.empty() && send_posted(call)) return;
  delayed_.push_back(std::move(call));
}

// False: the core has no room.
bool Connection::send_posted(SendCall& call) {
  ChannelHandle& channel = *call.channel;
  const std::size_t bytes = call.message.size();
  if (!channel.id || channel.state == DataChannelState::Closed) {
    // DataChannelClosed told what became of it.
    handle_->ledger.move_posted(channel, bytes, SendLedger::Posted::Left);
    return true;
  }
  auto sent =
      core().send(driver_->now(), *channel.id, call.kind, std::move(call.message), call.part);
  if (!sent && sent.error().code == ErrorCode::WouldBlock) return false;
  handle_->ledger.move_posted(channel, bytes,
                              sent ? SendLedger::Posted::InCore : SendLedger::Posted::Refused);
  if (!sent) tell_failure(Operation::Send, std::move(sent).error());
  return true;
}

void Connection::close_channel(const std::shared_ptr<ChannelHandle>& channel) {
  // What was sent before goes out before.
  if (!delayed_.empty())
    delayed_.push_back(channel);
  else if (channel->id)
    core().close_data_channel(driver_->now(), *channel->id);
}

bool Connection::retry_delayed() {
  bool busy = false;
  while (!delayed_.empty() && !driver_->is_closing()) {
    auto& first = delayed_.front();
    if (auto* send = std::get_if<SendCall>(&first)) {
      if (!send_posted(*send)) break;
    } else if (const auto& channel = std::get<1>(first); channel->id) {
      core().close_data_channel(driver_->now(), *channel->id);
    }
    delayed_.pop_front();
    busy = true;
  }
  return busy;
}

// Packets went out: brings the ledger up to date and tells who may go on.
bool Connection::settle() {
  if (handle_->ledger.is_settled()) return false;
  const auto low = handle_->ledger.settle(
      driver_->now(), [this](const SendAccount& account) -> std::optional<std::size_t> {
        const auto& channel = static_cast<const ChannelHandle&>(account);
        if (channel.state == DataChannelState::Closed) return std::nullopt;
        return core().buffered_amount(*channel.id);
      });
  for (const auto& account : low)
    tell_of<event::BufferedAmountLow>(
        DataChannel(std::static_pointer_cast<ChannelHandle>(account)));
  return !low.empty();
}

}  // namespace specter::api
