#include "specter/data_channel.h"

#include <utility>

#include "api/handles.h"

namespace specter {

namespace {

Result<> send(const std::shared_ptr<api::ChannelHandle>& handle, MessageKind kind, Payload message,
              MessagePart part) {
  if (!handle) return fail(ErrorCode::Closed, "the handle names no data channel");
  return handle->send(kind, message, part);
}

}  // namespace

DataChannel::DataChannel(std::shared_ptr<api::ChannelHandle> handle) : handle_(std::move(handle)) {}

Result<> DataChannel::send(std::string_view text, MessagePart part) const {
  return specter::send(handle_, MessageKind::Text, as_bytes(text), part);
}

Result<> DataChannel::send(Bytes binary, MessagePart part) const {
  return specter::send(handle_, MessageKind::Binary, binary, part);
}

Result<> DataChannel::send(Buffer&& binary, MessagePart part) const {
  return specter::send(handle_, MessageKind::Binary, std::move(binary), part);
}

void DataChannel::receive_in_parts() const {
  if (handle_) handle_->receive_in_parts();
}

void DataChannel::close() const {
  if (handle_) handle_->close();
}

std::string DataChannel::label() const { return handle_ ? handle_->label : std::string(); }

std::string DataChannel::protocol() const {
  return handle_ ? handle_->options.protocol : std::string();
}

bool DataChannel::ordered() const { return !handle_ || handle_->options.ordered; }
std::optional<std::uint16_t> DataChannel::max_retransmits() const {
  return handle_ ? handle_->options.max_retransmits : std::nullopt;
}
std::optional<std::chrono::milliseconds> DataChannel::max_packet_life_time() const {
  return handle_ ? handle_->options.max_packet_life_time : std::nullopt;
}
bool DataChannel::negotiated() const { return handle_ && handle_->options.negotiated; }
Priority DataChannel::priority() const {
  return handle_ ? handle_->options.priority : DataChannelOptions().priority;
}

std::optional<std::uint16_t> DataChannel::id() const {
  const std::int32_t stream = handle_ ? handle_->stream.load() : -1;
  if (stream < 0) return std::nullopt;
  return static_cast<std::uint16_t>(stream);
}

DataChannelState DataChannel::state() const {
  return handle_ ? handle_->current_state() : DataChannelState::Closed;
}

std::size_t DataChannel::buffered_amount() const {
  return handle_ ? handle_->buffered_amount() : 0;
}

void DataChannel::set_buffered_amount_low_threshold(std::size_t bytes) const {
  if (handle_) handle_->set_low_threshold(bytes);
}

std::size_t DataChannel::buffered_amount_low_threshold() const {
  return handle_ ? handle_->low_threshold() : 0;
}

}  // namespace specter
