// --srtp-profile and --srtp-key: the master key and salt of SRTP, which both directions use.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "srtp/key_derivation.h"
#include "srtp/opener.h"
#include "srtp/profile.h"
#include "srtp/sealer.h"

namespace specter::cli::transfer {

struct SrtpKey {
  srtp::Profile profile{};
  srtp::MasterKey master;

  srtp::DirectionKeys session_keys() const { return srtp::derive_keys(profile, master); }
};

// Null without a key.
std::unique_ptr<srtp::Sealer> make_sealer(const std::optional<SrtpKey>& key,
                                          const crypto::PacketCipher& cipher);
std::unique_ptr<srtp::Opener> make_opener(const std::optional<SrtpKey>& key,
                                          const crypto::PacketCipher& cipher);

// The profiles by the names that SDES has: RFC 4568 §6.2, RFC 7714 §14.2.
//   AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AEAD_AES_128_GCM, AEAD_AES_256_GCM
std::string names_of_profiles();

// Key, then salt: as hex, as base64, or as `inline:` and base64 (RFC 4568 §6.1), of which lifetime
// and MKI are left out. The error is a sentence.
std::expected<SrtpKey, std::string> parse_srtp_key(std::string_view profile, std::string_view key);

}  // namespace specter::cli::transfer
