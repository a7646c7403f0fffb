// Signatures with a certificate's key, by TLS's names for them. RFC 8446 §4.2.3.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "crypto/certificate.h"

#include "specter/bytes.h"
#include "specter/random.h"

namespace specter::crypto {

enum class SignatureScheme : std::uint16_t {
  RsaPkcs1Sha256 = 0x0401,  // DTLS 1.2 only, as are the next two
  RsaPkcs1Sha384 = 0x0501,
  RsaPkcs1Sha512 = 0x0601,
  EcdsaSecp256r1Sha256 = 0x0403,
  EcdsaSecp384r1Sha384 = 0x0503,
  RsaPssRsaeSha256 = 0x0804,
  RsaPssRsaeSha384 = 0x0805,
  RsaPssRsaeSha512 = 0x0806,
  Ed25519 = 0x0807,
  RsaPssPssSha256 = 0x0809,
  RsaPssPssSha384 = 0x080a,
  RsaPssPssSha512 = 0x080b,
};
std::optional<SignatureScheme> signature_scheme(std::uint16_t number);

// The public key of a peer's certificate. Nothing else of the certificate is looked at: no date, no
// name, no chain, no self-signature (RFC 8827 §6.5).
class PublicKey {
 public:
  static constexpr std::size_t kMaxCertificateBytes = 16'384;

  // Nothing for what is no certificate, is larger than the limit, has bytes behind it, or has a key
  // of a kind that we don't take: P-256, P-384, Ed25519, RSA and RSA-PSS of 2048 to 8192 bits.
  static std::optional<PublicKey> of_certificate(Bytes der);
  ~PublicKey();
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;

  KeyType type() const;
  // In DTLS 1.2 ecdsa_secp256r1_sha256 means ECDSA with SHA-256 on any curve (RFC 5246
  // §7.4.1.4.1): `curve_is_bound` is false there, and true in 1.3, where RSASSA-PKCS1-v1_5 fits no
  // key any more (RFC 8446 §4.2.3).
  bool fits(SignatureScheme scheme, bool curve_is_bound) const;
  // False, too, for a scheme that doesn't fit the key in 1.2. For 1.3 ask fits() before.
  bool verify(SignatureScheme scheme, Bytes message, Bytes signature) const;

 private:
  explicit PublicKey(std::unique_ptr<const SignatureKey> key);
  std::unique_ptr<const SignatureKey> key_;
};

// Our signature; of `random` 32 bytes are drawn, whatever the scheme. SPECTER_CHECK: the scheme
// fits the certificate's key, as 1.2 has it.
Buffer sign(const Certificate& certificate, SignatureScheme scheme, Bytes message, Random& random);

}  // namespace specter::crypto
