#include "dtls/identity.h"

#include <algorithm>

#include <fmt/format.h>

namespace specter::dtls {

std::optional<std::string> identity_mismatch(Bytes certificate_der,
                                             std::span<const crypto::Fingerprint> promised) {
  if (promised.empty()) {
    return fmt::format(
        "the peer's certificate has the fingerprint {}, but its description has none with a hash "
        "function that may be used (sha-256, sha-384, sha-512)",
        crypto::Fingerprint::of(certificate_der, crypto::HashAlgorithm::Sha256).to_string());
  }
  // RFC 8122 §5: of the fingerprints with the most preferred hash function, one must match; those
  // with weaker ones don't count.
  const auto strongest = std::ranges::max(promised, {}, &crypto::Fingerprint::algorithm).algorithm;
  const auto actual = crypto::Fingerprint::of(certificate_der, strongest);
  std::string expected;
  for (const crypto::Fingerprint& fingerprint : promised) {
    if (fingerprint.algorithm != strongest) continue;
    if (fingerprint == actual) return std::nullopt;
    expected += (expected.empty() ? "" : " or ") + fingerprint.to_string();
  }
  return fmt::format("the peer's certificate has the fingerprint {}, but its description has {}",
                     actual.to_string(), expected);
}

}  // namespace specter::dtls
