#include "simulation/nat.h"

namespace specter::simulation {

Endpoint Nat::part(Depends depends, const Endpoint& remote) {
  switch (depends) {
    case Depends::OnNothing: return {};
    case Depends::OnAddress: return {remote.address, 0};
    case Depends::OnAddressAndPort: break;
  }
  return remote;
}

Endpoint Nat::send(Timestamp now, const Endpoint& inside, const Endpoint& remote) {
  auto at = outside_by_key_.find(key(inside, remote));
  if (at != outside_by_key_.end() && !is_alive(by_outside_.at(at->second), now)) {
    by_outside_.erase(at->second);
    outside_by_key_.erase(at);
    at = outside_by_key_.end();
  }
  if (at == outside_by_key_.end()) {
    const Endpoint outside =
        options_.translates ? Endpoint{outside_, free_port(now, inside.port)} : inside;
    at = outside_by_key_.emplace(key(inside, remote), outside).first;
    by_outside_[outside].inside = inside;
  }
  Mapping& mapping = by_outside_.at(at->second);
  mapping.used = now;
  mapping.contacted[part(options_.filtering, remote)] = now;
  return at->second;
}

std::optional<Endpoint> Nat::receive(Timestamp now, const Endpoint& local, const Endpoint& remote) {
  const auto at = by_outside_.find(local);
  if (at == by_outside_.end() || !is_alive(at->second, now)) return std::nullopt;
  const Mapping& mapping = at->second;
  const auto contacted = mapping.contacted.find(part(options_.filtering, remote));
  if (contacted == mapping.contacted.end() || now - contacted->second > options_.lifetime)
    return std::nullopt;
  return mapping.inside;
}

void Nat::rebind() {
  outside_by_key_.clear();
  by_outside_.clear();
  next_port_ = static_cast<std::uint16_t>(next_port_ + 100);
}

void Nat::give_away(const IpAddress& inside, const IpAddress& to) {
  std::erase_if(outside_by_key_,
                [&](const auto& entry) { return entry.first.first.address == inside; });
  for (auto& [outside, mapping] : by_outside_) {
    if (mapping.inside.address == inside) mapping.inside.address = to;
  }
}

std::uint16_t Nat::free_port(Timestamp now, std::uint16_t inside_port) {
  const auto is_free = [&](std::uint16_t port) {
    const auto at = by_outside_.find({outside_, port});
    return at == by_outside_.end() || !is_alive(at->second, now);
  };
  std::uint16_t port = options_.keeps_ports ? inside_port : next_port_++;
  while (!is_free(port) || port == 0) port = next_port_++;
  // Whoever had it before, and let it expire, is not to be found by it any more.
  if (const auto at = by_outside_.find({outside_, port}); at != by_outside_.end()) {
    std::erase_if(outside_by_key_, [&](const auto& entry) { return entry.second == at->first; });
    by_outside_.erase(at);
  }
  return port;
}

}  // namespace specter::simulation
