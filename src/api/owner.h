// Who hears of a connection, as its loop sees it: a mailbox or a function.
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
  virtual void tell(Event&& event) = 0;
  virtual bool flush() = 0;  // at the end of a turn; what takes_messages() and takes_news() say now
  virtual bool takes_messages() = 0;
  virtual bool takes_news() = 0;  // anything else that the core tells; answers are told always
  virtual bool is_told_at_once() const = 0;
};

std::unique_ptr<Owner> mailbox_owner(std::shared_ptr<ConnectionHandle> connection,
                                     const std::shared_ptr<MailboxState>& mailbox);

// An exception that the function lets out is logged, and the connection is closed: the function
// can't be trusted to know what it missed. It still hears the end.
std::unique_ptr<Owner> function_owner(std::shared_ptr<ConnectionHandle> connection,
                                      std::function<void(Event&&)> function);

}  // namespace specter::api
