// A network address translator, as a filter of a Network: rewrites what leaves its inside hosts,
// and lets in what its kind allows. RFC 4787's words for the kinds.
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <utility>

#include "testing/network.h"

#include "specter/endpoint.h"

namespace specter::testing {

class Nat {
 public:
  enum class Mapping { EndpointIndependent, AddressAndPortDependent };
  enum class Filtering { EndpointIndependent, AddressDependent, AddressAndPortDependent };
  struct Options {
    Mapping mapping = Mapping::EndpointIndependent;
    Filtering filtering = Filtering::AddressAndPortDependent;
  };

  explicit Nat(IpAddress outside) : Nat(outside, Options{}) {}
  Nat(IpAddress outside, Options options) : outside_(outside), options_(options) {}

  void add_inside(IpAddress address) { inside_.insert(address); }
  // All mappings are forgotten: the next packet out gets a new port.
  void rebind() { by_inside_.clear(), by_port_.clear(); }

  // For Network::filter, with all NATs of the network: sources are rewritten on the way out, then
  // destinations on the way in. False: the datagram ends here.
  static bool translate(std::initializer_list<Nat*> nats, Flight& flight) {
    for (const Nat* nat : nats) {
      if (nat->is_inside(flight.from) && nat->is_inside(flight.to)) return true;
    }
    for (Nat* nat : nats) {
      if (nat->is_inside(flight.from)) {
        flight.from = nat->map(flight.from, flight.to);
        break;
      }
    }
    for (Nat* nat : nats) {
      if (flight.to.address == nat->outside_) return nat->admit(flight);
      // Private addresses are not routed from elsewhere.
      if (nat->is_inside(flight.to)) return false;
    }
    return true;
  }
  bool translate(Flight& flight) { return translate({this}, flight); }

 private:
  struct Entry {
    Endpoint inside;
    std::set<Endpoint> contacted{};
  };
  using Key = std::pair<Endpoint, Endpoint>;

  bool is_inside(const Endpoint& endpoint) const { return inside_.contains(endpoint.address); }
  Endpoint map(const Endpoint& inside, const Endpoint& remote) {
    const bool dependent = options_.mapping == Mapping::AddressAndPortDependent;
    const auto [at, is_new] =
        by_inside_.try_emplace(Key{inside, dependent ? remote : Endpoint{}}, next_port_);
    if (is_new) by_port_[next_port_++].inside = inside;
    by_port_[at->second].contacted.insert(remote);
    return {outside_, at->second};
  }
  bool admit(Flight& flight) {
    const auto entry = by_port_.find(flight.to.port);
    if (entry == by_port_.end()) return false;
    bool allowed = options_.filtering == Filtering::EndpointIndependent;
    for (const Endpoint& contacted : entry->second.contacted) {
      if (options_.filtering == Filtering::AddressDependent)
        allowed = allowed || contacted.address == flight.from.address;
      else
        allowed = allowed || contacted == flight.from;
    }
    flight.to = entry->second.inside;
    return allowed;
  }

  IpAddress outside_;
  Options options_;
  std::set<IpAddress> inside_;
  std::map<Key, std::uint16_t> by_inside_;
  std::map<std::uint16_t, Entry> by_port_;
  std::uint16_t next_port_ = 40'000;
};

}  // namespace specter::testing
