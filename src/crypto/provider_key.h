// A key on a curve, in OpenSSL's default provider, which is called as EVP would call it
// (provider-keymgmt(7), provider-keyexch(7), provider-signature(7)). EVP fetches the same three
// algorithms anew at each operation, walks all names that the library knows for each key, and
// copies the contexts of signatures: more than the curve's own work takes for some. For src/crypto
// alone.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/secret.h"

#include "specter/bytes.h"

namespace specter::crypto {

enum class KeyCurve : std::uint8_t { X25519, P256, P384 };

// Nobody changes it once it is made, so any thread may use it. Throws Bug when the library fails in
// what no input can make it fail in; what it leaves in its error queue then, the caller clears.
class ProviderKey {
 public:
  static ProviderKey generate(KeyCurve curve);  // within a RandomScope
  // From 32 bytes for X25519, whatever they are (RFC 7748 §6.1), or from an uncompressed point.
  // Nothing for what is of another length or no point of the curve.
  static std::optional<ProviderKey> of_public(KeyCurve curve, Bytes encoded);
  ~ProviderKey();
  ProviderKey(ProviderKey&& other) noexcept;
  ProviderKey& operator=(ProviderKey&& other) noexcept;

  KeyCurve curve() const { return curve_; }
  // As of_public() takes it.
  Buffer public_bytes() const;

  // Within a RandomScope. Nothing for what RFC 8446 §7.4.2 refuses: X25519's zeros.
  std::optional<Secret> derive(const ProviderKey& peer) const;

  // ECDSA, which X25519 has not: over a digest, as an Ecdsa-Sig-Value in DER (RFC 3279 §2.2.3).
  Buffer sign(Bytes digest) const;  // within a RandomScope
  bool verify(Bytes digest, Bytes signature) const;

 private:
  ProviderKey(KeyCurve curve, void* key) : curve_(curve), key_(key) {}

  KeyCurve curve_;
  void* key_;  // the provider's; null once it was moved away
};

}  // namespace specter::crypto
