#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/interfaces.h"
#include "io/sockaddr.h"

namespace specter::io {

namespace {

// A socket to ask the system by, closed in the end whatever comes.
class Asking {
 public:
  explicit Asking(int family) : descriptor_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~Asking() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Asking(const Asking&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Asks through any socket; the usual size when the system doesn't say.
std::size_t mtu_of_interface(int socket, const char* name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  if (socket < 0 || ::ioctl(socket, SIOCGIFMTU, &request) < 0 || request.ifr_mtu <= 0)
    return InterfaceAddress{}.mtu;
  return static_cast<std::size_t>(request.ifr_mtu);
}

bool is_bridge(const char* name) {
  return ::access(("/sys/class/net/" + std::string(name) + "/bridge").c_str(), F_OK) == 0;
}

// Where a datagram to anywhere would leave from. Nothing is sent: connecting a UDP socket asks for
// the route only. The address is one of those for documentation (RFC 5737, RFC 3849).
std::optional<IpAddress> default_source(std::string_view anywhere) {
  SocketAddress address;
  socklen_t length = to_socket_address({IpAddress::parse(anywhere).value(), 9}, address);
  const Asking socket(address.any.sa_family);
  std::optional<Endpoint> source;
  if (::connect(socket.get(), &address.any, length) == 0) {
    length = sizeof address;
    if (::getsockname(socket.get(), &address.any, &length) == 0)
      source = from_socket_address(address, length);
  }
  return source ? std::optional(source->address) : std::nullopt;
}

}  // namespace

std::vector<InterfaceAddress> interface_addresses() {
  std::vector<InterfaceAddress> found;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) < 0)
    throw std::system_error(errno, std::system_category(), "getifaddrs");
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(first, &::freeifaddrs);
  const Asking socket(AF_INET);
  const auto v4 = default_source("192.0.2.1");
  const auto v6 = default_source("2001:db8::1");
  for (const ifaddrs* entry = first; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    SocketAddress address;
    std::memcpy(&address, entry->ifa_addr, length);
    const auto endpoint = from_socket_address(address, length);
    if (!endpoint) continue;
    found.push_back({.address = endpoint->address,
                     .up = (entry->ifa_flags & IFF_UP) != 0,
                     .loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0,
                     .mtu = mtu_of_interface(socket.get(), entry->ifa_name),
                     .running = (entry->ifa_flags & IFF_RUNNING) != 0,
                     .bridge = is_bridge(entry->ifa_name),
                     .default_route = endpoint->address == v4 || endpoint->address == v6,
                     .zone = zone_of(address)});
  }
  return found;
}

}  // namespace specter::io
