#include "io/sockaddr.h"

#include <array>
#include <cstring>

namespace specter::io {

socklen_t to_socket_address(const Endpoint& endpoint, SocketAddress& out, std::uint32_t zone) {
  std::memset(&out, 0, sizeof out);
  const Bytes octets = endpoint.address.octets();
  if (endpoint.address.is_v4()) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(endpoint.port);
    std::memcpy(&out.v4.sin_addr, octets.data(), octets.size());
    return sizeof out.v4;
  }
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(endpoint.port);
  out.v6.sin6_scope_id = zone;
  std::memcpy(&out.v6.sin6_addr, octets.data(), octets.size());
  return sizeof out.v6;
}

std::optional<Endpoint> from_socket_address(const SocketAddress& address, socklen_t length) {
  if (length >= sizeof address.v4 && address.any.sa_family == AF_INET) {
    std::array<std::uint8_t, 4> octets;
    std::memcpy(octets.data(), &address.v4.sin_addr, octets.size());
    return Endpoint{IpAddress::v4(octets), ntohs(address.v4.sin_port)};
  }
  if (length >= sizeof address.v6 && address.any.sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> octets;
    std::memcpy(octets.data(), &address.v6.sin6_addr, octets.size());
    return Endpoint{IpAddress::v6(octets), ntohs(address.v6.sin6_port)};
  }
  return std::nullopt;
}

std::uint32_t zone_of(const SocketAddress& address) {
  return address.any.sa_family == AF_INET6 ? address.v6.sin6_scope_id : 0;
}

}  // namespace specter::io
