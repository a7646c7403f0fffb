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
  // Bytes of events that wait, by charge(). A connection that has filled its share, or one that has
  // some while the whole is full, takes nothing more from its peer until half is free again. With
  // nothing waiting it may always put one turn's worth in, so nobody starves behind others.
  static constexpr std::size_t kMaxOfConnection = 4 << 20;
  static constexpr std::size_t kMaxOfAll = 64 << 20;
  // What an event costs: its own size, and the message that it carries.
  static std::size_t charge(const Event& event);

  MailboxState() = default;
  ~MailboxState();  // closes the connections whose owner it is: nobody would hear of them
  MailboxState(const MailboxState&) = delete;

  // ---- from the loops
  void join(const std::shared_ptr<ConnectionHandle>& connection);
  bool has_room(const ConnectionHandle& connection, std::size_t more) const;
  // All events of one connection, of `bytes` together. Without room afterwards, the connection is
  // woken when there is.
  void deliver(ConnectionHandle& connection, std::vector<Event>& events, std::size_t bytes);

  // ---- from the owner
  Result<Event> take(const std::function<bool(const Event&)>& accept, Duration timeout);
  std::size_t size() const;
  int native_handle();  // -1 when the system has no descriptor left

 private:
  class Receiving;

  bool may_resume(const ConnectionHandle& connection) const;
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

  std::deque<Event> kept_;  // the receiver's alone: what it has seen and not taken comes first
};

}  // namespace specter::api
