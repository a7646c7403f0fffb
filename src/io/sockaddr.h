// Endpoints as the socket calls want them.
#pragma once

#include <cstdint>
#include <optional>

#include <netinet/in.h>
#include <sys/socket.h>

#include "specter/endpoint.h"

namespace specter::io {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

// Writes the address and answers its length. A link-local address to bind to needs its zone.
socklen_t to_socket_address(const Endpoint& endpoint, SocketAddress& out, std::uint32_t zone = 0);

// Nothing for a family that is not IP, or one cut short.
std::optional<Endpoint> from_socket_address(const SocketAddress& address, socklen_t length);

// 0 for an address that is the same on all links.
std::uint32_t zone_of(const SocketAddress& address);

}  // namespace specter::io
