// Two machines that talk to each other in packets without addresses (DTLS, SCTP, data channels),
// over a simulated path, in virtual time.
#pragma once

#include <functional>
#include <stdexcept>
#include <vector>

#include "base/machine.h"
#include "simulation/link.h"

#include "specter/bytes.h"

namespace specter::testing {

using namespace std::chrono_literals;

template <class M>
concept PacketMachine = Machine<M> && std::same_as<typename M::Transmit, Buffer>;

template <PacketMachine M>
class Pair {
 public:
  using Event = typename M::Event;

  Pair(M& a, M& b, simulation::LinkOptions options = {})
      : a_(a), b_(b), to_b_(options), to_a_([&] {
          simulation::LinkOptions other = options;
          other.seed = ~options.seed;
          return other;
        }()) {}

  Timestamp now() const { return now_; }

  // Lets `time` pass. Events are gathered in events_a and events_b.
  void run_for(Duration time) {
    const Timestamp end = now_ + time;
    run_until([] { return false; }, time);
    now_ = end;
  }

  // Until `done` holds, for `limit` at most. True when it holds.
  bool run_until(const std::function<bool()>& done, Duration limit) {
    const Timestamp end = now_ + limit;
    settle();
    while (!done()) {
      const Deadline next =
          soonest(a_.next_timeout(), b_.next_timeout(), to_a_.next_arrival(), to_b_.next_arrival());
      if (!next || *next > end) {
        now_ = end;
        return false;
      }
      if (*next > now_) now_ = *next;
      while (auto packet = to_a_.receive(now_)) deliver(a_, *packet);
      while (auto packet = to_b_.receive(now_)) deliver(b_, *packet);
      if (due(a_)) a_.handle_timeout(now_);
      if (due(b_)) b_.handle_timeout(now_);
      settle();
      watch_for_spinning();
    }
    return true;
  }

  // Drains both, as a driver does after an input.
  void settle() {
    for (bool busy = true; busy;) {
      busy = drain(a_, events_a, to_b_, true);
      busy = drain(b_, events_b, to_a_, false) || busy;
    }
  }

  simulation::Link<Buffer>& to_a() { return to_a_; }
  simulation::Link<Buffer>& to_b() { return to_b_; }

  std::vector<Event> events_a, events_b;
  // Sees every packet before the path does; false: it is lost.
  std::function<bool(bool from_a, Buffer& packet)> filter;

 private:
  void deliver(M& machine, Bytes packet) {
    if constexpr (requires { machine.handle_packet(now_, packet); })
      machine.handle_packet(now_, packet);
    else
      machine.handle_datagram(now_, packet);
    settle();
  }
  bool due(const M& machine) const {
    const Deadline next = machine.next_timeout();
    return next && *next <= now_;
  }
  bool drain(M& machine, std::vector<Event>& events, simulation::Link<Buffer>& link, bool from_a) {
    bool busy = false;
    while (auto event = machine.poll_event()) {
      events.push_back(std::move(*event));
      busy = true;
    }
    while (auto packet = machine.poll_transmit(now_)) {
      busy = true;
      if (!filter || filter(from_a, *packet)) link.send(now_, *packet);
    }
    return busy;
  }
  // After handle_timeout(now) and a drain, next_timeout() is later than now: else a driver would
  // spin.
  void watch_for_spinning() {
    if (due(a_) || due(b_))
      throw std::logic_error("a machine's timeout is not later than now after a drain");
  }

  M& a_;
  M& b_;
  simulation::Link<Buffer> to_b_;
  simulation::Link<Buffer> to_a_;
  Timestamp now_ = simulation::kStart;
};

}  // namespace specter::testing
