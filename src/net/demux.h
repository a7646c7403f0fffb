// Which protocol a datagram on the one port of a connection belongs to, by its first byte. RFC 7983
// §7, RFC 9443.
#pragma once

#include "specter/bytes.h"

namespace specter::net {

enum class DatagramKind { Stun, Dtls, Rtp, Unknown };

//   0–3 STUN, 4–15 (reserved: ZRTP 16–19), 20–63 DTLS, 64–79 TURN channel, 128–191 RTP and RTCP
constexpr DatagramKind kind_of(Bytes datagram) {
  if (datagram.empty()) return DatagramKind::Unknown;
  const std::uint8_t first = datagram[0];
  if (first <= 3) return DatagramKind::Stun;
  if (first >= 20 && first <= 63) return DatagramKind::Dtls;
  if (first >= 128 && first <= 191) return DatagramKind::Rtp;
  return DatagramKind::Unknown;
}

// Of what is Rtp by kind_of(): RFC 5761 §4. RTCP's packet types, 192 to 223, stand where RTP has
// the marker and the payload type.
constexpr bool is_rtcp(Bytes datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

}  // namespace specter::net
