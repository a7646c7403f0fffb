// The receiver of a connection's events, as the loop sees it: a mailbox or a callback.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "api/handles.h"

#include "specter/event.h"

namespace specter::api {

class MailboxState;

class Owner {
 public:
  virtual ~Owner() = default;
  virtual void tell(Event&& event) = 0;  // delivers an event
  virtual bool
  flush() = 0;  // at the end of a turn: delivers the batch; true: there is room for more
  virtual bool takes_messages() = 0;
  virtual bool takes_news() = 0;  // other events; results of calls are always delivered
  virtual bool is_told_at_once() const = 0;
};

std::unique_ptr<Owner> mailbox_owner(std::shared_ptr<ConnectionHandle> connection,
                                     const std::shared_ptr<MailboxState>& mailbox);

// If the callback throws, the exception is logged and the connection is closed, because the
// callback may have missed an event. Closed is still delivered.
std::unique_ptr<Owner> function_owner(std::shared_ptr<ConnectionHandle> connection,
                                      std::function<void(Event&&)> function);

}  // namespace specter::api
