// A network address translator, or a firewall with a memory. RFC 4787's words for the kinds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::simulation {

class Nat {
 public:
  // Upon what of the remote endpoint a mapping, or whether a datagram may come in, depends:
  // RFC 4787 §4.1, §5.
  enum class Depends : std::uint8_t { OnNothing, OnAddress, OnAddressAndPort };
  struct Options {
    Depends mapping = Depends::OnNothing;
    Depends filtering = Depends::OnAddressAndPort;
    bool hairpins = false;     // RFC 4787 §6: inside hosts reach each other by outside addresses
    bool keeps_ports = false;  // §4.2.1: the inside port where it is free
    bool translates = true;    // false: a firewall; `outside` has no meaning then
    Duration lifetime = std::chrono::minutes(5);  // §4.3: of a mapping, from the last datagram out
  };

  Nat(IpAddress outside, Options options) : outside_(outside), options_(options) {}

  // A datagram goes out: whom it comes from, as the world sees it.
  Endpoint send(Timestamp now, const Endpoint& inside, const Endpoint& remote);
  // A datagram comes in for `local`, an outside endpoint: who gets it; nobody when it is not let
  // in.
  std::optional<Endpoint> receive(Timestamp now, const Endpoint& local, const Endpoint& remote);

  // All mappings are forgotten, and new ones get other ports.
  void rebind();
  // RFC 4787 §4.2.1, port overloading: another host inside gets the outside ports of all mappings
  // of `inside`, which gets others.
  void give_away(const IpAddress& inside, const IpAddress& to);

  const IpAddress& outside() const { return outside_; }
  const Options& options() const { return options_; }

 private:
  struct Mapping {
    Endpoint inside;
    Timestamp used{};                           // by a datagram out
    std::map<Endpoint, Timestamp> contacted{};  // by it, and when last
  };
  using Key = std::pair<Endpoint, Endpoint>;

  static Endpoint part(Depends depends, const Endpoint& remote);
  Key key(const Endpoint& inside, const Endpoint& remote) const {
    return {inside, part(options_.mapping, remote)};
  }
  bool is_alive(const Mapping& mapping, Timestamp now) const {
    return now - mapping.used <= options_.lifetime;
  }
  std::uint16_t free_port(Timestamp now, std::uint16_t inside_port);

  IpAddress outside_;
  Options options_;
  std::map<Key, Endpoint> outside_by_key_;
  std::map<Endpoint, Mapping> by_outside_;
  std::uint16_t next_port_ = 40'000;
};

}  // namespace specter::simulation
