#include "io/interfaces.h"

#include <algorithm>

namespace specter::io {

namespace {

// RFC 8445 §5.1.1.1: no IPv4-mapped address. A link-local one without a zone can't be bound.
bool is_usable(const InterfaceAddress& candidate) {
  const IpAddress& address = candidate.address;
  if (!candidate.up || address.is_unspecified() || address.is_multicast()) return false;
  if (address.is_v4()) return true;
  return !address.is_v4_mapped() && (!address.is_link_local() || candidate.zone != 0);
}

bool is_one_place(const InterfaceAddress& a, const InterfaceAddress& b) {
  return a.address == b.address && a.zone == b.zone;
}

enum class Use { DefaultRoute, Interface, Bridge, NoCarrier };  // the most useful first

Use use_of(const InterfaceAddress& candidate) {
  if (candidate.default_route) return Use::DefaultRoute;
  if (!candidate.running) return Use::NoCarrier;
  return candidate.bridge ? Use::Bridge : Use::Interface;
}

// RFC 8445 §5.1.1.1 has all of them; a machine with many networks of containers has more than
// anybody can check.
std::vector<InterfaceAddress> most_useful(const std::vector<InterfaceAddress>& all) {
  std::vector<InterfaceAddress> chosen;
  for (const Use use : {Use::DefaultRoute, Use::Interface, Use::Bridge, Use::NoCarrier}) {
    if (use == Use::NoCarrier && !chosen.empty()) break;
    const std::size_t most =
        use == Use::Bridge ? chosen.size() + kMaxBridgeAddresses : kMaxLocalAddresses;
    for (const InterfaceAddress& candidate : all) {
      if (chosen.size() >= std::min(most, kMaxLocalAddresses)) break;
      const auto same = [&](const InterfaceAddress& other) {
        return is_one_place(candidate, other);
      };
      if (use_of(candidate) == use && std::ranges::none_of(chosen, same))
        chosen.push_back(candidate);
    }
  }
  return chosen;
}

}  // namespace

// RFC 8445 §5.1.1.1: no link-local address of IPv6 beside one that can't be followed from network
// to network. Many are made of the hardware's address, so none is told unless nothing else leads
// out.
std::vector<InterfaceAddress> usable_addresses(const std::vector<InterfaceAddress>& all,
                                               LoopbackPolicy loopback) {
  std::vector<InterfaceAddress> real, link_local, local;
  for (const InterfaceAddress& candidate : all) {
    if (!is_usable(candidate)) continue;
    if (candidate.loopback || candidate.address.is_loopback())
      local.push_back(candidate);
    else
      (candidate.zone != 0 ? link_local : real).push_back(candidate);
  }
  const bool is_lonely = real.empty();
  if (std::ranges::none_of(real, [](const auto& one) { return use_of(one) <= Use::Interface; }))
    real.insert(real.end(), link_local.begin(), link_local.end());
  std::vector<InterfaceAddress> chosen;
  if (loopback != LoopbackPolicy::Only) chosen = most_useful(real);
  if (loopback != LoopbackPolicy::Fallback || is_lonely) {
    const std::vector<InterfaceAddress> added = most_useful(local);
    chosen.insert(chosen.end(), added.begin(), added.end());
  }
  if (chosen.size() > kMaxLocalAddresses) chosen.resize(kMaxLocalAddresses);
  return chosen;
}

}  // namespace specter::io
