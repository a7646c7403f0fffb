#include "dtls/wire/numbers.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace specter::dtls {
namespace {

using crypto::HashAlgorithm;
using crypto::PacketAlgorithm;
using Signer = SuiteTraits::Signer;

constexpr SuiteTraits kSuites[] = {
    // RFC 8446 §B.4
    {CipherSuite::Aes128GcmSha256, "TLS_AES_128_GCM_SHA256", Version::Dtls13,
     PacketAlgorithm::Aes128Gcm, HashAlgorithm::Sha256, Signer::Any},
    {CipherSuite::Aes256GcmSha384, "TLS_AES_256_GCM_SHA384", Version::Dtls13,
     PacketAlgorithm::Aes256Gcm, HashAlgorithm::Sha384, Signer::Any},
    {CipherSuite::ChaCha20Poly1305Sha256, "TLS_CHACHA20_POLY1305_SHA256", Version::Dtls13,
     PacketAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256, Signer::Any},
    // RFC 5289 §3.2
    {CipherSuite::EcdheEcdsaAes128GcmSha256, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
     Version::Dtls12, PacketAlgorithm::Aes128Gcm, HashAlgorithm::Sha256, Signer::Ecdsa},
    {CipherSuite::EcdheEcdsaAes256GcmSha384, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
     Version::Dtls12, PacketAlgorithm::Aes256Gcm, HashAlgorithm::Sha384, Signer::Ecdsa},
    {CipherSuite::EcdheRsaAes128GcmSha256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Version::Dtls12,
     PacketAlgorithm::Aes128Gcm, HashAlgorithm::Sha256, Signer::Rsa},
    {CipherSuite::EcdheRsaAes256GcmSha384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Version::Dtls12,
     PacketAlgorithm::Aes256Gcm, HashAlgorithm::Sha384, Signer::Rsa},
    // RFC 7905 §2
    {CipherSuite::EcdheRsaChaCha20Poly1305Sha256, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
     Version::Dtls12, PacketAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256, Signer::Rsa},
    {CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
     Version::Dtls12, PacketAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256, Signer::Ecdsa},
};

const SuiteTraits* find_suite(std::uint16_t number) {
  const auto found = std::ranges::find(kSuites, static_cast<CipherSuite>(number),
                                       [](const SuiteTraits& known) { return known.suite; });
  return found == std::end(kSuites) ? nullptr : found;
}

struct NamedAlert {
  std::uint8_t description;
  std::string_view name;
};

// RFC 5246 §7.2, RFC 8446 §6, and the registry "TLS Alerts".
constexpr NamedAlert kAlerts[] = {{0, "close_notify"},
                                  {10, "unexpected_message"},
                                  {20, "bad_record_mac"},
                                  {21, "decryption_failed"},
                                  {22, "record_overflow"},
                                  {30, "decompression_failure"},
                                  {40, "handshake_failure"},
                                  {41, "no_certificate"},
                                  {42, "bad_certificate"},
                                  {43, "unsupported_certificate"},
                                  {44, "certificate_revoked"},
                                  {45, "certificate_expired"},
                                  {46, "certificate_unknown"},
                                  {47, "illegal_parameter"},
                                  {48, "unknown_ca"},
                                  {49, "access_denied"},
                                  {50, "decode_error"},
                                  {51, "decrypt_error"},
                                  {52, "too_many_cids_requested"},
                                  {60, "export_restriction"},
                                  {70, "protocol_version"},
                                  {71, "insufficient_security"},
                                  {80, "internal_error"},
                                  {86, "inappropriate_fallback"},
                                  {90, "user_canceled"},
                                  {100, "no_renegotiation"},
                                  {109, "missing_extension"},
                                  {110, "unsupported_extension"},
                                  {111, "certificate_unobtainable"},
                                  {112, "unrecognized_name"},
                                  {113, "bad_certificate_status_response"},
                                  {114, "bad_certificate_hash_value"},
                                  {115, "unknown_psk_identity"},
                                  {116, "certificate_required"},
                                  {120, "no_application_protocol"}};

}  // namespace

std::string_view to_string(Version version) {
  return version == Version::Dtls12 ? "DTLS 1.2" : "DTLS 1.3";
}

std::string_view to_string(HandshakeType type) {
  using enum HandshakeType;
  switch (type) {
    case ClientHello: return "ClientHello";
    case ServerHello: return "ServerHello";
    case HelloVerifyRequest: return "HelloVerifyRequest";
    case NewSessionTicket: return "NewSessionTicket";
    case EncryptedExtensions: return "EncryptedExtensions";
    case Certificate: return "Certificate";
    case ServerKeyExchange: return "ServerKeyExchange";
    case CertificateRequest: return "CertificateRequest";
    case ServerHelloDone: return "ServerHelloDone";
    case CertificateVerify: return "CertificateVerify";
    case ClientKeyExchange: return "ClientKeyExchange";
    case Finished: return "Finished";
    case KeyUpdate: return "KeyUpdate";
    case MessageHash: return "message_hash";
  }
  return "a handshake message of an unknown type";
}

std::optional<SuiteTraits> suite_traits(std::uint16_t suite) {
  if (const SuiteTraits* found = find_suite(suite)) return *found;
  return std::nullopt;
}

const SuiteTraits& traits(CipherSuite suite) {
  const SuiteTraits* found = find_suite(std::to_underlying(suite));
  SPECTER_CHECK(found != nullptr);
  return *found;
}

std::optional<SrtpProfile> srtp_profile(std::uint16_t number) {
  switch (const auto profile = static_cast<SrtpProfile>(number)) {
    case SrtpProfile::Aes128CmSha1_80:
    case SrtpProfile::Aes128CmSha1_32:
    case SrtpProfile::AeadAes128Gcm:
    case SrtpProfile::AeadAes256Gcm: return profile;
  }
  return std::nullopt;
}

std::string_view to_string(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::Aes128CmSha1_80: return "SRTP_AES128_CM_HMAC_SHA1_80";
    case SrtpProfile::Aes128CmSha1_32: return "SRTP_AES128_CM_HMAC_SHA1_32";
    case SrtpProfile::AeadAes128Gcm: return "SRTP_AEAD_AES_128_GCM";
    case SrtpProfile::AeadAes256Gcm: return "SRTP_AEAD_AES_256_GCM";
  }
  return "an unknown SRTP profile";
}

std::string alert_name(std::uint8_t description) {
  for (const NamedAlert& known : kAlerts) {
    if (known.description == description) return std::string(known.name);
  }
  return fmt::format("alert {}", description);
}

}  // namespace specter::dtls
