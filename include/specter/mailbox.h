/// @file
/// A queue that events are received from, with timeouts.
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

/// A queue of events, shared by any number of connections. Its receiving calls block until there is
/// an event, at most for their timeout. All calls of connections and channels are non-blocking.
///
/// A copy is the same mailbox. When the last copy is destroyed, the connections that deliver to it
/// are closed.
///
/// Backpressure: if the messages in the mailbox exceed a limit (4 MiB of one connection, 64 MiB of
/// all), a connection stops reading messages from the network and its peer has to wait. Other
/// events are still delivered, except those that follow a message on its channel.
///
/// Frames and RTP packets never wait: past 256 events or 8 MiB of one track (64 MiB of all), the
/// oldest of them are dropped and counted, and a key frame is requested. They do not count in the
/// limits above.
///
/// Selective receiving: events of other types stay in the queue, in their order, and do not hold up
/// the event you wait for. Unread messages do, past the limit above; a log line then says so. At
/// most one BufferedAmountLow per channel is queued. Events of a channel that the peer opened and
/// closed again may be dropped if none of them was read.
///
/// Thread: any. One thread receives at a time; others wait for their turn, within their timeout.
class SPECTER_EXPORT Mailbox {
 public:
  /// An empty mailbox.
  Mailbox();

  /// Removes and returns the oldest event. Blocks until there is one. Error: Timeout.
  Result<Event> next(Duration timeout);

  /// Removes and returns the oldest event of type E. Other events stay, as with Erlang's receive.
  /// Blocks until there is one. Error: Timeout.
  template <class E>
  Result<E> receive(Duration timeout) {
    return pick<E>([](const E&) { return true; }, nullptr, timeout);
  }
  /// The same for one connection. If E is the result of a call and that call failed, the
  /// OperationFailed event is removed and its error is returned. Errors: Timeout; that of the
  /// failed call.
  template <class E>
  Result<E> receive(const PeerConnection& connection, Duration timeout) {
    return pick<E>([&](const E& e) { return e.connection == connection; }, &connection, timeout);
  }
  /// Removes and returns the oldest event of type E for which `accept(event)` is true. Blocks until
  /// there is one. Error: Timeout.
  template <class E, class Accept>
  Result<E> receive_if(Accept accept, Duration timeout) {
    return pick<E>(accept, nullptr, timeout);
  }

  /// Removes and returns the oldest event, of any type, for which `accept(event)` is true. Blocks
  /// until there is one. Error: Timeout.
  template <class Accept>
  Result<Event> next_if(Accept accept, Duration timeout) {
    return take([&](const Event& event) { return static_cast<bool>(accept(event)); }, timeout);
  }

  /// The number of events in the queue.
  std::size_t size() const;

  /// A file descriptor that is readable while there are events: for poll(2), epoll and event loops.
  /// The mailbox owns it. -1 if the system has no descriptor left.
  int native_handle() const;

  /// For the library itself.
  const std::shared_ptr<api::MailboxState>& state() const { return state_; }

 private:
  // Removes the first event for which `accept` is true, and blocks until there is one.
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
      case Operation::AddTrack: return std::is_same_v<E, event::TrackAdded>;
      case Operation::AddTransceiver: return std::is_same_v<E, event::TransceiverAdded>;
      case Operation::ReplaceTrack: return std::is_same_v<E, event::TrackReplaced>;
      case Operation::SetSendParameters: return std::is_same_v<E, event::SendParametersSet>;
      case Operation::Send:
      case Operation::RemoveTrack:
      case Operation::SetDirection:
      case Operation::SetStreams:
      case Operation::SetCodecPreferences:
      case Operation::StopTransceiver:
      case Operation::SetDelivery:
      case Operation::RequestKeyFrame:
      case Operation::WriteSample:
      case Operation::WriteRtp: return false;
    }
    return false;
  }

  std::shared_ptr<api::MailboxState> state_;
};

}  // namespace specter
