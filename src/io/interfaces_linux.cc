#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <net/if.h>

#include "io/interfaces.h"
#include "io/sockaddr.h"

namespace specter::io {

std::vector<InterfaceAddress> interface_addresses() {
  std::vector<InterfaceAddress> found;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) < 0) return found;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(first, &::freeifaddrs);
  for (const ifaddrs* entry = first; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    SocketAddress address;
    std::memcpy(&address, entry->ifa_addr, length);
    const auto endpoint = from_socket_address(address, length);
    if (!endpoint) continue;
    found.push_back({endpoint->address, (entry->ifa_flags & IFF_UP) != 0,
                     (entry->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return found;
}

}  // namespace specter::io
