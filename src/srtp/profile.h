// The protection profiles of DTLS-SRTP and the keys that a handshake exports for them.
// RFC 5764 §4.1.2, §4.2; RFC 7714 §12, §14.2.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/packet_cipher.h"
#include "crypto/secret.h"

namespace specter::srtp {

// By their registered numbers, as use_srtp has them.
enum class Profile : std::uint16_t {
  Aes128CmSha1_80 = 0x0001,
  Aes128CmSha1_32 = 0x0002,
  AeadAes128Gcm = 0x0007,
  AeadAes256Gcm = 0x0008,
};

struct ProfileTraits {
  Profile profile;
  crypto::PacketAlgorithm rtp;
  crypto::PacketAlgorithm rtcp;  // RFC 5764 §4.1.2: of a profile with 32-bit tags SRTCP has 80 bits
  std::size_t key_size;          // bytes of the master key and of the cipher's session keys
  std::size_t salt_size;         // bytes of the master salt and of the session salts
};

// Nothing for a number that is none of the above.
std::optional<Profile> profile(std::uint16_t number);
const ProfileTraits& traits(Profile profile);

// What protects one direction. RFC 3711 §3.2.1.
struct MasterKey {
  crypto::Secret key;
  crypto::Secret salt;
};

struct MasterKeys {
  MasterKey client;  // what the DTLS client sends is sealed with it
  MasterKey server;
};

// The label under which a handshake exports keys; there is no context. RFC 5764 §4.2.
inline constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";

// Bytes to export: 60 for AES-CM, 56 for AES-128-GCM, 88 for AES-256-GCM.
std::size_t exported_size(Profile profile);
// RFC 5764 §4.2: client's key, server's key, client's salt, server's salt. Another size than
// exported_size() is a Bug.
MasterKeys cut_exported(Profile profile, Bytes exported);

}  // namespace specter::srtp
