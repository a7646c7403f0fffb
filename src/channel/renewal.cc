// One association ends by negotiation, and another may follow it over the same DTLS. W3C §6.1,
// RFC 8841 §9.3.
#include <utility>

#include <fmt/format.h>

#include "channel/impl.h"

namespace specter::channel {

void DataChannels::Impl::Channel::begin_again() {
  state = DataChannelState::Connecting;
  above_threshold = false;
  open_kind.reset();
  open_bytes = 0;
  queued_bytes = 0;
  empty_messages.clear();
}

void DataChannels::Impl::end_association(Timestamp now, const Error& error, Keeps keeps) {
  now_ = now;
  // What it has received is told before its end, as it would have been.
  association_->set_receiving(true);
  while (auto event = association_->poll_event()) handle(std::move(*event));

  // Both applications know the ids of negotiated channels: another peer has them too, and they open
  // again with its association. What they had to send to this one is lost.
  Channels kept;
  for (auto at = channels_.begin(); at != channels_.end() && keeps != Keeps::Nothing;) {
    const auto here = at++;
    auto& [id, channel] = *here;
    const bool is_kept = keeps == Keeps::All || channel.info.options.negotiated;
    if (!is_kept || channel.state == DataChannelState::Closing) continue;
    if (channel.state == DataChannelState::Open) {
      ++totals_.closed;
      const std::size_t left = buffered(channel);
      emit(DataChannelError{
          id, Error{error.code, fmt::format("{}; {} bytes were not sent", error.message, left),
                    std::nullopt}});
    }
    blocked_.erase(id);
    channel.begin_again();
    if (!channel.info.options.negotiated) channel.info.options.id.reset();
    kept.insert(channels_.extract(here));
  }
  drop_everything(error);
  ids_ = StreamIds();
  if (phase_ != Phase::New) {  // else it never began, and still can
    if (phase_ != Phase::Closed) {
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
  channels_ = std::move(kept);
  for (auto& [id, channel] : channels_) {
    if (!channel.info.options.id) continue;  // it has one once the roles are decided
    ids_.take(*channel.info.options.id);
    assign(id, channel, *channel.info.options.id);
  }
}

}  // namespace specter::channel
