// How large packets may become.
#pragma once

#include <algorithm>
#include <cstddef>

namespace specter::media {

// Bytes of RTP and RTCP packets, before SRTP adds to them.
struct PacketRoom {
  // Of those that are made here. Before a path is known: what everybody takes (RFC 8831 §5), less
  // SRTP's part.
  std::size_t made = 1152;
  // Of RTP packets that the application writes whole. Browsers and other stacks fill packets of
  // 1200 to 1400 bytes, and who forwards one can't cut it. 1500 bytes less IPv6, UDP and SRTP.
  std::size_t given = 1432;

  bool operator==(const PacketRoom&) const = default;
};

}  // namespace specter::media
