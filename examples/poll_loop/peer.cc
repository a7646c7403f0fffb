#include "peer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t kLargestDatagram = 65'535;
constexpr int kDatagramsATurn = 64;  // then it is the other sockets' turn

sockaddr_in to_sockaddr(const specter::Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.octets().data(), 4);
  return address;
}

specter::Endpoint to_endpoint(const sockaddr_in& address) {
  std::array<std::uint8_t, 4> octets;
  std::memcpy(octets.data(), &address.sin_addr, 4);
  return {specter::IpAddress::v4(octets), ntohs(address.sin_port)};
}

// A socket on 127.0.0.1, at a port that the system chooses.
int open_socket() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = to_sockaddr({specter::IpAddress::v4({127, 0, 0, 1}), 0});
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "no UDP socket");
  }
  return fd;
}

specter::Endpoint endpoint_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return to_endpoint(address);
}

}  // namespace

Peer::Peer(specter::Random& random, std::shared_ptr<const specter::core::Certificate> identity)
    : connection_({.certificate = std::move(identity)}, random),
      socket_(open_socket()),
      local_(endpoint_of(socket_)) {}

Peer::~Peer() { ::close(socket_); }

bool Peer::turn(specter::Timestamp now, bool readable) {
  if (readable) receive(now);
  connection_.handle_timeout(now);
  // An event can lead to packets, and what the application does about it to more events.
  bool had_answers = false;
  for (bool busy = true; busy; had_answers |= busy) {
    busy = false;
    while (auto event = connection_.poll_event()) {
      busy = true;
      if (std::holds_alternative<specter::core::GatherCandidates>(*event)) {
        gather(now);
      } else {
        on_event(now, std::move(*event));
      }
    }
    while (const auto transmit = connection_.poll_transmit(now)) {
      busy = true;
      send(*transmit);
    }
  }
  return had_answers;
}

// A driver would look for the machine's addresses here, and ask STUN servers. We have one address.
void Peer::gather(specter::Timestamp now) {
  connection_.add_local_endpoint(now, local_);
  connection_.end_of_local_endpoints(now);
}

void Peer::receive(specter::Timestamp now) {
  std::array<std::uint8_t, kLargestDatagram> bytes;
  for (int taken = 0; taken < kDatagramsATurn; ++taken) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t count = ::recvfrom(socket_, bytes.data(), bytes.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &size);
    if (count < 0) break;  // nothing more, or an ICMP error that ICE finds out about by itself
    const specter::Datagram datagram{
        .path = {.local = local_, .remote = to_endpoint(from)},
        .bytes = specter::MutableBytes(bytes.data(), static_cast<std::size_t>(count))};
    connection_.handle_datagrams(now, {&datagram, 1});
  }
}

// A Transmit may hold several datagrams of one size, for UDP_SEGMENT. Without it: one by one.
void Peer::send(const specter::Transmit& transmit) const {
  const sockaddr_in to = to_sockaddr(transmit.path.remote);
  const std::size_t step = std::max<std::size_t>(transmit.segment_size, 1);
  specter::Bytes rest = transmit.bytes;
  while (!rest.empty()) {
    const auto datagram = rest.first(std::min(step, rest.size()));
    // A datagram that the socket does not take is one that the network loses: all protocols above
    // send again what matters.
    ::sendto(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to),
             sizeof to);
    rest = rest.subspan(datagram.size());
  }
}
