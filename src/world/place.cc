#include "world/place.h"

#include <algorithm>

#include "world/attacker.h"
#include "world/lines.h"

namespace specter::world {
namespace {

using namespace std::chrono_literals;
using simulation::Nat;

constexpr Duration kLatency = 10ms;
constexpr std::uint16_t kFirstPort = 50'000;

constexpr IpAddress kNeighbour = IpAddress::v4({192, 168, 7, 7});

Nat::Options options_of(const Step* step) {
  if (!step) return {};
  return {.mapping = static_cast<Nat::Depends>(step->a),
          .filtering = static_cast<Nat::Depends>(step->b),
          .hairpins = (step->c & 1) != 0,
          .keeps_ports = (step->c & 2) != 0,
          .lifetime = std::chrono::seconds(std::max<std::int64_t>(step->c >> 2, 10))};
}

IpAddress v4(std::uint8_t a, std::uint8_t b, std::size_t c, std::size_t d) {
  return IpAddress::v4({a, b, static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(d)});
}

IpAddress v6(Side side) {
  return IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, static_cast<std::uint8_t>(index(side)), 0, 0, 0, 0,
                        0, 0, 0, 0, 0, 1});
}

IpAddress turn_v6(std::size_t server) {
  return IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                        static_cast<std::uint8_t>(server + 1)});
}

class Builder {
 public:
  Builder(const Plan& plan, simulation::Internet& internet) : plan_(plan), internet_(internet) {}

  Place build() {
    for (const Side side : {Side::A, Side::B}) {
      const Step* const latency = plan_.find(Kind::Latency, side);
      const auto host =
          internet_.add_host(latency ? std::chrono::milliseconds(latency->a) : kLatency);
      narrow(plan_, side, internet_.up(host).conditions(), internet_.down(host).conditions());
    }
    internet_.add_host(5ms);
    internet_.add_host(5ms);
    place_.stun_server = {v4(198, 51, 100, 1), 3478};
    internet_.add_interface(Place::kStunServer, place_.stun_server.address);
    internet_.add_interface(Place::kAttacker, Attacker::kAddress);
    if (plan_.has(Kind::Relay)) add_turn_servers();
    for (const Side side : {Side::A, Side::B}) stand(side);
    return std::move(place_);
  }

 private:
  void add_turn_servers() {
    constexpr std::uint16_t kPort = 3478;
    for (const std::size_t i : {0u, 1u}) {
      const auto host = internet_.add_host(5ms);
      auto& endpoints = place_.turn_servers[i];
      endpoints.push_back({v4(198, 51, 100, 11 + i), kPort});
      if (plan_.has(Kind::Ipv6Only)) endpoints.push_back({turn_v6(i), kPort});
      for (const Endpoint& endpoint : endpoints) internet_.add_interface(host, endpoint.address);
    }
  }

  void stand(Side side) {
    const Step* const dead = plan_.find(Kind::DeadAddresses, side);
    // A driver tells the address of the default route first, or nearly so; where all pairs have a
    // place the order is no matter.
    constexpr std::size_t kMostPairs = 100, kOthers = 3;
    const Step* const others = plan_.find(Kind::DeadAddresses, other(side));
    const std::size_t count = dead ? static_cast<std::size_t>(dead->a) : 0;
    const std::size_t there = others ? static_cast<std::size_t>(others->a) : 0;
    const bool may_be_before = (count + kOthers) * (there + kOthers) <= kMostPairs;
    const std::size_t before = dead && dead->b == 0 && may_be_before ? count : 0;
    add_dead(side, 0, before);
    if (!plan_.has(Kind::Ipv6Only, side)) add_first(side);
    add_dead(side, before, count);
    add_ipv6(side);
    if (!plan_.has(Kind::Ipv6Only, side)) add_second(side);
  }

  void add(Side side, IpAddress address, std::optional<simulation::RouterId> router) {
    auto& endpoints = place_.of[index(side)].endpoints;
    internet_.add_interface(static_cast<simulation::HostId>(side), address, router);
    endpoints.push_back({address, static_cast<std::uint16_t>(kFirstPort + endpoints.size())});
  }

  // Bridges of containers: the same addresses everywhere.
  void add_dead(Side side, std::size_t from, std::size_t to) {
    auto& endpoints = place_.of[index(side)].endpoints;
    for (std::size_t i = from; i < to; ++i) {
      const IpAddress address = v4(172, 17, i, 1);
      internet_.add_dead_interface(static_cast<simulation::HostId>(side), address);
      endpoints.push_back({address, static_cast<std::uint16_t>(kFirstPort + endpoints.size())});
    }
  }

  void add_first(Side side) {
    Place::Standing& standing = place_.of[index(side)];
    standing.interface.fill(standing.endpoints.size());
    const Step* const nat = plan_.find(Kind::Nat, side);
    if (plan_.has(Kind::SameRouter)) {
      if (!shared_router_) shared_router_ = add_router(side, nat);
      standing.router = shared_router_;
      return add(side, v4(192, 168, 1, 10 + index(side)), shared_router_);
    }
    if (nat) {
      standing.router = add_router(side, nat);
      return add(side, v4(192, 168, index(side), 10), standing.router);
    }
    standing.router = carrier(side);
    add(side, standing.router ? v4(100, 64, 0, 11 + index(side)) : v4(192, 0, 2, 1 + index(side)),
        standing.router);
  }

  simulation::RouterId add_router(Side side, const Step* nat) {
    const auto behind = carrier(side);
    const auto last = 1 + index(side);
    return internet_.add_router(
        {behind ? v4(100, 64, 0, last) : v4(203, 0, 113, last), options_of(nat)}, behind);
  }

  std::optional<simulation::RouterId> carrier(Side side) {
    const Step* const step = plan_.find(Kind::CarrierNat, side);
    if (!step) return std::nullopt;
    if (!carrier_ || !plan_.has(Kind::SameCarrier))
      carrier_ = internet_.add_router({v4(203, 0, 113, 201 + index(side)), options_of(step)});
    return carrier_;
  }

  // Where one side has nothing else the other has it too.
  void add_ipv6(Side side) {
    const Step* const only = plan_.find(Kind::Ipv6Only, side);
    const Step* const step = only ? only : plan_.find(Kind::Ipv6, side);
    if (!step && !plan_.has(Kind::Ipv6Only)) return;
    std::optional<simulation::RouterId> firewall;
    if (step && step->a == 1)
      firewall = internet_.add_router({v6(side), {.translates = false, .lifetime = 2min}});
    if (only) place_.of[index(side)].interface.fill(place_.of[index(side)].endpoints.size());
    add(side, v6(side), firewall);
  }

  void add_second(Side side) {
    const Step* const step = plan_.find(Kind::SecondNetwork, side);
    if (!step) return;
    Place::Standing& standing = place_.of[index(side)];
    standing.interface[1] = standing.endpoints.size();
    standing.interfaces = 2;
    if (step->a == 0) return add(side, v4(198, 18, index(side), 7), {});
    add(side, v4(10, 66, index(side), 7),
        internet_.add_router({v4(203, 0, 113, 101 + index(side)), {}}));
  }

  const Plan& plan_;
  simulation::Internet& internet_;
  Place place_;
  std::optional<simulation::RouterId> shared_router_, carrier_;
};

}  // namespace

Place build(const Plan& plan, simulation::Internet& internet) {
  return Builder(plan, internet).build();
}

Endpoint another(const Endpoint& endpoint) {
  const Bytes octets = endpoint.address.octets();
  const auto port = static_cast<std::uint16_t>(endpoint.port + 1000);
  if (endpoint.address.is_v4())
    return {v4(octets[0], octets[1], octets[2], octets[3] + 100u), port};
  std::array<std::uint8_t, 16> other{};
  std::ranges::copy(octets, other.begin());
  ++other.back();
  return {IpAddress::v6(other), port};
}

IpAddress neighbour() { return kNeighbour; }

}  // namespace specter::world
