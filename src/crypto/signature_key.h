// The key of a certificate, ours or a peer's. For src/crypto alone.
#pragma once

#include <variant>

#include "crypto/openssl.h"
#include "crypto/provider_key.h"
#include "crypto/signature.h"

namespace specter::crypto {

struct SignatureKey {
  KeyType type;
  std::variant<ProviderKey, Key> native;  // a ProviderKey for ECDSA, which every pair of peers has
};

// Within a RandomScope. SPECTER_CHECK: the scheme fits the key, as 1.2 has it.
Buffer sign(const SignatureKey& key, SignatureScheme scheme, Bytes message);

}  // namespace specter::crypto
