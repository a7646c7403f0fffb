#include <utility>

#include <fmt/format.h>

#include "api/connection.h"
#include "api/handles.h"

namespace specter::api {

namespace {

Result<> judge_state(DataChannelState state) {
  switch (state) {
    case DataChannelState::Open: return {};
    case DataChannelState::Connecting:
      return fail(ErrorCode::InvalidState,
                  "the data channel is connecting; DataChannelOpen tells when to send");
    case DataChannelState::Closing: return fail(ErrorCode::Closed, "the data channel is closing");
    case DataChannelState::Closed: break;
  }
  return fail(ErrorCode::Closed, "the data channel is closed");
}

Result<> judge_size(const ConnectionHandle& connection, std::size_t size) {
  const std::size_t limit = connection.max_message_size.load(std::memory_order_relaxed);
  if (limit != 0 && size > limit) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the message has {} bytes; the peer takes {} at most", size, limit));
  }
  if (size > connection.send_buffer_bytes) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the message has {} bytes; the send buffer holds {} at most", size,
                            connection.send_buffer_bytes));
  }
  return {};
}

}  // namespace

Result<> ChannelHandle::send(MessageKind kind, Payload message, MessagePart part) {
  if (auto judged = judge_state(current_state()); !judged) return judged;
  if (auto judged = judge_size(*connection, message.size()); !judged) return judged;
  if (Connection* const here = connection->loop_side()) {
    if (auto sent = here->try_send(*this, kind, message, part)) return std::move(*sent);
  }
  const std::size_t size = message.size();
  Buffer copy;  // made before the lock; what is moved in is moved when it is accepted
  if (!message.buffer()) copy = message.take();
  std::unique_lock lock(connection->mutex);
  if (connection->refuses_calls()) return fail(ErrorCode::Closed, "the connection is closed");
  if (!connection->has_room(*this, size)) return connection->block(*this, size);
  SendCall call{shared_from_this(), kind, part,
                message.buffer() ? message.take() : std::move(copy)};
  connection->ledger.posted_bytes += size;
  ++connection->ledger.posted_messages;
  account.posted_bytes += size;
  account.note_sent(connection->ledger);
  connection->push(std::move(call), std::move(lock));
  return {};
}

void ChannelHandle::close() {
  if (!advance(DataChannelState::Closing)) return;
  std::unique_lock lock(connection->mutex);
  if (connection->refuses_calls()) return;
  // Without a limit of its own: each channel closes once.
  connection->push(
      Action([self = shared_from_this()](Connection* there) { there->close_channel(self); }),
      std::move(lock));
}

void ChannelHandle::receive_in_parts() {
  if (is_in_parts.exchange(true)) return;
  std::unique_lock lock(connection->mutex);
  if (connection->refuses_calls()) return;
  // Without a limit of its own, as close().
  connection->push(
      Action([self = shared_from_this()](Connection* there) { there->receive_in_parts(*self); }),
      std::move(lock));
}

std::size_t ChannelHandle::buffered_amount() const {
  const std::scoped_lock lock(connection->mutex);
  return account.amount();
}

void ChannelHandle::set_low_threshold(std::size_t bytes) {
  const std::scoped_lock lock(connection->mutex);
  account.low_threshold = bytes;
  account.was_above = account.amount() > bytes;
}

std::size_t ChannelHandle::low_threshold() const {
  const std::scoped_lock lock(connection->mutex);
  return account.low_threshold;
}

bool ChannelHandle::advance(DataChannelState to) {
  DataChannelState from = state.load();
  while (from < to) {
    if (state.compare_exchange_weak(from, to)) return true;
  }
  return false;
}

}  // namespace specter::api
