#include "simulation/internet.h"

#include <algorithm>
#include <utility>

namespace specter::simulation {
namespace {

std::size_t headers_of(const IpAddress& address) { return (address.is_v4() ? 20 : 40) + 8; }

}  // namespace

Internet::HostState::HostState(std::uint64_t seed, Duration latency) : up(seed), down(~seed) {
  up.conditions().latency = down.conditions().latency = latency;
}

Internet::Interface* Internet::HostState::find(const IpAddress& address) {
  for (Interface& each : interfaces) {
    if (each.address == address) return &each;
  }
  return nullptr;
}

HostId Internet::add_host(Duration latency) {
  hosts_.emplace_back(seed_ * 0x9e37 + hosts_.size(), latency);
  return static_cast<HostId>(hosts_.size() - 1);
}

RouterId Internet::add_router(Nat nat, std::optional<RouterId> behind) {
  routers_.push_back({std::move(nat), behind});
  return static_cast<RouterId>(routers_.size() - 1);
}

void Internet::add_interface(HostId host, IpAddress address, std::optional<RouterId> router) {
  hosts_[host].interfaces.push_back({address, router});
}

void Internet::add_dead_interface(HostId host, IpAddress address) {
  hosts_[host].interfaces.push_back({.address = address, .router = {}, .is_dead = true});
}

void Internet::set_interface_up(HostId host, const IpAddress& address, bool is_up) {
  if (Interface* const found = hosts_[host].find(address)) found->is_up = is_up;
}

void Internet::separate(HostId a, HostId b, bool are_separate) {
  std::erase(separated_, std::pair{a, b});
  if (are_separate) separated_.emplace_back(a, b);
}

void Internet::send(Timestamp now, HostId host, const Endpoint& local, const Endpoint& remote,
                    Bytes bytes, bool may_fragment) {
  const Interface* const out = hosts_[host].find(local.address);
  if (!out || !out->is_up || out->is_dead) return;
  Carried carried{.sender = host,
                  .from = local,
                  .to = remote,
                  .sent_from = local,
                  .sent_to = remote,
                  .network = out->router,
                  .may_fragment = may_fragment,
                  .bytes = Buffer(bytes.begin(), bytes.end())};
  Line& line = hosts_[host].up;
  if (!fits(line, carried)) return;
  // The mapping is made, or renewed, though what lies behind the router lose the datagram.
  leave(now, carried);
  if (overhears_) overheard_.push_back({host, carried.from, carried.to, carried.bytes});
  const Line::Passage passage = line.pass(now, carried.bytes);
  put_all(passage, std::move(carried));
}

void Internet::forge(Timestamp now, HostId maker, const Endpoint& from, const Endpoint& to,
                     Bytes bytes) {
  Carried carried{.sender = maker, .from = from, .to = to, .sent_from = from, .sent_to = to};
  carried.is_forged = true;
  carried.bytes.assign(bytes.begin(), bytes.end());
  put(now + hosts_[maker].up.conditions().latency, std::move(carried));
}

void Internet::put_all(const Line::Passage& passage, Carried carried) {
  if (passage.count == 0) return;
  for (std::size_t i = 1; i < passage.count; ++i) put(passage.out[i], carried);
  put(passage.out[0], std::move(carried));
}

void Internet::put(Timestamp at, Carried carried) {
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(std::move(carried));
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot] = std::move(carried);
  }
  on_the_way_.push({at, order_++, slot});
}

Deadline Internet::next_arrival() const {
  return on_the_way_.empty() ? Deadline{} : Deadline{on_the_way_.top().at};
}

std::optional<Arrival> Internet::receive(Timestamp now) {
  while (!on_the_way_.empty() && on_the_way_.top().at <= now) {
    const Flight flight = on_the_way_.top();
    on_the_way_.pop();
    free_slots_.push_back(flight.slot);
    if (auto arrival = arrive(flight.at, std::move(slots_[flight.slot]))) return arrival;
  }
  return std::nullopt;
}

std::optional<TooLarge> Internet::receive_too_large() {
  if (told_too_large_.empty()) return std::nullopt;
  TooLarge told = told_too_large_.front();
  told_too_large_.pop_front();
  return told;
}

// In the middle: onto the line of whom it goes to. At the end of that: there.
std::optional<Arrival> Internet::arrive(Timestamp now, Carried carried) {
  if (carried.receiver) {
    HostState& host = hosts_[*carried.receiver];
    const Interface* const in = host.find(carried.to.address);
    if (!in || !in->is_up || in->is_dead) return std::nullopt;
    return Arrival{*carried.receiver, carried.sender, carried.to, carried.from,
                   std::move(carried.bytes)};
  }
  carried.receiver = route(now, carried);
  if (!carried.receiver) return std::nullopt;
  if (carried.is_forged) return arrive(now, std::move(carried));
  for (const auto& [a, b] : separated_) {
    if (std::minmax(a, b) == std::minmax(carried.sender, *carried.receiver)) return std::nullopt;
  }
  Line& line = hosts_[*carried.receiver].down;
  if (!fits(line, carried)) return std::nullopt;
  const Line::Passage passage = line.pass(now, carried.bytes);
  put_all(passage, std::move(carried));
  return std::nullopt;
}

bool Internet::fits(const Line& line, const Carried& carried) {
  const std::size_t headers = headers_of(carried.to.address);
  constexpr std::size_t kLeastOfIpv6 = 1280;  // RFC 8200 §5
  const std::size_t mtu = carried.to.address.is_v4()
                              ? line.conditions().mtu
                              : std::max(line.conditions().mtu, kLeastOfIpv6);
  if (carried.bytes.size() + headers <= mtu) return true;
  // Routers fragment IPv4 alone. IPv6's sender does, and it is not told here that it should.
  if (carried.may_fragment && carried.to.address.is_v4()) return true;
  ++too_large_count_;
  if (line.conditions().icmp)
    told_too_large_.push_back({carried.sender, carried.sent_from, carried.sent_to, mtu - headers});
  return false;
}

std::optional<HostId> Internet::owner(const IpAddress& address,
                                      std::optional<RouterId> network) const {
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    for (const Interface& each : hosts_[i].interfaces) {
      if (each.address == address && each.router == network && !each.is_dead)
        return static_cast<HostId>(i);
    }
  }
  return std::nullopt;
}

std::optional<RouterId> Internet::router_before(const IpAddress& address,
                                                std::optional<RouterId> network) const {
  for (std::size_t i = 0; i < routers_.size(); ++i) {
    const auto id = static_cast<RouterId>(i);
    const auto& [nat, behind] = routers_[i];
    if (behind != network) continue;
    const bool is_it =
        nat.options().translates ? address == nat.outside() : owner(address, id).has_value();
    if (is_it) return id;
  }
  return std::nullopt;
}

// Behind one router nothing is translated.
void Internet::leave(Timestamp now, Carried& carried) {
  while (carried.network && !owner(carried.to.address, carried.network) &&
         !router_before(carried.to.address, carried.network)) {
    Router& router = routers_[*carried.network];
    carried.from = router.nat.send(now, carried.from, carried.to);
    carried.came_through |= std::uint64_t{1} << *carried.network;
    carried.network = router.behind;
  }
}

std::optional<HostId> Internet::route(Timestamp now, Carried& carried) {
  while (const auto id = router_before(carried.to.address, carried.network)) {
    Nat& nat = routers_[*id].nat;
    const bool turns_back = (carried.came_through >> *id & 1) != 0;
    if (turns_back && !nat.options().hairpins) return std::nullopt;
    const auto inside = nat.receive(now, carried.to, carried.from);
    if (!inside) return std::nullopt;
    carried.to = *inside;
    carried.network = *id;
  }
  return owner(carried.to.address, carried.network);
}

}  // namespace specter::simulation
