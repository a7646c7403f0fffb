// User messages and the bytes that carry them. RFC 8831 §6.6.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "channel/impl.h"

namespace specter::channel {
namespace {

constexpr std::uint8_t kEmptyMessage[1] = {0};

struct Form {
  MessageKind kind;
  bool empty = false;
};

std::optional<Form> form_of(sctp::Ppid ppid) {
  switch (ppid) {
    // RFC 8831 §6.6: the partial ones are deprecated. Like browsers we take each for a whole one.
    case kPpidText:
    case kPpidTextPartial: return Form{MessageKind::Text};
    case kPpidBinary:
    case kPpidBinaryPartial: return Form{MessageKind::Binary};
    case kPpidTextEmpty: return Form{MessageKind::Text, true};
    case kPpidBinaryEmpty: return Form{MessageKind::Binary, true};
    default: return std::nullopt;
  }
}

sctp::Ppid ppid_of(MessageKind kind, bool empty) {
  if (kind == MessageKind::Text) return empty ? kPpidTextEmpty : kPpidText;
  return empty ? kPpidBinaryEmpty : kPpidBinary;
}

sctp::SendOptions send_options(const DataChannelOptions& options, std::uint16_t priority) {
  sctp::SendOptions out{.unordered = !options.ordered,
                        .max_retransmits = options.max_retransmits,
                        .priority = priority};
  if (options.max_packet_life_time) out.lifetime = *options.max_packet_life_time;
  return out;
}

void count_drop(Totals& totals, const Log& log, std::string_view cause) {
  ++totals.messages_dropped;
  log.drop(cause);
}

}  // namespace

// Whether the peer and we have room for it.
Result<> DataChannels::Impl::judge(const Channel& channel, MessageKind kind, std::size_t bytes,
                                   MessagePart part) const {
  if (channel.state != DataChannelState::Open)
    return fail(ErrorCode::InvalidState,
                fmt::format("the data channel is {}, not open", to_string(channel.state)));
  if (part != MessagePart::Whole && channel.open_kind && *channel.open_kind != kind)
    return fail(ErrorCode::InvalidArgument, "the parts of a message are all text or all binary");
  // RFC 8841 §6.1: 0 is no limit.
  const std::uint64_t so_far = part == MessagePart::Whole ? 0 : channel.open_bytes;
  if (const std::size_t limit = config_.max_send_message_bytes; limit && so_far + bytes > limit)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("a message of {} bytes is more than the {} bytes that the peer takes",
                            so_far + bytes, limit));
  if (const std::size_t room = config_.association.data.send_buffer_bytes; bytes > room)
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("a message of {} bytes is more than the send buffer of {} bytes", bytes, room));
  return {};
}

Result<> DataChannels::Impl::send(Timestamp now, ChannelId id, MessageKind kind, Payload message,
                                  MessagePart part) {
  now_ = now;
  Channel* channel = find_channel(id);
  if (!channel) {
    const bool was_there = std::to_underlying(id) > 0 && std::to_underlying(id) <= last_channel_;
    return was_there ? fail(ErrorCode::Closed, "the data channel is closed")
                     : fail(ErrorCode::NotFound, "there is no such data channel");
  }
  const std::size_t size = message.size();
  if (auto judged = judge(*channel, kind, size, part); !judged) return judged;

  const bool is_whole =
      part == MessagePart::Whole || (part == MessagePart::Last && !channel->open_kind);
  // RFC 8831 §6.6: SCTP has no empty messages; one zero byte stands for none.
  const bool empty = is_whole && size == 0;
  const Payload payload = empty ? Payload(Bytes(kEmptyMessage)) : message;
  flush_control();  // an ACK that waits goes first
  const auto hand_over = [&]() -> Result<> {
    if (!control_.empty()) return fail(ErrorCode::WouldBlock, "the send buffer is full");
    const sctp::StreamId stream{*channel->info.options.id};
    const auto options = send_options(channel->info.options, channel->priority);
    if (is_whole) return association_->send(now, stream, ppid_of(kind, empty), payload, options);
    return association_->send_part(now, stream, ppid_of(kind, false), payload,
                                   part == MessagePart::Last, options);
  };
  const Result<> sent = hand_over();
  if (!sent) {
    if (sent.error().code == ErrorCode::WouldBlock && !channel->above_threshold)
      blocked_[id] = std::max<std::size_t>(size, 1);
    return sent;
  }
  channel->queued_bytes += empty ? 1 : size;
  if (empty) note_empty_message(*channel);
  channel->bytes_sent += size;
  if (part == MessagePart::More) {
    channel->open_kind = kind;
    channel->open_bytes += size;
  } else {
    channel->open_kind.reset();
    channel->open_bytes = 0;
    ++channel->messages_sent;
  }
  channel->above_threshold = buffered(*channel) > channel->low_threshold;
  return {};
}

void DataChannels::Impl::receive_in_parts(ChannelId id) {
  Channel* const channel = find_channel(id);
  if (!channel) return;
  channel->receives_parts = true;
  // Else when it has its stream: assign().
  if (channel->info.options.id)
    association_->receive_in_parts(sctp::StreamId{*channel->info.options.id});
}

void DataChannels::Impl::handle_message(sctp::MessageReceived&& message) {
  const std::uint16_t stream = std::to_underlying(message.stream);
  const auto drop = [&](std::string_view cause) { count_drop(totals_, log_, cause); };
  // The peer uses the stream anew: it knows of our reset, and we don't yet that it does.
  if (const Stream* known = find_stream(stream); known && known->peer_reset) {
    if (known->unusable || !held_.hold(std::move(message)))
      drop("a message on a stream that is being reset");
    return;
  }
  if (message.ppid == kPpidDcep) {
    // What is told in parts is no word of a protocol: RFC 8832's are short.
    if (!message.begins || !message.ends) return drop("a DCEP message in parts");
    return handle_dcep(stream, message.bytes);
  }
  handle_user_message(std::move(message));
}

void DataChannels::Impl::handle_user_message(sctp::MessageReceived&& message) {
  const std::uint16_t stream = std::to_underlying(message.stream);
  const auto drop = [&](std::string_view cause) { count_drop(totals_, log_, cause); };
  const Stream* known = find_stream(stream);
  if (!known) {
    // RFC 8832 §6 would close the stream. But its OPEN may have been overtaken, or its negotiated
    // channel be created any moment; so it waits.
    if (!held_.hold(std::move(message))) drop("a message for no channel");
    return;
  }
  Channel* channel = known->channel ? find_channel(*known->channel) : nullptr;
  if (!channel || channel->state == DataChannelState::Closing) {  // W3C §6.5: only when open
    return drop("a message for a channel that closes");
  }
  const ChannelId id = *known->channel;
  const auto form = form_of(message.ppid);
  if (!form) {  // RFC 8831 §6.6: an unsupported PPID closes the channel
    drop("a message with an unknown PPID");
    return fail_channel(
        id, *channel,
        Error{ErrorCode::Network,
              fmt::format("the peer sent a message with PPID {}", std::to_underlying(message.ppid)),
              std::nullopt});
  }
  // RFC 8832 §6: any message says what the ACK would have said.
  if (channel->state == DataChannelState::Connecting) open(id, *channel);

  if (form->empty) message.bytes.clear();
  if (message.ends && !message.is_cut_off) ++channel->messages_received;
  channel->bytes_received += message.bytes.size();
  emit(Message{id, form->kind, std::move(message.bytes), message.begins, message.ends,
               message.is_cut_off});
}

// ---- what waits to be sent

// What the association has of it, the bytes that stand for empty messages included.
std::uint64_t DataChannels::Impl::waiting_bytes(const Channel& channel) const {
  if (!channel.info.options.id || channel.queued_bytes == 0) return 0;
  // As long as an OPEN or an ACK waits, nothing that was queued behind it has left.
  const std::uint64_t waiting =
      association_->buffered_amount(sctp::StreamId{*channel.info.options.id});
  return std::min(waiting, channel.queued_bytes);
}

// W3C §6.2: bufferedAmount has the application's bytes, and an empty message has none.
std::size_t DataChannels::Impl::buffered(const Channel& channel) const {
  const std::uint64_t waiting = waiting_bytes(channel);
  const auto& empty = channel.empty_messages;
  const auto first = std::ranges::upper_bound(empty, channel.queued_bytes - waiting);
  const auto count = static_cast<std::uint64_t>(empty.end() - first);
  return static_cast<std::size_t>(waiting - std::min(waiting, count));
}

void DataChannels::Impl::note_empty_message(Channel& channel) const {
  auto& empty = channel.empty_messages;
  const std::uint64_t left = channel.queued_bytes - waiting_bytes(channel);
  while (!empty.empty() && empty.front() <= left) empty.pop_front();
  empty.push_back(channel.queued_bytes);
}

std::size_t DataChannels::Impl::buffered_amount(ChannelId id) const {
  const auto at = channels_.find(id);
  if (at != channels_.end()) return buffered(at->second);
  return closed_.buffered_amount(id).value_or(0);
}

void DataChannels::Impl::set_buffered_amount_low_threshold(ChannelId id, std::size_t bytes) {
  Channel* channel = find_channel(id);
  if (!channel) return;
  channel->low_threshold = bytes;
  channel->above_threshold = buffered(*channel) > bytes;
  if (phase_ != Phase::New && channel->info.options.id)
    association_->set_buffered_amount_low_threshold(sctp::StreamId{*channel->info.options.id},
                                                    bytes);
}

void DataChannels::Impl::handle_buffered_amount_low(std::uint16_t stream) {
  const Stream* known = find_stream(stream);
  Channel* channel = known && known->channel ? find_channel(*known->channel) : nullptr;
  // An OPEN or an ACK passes the threshold too: that is no news.
  if (!channel || !channel->above_threshold || buffered(*channel) > channel->low_threshold) return;
  channel->above_threshold = false;
  if (channel->state == DataChannelState::Open) emit(BufferedAmountLow{*known->channel});
}

// Who was told WouldBlock waits for BufferedAmountLow; but when it was the others who filled the
// send buffer, no threshold of its own will be passed.
void DataChannels::Impl::wake_blocked() {
  if (!std::exchange(may_wake_, false) || blocked_.empty()) return;
  const std::size_t waiting = association_->counters().send_buffered_bytes;
  const std::size_t room = config_.association.data.send_buffer_bytes;
  std::erase_if(blocked_, [&](const auto& each) {
    const auto& [id, bytes] = each;
    if (waiting > room / 2 || bytes > room - waiting) return false;
    const Channel* channel = find_channel(id);
    if (channel && channel->state == DataChannelState::Open && !channel->above_threshold)
      emit(BufferedAmountLow{id});
    return true;
  });
}

// ---- DCEP: reliable and ordered, whatever the channel is (RFC 8832 §6)

void DataChannels::Impl::send_control(std::uint16_t stream, Buffer bytes) {
  control_.push_back({stream, std::move(bytes)});
  flush_control();
}

void DataChannels::Impl::flush_control() {
  while (!control_.empty()) {
    const ControlMessage& next = control_.front();
    const auto sent = association_->send(now_, sctp::StreamId{next.stream}, kPpidDcep, next.bytes,
                                         {.priority = priority_of(next.stream)});
    if (!sent && sent.error().code == ErrorCode::WouldBlock) return;
    control_.pop_front();
  }
}

std::uint16_t DataChannels::Impl::priority_of(std::uint16_t stream) const {
  const auto known = streams_.find(stream);
  if (known == streams_.end() || !known->second.channel) return sctp::kNormalPriority;
  const auto channel = channels_.find(*known->second.channel);
  return channel == channels_.end() ? sctp::kNormalPriority : channel->second.priority;
}

bool DataChannels::Impl::cancel_control(std::uint16_t stream) {
  return erase_if(control_, [&](const ControlMessage& each) { return each.stream == stream; }) > 0;
}

}  // namespace specter::channel
