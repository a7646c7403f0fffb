// Which addresses ICE is willing to send checks to, and TURN takes for a server's or a relayed one.
// RFC 8445 §19.5.1 and what other stacks were made to do: a candidate of the peer's is a wish to
// have packets sent to somebody.
#pragma once

#include "specter/endpoint.h"

namespace specter::net {

enum class LoopbackPolicy { Allow, Refuse };

// False for port 0 and for addresses that name no single host as they are written: unspecified,
// multicast, broadcast, reserved, and IPv4 in the clothes of IPv6 (::ffff:a.b.c.d, ::a.b.c.d),
// which would slip past a filter for IPv4. Loopback is as `loopback` says.
bool may_check(const Endpoint& remote, LoopbackPolicy loopback);

// Whether packets can go from one to the other at all. RFC 8445 §6.1.2.2: the same family, and IPv6
// link-local only with IPv6 link-local.
bool can_pair(const IpAddress& local, const IpAddress& remote);

// Whether both seem to be in one network: of an IPv4 address the first 24 bits are the same, of an
// IPv6 one the first 64 (RFC 4291 §2.5.4). What the netmask is, nobody tells us.
bool is_near(const IpAddress& local, const IpAddress& remote);

}  // namespace specter::net
