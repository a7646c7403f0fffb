// CSRCs and header extensions enciphered too. RFC 9335.
//
//   on the wire   | fixed header | CSRCs, enciphered | profile, length | body, payload, enciphered
//   | as one text   | fixed header | profile, length | CSRCs, body, payload |
//
// The four bytes of profile and length stay in the clear, between what is enciphered in one go. The
// ciphers take one text, so these four bytes move before the CSRCs while they work.
#pragma once

#include <cstdint>
#include <optional>

#include "rtp/header.h"

#include "specter/bytes.h"

namespace specter::srtp {

// What a receiver does, as the descriptions agreed on. RFC 9335 §4, §5.2.
enum class CryptexPolicy : std::uint8_t {
  Refuse,   // a packet with Cryptex is refused
  Accept,   // both kinds are taken
  Require,  // a packet with CSRCs or an extension in the clear is refused
};

// Bytes before the one text: the fixed header and the extension's profile and length.
inline constexpr std::size_t kCryptexClearBytes =
    rtp::kFixedHeaderSize + rtp::ExtensionBlock::kHeaderSize;

// RFC 9335 §5: the profile that an extension has on the wire. Nothing for one that Cryptex does
// not define: 0x1001 to 0x100F too.
std::optional<std::uint16_t> cryptex_profile(std::uint16_t plain);
// The other way. Nothing: this is no packet with Cryptex.
std::optional<std::uint16_t> plain_profile(std::uint16_t profile);

// From the order on the wire to one text, and back. `packet` has kCryptexClearBytes and the CSRCs
// at least.
void gather(MutableBytes packet, std::size_t csrc_bytes);
void scatter(MutableBytes packet, std::size_t csrc_bytes);

// What a job authenticates of a gathered packet besides its text. RFC 9335 §6.2: AES-CM's tag is
// over the bytes in their order on the wire, GCM's additional data are all that is clear.
template <class Job>
void set_cryptex_additional(Job& job, Bytes gathered, std::size_t csrc_bytes, bool is_aead) {
  if (is_aead || csrc_bytes == 0) {
    job.additional = gathered.first(kCryptexClearBytes);
    return;
  }
  job.additional = gathered.first(rtp::kFixedHeaderSize);
  job.inset = gathered.subspan(rtp::kFixedHeaderSize, rtp::ExtensionBlock::kHeaderSize);
  job.inset_at = csrc_bytes;
}

}  // namespace specter::srtp
