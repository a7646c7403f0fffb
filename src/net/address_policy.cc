#include "net/address_policy.h"

#include <algorithm>

namespace specter::net {

namespace {

// 0/8 ("this network", RFC 1122 §3.2.1.3) and 240/4 (reserved; the broadcast address is among
// them).
bool is_reserved_v4(const IpAddress& address) {
  return address.octets()[0] == 0 || address.octets()[0] >= 240;
}

// ::a.b.c.d, deprecated by RFC 4291 §2.5.5.1; ::1 is not one.
bool is_v4_compatible(const IpAddress& address) {
  const Bytes octets = address.octets();
  return std::ranges::all_of(octets.first(12), [](std::uint8_t octet) { return octet == 0; }) &&
         !address.is_loopback();
}

}  // namespace

bool may_check(const Endpoint& remote, LoopbackPolicy loopback) {
  const IpAddress& address = remote.address;
  if (remote.port == 0) return false;
  if (address.is_unspecified() || address.is_multicast() || address.is_v4_mapped()) return false;
  if (address.is_v4() && is_reserved_v4(address)) return false;
  if (address.is_v6() && is_v4_compatible(address)) return false;
  return loopback == LoopbackPolicy::Allow || !address.is_loopback();
}

bool can_pair(const IpAddress& local, const IpAddress& remote) {
  if (local.is_v6() != remote.is_v6()) return false;
  return local.is_v4() || local.is_link_local() == remote.is_link_local();
}

bool is_near(const IpAddress& local, const IpAddress& remote) {
  if (local.is_v6() != remote.is_v6()) return false;
  const std::size_t prefix = local.is_v6() ? 8 : 3;
  return std::ranges::equal(local.octets().first(prefix), remote.octets().first(prefix));
}

}  // namespace specter::net
