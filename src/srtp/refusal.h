// Why a packet was neither sealed nor opened. Callers count these; none is an error of the program.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace specter::srtp {

enum class Refusal : std::uint8_t {
  TooShort,        // less than the profile's least: header, tag and, of SRTCP, the index
  TooLong,         // the place for the plaintext is smaller than it
  NotRtp,          // no RTP header of version 2 that ends within the packet
  NotRtcp,         // no RTCP header of version 2
  Replayed,        // opened: received before, or too old to tell
  Repeated,        // sealed: this sequence number was sent, or is too old to tell
  BadTag,          // not sealed with this key, changed on the way, or of an index out of reach
  TooManyStreams,  // an SSRC more than kMaxStreams
  NotEnciphered,   // an SRTCP packet whose E bit is 0
  CryptexRefused,  // RFC 9335, and this side did not agree to it
  CryptexMissing,  // header extension or CSRCs in the clear, where RFC 9335 is required
  BadExtension,    // sealed with Cryptex: an extension that is neither 0xBEDE nor 0x1000
  KeyExhausted,    // as many packets as a key may seal: new keys are needed
};
inline constexpr std::size_t kRefusals = 13;
std::string_view to_string(Refusal refusal);  // "bad tag"

// How often each was the answer, by Refusal's number.
using RefusalCounts = std::array<std::uint64_t, kRefusals>;

}  // namespace specter::srtp
