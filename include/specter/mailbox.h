// Where an owner's events arrive.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "specter/event.h"
#include "specter/export.h"
#include "specter/result.h"
#include "specter/time.h"

namespace specter {

namespace api {
class MailboxState;
}

// A queue of events that any number of connections may share. Its calls are the only ones in the
// library that wait, and each takes a timeout. An owner that does not receive slows its peers down:
// past a bound on waiting message bytes, a connection stops taking messages from the network, and
// its peer's window closes; all other events still come, but for what follows a message on its
// channel. Whoever receives some types of events alone may leave the others for as long as he
// likes: nothing that he waits for is ever behind them, unless they are messages (a log line then
// says so). Of BufferedAmountLow one waits for a channel at most. What the peer opened and closed
// again, all of it unread, may be forgotten. Receive from one thread at a time (others wait for
// their turn, within their timeout); a copy is the same mailbox. When the last copy is gone, the
// connections that it owned are closed.
class SPECTER_EXPORT Mailbox {
 public:
  Mailbox();

  // The oldest event. Error: Timeout.
  Result<Event> next(Duration timeout);

  // The oldest event of type E (of that connection); the others stay, in their order, as with
  // Erlang's receive. Errors: Timeout; and, when an OperationFailed of that connection is what came
  // instead of the answer E to a call, its error: that event is then taken.
  template <class E>
  Result<E> receive(Duration timeout) {
    return pick<E>([](const E&) { return true; }, nullptr, timeout);
  }
  template <class E>
  Result<E> receive(const PeerConnection& connection, Duration timeout) {
    return pick<E>([&](const E& e) { return e.connection == connection; }, &connection, timeout);
  }
  // The oldest event of type E for which `accept` holds.
  template <class E, class Accept>
  Result<E> receive_if(Accept accept, Duration timeout) {
    return pick<E>(accept, nullptr, timeout);
  }

  // The oldest event for which `accept` holds, of any type; the others stay. Error: Timeout.
  template <class Accept>
  Result<Event> next_if(Accept accept, Duration timeout) {
    return take([&](const Event& event) { return static_cast<bool>(accept(event)); }, timeout);
  }

  std::size_t size() const;

  // A descriptor that is readable while events wait, for a poll loop; owned by the mailbox. -1 when
  // the system has none left.
  int native_handle() const;

  const std::shared_ptr<api::MailboxState>& state() const {
    return state_;
  }  // for the library itself

 private:
  // Takes the first event for which `accept` holds, waiting for it; see receive().
  Result<Event> take(const std::function<bool(const Event&)>& accept, Duration timeout);

  template <class E, class Accept>
  Result<E> pick(Accept accept, const PeerConnection* connection, Duration timeout) {
    auto found = take(
        [&](const Event& event) {
          if (const auto* e = std::get_if<E>(&event)) return static_cast<bool>(accept(*e));
          const auto* failed = std::get_if<event::OperationFailed>(&event);
          return failed && connection && failed->connection == *connection &&
                 answers<E>(failed->operation);
        },
        timeout);
    if (!found) return fail(std::move(found).error());
    if (auto* failed = std::get_if<event::OperationFailed>(&*found);
        failed && !std::is_same_v<E, event::OperationFailed>) {
      return fail(std::move(failed->error));
    }
    return std::get<E>(std::move(*found));
  }

  template <class E>
  static constexpr bool answers(Operation operation) {
    switch (operation) {
      case Operation::CreateDataChannel: return std::is_same_v<E, event::DataChannelCreated>;
      case Operation::CreateOffer: return std::is_same_v<E, event::Offer>;
      case Operation::CreateAnswer: return std::is_same_v<E, event::Answer>;
      case Operation::SetLocalDescription: return std::is_same_v<E, event::LocalDescriptionSet>;
      case Operation::SetRemoteDescription: return std::is_same_v<E, event::RemoteDescriptionSet>;
      case Operation::AddIceCandidate: return std::is_same_v<E, event::IceCandidateAdded>;
      case Operation::Start: return std::is_same_v<E, event::Ready>;
      case Operation::Send: return false;
    }
    return false;
  }

  std::shared_ptr<api::MailboxState> state_;
};

}  // namespace specter
