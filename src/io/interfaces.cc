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

}  // namespace

std::vector<IpAddress> usable_addresses(const std::vector<InterfaceAddress>& all,
                                        LoopbackPolicy loopback) {
  std::vector<IpAddress> real, local;
  for (const InterfaceAddress& candidate : all) {
    if (!is_usable(candidate)) continue;
    auto& list = candidate.loopback || candidate.address.is_loopback() ? local : real;
    if (std::ranges::find(list, candidate.address) == list.end()) list.push_back(candidate.address);
  }
  std::vector<IpAddress> chosen;
  if (loopback != LoopbackPolicy::Only) chosen = real;
  if (loopback != LoopbackPolicy::Fallback || chosen.empty())
    chosen.insert(chosen.end(), local.begin(), local.end());
  if (chosen.size() > kMaxLocalAddresses) chosen.resize(kMaxLocalAddresses);
  return chosen;
}

std::size_t mtu_of(const std::vector<InterfaceAddress>& all, const IpAddress& address) {
  const auto found = std::ranges::find(all, address, &InterfaceAddress::address);
  return found == all.end() ? InterfaceAddress{}.mtu : found->mtu;
}

}  // namespace specter::io
