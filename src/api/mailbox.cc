#include "specter/mailbox.h"

#include "api/mailbox_state.h"

namespace specter {

Mailbox::Mailbox() : state_(std::make_shared<api::MailboxState>()) {}

Result<Event> Mailbox::next(Duration timeout) {
  return take([](const Event&) { return true; }, timeout);
}

Result<Event> Mailbox::take(const std::function<bool(const Event&)>& accept, Duration timeout) {
  return state_->take(accept, timeout);
}

std::size_t Mailbox::size() const { return state_->size(); }

int Mailbox::native_handle() const { return state_->native_handle(); }

}  // namespace specter
