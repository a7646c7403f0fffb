// The addresses of this machine that a connection can use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "specter/endpoint.h"
#include "specter/options.h"
#include "specter/time.h"

namespace specter::io {

struct InterfaceAddress {
  IpAddress address;
  bool up = true;
  bool loopback = false;
  std::size_t mtu = 1500;  // bytes of the largest IP packet
  bool running = true;     // has a carrier; a bridge without members has none
  bool bridge = false;
  bool default_route = false;  // the source address of the default route
  // The interface index of an IPv6 link-local address (RFC 4007 §6); otherwise 0.
  std::uint32_t zone = 0;

  bool operator==(const InterfaceAddress&) const = default;
};

// More addresses only mean more pairs to check; RFC 8445 §5.1.1.1 leaves the number to us.
inline constexpr std::size_t kMaxLocalAddresses = 16;
// How many of them may be bridges without the default route: mostly networks of containers.
inline constexpr std::size_t kMaxBridgeAddresses = 4;

// All addresses of the system, in its order. Throws std::system_error if it does not list them.
std::vector<InterfaceAddress> interface_addresses();

// The same, cached for kFresh: listing costs a tenth of making a connection, and many connections
// may be made at once.
class InterfaceAddresses {
 public:
  static constexpr Duration kFresh = std::chrono::milliseconds(200);

  const std::vector<InterfaceAddress>& at(Timestamp now) {
    if (!asked_at_ || now - *asked_at_ > kFresh) {
      known_ = interface_addresses();
      asked_at_ = now;
    }
    return known_;
  }

 private:
  std::vector<InterfaceAddress> known_;
  Deadline asked_at_;
};

// The addresses to open sockets on: without duplicates, at most kMaxLocalAddresses, in order of
// usefulness: the default route's, other interfaces', bridges'. Addresses without a carrier are
// used only if there are no others. IPv6 link-local ones are used only if there are no others but
// bridges and those without a carrier; they do not replace the loopback fallback.
std::vector<InterfaceAddress> usable_addresses(const std::vector<InterfaceAddress>& all,
                                               LoopbackPolicy loopback);

}  // namespace specter::io
