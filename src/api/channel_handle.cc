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
    if (auto sent = here->data().try_send(*this, kind, message, part)) return std::move(*sent);
  }
  const std::size_t size = message.size();
  Buffer copy;  // made before the lock; what is moved in is moved when it is accepted
  if (!message.buffer()) copy = message.take();
  std::unique_lock lock(connection->mutex);
  if (connection->refuses_calls()) return fail(ErrorCode::Closed, "the connection is closed");
  if (auto posted = connection->ledger.post(*this, size); !posted) return posted;
  connection->push(
      SendCall{self(), kind, part, message.buffer() ? message.take() : std::move(copy)},
      std::move(lock));
  return {};
}

void ChannelHandle::close() {
  if (!advance(DataChannelState::Closing)) return;
  std::unique_lock lock(connection->mutex);
  if (connection->refuses_calls()) return;
  // Without a limit of its own: each channel closes once.
  connection->push(Action([self = self()](Connection* there) { there->data().close(self); }),
                   std::move(lock));
}

void ChannelHandle::receive_in_parts() {
  if (is_in_parts.exchange(true)) return;
  std::unique_lock lock(connection->mutex);
  if (connection->refuses_calls()) return;
  // Without a limit of its own, as close().
  connection->push(
      Action([self = self()](Connection* there) { there->data().receive_in_parts(*self); }),
      std::move(lock));
}

std::size_t ChannelHandle::buffered_amount() const { return connection->ledger.amount(*this); }

void ChannelHandle::set_low_threshold(std::size_t bytes) {
  connection->ledger.set_low_threshold(*this, bytes);
}

std::size_t ChannelHandle::low_threshold() const { return connection->ledger.low_threshold(*this); }

bool ChannelHandle::advance(DataChannelState to) {
  DataChannelState from = state.load();
  while (from < to) {
    if (state.compare_exchange_weak(from, to)) return true;
  }
  return false;
}

void ChannelHandle::begin_again() {
  DataChannelState from = DataChannelState::Open;
  state.compare_exchange_strong(from, DataChannelState::Connecting);
}

}  // namespace specter::api
