#include "dtls/context.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "crypto/library.h"
#include "dtls/peer_messages.h"

namespace specter::dtls {
namespace {

// RFC 8827 §6.5: forward secrecy and AEAD; TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 first.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr std::string_view kGroups = "X25519:P-256:P-384";
constexpr std::string_view kSignatures =
    "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:"
    "RSA-PSS+SHA512:RSA+SHA512";
// RFC 5764 §4.1.2, RFC 7714 §14.2, in OpenSSL's spelling.
constexpr const char* kSrtpProfiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";
constexpr int kSecurityLevel = 2;  // 112 bits: RSA-2048 is in, SHA-1 is out

// A new SSL_CTX draws keys for session tickets and for TLS 1.3's cookies. Both are off, so these
// secrets protect nothing; and the first connection's Random must not have to pay for them, or the
// second run of a test would differ from its first.
struct ForUnusedSecrets final : Random {
  void fill(MutableBytes out) override { std::ranges::fill(out, std::uint8_t{0}); }
};

SSL_CTX* make_context() {
  ForUnusedSecrets random;
  const crypto::RandomScope scope(random);
  SSL_CTX* const context = SSL_CTX_new_ex(crypto::library_context(), nullptr, DTLS_method());
  SPECTER_CHECK(context != nullptr);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  std::string groups(kGroups), signatures(kSignatures);  // the macros cast const away
  SPECTER_CHECK(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
                SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
                SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
                SSL_CTX_set1_groups_list(context, groups.data()) == 1 &&
                SSL_CTX_set1_sigalgs_list(context, signatures.data()) == 1 &&
                SSL_CTX_set_tlsext_use_srtp(context, kSrtpProfiles) == 0);
  // RFC 8827 §6.5: no renegotiation; each association has keys of its own, so nothing is resumed.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_max_cert_list(context, PeerMessages::kMaxCertificateBytes);
  // RFC 8827 §6.5: certificates on both sides, judged by their fingerprints alone.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, judge_certificate, nullptr);
  return context;
}

}  // namespace

ssl_ctx_st* shared_context() {
  static SSL_CTX* const context = make_context();
  return context;
}

}  // namespace specter::dtls
