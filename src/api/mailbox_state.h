// The queue behind the copies of a Mailbox. Loops put events in; one thread at a time takes them
// out.
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

#include "specter/event.h"
#include "specter/time.h"

namespace specter::api {

class MailboxState {
 public:
  // Bytes of messages that wait, with what holds them. A connection that has filled its share, or
  // one that has some while the whole is full, takes no more messages from its peer until half is
  // free again; all else comes. With nothing waiting it may always put one turn's worth in, so
  // nobody starves behind others.
  static constexpr std::size_t kMaxOfConnection = 4 << 20;
  static constexpr std::size_t kMaxOfAll = 64 << 20;
  // Bytes of other events of one connection that nobody asked for and no receiver has looked at
  // yet: past it the connection tells nothing until somebody looks. What a receiver looked at and
  // left counts no more, so that it never stops what that receiver waits for.
  static constexpr std::size_t kMaxUnseenNews = 1 << 20;
  // Bytes of those that were left, at first. Past it the news of channels of the peer's that came
  // and went with nobody reading of them are dropped; of those that live there is a bound already.
  static constexpr std::size_t kMaxLeftNews = 16 << 20;

  // What an event costs. Answers cost nothing: their number is that of the owner's calls. Nor does
  // BufferedAmountLow: one waits for a channel at most.
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
  ~MailboxState();  // closes the connections whose owner it is: nobody would hear of them
  MailboxState(const MailboxState&) = delete;

  // ---- from the loops
  void join(const std::shared_ptr<ConnectionHandle>& connection);
  // For more messages, and for more of anything, when `more` is on its way.
  bool has_room(const ConnectionHandle& connection, std::size_t more) const;
  bool has_room_for_news(const ConnectionHandle& connection, std::size_t more) const;
  // All events of one connection, of `bytes` together. Without room afterwards, the connection is
  // woken when there is.
  void deliver(ConnectionHandle& connection, std::vector<Event>& events, const Charge& bytes);

  // ---- from the owner
  Result<Event> take(const std::function<bool(const Event&)>& accept, Duration timeout);
  std::size_t size() const;
  int native_handle();  // -1 when the system has no descriptor left

 private:
  class Receiving;

  using Connections = std::vector<std::shared_ptr<ConnectionHandle>>;

  bool may_resume(const ConnectionHandle& connection) const;
  Connections take_resumable();         // `mutex_` is held
  Connections take_stuck();             // `mutex_` is held
  void see_incoming(Connections& out);  // `mutex_` is held
  std::size_t drop_untold_channels(std::size_t seen);
  Event remove(std::size_t index);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> incoming_;
  std::size_t count_ = 0;  // incoming_ and kept_
  std::atomic<std::size_t> total_bytes_ = 0;
  std::vector<std::weak_ptr<ConnectionHandle>> paused_;
  std::vector<std::weak_ptr<ConnectionHandle>> connections_;
  std::size_t prune_at_ = 64;  // connections_ that are gone are forgotten when so many stand there
  bool is_receiving_ = false;
  int event_descriptor_ = -1;  // made when somebody asks for it

  // The receiver's alone. What it has seen and not taken comes first.
  std::deque<Event> kept_;
  std::size_t kept_news_bytes_ = 0;
  std::size_t drop_at_ = kMaxLeftNews;
};

}  // namespace specter::api
