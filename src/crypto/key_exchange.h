// Ephemeral key agreement over a named group, in the shape that a key encapsulation has too: the
// client offers, the server responds to the offer, the client finishes. A group like X25519MLKEM768
// (whose two messages differ) needs a new case here and nothing above it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "base/parse_error.h"
#include "crypto/provider_key.h"
#include "crypto/secret.h"

#include "specter/bytes.h"
#include "specter/random.h"

namespace specter::crypto {

// IANA's TLS Supported Groups.
enum class Group : std::uint16_t { Secp256r1 = 23, Secp384r1 = 24, X25519 = 29 };
std::optional<Group> group(std::uint16_t number);  // nothing for one that we don't have
std::string_view to_string(Group group);           // "x25519", "secp256r1", "secp384r1"

// The client's half, from its offer until the answer.
class KeyOffer {
 public:
  static KeyOffer generate(Group group, Random& random);  // throws Bug when the library fails

  Group group() const { return group_; }
  Bytes share() const { return share_; }  // as TLS sends it: 32 bytes, or an uncompressed point
  // The shared secret. Nothing for a share that isn't a point of the group, or one that gives only
  // zeros (RFC 8446 §7.4.2). May be asked again, with another answer.
  std::optional<Secret> finish(Bytes answer) const;

 private:
  KeyOffer(crypto::Group group, ProviderKey key, const Secret& blinding);
  crypto::Group group_;
  ProviderKey key_;
  Buffer share_;
  Secret blinding_;  // a seed: finish() hides the key in randomness on some curves
};

// The server's half, in one step.
struct KeyAnswer {
  Buffer share;
  Secret secret;
};
std::optional<KeyAnswer> answer_key_offer(Group group, Bytes offer, Random& random);

}  // namespace specter::crypto
