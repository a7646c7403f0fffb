#include "peer/packet_sizes.h"

#include <algorithm>
#include <array>

namespace specter::peer {
namespace {

// What IPv4 carries everywhere (RFC 791 §3.1), and steps below the base of RFC 8831 §5 (1200);
// the smallest of IPv6; tunnels of many kinds (1300 to 1480); PPPoE; Ethernet; FDDI; jumbo frames.
constexpr std::array<std::size_t, 20> kUsualMtus = {576,  700,  800,  900,  1006, 1100, 1200,
                                                    1280, 1300, 1350, 1380, 1400, 1420, 1440,
                                                    1460, 1480, 1492, 1500, 4352, 9000};
constexpr std::size_t kMostRecordBytes = 1 << 14;  // RFC 8446 §5.1
constexpr std::size_t kUdpHeader = 8;

}  // namespace

std::vector<std::size_t> sctp_packet_sizes(const IpAddress& local, std::size_t interface_mtu,
                                           std::size_t record_overhead) {
  const std::size_t headers = (local.is_v4() ? 20 : 40) + kUdpHeader + record_overhead;
  std::vector<std::size_t> sizes;
  const auto add = [&](std::size_t mtu) {
    if (mtu <= headers) return;
    // A multiple of four, as all of SCTP's chunks are.
    const std::size_t bytes = std::min(mtu - headers, kMostRecordBytes) & ~std::size_t{3};
    if (sizes.empty() || bytes > sizes.back()) sizes.push_back(bytes);
  };
  for (const std::size_t mtu : kUsualMtus)
    if (mtu < interface_mtu) add(mtu);
  add(interface_mtu);
  return sizes;
}

}  // namespace specter::peer
