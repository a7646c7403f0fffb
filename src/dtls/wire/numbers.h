// The numbers of IANA's TLS registries that WebRTC needs, and no more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/certificate.h"
#include "crypto/packet_cipher.h"

namespace specter::dtls {

enum class Version : std::uint16_t { Dtls12 = 0xfefd, Dtls13 = 0xfefc };
std::string_view to_string(Version version);  // "DTLS 1.2"

enum class ContentType : std::uint8_t {
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
  Ack = 26,  // RFC 9147 §7
};

enum class HandshakeType : std::uint8_t {
  ClientHello = 1,
  ServerHello = 2,
  HelloVerifyRequest = 3,
  NewSessionTicket = 4,
  EncryptedExtensions = 8,
  Certificate = 11,
  ServerKeyExchange = 12,
  CertificateRequest = 13,
  ServerHelloDone = 14,
  CertificateVerify = 15,
  ClientKeyExchange = 16,
  Finished = 20,
  KeyUpdate = 24,
  MessageHash = 254,  // of transcripts alone, RFC 8446 §4.4.1
};
std::string_view to_string(HandshakeType type);  // "ClientHello"

enum class CipherSuite : std::uint16_t {
  Aes128GcmSha256 = 0x1301,  // 1.3, RFC 8446 §B.4
  Aes256GcmSha384 = 0x1302,
  ChaCha20Poly1305Sha256 = 0x1303,
  EcdheEcdsaAes128GcmSha256 = 0xc02b,  // 1.2, RFC 5289
  EcdheEcdsaAes256GcmSha384 = 0xc02c,
  EcdheRsaAes128GcmSha256 = 0xc02f,
  EcdheRsaAes256GcmSha384 = 0xc030,
  EcdheRsaChaCha20Poly1305Sha256 = 0xcca8,  // RFC 7905
  EcdheEcdsaChaCha20Poly1305Sha256 = 0xcca9,
};

struct SuiteTraits {
  CipherSuite suite;
  std::string_view name;  // as registered: "TLS_AES_128_GCM_SHA256"
  Version version;
  crypto::PacketAlgorithm aead;
  crypto::HashAlgorithm hash;
  enum class Signer : std::uint8_t { Any, Ecdsa, Rsa } signer;  // Ecdsa: Ed25519 too, RFC 8422 §5.1
};
// Nothing for a suite that is none of the above.
std::optional<SuiteTraits> suite_traits(std::uint16_t suite);
const SuiteTraits& traits(CipherSuite suite);

// RFC 5764 §4.1.2, RFC 7714 §14.2.
enum class SrtpProfile : std::uint16_t {
  Aes128CmSha1_80 = 0x0001,
  Aes128CmSha1_32 = 0x0002,
  AeadAes128Gcm = 0x0007,
  AeadAes256Gcm = 0x0008,
};
// "SRTP_AES128_CM_HMAC_SHA1_80", …; nothing for one that we don't know.
std::optional<SrtpProfile> srtp_profile(std::uint16_t number);
std::string_view to_string(SrtpProfile profile);

enum class AlertDescription : std::uint8_t {
  CloseNotify = 0,
  UnexpectedMessage = 10,
  BadRecordMac = 20,
  HandshakeFailure = 40,
  BadCertificate = 42,
  UnsupportedCertificate = 43,
  CertificateRequired = 116,
  IllegalParameter = 47,
  DecodeError = 50,
  DecryptError = 51,
  ProtocolVersion = 70,
  InternalError = 80,
  UserCanceled = 90,
  NoRenegotiation = 100,
  MissingExtension = 109,
  UnsupportedExtension = 110,
  NoApplicationProtocol = 120,
};

// The name of an alert, "handshake_failure"; "alert 123" for one that IANA's registry lacked.
std::string alert_name(std::uint8_t description);

}  // namespace specter::dtls
