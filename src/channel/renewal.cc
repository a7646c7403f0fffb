// One association ends by negotiation, and another may follow it over the same DTLS. W3C §6.1,
// RFC 8841 §9.3.
#include <utility>

#include "channel/impl.h"

namespace specter::channel {

void DataChannels::Impl::end_association(Timestamp now, const Error& error) {
  now_ = now;
  // What it has received is told before its end, as it would have been.
  association_->set_receiving(true);
  while (auto event = association_->poll_event()) handle(std::move(*event));

  drop_everything(error);
  ids_ = StreamIds();
  if (phase_ == Phase::New) return;  // it never began, and still can
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
