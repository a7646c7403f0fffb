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
  virtual void handle_datagram(Timestamp now, const Datagram& datagram) = 0;
  virtual void handle_timeout(Timestamp now) = 0;
  virtual std::optional<Transmit> poll_transmit(Timestamp now) = 0;
  virtual bool drain_events(Timestamp now) = 0;  // true when there was one
  // What its socket, or an ICMP message, says of a datagram that was too large.
  virtual void handle_too_large(Timestamp, const Endpoint& /*local*/, const Endpoint& /*remote*/,
                                std::size_t /*most*/) {}
  virtual Deadline next_timeout() const = 0;
};

// One datagram as it went over the network, for traces.
struct Flight {
  Timestamp sent;
  Endpoint from;
  Endpoint to;
  Buffer bytes;
  bool may_fragment = false;

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

  // The largest IP packet that the path carries. A larger one is lost, or goes in fragments when it
  // may and routers do that (IPv4); whoever sent it hears of it when there is ICMP.
  struct Mtu {
    std::size_t bytes = 65'535;
    bool icmp = false;
    bool fragments = true;
  };
  void set_mtu(Mtu mtu) { mtu_ = mtu; }
  const Mtu& mtu() const { return mtu_; }
  std::uint64_t too_large() const { return too_large_; }    // lost for their size
  std::uint64_t fragmented() const { return fragmented_; }  // carried in fragments

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
      Flight flight{now_, transmit.path.local, transmit.path.remote,
                    Buffer(bytes.begin(), bytes.end()), transmit.may_fragment};
      if ((!filter || filter(flight)) && fits(flight)) link_.send(now_, flight);
    }
  }
  bool fits(const Flight& flight) {
    const bool is_v4 = flight.from.address.is_v4();
    const std::size_t headers = (is_v4 ? 20 : 40) + 8;
    if (flight.bytes.size() + headers <= mtu_.bytes) return true;
    if (flight.may_fragment && is_v4 && mtu_.fragments) {
      ++fragmented_;
      return true;
    }
    ++too_large_;
    const auto host = hosts_by_address_.find(flight.from.address);
    if (mtu_.icmp && host != hosts_by_address_.end())
      host->second->handle_too_large(now_, flight.from, flight.to, mtu_.bytes - headers);
    return false;
  }
  void deliver(Flight& flight) {
    const auto host = hosts_by_address_.find(flight.to.address);
    if (host == hosts_by_address_.end()) return;
    host->second->handle_datagram(now_, Datagram{{flight.to, flight.from}, flight.bytes});
    settle();
  }

  simulation::Link<Flight> link_;
  std::map<IpAddress, Host*> hosts_by_address_;
  std::vector<Host*> hosts_;
  Mtu mtu_;
  std::uint64_t too_large_ = 0, fragmented_ = 0;
  Timestamp now_ = simulation::kStart;
};

}  // namespace specter::testing
