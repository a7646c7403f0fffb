// How channels end: RFC 8831 §6.7, a reset of the stream in both directions; and all of them at
// once with the association.
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "channel/impl.h"

namespace specter::channel {
namespace {

bool is_by_error(sctp::CloseReason reason) {
  switch (reason) {
    case sctp::CloseReason::Shutdown:
    case sctp::CloseReason::PeerShutdown:
    case sctp::CloseReason::Aborted:
      return false;  // ours, which shut_down() has told already
    // W3C §6.2.5: an association that ends well closes its channels without an error, whoever ended
    // it; with an ABORT they fail.
    case sctp::CloseReason::PeerAborted:
    case sctp::CloseReason::TooManyRetransmissions:
    case sctp::CloseReason::ProtocolViolation: return true;
  }
  return true;
}

}  // namespace

void DataChannels::Impl::close(Timestamp now, ChannelId id) {
  now_ = now;
  const auto at = channels_.find(id);
  if (at == channels_.end()) return;
  forget_events_of(id);  // also when the peer, or a fault, has begun to close it
  Channel& channel = at->second;
  if (channel.state == DataChannelState::Closing) return;
  const auto stream = channel.info.options.id;
  // Nothing was said on its stream yet: there is nothing to reset.
  const bool unused = phase_ == Phase::New ||
                      (channel.ours && !channel.info.options.negotiated && cancel_control(*stream));
  if (!unused) {
    begin_closing(channel);
    return ask_reset(*stream);
  }
  drop_channel(at, std::nullopt);
  if (stream) free_stream(*stream);
}

// W3C §6.2.2, §6.2.3, §6.6: who has closed a channel is not told that it is open, nor of messages.
void DataChannels::Impl::forget_events_of(ChannelId id) {
  erase_if(events_, [id](const Event& event) {
    const auto* opened = std::get_if<DataChannelOpen>(&event);
    const auto* message = std::get_if<Message>(&event);
    const auto* low = std::get_if<BufferedAmountLow>(&event);
    return (opened && opened->channel == id) || (message && message->channel == id) ||
           (low && low->channel == id);
  });
}

void DataChannels::Impl::begin_closing(Channel& channel) {
  if (channel.state == DataChannelState::Open) ++totals_.closed;
  channel.state = DataChannelState::Closing;
}

// The peer broke a rule on this channel: it is closed, the others go on.
void DataChannels::Impl::fail_channel(ChannelId id, Channel& channel, Error error) {
  if (channel.state == DataChannelState::Closing) return;
  begin_closing(channel);
  tell_failure(id, channel, std::move(error));
  ask_reset(*channel.info.options.id);
}

// Once, whatever else happens to it until it is closed.
void DataChannels::Impl::tell_failure(ChannelId id, Channel& channel, Error error) {
  if (!std::exchange(channel.has_failed, true)) emit(DataChannelError{id, std::move(error)});
}

// The channel is over now. Its streams are the caller's care.
void DataChannels::Impl::drop_channel(Channels::iterator at, std::optional<Error> error) {
  auto& [id, channel] = *at;
  begin_closing(channel);
  log_.info("channel {} is closed{}{}", std::to_underlying(id), error ? ": " : "",
            error ? std::string_view(error->message) : "");
  if (error) tell_failure(id, channel, *std::move(error));
  emit(DataChannelClosed{id});
  if (!channel.ours)
    accepted_name_bytes_ -= channel.info.label.size() + channel.info.options.protocol.size();
  blocked_.erase(id);
  const std::size_t left = buffered(channel);
  closed_.add({id, std::move(channel.info), DataChannelState::Closed, channel.messages_sent,
               channel.messages_received, channel.bytes_sent, channel.bytes_received},
              left);
  channels_.erase(at);
}

void DataChannels::Impl::ask_reset(std::uint16_t stream) {
  Stream* known = find_stream(stream);
  SPECTER_CHECK(known);
  if (std::exchange(known->reset_asked, true)) return;
  log_.debug("stream {} is to be reset", stream);
  resets_.push_back(sctp::StreamId{stream});
}

void DataChannels::Impl::flush_resets() {
  if (resets_.empty() || phase_ != Phase::Established) return;
  // An ACK that still waits for room must not come after the reset.
  if (!control_.empty()) {
    for (const sctp::StreamId stream : resets_) cancel_control(std::to_underlying(stream));
  }
  association_->reset_streams(now_, std::exchange(resets_, {}));
}

void DataChannels::Impl::handle_incoming_reset(std::uint16_t stream) {
  Stream* known = find_stream(stream);
  if (known && known->peer_reset) {
    known->peer_reset_again = true;  // once more, of what held_ has of this stream
    return;
  }
  totals_.messages_dropped += held_.release(stream).size();
  if (!known) {
    // RFC 8831 §6.7: the peer waits for our half, channel or not.
    if (stream >= stream_end() || !ids_.take(stream)) return;
    known = &streams_.emplace(stream, Stream{}).first->second;
  }
  known->peer_reset = true;
  log_.debug("the peer has reset stream {}", stream);
  if (known->channel) {
    Channel& channel = *find_channel(*known->channel);
    if (channel.state == DataChannelState::Connecting) {
      // RFC 8832 §6: a reset instead of an ACK is a refusal.
      begin_closing(channel);
      tell_failure(*known->channel, channel,
                   Error{ErrorCode::OperationFailed, "the peer refused the data channel", {}});
    } else if (channel.state == DataChannelState::Open) {
      begin_closing(channel);
      emit(DataChannelClosing{*known->channel});
    }
  }
  ask_reset(stream);
  free_stream_if_reset(stream);
}

void DataChannels::Impl::handle_outgoing_reset(std::uint16_t stream) {
  Stream* known = find_stream(stream);
  if (!known || !known->reset_asked) return;
  known->reset_done = true;
  free_stream_if_reset(stream);
}

void DataChannels::Impl::handle_reset_failed(std::uint16_t stream) {
  Stream* known = find_stream(stream);
  if (!known || !known->reset_asked) return;
  // Our half goes on as it was: nothing new can begin on it.
  known->unusable = true;
  totals_.messages_dropped += held_.release(stream).size();
  if (!known->channel) return;
  drop_channel(channels_.find(*std::exchange(known->channel, std::nullopt)),
               Error{ErrorCode::Network, "the peer did not let the data channel's stream be reset",
                     std::nullopt});
}

void DataChannels::Impl::free_stream_if_reset(std::uint16_t stream) {
  const Stream known = *find_stream(stream);
  if (!known.reset_done || !known.peer_reset || known.unusable) return;
  if (known.channel) drop_channel(channels_.find(*known.channel), std::nullopt);
  free_stream(stream);
  // What came meanwhile belongs to the stream's next life.
  replay_held(stream);
  if (known.peer_reset_again) handle_incoming_reset(stream);
}

void DataChannels::Impl::free_stream(std::uint16_t stream) {
  streams_.erase(stream);
  ids_.release(stream);
}

// ---- all at once

void DataChannels::Impl::shut_down(Timestamp now, std::optional<Error> error) {
  now_ = now;
  if (phase_ == Phase::ShuttingDown || phase_ == Phase::Closed) return;
  const Phase before = std::exchange(phase_, Phase::ShuttingDown);
  shut_down_by_error_ = error.has_value();
  drop_everything(error);
  set_receiving(true);  // what is held back is dropped, too
  if (before == Phase::New) {
    phase_ = Phase::Closed;
    emit(AssociationClosed{error ? error->message : "", shut_down_by_error_});
  } else if (before == Phase::Established && !error) {
    association_->shutdown(now);  // RFC 9260 §9.2: after all that was sent
  } else {
    association_->abort(now, error ? error->message : "");
  }
}

// The association's own end stands behind the messages that nobody has taken yet.
void DataChannels::Impl::handle_transport_closed(Timestamp now, std::optional<Error> error) {
  if (phase_ != Phase::Established) return shut_down(now, std::move(error));
  now_ = now;
  shut_down_by_error_ = error.has_value();
  transport_error_ = std::move(error);
  association_->abort(now, transport_error_ ? transport_error_->message : "");
}

void DataChannels::Impl::handle_association_closed(const sctp::Closed& closed) {
  const bool by_error = is_by_error(closed.reason);
  std::string reason(to_string(closed.reason));
  if (!closed.detail.empty()) reason += ": " + closed.detail;
  // W3C §6.3: channels that end with an abort end with an error.
  drop_everything(transport_error_ ? std::exchange(transport_error_, std::nullopt)
                  : by_error ? std::optional(Error{ErrorCode::SctpFailure, reason, std::nullopt})
                             : std::nullopt);
  phase_ = Phase::Closed;
  emit(AssociationClosed{std::move(reason), by_error || shut_down_by_error_});
}

void DataChannels::Impl::drop_everything(const std::optional<Error>& error) {
  while (!channels_.empty()) drop_channel(channels_.begin(), error);
  streams_.clear();
  held_.clear();
  control_.clear();
  resets_.clear();
}

}  // namespace specter::channel
