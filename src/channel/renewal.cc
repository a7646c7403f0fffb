// One association ends by negotiation, and another may follow it over the same DTLS. W3C §6.1,
// RFC 8841 §9.3.
#include <utility>

#include <fmt/format.h>

#include "channel/impl.h"

namespace specter::channel {

// Both applications know the ids of negotiated channels: another peer has them too, and they open
// again with its association. What they had to send to this one is lost.
DataChannels::Impl::Channels DataChannels::Impl::take_negotiated(const Error& error) {
  Channels kept;
  for (auto at = channels_.begin(); at != channels_.end();) {
    const auto here = at++;
    auto& [id, channel] = *here;
    if (!channel.info.options.negotiated || channel.state == DataChannelState::Closing) continue;
    if (channel.state == DataChannelState::Open) {
      ++totals_.closed;
      channel.state = DataChannelState::Connecting;
      emit(DataChannelError{
          id, Error{error.code,
                    fmt::format("{}; {} bytes were not sent", error.message, buffered(channel)),
                    std::nullopt}});
    }
    blocked_.erase(id);
    channel.above_threshold = false;
    channel.open_kind.reset();
    channel.open_bytes = 0;
    channel.queued_bytes = 0;
    channel.empty_messages.clear();
    kept.insert(channels_.extract(here));
  }
  return kept;
}

void DataChannels::Impl::end_association(Timestamp now, const Error& error, Negotiated negotiated) {
  now_ = now;
  // What it has received is told before its end, as it would have been.
  association_->set_receiving(true);
  while (auto event = association_->poll_event()) handle(std::move(*event));

  Channels kept = negotiated == Negotiated::Kept ? take_negotiated(error) : Channels();
  drop_everything(error);
  ids_ = StreamIds();
  if (phase_ != Phase::New) begin_anew(now, error);  // else it never began, and still can
  channels_ = std::move(kept);
  for (auto& [id, channel] : channels_) {
    ids_.take(*channel.info.options.id);
    assign(id, channel, *channel.info.options.id);
  }
}

void DataChannels::Impl::begin_anew(Timestamp now, const Error& error) {
  const bool was_told = phase_ == Phase::Closed;
  if (!was_told) {
    association_->abort(now, error.message);
    if (Buffer packet; association_->append_packet(now, packet)) farewell_ = std::move(packet);
    emit(AssociationClosed{error.message, true});
  }
  association_ =
      std::make_unique<sctp::Association>(config_.association, random_, log_.of(LogModule::Sctp));
  association_->set_receiving(is_receiving_);
  phase_ = Phase::New;
  shut_down_by_error_ = false;
  transport_error_.reset();
  may_wake_ = false;
}

}  // namespace specter::channel
