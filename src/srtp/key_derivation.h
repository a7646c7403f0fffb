// From a master key to session keys. RFC 3711 §4.3, RFC 7714 §11. The key derivation rate is 0:
// each session key is derived once.
#pragma once

#include "crypto/secret.h"
#include "srtp/profile.h"

namespace specter::srtp {

// The first byte of what is XORed with the salt. RFC 3711 §4.3.1, §4.3.2.
enum class KeyLabel : std::uint8_t {
  RtpCipher = 0,
  RtpAuthentication = 1,
  RtpSalt = 2,
  RtcpCipher = 3,
  RtcpAuthentication = 4,
  RtcpSalt = 5,
};

// PRF_n of RFC 3711 §4.3.3, of RFC 6188 §3 with a 256-bit key. A salt of 12 bytes counts as one of
// 14 whose last two are 0 (RFC 7714 §11). `size` is in bytes, at most Secret::kMaxBytes.
crypto::Secret derive_key(const MasterKey& master, KeyLabel label, std::size_t size);

// What seals RTP packets, or RTCP packets, of one direction.
struct SessionKeys {
  crypto::Secret cipher;  // as crypto::PacketCipher::make_key() takes it
  crypto::Secret salt;    // 14 bytes with AES-CM, 12 with GCM
};

struct DirectionKeys {
  SessionKeys rtp;
  SessionKeys rtcp;
};

// A master key whose sizes are not the profile's is a Bug.
DirectionKeys derive_keys(Profile profile, const MasterKey& master);

}  // namespace specter::srtp
