#include "dtls/wire/numbers.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace specter::dtls {
namespace {

using crypto::HashAlgorithm;
using crypto::PacketAlgorithm;
using Signer = SuiteTraits::Signer;

constexpr CipherSuite kAllSuites[] = {
    CipherSuite::Aes128GcmSha256,
    CipherSuite::Aes256GcmSha384,
    CipherSuite::ChaCha20Poly1305Sha256,
    CipherSuite::EcdheEcdsaAes128GcmSha256,
    CipherSuite::EcdheEcdsaAes256GcmSha384,
    CipherSuite::EcdheRsaAes128GcmSha256,
    CipherSuite::EcdheRsaAes256GcmSha384,
    CipherSuite::EcdheRsaChaCha20Poly1305Sha256,
    CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256,
};

TEST(Numbers, VersionsHaveNames) {
  EXPECT_EQ(to_string(Version::Dtls12), "DTLS 1.2");
  EXPECT_EQ(to_string(Version::Dtls13), "DTLS 1.3");
}

// RFC 8446 §B.4, RFC 5289 §3.2, RFC 7905 §2.
TEST(Numbers, SuitesHaveTheirRegisteredNamesAndNumbers) {
  EXPECT_EQ(suite_traits(0x1301)->name, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(suite_traits(0x1302)->name, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(suite_traits(0x1303)->name, "TLS_CHACHA20_POLY1305_SHA256");
  EXPECT_EQ(suite_traits(0xc02b)->name, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(suite_traits(0xc02c)->name, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
  EXPECT_EQ(suite_traits(0xc02f)->name, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(suite_traits(0xc030)->name, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
  EXPECT_EQ(suite_traits(0xcca8)->name, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
  EXPECT_EQ(suite_traits(0xcca9)->name, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
}

TEST(Numbers, ASuiteIsWhatItsNameSays) {
  for (const CipherSuite suite : kAllSuites) {
    const SuiteTraits& known = traits(suite);
    const auto says = [&](std::string_view part) {
      return known.name.find(part) != std::string_view::npos;
    };
    EXPECT_EQ(known.suite, suite) << known.name;
    EXPECT_EQ(known.version, says("_WITH_") ? Version::Dtls12 : Version::Dtls13) << known.name;
    EXPECT_EQ(known.aead, says("CHACHA20_POLY1305") ? PacketAlgorithm::ChaCha20Poly1305
                          : says("AES_128_GCM")     ? PacketAlgorithm::Aes128Gcm
                                                    : PacketAlgorithm::Aes256Gcm)
        << known.name;
    EXPECT_EQ(known.hash, says("SHA384") ? HashAlgorithm::Sha384 : HashAlgorithm::Sha256);
    EXPECT_EQ(known.signer, says("_ECDSA_") ? Signer::Ecdsa
                            : says("_RSA_") ? Signer::Rsa
                                            : Signer::Any)
        << known.name;
  }
}

TEST(Numbers, OtherSuitesHaveNoTraits) {
  int known = 0;
  for (unsigned number = 0; number <= 0xffff; ++number) {
    if (suite_traits(static_cast<std::uint16_t>(number))) ++known;
  }
  EXPECT_EQ(known, 9);
  EXPECT_FALSE(suite_traits(0x0000));  // TLS_NULL_WITH_NULL_NULL
  EXPECT_FALSE(suite_traits(0x00ff));  // TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746 §3.3
  EXPECT_FALSE(suite_traits(0x0a0a));  // GREASE, RFC 8701 §2
  EXPECT_FALSE(suite_traits(0xc013));  // CBC
  EXPECT_THROW(traits(static_cast<CipherSuite>(0xc013)), Bug);
}

// RFC 5764 §4.1.2, RFC 7714 §14.2.
TEST(Numbers, SrtpProfilesHaveTheirRegisteredNamesAndNumbers) {
  const auto name = [](std::uint16_t number) { return to_string(srtp_profile(number).value()); };
  EXPECT_EQ(name(0x0001), "SRTP_AES128_CM_HMAC_SHA1_80");
  EXPECT_EQ(name(0x0002), "SRTP_AES128_CM_HMAC_SHA1_32");
  EXPECT_EQ(name(0x0007), "SRTP_AEAD_AES_128_GCM");
  EXPECT_EQ(name(0x0008), "SRTP_AEAD_AES_256_GCM");
  for (const std::uint16_t other : {0x0000, 0x0003, 0x0005, 0x0006, 0x0009, 0x0107, 0x0a0a})
    EXPECT_EQ(srtp_profile(other), std::nullopt);
}

// RFC 5246 §7.2, RFC 8446 §6.
TEST(Numbers, AlertsHaveNames) {
  const auto name = [](AlertDescription alert) { return alert_name(std::to_underlying(alert)); };
  EXPECT_EQ(name(AlertDescription::CloseNotify), "close_notify");
  EXPECT_EQ(name(AlertDescription::UnexpectedMessage), "unexpected_message");
  EXPECT_EQ(name(AlertDescription::BadRecordMac), "bad_record_mac");
  EXPECT_EQ(name(AlertDescription::HandshakeFailure), "handshake_failure");
  EXPECT_EQ(name(AlertDescription::BadCertificate), "bad_certificate");
  EXPECT_EQ(name(AlertDescription::UnsupportedCertificate), "unsupported_certificate");
  EXPECT_EQ(name(AlertDescription::CertificateRequired), "certificate_required");
  EXPECT_EQ(name(AlertDescription::IllegalParameter), "illegal_parameter");
  EXPECT_EQ(name(AlertDescription::DecodeError), "decode_error");
  EXPECT_EQ(name(AlertDescription::DecryptError), "decrypt_error");
  EXPECT_EQ(name(AlertDescription::ProtocolVersion), "protocol_version");
  EXPECT_EQ(name(AlertDescription::InternalError), "internal_error");
  EXPECT_EQ(name(AlertDescription::UserCanceled), "user_canceled");
  EXPECT_EQ(name(AlertDescription::NoRenegotiation), "no_renegotiation");
  EXPECT_EQ(name(AlertDescription::MissingExtension), "missing_extension");
  EXPECT_EQ(name(AlertDescription::UnsupportedExtension), "unsupported_extension");
  EXPECT_EQ(name(AlertDescription::NoApplicationProtocol), "no_application_protocol");
  EXPECT_EQ(alert_name(99), "alert 99");
  EXPECT_EQ(alert_name(255), "alert 255");
}

}  // namespace
}  // namespace specter::dtls
