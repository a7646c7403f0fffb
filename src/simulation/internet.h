// Hosts with interfaces, routers before some of them, and one network in the middle that connects
// all: datagrams from any to any, in virtual time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "simulation/line.h"
#include "simulation/nat.h"

#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::simulation {

using HostId = std::uint8_t;
using RouterId = std::uint8_t;

// A datagram that has come to a host.
struct Arrival {
  HostId host;
  HostId sender;  // who sent it, whatever its source address says
  Endpoint local, remote;
  Buffer bytes;
};

// A datagram that was too large for a line, told to who sent it: ICMP.
struct TooLarge {
  HostId host;
  Endpoint local, remote;
  std::size_t most;  // bytes of UDP payload
};

class Internet {
 public:
  explicit Internet(std::uint64_t seed) : seed_(seed) {}

  // `latency`, both ways, is what lies between this host and the middle.
  HostId add_host(Duration latency);
  // Behind another, if need be: its outside address is one inside that one.
  RouterId add_router(Nat nat, std::optional<RouterId> behind = {});
  // Addresses that no router translates must be unique, or those are all unreachable.
  void add_interface(HostId host, IpAddress address, std::optional<RouterId> router = {});
  // It has its address and leads nowhere.
  void add_dead_interface(HostId host, IpAddress address);
  void set_interface_up(HostId host, const IpAddress& address, bool is_up);

  Line& up(HostId host) { return hosts_[host].up; }
  Line& down(HostId host) { return hosts_[host].down; }
  Nat& router(RouterId router) { return routers_[router].nat; }
  std::size_t routers() const { return routers_.size(); }
  // Nothing passes between these two, what else they reach is as before.
  void separate(HostId a, HostId b, bool are_separate);

  void send(Timestamp now, HostId host, const Endpoint& local, const Endpoint& remote, Bytes bytes,
            bool may_fragment);
  // From any address, past all routers' rules but for the last mapping, and past what lines do: so
  // nothing that others send fares otherwise for it. What an attacker does. `maker` is who the
  // receiver is told of.
  void forge(Timestamp now, HostId maker, const Endpoint& from, const Endpoint& to, Bytes bytes);

  // Keeps a copy of every datagram that a host sends, as it is beyond its router, for
  // take_overheard(): what somebody sees who sees everything.
  void overhear(bool everything) { overhears_ = everything; }
  struct Overheard {
    HostId sender;
    Endpoint from, to;
    Buffer bytes;
  };
  std::vector<Overheard> take_overheard() { return std::exchange(overheard_, {}); }

  std::optional<Arrival> receive(Timestamp now);
  std::optional<TooLarge> receive_too_large();
  bool has_too_large() const { return !told_too_large_.empty(); }
  Deadline next_arrival() const;
  // How many were too large for a line.
  std::uint64_t too_large() const { return too_large_count_; }

 private:
  struct Interface {
    IpAddress address;
    std::optional<RouterId> router;
    bool is_up = true;
    bool is_dead = false;
  };
  struct Router {
    Nat nat;
    std::optional<RouterId> behind;
  };
  struct HostState {
    HostState(std::uint64_t seed, Duration latency);
    Interface* find(const IpAddress& address);

    std::vector<Interface> interfaces;
    Line up, down;
  };
  struct Flight {
    Timestamp at;
    std::uint64_t order;  // equal times in the order of sending
    std::uint32_t slot;
    bool operator>(const Flight& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Carried {
    HostId sender = 0;
    std::optional<HostId> receiver{};  // once it is on this host's line
    Endpoint from, to;
    Endpoint sent_from, sent_to;        // as the sender named them, for ICMP
    std::optional<RouterId> network{};  // inside which router it is, on its way to the receiver
    std::uint64_t came_through = 0;     // a bit for each router
    bool may_fragment = false;
    bool is_forged = false;
    Buffer bytes{};
  };

  void put(Timestamp at, Carried carried);
  void put_all(const Line::Passage& passage, Carried carried);
  std::optional<Arrival> arrive(Timestamp now, Carried carried);
  bool fits(const Line& line, const Carried& carried);
  // As far out as it has to go.
  void leave(Timestamp now, Carried& carried);
  // Whose line leads to it, with its address behind the routers put in place.
  std::optional<HostId> route(Timestamp now, Carried& carried);
  std::optional<HostId> owner(const IpAddress& address, std::optional<RouterId> network) const;
  // In this network, before this address.
  std::optional<RouterId> router_before(const IpAddress& address,
                                        std::optional<RouterId> network) const;

  std::uint64_t seed_;
  std::deque<HostState> hosts_;
  std::deque<Router> routers_;
  std::vector<std::pair<HostId, HostId>> separated_;
  std::vector<Carried> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> on_the_way_;
  std::deque<TooLarge> told_too_large_;
  bool overhears_ = false;
  std::vector<Overheard> overheard_;
  std::uint64_t order_ = 0, too_large_count_ = 0;
};

}  // namespace specter::simulation
