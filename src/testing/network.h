// A simulated network of hosts with addresses, in virtual time.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <vector>

#include "simulation/link.h"

#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::testing {

using namespace std::chrono_literals;

// What stands on the network: a machine with addresses, wrapped so that its events are drained too.
class Host {
 public:
  virtual ~Host() = default;
  virtual void handle_datagram(Timestamp now, const DatagramView& datagram) = 0;
  virtual void handle_timeout(Timestamp now) = 0;
  virtual std::optional<Transmit> poll_transmit(Timestamp now) = 0;
  virtual bool drain_events(Timestamp now) = 0;  // true when there was one
  virtual Deadline next_timeout() const = 0;
};

// One datagram as it went over the network, for traces.
struct Flight {
  Timestamp sent;
  Endpoint from;
  Endpoint to;
  Buffer bytes;

  bool operator==(const Flight&) const = default;
};

class Network {
 public:
  explicit Network(simulation::LinkOptions options = {}) : link_(options) {}

  // Datagrams to `address`, whatever the port, go to `host`.
  void attach(Host& host, IpAddress address) {
    hosts_by_address_[address] = &host;
    for (const Host* known : hosts_) {
      if (known == &host) return;
    }
    hosts_.push_back(&host);
  }
  void detach(IpAddress address) { hosts_by_address_.erase(address); }

  Timestamp now() const { return now_; }

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
      Deadline next = link_.next_arrival();
      for (const Host* host : hosts_) next = soonest(next, host->next_timeout());
      if (!next || *next > end) {
        now_ = end;
        return false;
      }
      if (*next > now_) now_ = *next;
      while (auto flight = link_.receive(now_)) deliver(*flight);
      for (Host* host : hosts_) {
        if (due(*host)) host->handle_timeout(now_);
      }
      settle();
      for (const Host* host : hosts_) {
        if (due(*host))
          throw std::logic_error("a host's timeout is not later than now after a drain");
      }
    }
    return true;
  }

  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (Host* host : hosts_) {
        while (host->drain_events(now_)) busy = true;
        while (auto transmit = host->poll_transmit(now_)) {
          busy = true;
          send(*transmit);
        }
      }
    }
  }

  // Puts a datagram on the network that no host sent: what an attacker does.
  void inject(const Endpoint& from, const Endpoint& to, Bytes bytes) {
    link_.send(now_, Flight{now_, from, to, Buffer(bytes.begin(), bytes.end())});
  }

  simulation::Link<Flight>& link() { return link_; }

  // Sees every datagram before the path does; false: it is lost.
  std::function<bool(Flight& flight)> filter;

 private:
  static bool due_at(Deadline deadline, Timestamp now) { return deadline && *deadline <= now; }
  bool due(const Host& host) const { return due_at(host.next_timeout(), now_); }

  void send(const Transmit& transmit) {
    const std::size_t step = transmit.segment_size ? transmit.segment_size : transmit.bytes.size();
    for (std::size_t at = 0; at < transmit.bytes.size(); at += step) {
      const Bytes bytes =
          Bytes(transmit.bytes).subspan(at, std::min(step, transmit.bytes.size() - at));
      Flight flight{now_, transmit.local, transmit.remote, Buffer(bytes.begin(), bytes.end())};
      if (!filter || filter(flight)) link_.send(now_, flight);
    }
  }
  void deliver(const Flight& flight) {
    const auto host = hosts_by_address_.find(flight.to.address);
    if (host == hosts_by_address_.end()) return;
    host->second->handle_datagram(now_, DatagramView{flight.to, flight.from, flight.bytes});
    settle();
  }

  simulation::Link<Flight> link_;
  std::map<IpAddress, Host*> hosts_by_address_;
  std::vector<Host*> hosts_;
  Timestamp now_ = simulation::kStart;
};

}  // namespace specter::testing
