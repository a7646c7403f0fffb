// Which packet sizes are worth a try on a path. RFC 8899 §5.1.2, RFC 4821 §7.3.
#pragma once

#include <cstddef>
#include <vector>

#include "specter/endpoint.h"

namespace specter::peer {

// Of SCTP packets, each as large as IP, UDP and a DTLS record of so much overhead leave it in IP
// packets of the sizes that paths are known to have, up to the interface's own. Ascending.
std::vector<std::size_t> sctp_packet_sizes(const IpAddress& local, std::size_t interface_mtu,
                                           std::size_t record_overhead);

}  // namespace specter::peer
