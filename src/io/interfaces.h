// The addresses of this machine that a connection may be reached at.
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
  std::size_t mtu = 1500;  // the largest IP packet that it sends
  bool running = true;     // it has a carrier; a bridge without anybody on it has none
  bool bridge = false;
  bool default_route = false;  // what the machine sends to the world leaves from this address
  // Of an IPv6 link-local address its link, by the number of the interface: RFC 4007 §6. Else 0.
  std::uint32_t zone = 0;

  bool operator==(const InterfaceAddress&) const = default;
};

// More would only mean more pairs to check; RFC 8445 §5.1.1.1 leaves the choice to us.
inline constexpr std::size_t kMaxLocalAddresses = 16;
// Of these, of bridges that have not the default route: networks of containers, mostly.
inline constexpr std::size_t kMaxBridgeAddresses = 4;

// All that the system has, in its order. Throws std::system_error when it doesn't say.
std::vector<InterfaceAddress> interface_addresses();

// The same, asked at most once in a while: many connections that are made together need not each
// ask, which costs a tenth of what making one does.
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

// Those worth a socket, each once, at most kMaxLocalAddresses, the most useful ones first: the
// default route's, other interfaces', bridges'. Those without a carrier only if there are no
// others. IPv6 link-local ones only if there is nothing else but bridges and what has no carrier;
// they are no reason to do without the loopback where that is the fallback.
std::vector<InterfaceAddress> usable_addresses(const std::vector<InterfaceAddress>& all,
                                               LoopbackPolicy loopback);

}  // namespace specter::io
