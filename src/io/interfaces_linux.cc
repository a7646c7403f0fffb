#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/interfaces.h"
#include "io/sockaddr.h"

namespace specter::io {

namespace {

// Asks through any socket; the usual size when the system doesn't say.
std::size_t mtu_of_interface(int socket, const char* name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  if (socket < 0 || ::ioctl(socket, SIOCGIFMTU, &request) < 0 || request.ifr_mtu <= 0)
    return InterfaceAddress{}.mtu;
  return static_cast<std::size_t>(request.ifr_mtu);
}

}  // namespace

std::vector<InterfaceAddress> interface_addresses() {
  std::vector<InterfaceAddress> found;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) < 0) return found;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(first, &::freeifaddrs);
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
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
                     (entry->ifa_flags & IFF_LOOPBACK) != 0,
                     mtu_of_interface(socket, entry->ifa_name)});
  }
  if (socket >= 0) ::close(socket);
  return found;
}

}  // namespace specter::io
