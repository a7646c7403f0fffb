// One request over UDP, sent until it is answered or given up. RFC 8489 §6.2.1.
//
//        start            answer
//   Idle ------> Waiting --------> Done
//                |  ^  |             ^
//         resend +--+  +-------------+ gave up
#pragma once

#include <optional>
#include <variant>

#include "base/machine.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::stun {

class ClientTransaction {
 public:
  using Transmit = Buffer;
  enum class Event { Answered, TimedOut };

  // RFC 8489 §6.2.1's names and values. `rc` and `rm` are at least 1.
  struct Schedule {
    Duration rto = std::chrono::milliseconds(500);  // to the second send; doubles with each
    int rc = 7;                                     // sends in all
    int rm = 16;                                    // after the last one, so many times rto
  };

  explicit ClientTransaction(Buffer request) : ClientTransaction(std::move(request), Schedule{}) {}
  ClientTransaction(Buffer request, Schedule schedule)
      : request_(std::move(request)), schedule_(schedule) {}
  ClientTransaction(const ClientTransaction&) = delete;
  ClientTransaction(ClientTransaction&&) = default;
  ClientTransaction& operator=(ClientTransaction&&) = default;

  void start(Timestamp now);  // the first send is due at once
  void cancel();              // no more sends and no event

  void handle_response();  // Answered, unless it is over
  void handle_timeout(Timestamp now);

  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  // When to send again or, once all are sent, to give up.
  WakeUp next_timeout() const;

  int sent() const { return sent_; }
  bool is_over() const { return std::holds_alternative<Done>(state_); }
  // Whether next_timeout() is a send, not the end.
  bool has_sends_left() const {
    return std::holds_alternative<Waiting>(state_) && sent_ < schedule_.rc;
  }

 private:
  struct Idle {};
  struct Waiting {
    Timestamp deadline;
    Duration interval;
  };
  struct Done {};

  void finish(Event event);

  Buffer request_;
  Schedule schedule_;
  int sent_ = 0;
  std::variant<Idle, Waiting, Done> state_;
  std::optional<Event> event_;
};

static_assert(Machine<ClientTransaction>);

}  // namespace specter::stun
