#include "io/interfaces.h"

#include <algorithm>

namespace specter::io {

namespace {

// RFC 8445 §5.1.1.1: no IPv6 link-local address (without a zone it names no one on another host),
// and no IPv4-mapped one.
bool is_usable(const InterfaceAddress& candidate) {
  const IpAddress& address = candidate.address;
  if (!candidate.up || address.is_unspecified() || address.is_multicast()) return false;
  return !address.is_v6() || (!address.is_link_local() && !address.is_v4_mapped());
}

enum class Use { DefaultRoute, Interface, Bridge, NoCarrier };  // the most useful first

Use use_of(const InterfaceAddress& candidate) {
  if (candidate.default_route) return Use::DefaultRoute;
  if (!candidate.running) return Use::NoCarrier;
  return candidate.bridge ? Use::Bridge : Use::Interface;
}

// RFC 8445 §5.1.1.1 has all of them; a machine with many networks of containers has more than
// anybody can check.
std::vector<IpAddress> most_useful(const std::vector<InterfaceAddress>& all) {
  std::vector<IpAddress> chosen;
  for (const Use use : {Use::DefaultRoute, Use::Interface, Use::Bridge, Use::NoCarrier}) {
    if (use == Use::NoCarrier && !chosen.empty()) break;
    const std::size_t most =
        use == Use::Bridge ? chosen.size() + kMaxBridgeAddresses : kMaxLocalAddresses;
    for (const InterfaceAddress& candidate : all) {
      if (chosen.size() >= std::min(most, kMaxLocalAddresses)) break;
      if (use_of(candidate) == use && std::ranges::find(chosen, candidate.address) == chosen.end())
        chosen.push_back(candidate.address);
    }
  }
  return chosen;
}

}  // namespace

std::vector<IpAddress> usable_addresses(const std::vector<InterfaceAddress>& all,
                                        LoopbackPolicy loopback) {
  std::vector<InterfaceAddress> real, local;
  for (const InterfaceAddress& candidate : all) {
    if (!is_usable(candidate)) continue;
    (candidate.loopback || candidate.address.is_loopback() ? local : real).push_back(candidate);
  }
  std::vector<IpAddress> chosen;
  if (loopback != LoopbackPolicy::Only) chosen = most_useful(real);
  if (loopback != LoopbackPolicy::Fallback || chosen.empty()) {
    const std::vector<IpAddress> added = most_useful(local);
    chosen.insert(chosen.end(), added.begin(), added.end());
  }
  if (chosen.size() > kMaxLocalAddresses) chosen.resize(kMaxLocalAddresses);
  return chosen;
}

std::size_t mtu_of(const std::vector<InterfaceAddress>& all, const IpAddress& address) {
  const auto found = std::ranges::find(all, address, &InterfaceAddress::address);
  return found == all.end() ? InterfaceAddress{}.mtu : found->mtu;
}

}  // namespace specter::io
