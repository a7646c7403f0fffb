// What a TURN server's refusals mean, in our words: a server's own might say an address or a name.
#pragma once

#include <cstdint>
#include <string_view>

namespace specter::turn {

// Why an allocation, a permission or a channel is not to be had.
enum class Reason : std::uint8_t {
  Refused,       // the server said so; `code` is its
  Silent,        // no answer
  Forged,        // answers came, none with the right integrity (RFC 8489 §9.2.5)
  BidDown,       // a challenge without the algorithms that its nonce speaks of
  Malformed,     // a challenge or an answer without what it must have
  BadAddress,    // a relayed address that nobody could use, or an alternate server like that
  TooManyHops,   // alternate servers that lead on and on, or back
  Expired,       // no refresh went through until the lifetime's end
  Disconnected,  // the connection to the server ended
};

// What may help.
enum class Cure : std::uint8_t {
  None,     // not with these credentials and this server
  NewPort,  // at once, from another local port: RFC 8656 §7.4 for 437
  Later,    // after a minute: RFC 8656 §7.4 for 486 and 508
  Again,    // after some seconds
};

struct Fault {
  Reason reason = Reason::Refused;
  std::uint16_t code = 0;  // 300 to 699 for Refused, and where a refusal came first; otherwise 0

  std::string_view sentence() const;
  Cure cure() const;
  bool operator==(const Fault&) const = default;
};

}  // namespace specter::turn
