// Which candidate and which pair goes before another. RFC 8445 §5.1.2, §6.1.2.3; RFC 8421 §4.
#pragma once

#include <cstdint>

#include "ice/candidate.h"

namespace specter::ice {

// The local preference of the `index`-th base (from 0) of its address family: IPv6 and IPv4 take
// turns, IPv6 first, and within a family the order in which the driver told of them decides. Unique
// for each base.
std::uint16_t local_preference(bool is_v6, std::uint16_t index);

// RFC 8445 §6.1.2.3: G is the controlling agent's candidate's priority, D the controlled one's.
std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled);

}  // namespace specter::ice
