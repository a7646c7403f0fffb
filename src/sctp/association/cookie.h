// The State Cookie: all that an answered INIT means, kept by the peer instead of us.
// RFC 9260 §5.1.3, §5.2.2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "specter/bytes.h"
#include "specter/random.h"
#include "specter/time.h"

namespace specter::sctp {

struct Cookie {
  static constexpr Duration kLifetime = std::chrono::seconds(60);  // RFC 9260 §16

  std::uint32_t local_tag = 0;
  std::uint32_t peer_tag = 0;
  std::uint32_t local_tie_tag = 0;  // of an association that was there; 0: none
  std::uint32_t peer_tie_tag = 0;
  std::uint32_t local_tsn = 0;
  std::uint32_t peer_tsn = 0;
  std::uint32_t peer_window_bytes = 0;
  std::uint16_t outgoing_streams = 0;  // agreed
  std::uint16_t incoming_streams = 0;
  bool forward_tsn = false;  // what the peer can do: in here, so that nobody adds to it later
  bool reconfig = false;
  bool zero_checksum = false;
  bool interleaving = false;
  bool pad = false;
  Timestamp created{};

  bool operator==(const Cookie&) const = default;
};

// Seals cookies with HMAC-SHA256 and opens those that it sealed.
class CookieJar {
 public:
  explicit CookieJar(Random& random) { random.fill(secret_); }

  Buffer seal(const Cookie& cookie) const;
  std::optional<Cookie> open(Bytes sealed) const;  // whatever its age

 private:
  std::array<std::uint8_t, 32> secret_;
};

}  // namespace specter::sctp
