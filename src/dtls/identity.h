// Whether a certificate is the one that the peer's description promised. RFC 8122 §5, RFC 8827
// §6.5.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "crypto/certificate.h"

#include "specter/bytes.h"

namespace specter::dtls {

// Nothing when it is; else a sentence that says why not, with both fingerprints.
std::optional<std::string> identity_mismatch(Bytes certificate_der,
                                             std::span<const crypto::Fingerprint> promised);

}  // namespace specter::dtls
