// Sends messages back on the channel that they came on.
#pragma once

#include <optional>

#include "specter/specter.h"

namespace specter::cli {

// Holds one message at most: while the send buffer is full the owner takes no further message from
// its mailbox, whose bound then slows the peer down. So no flood makes the process grow.
class Echo {
 public:
  void take(event::Message message) {
    waiting_ = std::move(message);
    retry();
  }
  void retry() {
    if (waiting_ && !is_full(*waiting_)) waiting_.reset();
  }
  void drop() { waiting_.reset(); }
  bool waiting() const { return waiting_.has_value(); }

 private:
  // Any other error means that the channel ended, and nobody is there to hear the echo.
  static bool is_full(const event::Message& message) {
    const auto sent = message.kind == MessageKind::Text ? message.channel.send(message.text())
                                                        : message.channel.send(Bytes(message.data));
    return !sent && sent.error().code == ErrorCode::WouldBlock;
  }

  std::optional<event::Message> waiting_;
};

}  // namespace specter::cli
