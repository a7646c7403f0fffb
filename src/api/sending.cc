// Messages on their way into the core, and the ledger of what is not yet in a packet.
#include <algorithm>
#include <functional>
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
    if (!handle_->has_room(channel, message.size())) return handle_->block(channel, message.size());
  }
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
  {
    const std::scoped_lock lock(handle_->mutex);
    channel.account.core_bytes += size;
    handle_->ledger.core_bytes += size;
    channel.account.note_sent(handle_->ledger);
  }
  activate(channel);
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
    take_off_posted(channel, bytes, 0);  // DataChannelClosed told what became of it
    const std::scoped_lock lock(handle_->mutex);
    channel.account.left_bytes += bytes;
    return true;
  }
  auto sent =
      core().send(driver_->now(), *channel.id, call.kind, std::move(call.message), call.part);
  if (!sent && sent.error().code == ErrorCode::WouldBlock) return false;
  take_off_posted(channel, bytes, sent ? bytes : 0);
  activate(channel);
  if (!sent) tell_failure(Operation::Send, std::move(sent).error());
  return true;
}

void Connection::take_off_posted(ChannelHandle& channel, std::size_t bytes, std::size_t into_core) {
  const std::scoped_lock lock(handle_->mutex);
  auto& ledger = handle_->ledger;
  --ledger.posted_messages;
  ledger.posted_bytes -= bytes;
  ledger.core_bytes += into_core;
  channel.account.posted_bytes -= bytes;
  channel.account.core_bytes += into_core;
}

void Connection::activate(ChannelHandle& channel) {
  if (!std::exchange(channel.is_active, true)) active_.push_back(channel.shared_from_this());
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
  if (active_.empty() && !handle_->has_blocked) return false;
  std::vector<std::shared_ptr<ChannelHandle>> low;
  settle_ledger(low);
  for (const auto& channel : low) tell_of<event::BufferedAmountLow>(DataChannel(channel));
  return !low.empty();
}

void Connection::settle_ledger(std::vector<std::shared_ptr<ChannelHandle>>& low) {
  const std::scoped_lock lock(handle_->mutex);
  auto& ledger = handle_->ledger;
  ledger.core_bytes = 0;
  std::erase_if(active_, [&](const std::shared_ptr<ChannelHandle>& channel) {
    auto& account = channel->account;
    if (channel->state == DataChannelState::Closed) {
      channel->is_active = false;
      return true;
    }
    account.core_bytes = core().buffered_amount(*channel->id);
    ledger.core_bytes += account.core_bytes;
    if (account.was_above && account.amount() <= account.low_threshold) {
      account.was_above = false;
      low.push_back(channel);
    }
    channel->is_active = account.amount() > 0;
    return !channel->is_active;
  });
  tell_blocked(low);
  handle_->has_blocked = !ledger.blocked.empty();
}

// The ledger's mutex is held. Told at the half, so that who goes on does not stop again at once. A
// channel that is above its own threshold is told when it falls to it, and stays remembered until
// then.
void Connection::tell_blocked(std::vector<std::shared_ptr<ChannelHandle>>& low) {
  auto& ledger = handle_->ledger;
  ledger.told.pass(driver_->now());
  for (const auto& channel : low) {
    channel->account.is_blocked = false;
    ledger.told.add(channel->account.told);
  }
  const auto is_blocked = [](const auto& channel) { return channel->account.is_blocked; };
  if (!low.empty()) std::erase_if(ledger.blocked, std::not_fn(is_blocked));
  if (ledger.blocked.empty()) {
    // Nobody waits. Until most of it is sent they may come again.
    if (ledger.told.size() == 0 && ledger.bytes() <= handle_->send_buffer_bytes / 4)
      ledger.share_bytes = ConnectionHandle::Ledger::kAll;
    return;
  }
  ledger.share_bytes = handle_->send_buffer_bytes / count_sharing();
  const bool is_half_free = ledger.bytes() <= handle_->send_buffer_bytes / 2 &&
                            ledger.posted_messages <= kMaxPostedSends / 2;
  if (!is_half_free) return;
  // In the order in which they last sent, and as many as there is room for: were all told, the same
  // ones would find it taken each time.
  const auto last_sent = [](const auto& channel) { return channel->account.last_sent; };
  if (!std::ranges::is_sorted(ledger.blocked, {}, last_sent))
    std::ranges::sort(ledger.blocked, {}, last_sent);
  std::size_t room = handle_->send_buffer_bytes - ledger.bytes();
  std::erase_if(ledger.blocked, [&](const std::shared_ptr<ChannelHandle>& channel) {
    auto& account = channel->account;
    if (account.amount() > account.low_threshold ||
        !handle_->is_within_share(*channel, account.refused_bytes))
      return false;
    if (account.refused_bytes > room) {
      room = 0;  // nobody overtakes a large one
      return false;
    }
    const std::size_t share_left =
        ledger.share_bytes - std::min(ledger.share_bytes, account.amount());
    room -= std::min(room, std::max(account.refused_bytes, share_left));
    low.push_back(channel);
    account.is_blocked = false;
    ledger.told.add(account.told);
    return true;
  });
}

// Those that have something to send, that wait for room, and that were told of some. Not 0 while
// one waits.
std::size_t Connection::count_sharing() const {
  const auto& ledger = handle_->ledger;
  const auto is_told = [&](const auto& channel) {
    return ledger.told.counts(channel->account.told);
  };
  const auto idle = std::ranges::count(ledger.blocked, false, &ChannelHandle::is_active);
  const auto twice = ledger.told.size() > 0 ? std::ranges::count_if(active_, is_told) : 0;
  return active_.size() + static_cast<std::size_t>(idle) +
         (ledger.told.size() - static_cast<std::size_t>(twice));
}

// A channel is gone, with what it had to send.
void Connection::forget_account(ChannelHandle& channel) {
  const std::scoped_lock lock(handle_->mutex);
  auto& account = channel.account;
  handle_->ledger.core_bytes -= std::min(handle_->ledger.core_bytes, account.core_bytes);
  account.left_bytes += std::exchange(account.core_bytes, 0);
  account.was_above = false;
  handle_->ledger.told.remove(account.told);
  if (std::exchange(account.is_blocked, false)) {
    std::erase_if(handle_->ledger.blocked,
                  [&](const auto& other) { return other.get() == &channel; });
  }
}

}  // namespace specter::api
