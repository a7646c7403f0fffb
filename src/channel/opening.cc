// How channels come to be: create(), the peer's OPEN, and what makes both Open. RFC 8832 §6.
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "channel/impl.h"

namespace specter::channel {

Result<> DataChannels::check_options(std::string_view label, const DataChannelOptions& options) {
  using enum ErrorCode;
  // W3C §6.1, createDataChannel; the first two and the last in words that
  // elixir/test/data_channel_test.exs holds.
  constexpr std::size_t kMaxTextBytes = 65535;
  if (label.size() > kMaxTextBytes)
    return fail(InvalidArgument, "data channel label exceeds size limit");
  if (options.protocol.size() > kMaxTextBytes)
    return fail(InvalidArgument, "protocol is larger then 65535 bytes");
  if (!is_utf8(label) || !is_utf8(options.protocol))
    return fail(InvalidArgument, "a data channel's label and protocol are UTF-8");
  if (options.max_packet_life_time && options.max_retransmits)
    return fail(InvalidArgument,
                "max_packet_life_time and max_retransmits exclude each other: give one of them");
  if (const auto life = options.max_packet_life_time;
      life && (life->count() < 0 || life->count() > 65535))
    return fail(InvalidArgument,
                fmt::format("max_packet_life_time is 0 to 65535 ms, not {} ms", life->count()));
  if (options.negotiated && !options.id)
    return fail(InvalidArgument, "a negotiated data channel needs an id");
  if (options.negotiated && *options.id >= StreamIds::kEnd)
    return fail(InvalidArgument, "maximum number ID for datachannel specified");
  return {};
}

Result<ChannelId> DataChannels::Impl::create(Timestamp now, std::string_view label,
                                             const DataChannelOptions& options) {
  now_ = now;
  if (const auto good = check_options(label, options); !good) return fail(good.error());
  if (phase_ == Phase::ShuttingDown || phase_ == Phase::Closed)
    return fail(ErrorCode::InvalidState, "connection closed");
  if (channels_.size() >= config_.max_channels)
    return fail(ErrorCode::OperationFailed,
                fmt::format("there are {} data channels already: close some", channels_.size()));

  if (const std::size_t room = config_.association.data.send_buffer_bytes;
      !options.negotiated &&
      label.size() + options.protocol.size() + OpenMessage::kHeadBytes > room)
    return fail(
        ErrorCode::OperationFailed,
        fmt::format("the send buffer of {} bytes has no room for the label and protocol", room));

  Channel channel{.info = {std::string(label), options},
                  .priority = std::to_underlying(options.priority)};
  // W3C §6.1: an id counts for negotiated channels only.
  if (!options.negotiated) channel.info.options.id.reset();
  std::optional<std::uint16_t> stream = channel.info.options.id;
  if (options.negotiated) {
    if (*stream >= stream_end())
      return fail(
          ErrorCode::OperationFailed,
          fmt::format("id {} is past the {} streams of the association", *stream, stream_end()));
    if (!ids_.take(*stream))
      return fail(ErrorCode::OperationFailed, fmt::format("id {} is in use", *stream));
  } else if (ids_.has_parity()) {
    stream = ids_.take_lowest(stream_end());
    if (!stream)
      return fail(ErrorCode::OperationFailed, "maximum number ID for datachannel specified");
  }

  ++totals_.requested;
  const ChannelId id{++last_channel_};
  log_.debug("channel {} is created", std::to_underlying(id));
  Channel& made = channels_.emplace(id, std::move(channel)).first->second;
  if (stream) assign(id, made, *stream);
  if (options.negotiated) {
    if (phase_ == Phase::Established) open(id, made);
  } else if (stream && phase_ != Phase::New) {
    announce(*stream, made);
  }
  return id;
}

void DataChannels::Impl::assign_streams(Parity parity) {
  if (ids_.has_parity()) return;
  ids_.set_parity(parity);
  for (auto at = channels_.begin(); at != channels_.end();) {
    const auto here = at++;
    auto& [id, channel] = *here;
    if (channel.info.options.negotiated) continue;
    if (const auto stream = ids_.take_lowest(stream_end())) {
      assign(id, channel, *stream);
    } else {
      drop_channel(here, Error{ErrorCode::OperationFailed,
                               "no stream was left for the data channel", std::nullopt});
    }
  }
}

void DataChannels::Impl::connect(Timestamp now, Parity parity, std::size_t max_send_message_bytes,
                                 std::uint16_t remote_port, std::optional<Bytes> remote_init) {
  now_ = now;
  config_.max_send_message_bytes = max_send_message_bytes;
  if (phase_ != Phase::New) return;  // a later description may change the limit alone

  assign_streams(parity);
  phase_ = Phase::Connecting;
  association_->set_remote_port(remote_port);
  if (remote_init)
    SPECTER_CHECK(association_->connect_with(now, *remote_init).has_value());
  else
    association_->connect(now);

  for (auto& [id, channel] : channels_) {
    const std::uint16_t stream = *channel.info.options.id;
    association_->set_buffered_amount_low_threshold(sctp::StreamId{stream}, channel.low_threshold);
    // The OPEN need not wait for the association: it leaves with its last handshake packet.
    if (!channel.info.options.negotiated) announce(stream, channel);
  }
}

void DataChannels::Impl::assign(ChannelId id, Channel& channel, std::uint16_t stream) {
  channel.info.options.id = stream;
  log_.debug("channel {} has stream {}", std::to_underlying(id), stream);
  streams_.emplace(stream, Stream{.channel = id});
  if (phase_ != Phase::New)
    association_->set_buffered_amount_low_threshold(sctp::StreamId{stream}, channel.low_threshold);
  if (channel.receives_parts) association_->receive_in_parts(sctp::StreamId{stream});
}

void DataChannels::Impl::announce(std::uint16_t stream, const Channel& channel) {
  Buffer bytes;
  ByteWriter out(bytes);
  OpenMessage::from(channel.info.label, channel.info.options).write(out);
  send_control(stream, std::move(bytes));
}

void DataChannels::Impl::handle_established() {
  if (phase_ != Phase::Connecting) return;
  phase_ = Phase::Established;
  emit(AssociationEstablished{});
  for (auto at = channels_.begin(); at != channels_.end();) {
    const auto here = at++;
    auto& [id, channel] = *here;
    const std::uint16_t stream = *channel.info.options.id;
    if (stream >= stream_end()) {  // the peer agreed to fewer than we chose from
      drop_channel(here, Error{ErrorCode::OperationFailed,
                               fmt::format("the peer takes {} streams, too few for stream {}",
                                           stream_end(), stream),
                               std::nullopt});
      cancel_control(stream);
      std::erase(resets_, sctp::StreamId{stream});
      free_stream(stream);
    } else if (channel.info.options.negotiated && channel.state == DataChannelState::Connecting) {
      open(id, channel);
    }
  }
}

void DataChannels::Impl::open(ChannelId id, Channel& channel) {
  SPECTER_CHECK(channel.state == DataChannelState::Connecting && channel.info.options.id);
  channel.state = DataChannelState::Open;
  log_.info("channel {} is open", std::to_underlying(id));
  ++totals_.opened;
  emit(DataChannelOpen{id});
  replay_held(*channel.info.options.id);
}

void DataChannels::Impl::replay_held(std::uint16_t stream) {
  for (sctp::MessageReceived& message : held_.release(stream)) handle_message(std::move(message));
}

void DataChannels::Impl::handle_dcep(std::uint16_t stream, Bytes bytes) {
  // One switch for what RFC 8832 §8.2.1 registers.
  switch (bytes.empty() ? 0 : bytes[0]) {
    case OpenMessage::kType: return handle_open(stream, bytes);
    case AckMessage::kType: return handle_ack(stream);
    default: return refuse(stream, "a DCEP message of a kind that RFC 8832 does not have");
  }
}

void DataChannels::Impl::handle_open(std::uint16_t stream, Bytes bytes) {
  auto message = OpenMessage::parse(bytes);
  if (!message) return refuse(stream, "an OPEN that RFC 8832 does not have");
  const std::size_t name_bytes = message->label.size() + message->protocol.size();
  if (auto why = why_not(stream, name_bytes); !why.empty()) return refuse(stream, std::move(why));

  SPECTER_CHECK(ids_.take(stream));
  accepted_name_bytes_ += name_bytes;
  ++totals_.accepted;
  const ChannelId id{++last_channel_};
  log_.debug("the peer opens channel {}", std::to_underlying(id));
  Channel& channel =
      channels_
          .emplace(id, Channel{.info = {std::move(message->label), message->options()},
                               .ours = false,
                               .priority = message->priority})
          .first->second;
  assign(id, channel, stream);

  Buffer ack;
  ByteWriter out(ack);
  AckMessage{}.write(out);
  send_control(stream, std::move(ack));
  emit(IncomingDataChannel{id, channel.info.label, channel.info.options});
  open(id, channel);
}

// Empty: it can be taken. RFC 8832 §6 wants an unused stream of the peer's half. One of ours that
// is not in use does no harm: ids that we give are never those in use, and peers with the roles
// mixed up exist.
std::string DataChannels::Impl::why_not(std::uint16_t stream, std::size_t name_bytes) const {
  if (streams_.contains(stream)) return "an OPEN on a stream that is in use";
  if (stream >= stream_end())
    return fmt::format("an OPEN on a stream past the {} that were agreed on", stream_end());
  if (channels_.size() >= config_.max_channels)
    return fmt::format("an OPEN, though there are {} data channels already", channels_.size());
  if (name_bytes > kMaxAcceptedNameBytes - accepted_name_bytes_)
    return "an OPEN whose label and protocol are more than there is room for";
  return {};
}

void DataChannels::Impl::handle_ack(std::uint16_t stream) {
  const Stream* known = find_stream(stream);
  Channel* channel = known && known->channel ? find_channel(*known->channel) : nullptr;
  // RFC 8832 says nothing of an ACK that nobody waits for; it does no harm.
  if (channel && channel->state == DataChannelState::Connecting) open(*known->channel, *channel);
}

// RFC 8832 §6: the channel that this is about is closed, and no ACK is sent.
void DataChannels::Impl::refuse(std::uint16_t stream, std::string why) {
  ++totals_.refused;
  log_.debug("refused on stream {}: {}", stream, why);
  Error error{ErrorCode::Network, fmt::format("the peer sent {} (stream {})", why, stream),
              std::nullopt};
  if (const Stream* known = find_stream(stream)) {
    if (!known->channel) return;  // refused already: once is enough
    return fail_channel(*known->channel, *find_channel(*known->channel), std::move(error));
  }
  emit(DataChannelRefused{stream, std::move(error)});
  if (stream >= stream_end()) return;  // there is nothing of ours to reset
  SPECTER_CHECK(ids_.take(stream));
  streams_.emplace(stream, Stream{});
  ask_reset(stream);
}

}  // namespace specter::channel
