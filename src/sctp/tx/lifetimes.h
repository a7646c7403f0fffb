// When messages with a limited lifetime expire.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "sctp/tx/send_queue.h"

#include "specter/time.h"

namespace specter::sctp {

class Lifetimes {
 public:
  explicit Lifetimes(const SendQueue& queue) : queue_(queue) {}

  void add(Timestamp expires, MessageIndex message) {
    heap_.push({expires, message, queue_[message].generation});
    // Most messages arrive long before.
    if (heap_.size() > 2 * queue_.messages() + kFew) forget_ended();
  }
  bool has_expired(Timestamp now) const { return !heap_.empty() && heap_.top().expires <= now; }
  Deadline next() const { return heap_.empty() ? Deadline{} : Deadline{heap_.top().expires}; }
  // One that has expired, and is still in the queue; kNoMessage: none has.
  MessageIndex take_expired(Timestamp now) {
    while (has_expired(now)) {
      const Lifetime due = heap_.top();
      heap_.pop();
      if (!has_ended(due)) return due.message;
    }
    return kNoMessage;
  }

 private:
  static constexpr std::size_t kFew = 64;  // are kept though their messages have ended

  struct Lifetime {
    Timestamp expires;
    MessageIndex message;
    std::uint32_t generation;
    bool operator>(const Lifetime& other) const { return expires > other.expires; }
  };
  using Heap = std::priority_queue<Lifetime, std::vector<Lifetime>, std::greater<>>;

  bool has_ended(const Lifetime& lifetime) const {
    const OutgoingMessage& message = queue_[lifetime.message];
    return message.generation != lifetime.generation ||
           message.kind != OutgoingMessage::Kind::Message;
  }
  void forget_ended() {
    Heap left;
    for (; !heap_.empty(); heap_.pop())
      if (!has_ended(heap_.top())) left.push(heap_.top());
    heap_ = std::move(left);
  }

  const SendQueue& queue_;
  Heap heap_;
};

}  // namespace specter::sctp
