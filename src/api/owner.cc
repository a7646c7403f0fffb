#include "api/owner.h"

#include <exception>
#include <utility>

#include "api/mailbox_state.h"
#include "io/log.h"

namespace specter::api {

namespace {

// Collects the events of a turn and delivers them under one lock.
class MailboxOwner final : public Owner {
 public:
  MailboxOwner(std::shared_ptr<ConnectionHandle> connection,
               const std::shared_ptr<MailboxState>& mailbox)
      : connection_(std::move(connection)), mailbox_(mailbox) {}

  void tell(Event&& event) override {
    batch_bytes_ += MailboxState::charge(event);
    batch_.push_back(std::move(event));
  }

  bool flush() override {
    const auto mailbox = mailbox_for_this_turn();
    held_.reset();
    const auto has_room = [&] {
      return !mailbox ||
             (mailbox->has_room(*connection_, 0) && mailbox->has_room_for_news(*connection_, 0));
    };
    if (mailbox && (!batch_.empty() || !has_room()))
      mailbox->deliver(*connection_, batch_, batch_bytes_);
    batch_.clear();
    batch_bytes_ = {};
    return has_room();
  }

  bool takes_messages() override {
    const auto& mailbox = mailbox_for_this_turn();
    return !mailbox || mailbox->has_room(*connection_, batch_bytes_.message);
  }

  bool takes_news() override {
    const auto& mailbox = mailbox_for_this_turn();
    return !mailbox || mailbox->has_room_for_news(*connection_, batch_bytes_.news);
  }

  bool is_told_at_once() const override { return false; }

 private:
  // Null when the last copy of the mailbox is gone: its destructor closed the connections.
  const std::shared_ptr<MailboxState>& mailbox_for_this_turn() {
    if (!held_) held_ = mailbox_.lock();
    return held_;
  }

  const std::shared_ptr<ConnectionHandle> connection_;
  const std::weak_ptr<MailboxState> mailbox_;
  std::shared_ptr<MailboxState> held_{};
  std::vector<Event> batch_{};
  MailboxState::Charge batch_bytes_{};
};

class FunctionOwner final : public Owner {
 public:
  FunctionOwner(std::shared_ptr<ConnectionHandle> connection, std::function<void(Event&&)> function)
      : connection_(std::move(connection)), function_(std::move(function)) {}

  void tell(Event&& event) override {
    try {
      function_(std::move(event));
    } catch (const std::exception& e) {
      fail(e.what());
    } catch (...) {
      fail("no std::exception");
    }
  }
  bool flush() override { return true; }
  bool takes_messages() override { return true; }
  bool takes_news() override { return true; }
  bool is_told_at_once() const override { return true; }

 private:
  void fail(const char* what) {
    io::log(LogModule::Api, connection_->id)
        .error("the owner's function threw ({}); the connection is closed", what);
    connection_->close();
  }

  const std::shared_ptr<ConnectionHandle> connection_;
  const std::function<void(Event&&)> function_;
};

}  // namespace

std::unique_ptr<Owner> mailbox_owner(std::shared_ptr<ConnectionHandle> connection,
                                     const std::shared_ptr<MailboxState>& mailbox) {
  mailbox->join(connection);
  return std::make_unique<MailboxOwner>(std::move(connection), mailbox);
}

std::unique_ptr<Owner> function_owner(std::shared_ptr<ConnectionHandle> connection,
                                      std::function<void(Event&&)> function) {
  return std::make_unique<FunctionOwner>(std::move(connection), std::move(function));
}

}  // namespace specter::api
