// A peer's certificate (DER): the key in it, and whether it is the one that was promised. No bytes
// verify a signature that nobody made.
#include <array>

#include "crypto/certificate.h"
#include "crypto/signature.h"
#include "dtls/identity.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::crypto;

constexpr std::array kSchemes = {SignatureScheme::RsaPkcs1Sha256,
                                 SignatureScheme::RsaPkcs1Sha384,
                                 SignatureScheme::RsaPkcs1Sha512,
                                 SignatureScheme::EcdsaSecp256r1Sha256,
                                 SignatureScheme::EcdsaSecp384r1Sha384,
                                 SignatureScheme::RsaPssRsaeSha256,
                                 SignatureScheme::RsaPssRsaeSha384,
                                 SignatureScheme::RsaPssRsaeSha512,
                                 SignatureScheme::Ed25519,
                                 SignatureScheme::RsaPssPssSha256,
                                 SignatureScheme::RsaPssPssSha384,
                                 SignatureScheme::RsaPssPssSha512};

void check_key(const PublicKey& key) {
  static const Buffer message(64, 0x4d);
  static const Buffer signature(256, 0x5a);
  int fitting = 0;
  for (const SignatureScheme scheme : kSchemes) {
    // What fits where a curve is bound fits where it is not.
    if (key.fits(scheme, true)) SPECTER_CHECK(key.fits(scheme, false));
    if (key.fits(scheme, false)) ++fitting;
    SPECTER_CHECK(!key.verify(scheme, message, signature));
  }
  SPECTER_CHECK(!key.verify(kSchemes[0], message, {}));
  SPECTER_CHECK(fitting > 0);
  SPECTER_CHECK((key.type() == KeyType::Ed25519) == key.fits(SignatureScheme::Ed25519, true));
}

// The fingerprint is the trust, whatever the bytes are.
void check_identity(Bytes certificate) {
  for (const HashAlgorithm algorithm :
       {HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512}) {
    Fingerprint promised = Fingerprint::of(certificate, algorithm);
    SPECTER_CHECK(Fingerprint::parse(promised.to_string()) == promised);
    SPECTER_CHECK(!dtls::identity_mismatch(certificate, std::array{promised}));
    promised.digest.back() ^= 1;
    SPECTER_CHECK(dtls::identity_mismatch(certificate, std::array{promised}).has_value());
  }
  SPECTER_CHECK(dtls::identity_mismatch(certificate, {}).has_value());
}

}  // namespace

void run(Bytes input) {
  check_identity(input);
  const auto key = PublicKey::of_certificate(input);
  if (!key) return;
  SPECTER_CHECK(input.size() <= PublicKey::kMaxCertificateBytes);
  check_key(*key);
  // Not one byte more or less.
  SPECTER_CHECK(!PublicKey::of_certificate(input.first(input.size() - 1)));
  Buffer longer = to_buffer(input);
  longer.push_back(0);
  SPECTER_CHECK(!PublicKey::of_certificate(longer));
}

}  // namespace specter::fuzz
