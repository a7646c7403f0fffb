// The queue behind the copies of a Mailbox. Event loops add events; one thread at a time receives
// them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "api/handles.h"
#include "api/mailbox_rings.h"

#include "specter/event.h"
#include "specter/time.h"

namespace specter::api {

class MailboxState {
 public:
  // Limits on the bytes of messages in the queue, with their overhead. A connection that reaches
  // its limit, or has messages in a full queue, reads no more messages until half of the limit is
  // free; other events are still delivered. A connection without messages in the queue may always
  // add those of one turn, so no connection starves.
  static constexpr std::size_t kMaxOfConnection = 4 << 20;
  static constexpr std::size_t kMaxOfAll = 64 << 20;
  // The limit on the bytes of other events of one connection that no receiver has seen yet; results
  // of calls do not count. Beyond it the connection's events are not polled until a receiver sees
  // them. Events that a receiver has seen and left do not count, so they never hold up the event it
  // waits for.
  static constexpr std::size_t kMaxUnseenNews = 1 << 20;
  // The limit on the bytes of frames and RTP packets in the queue, those of a track's EventRing
  // aside: beyond it a connection that adds more has the newest of each of its tracks alone.
  static constexpr std::size_t kMaxMedia = 64 << 20;
  // The initial limit on the bytes of events that were seen and left. Beyond it, events of channels
  // that the peer opened and closed unread are dropped; the number of open channels is limited
  // anyway.
  static constexpr std::size_t kMaxLeftNews = 16 << 20;

  // What an event counts, in bytes. Results of calls count 0: the calls limit their number.
  // BufferedAmountLow counts 0: there is at most one per channel. Events of tracks count 0: they
  // are in rings, and KeyFrameWanted is there at most once per encoding.
  struct Charge {
    std::size_t message = 0;
    std::size_t news = 0;
    Charge& operator+=(const Charge& more) {
      message += more.message;
      news += more.news;
      return *this;
    }
  };
  static Charge charge(const Event& event);

  MailboxState() = default;
  ~MailboxState();  // closes the connections that deliver to it
  MailboxState(const MailboxState&) = delete;

  // ---- from the loops
  void join(const std::shared_ptr<ConnectionHandle>& connection);
  // Whether there is room for messages, and for other events, if `more` bytes are on their way
  // already.
  bool has_room(const ConnectionHandle& connection, std::size_t more) const;
  bool has_room_for_news(const ConnectionHandle& connection, std::size_t more) const;
  // Adds events of one connection, which count `bytes`. If the queue is full afterwards, the
  // connection is woken when there is room.
  void deliver(ConnectionHandle& connection, std::vector<Event>& events, const Charge& bytes);

  // ---- from the application
  Result<Event> take(const std::function<bool(const Event&)>& accept, Duration timeout);
  std::size_t size() const;
  int native_handle();  // -1 when the system has no descriptor left

 private:
  class Receiving;

  using Connections = std::vector<std::shared_ptr<ConnectionHandle>>;

  bool may_resume(const ConnectionHandle& connection) const;
  Connections take_resumable();                                  // `mutex_` is held
  Connections take_stuck();                                      // `mutex_` is held
  std::size_t see_incoming(Connections& out, Dropped& dropped);  // `mutex_` is held
  std::size_t drop_untold_channels(std::size_t seen);
  Event remove(std::size_t index);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> incoming_;
  std::size_t count_ = 0;  // incoming_ and kept_
  std::atomic<std::size_t> total_bytes_ = 0;
  std::size_t media_bytes_ = 0;  // of frames and RTP packets, incoming_ and kept_
  std::vector<std::weak_ptr<ConnectionHandle>> paused_;
  std::vector<std::weak_ptr<ConnectionHandle>> connections_;
  std::size_t prune_at_ = 64;  // the size of connections_ at which dead ones are removed
  bool is_receiving_ = false;
  int event_descriptor_ = -1;  // made on demand

  // Used by the receiving thread only. Events that were seen and left; they come before incoming_.
  std::deque<Event> kept_;
  std::size_t kept_news_bytes_ = 0;
  std::size_t drop_at_ = kMaxLeftNews;
};

}  // namespace specter::api
