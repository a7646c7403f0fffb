// For tests: a peer made of OpenSSL as it comes, DTLS 1.2 alone (3.0 has no 1.3).
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include "crypto/certificate.h"
#include "dtls/connection.h"
#include "dtls/testing/openssl_bio.h"

namespace specter::dtls {

struct Identity {
  EVP_PKEY* key;
  X509* certificate;

  crypto::Fingerprint fingerprint() const {
    std::uint8_t* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    auto out = crypto::Fingerprint::of(Bytes(der, static_cast<std::size_t>(size)),
                                       crypto::HashAlgorithm::Sha256);
    OPENSSL_free(der);
    return out;
  }
};

inline Identity sign_own(EVP_PKEY* key) {
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  // Long expired: nobody checks.
  ASN1_TIME_set(X509_getm_notBefore(certificate), 0);
  ASN1_TIME_set(X509_getm_notAfter(certificate), 1000);
  X509_set_pubkey(certificate, key);
  // Ed25519 has a hash of its own.
  EXPECT_GT(X509_sign(certificate, key, EVP_PKEY_is_a(key, "ED25519") ? nullptr : EVP_sha256()), 0);
  return {key, certificate};
}
inline const Identity& rsa_2048() {
  static const Identity identity = sign_own(EVP_RSA_gen(2048));
  return identity;
}
inline const Identity& p384() {
  static const Identity identity = sign_own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
  return identity;
}

// A peer made of OpenSSL as it comes, in the default library context.
class Foreigner {
 public:
  using Setup = std::function<void(SSL_CTX*)>;

  explicit Foreigner(Role role, const Identity* identity, const Setup& setup = {})
      : context_(SSL_CTX_new(DTLS_method())), bio_(1200) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    SSL_CTX_set_tlsext_use_srtp(context_, "SRTP_AES128_CM_SHA1_80");
    SSL_CTX_set_options(context_, SSL_OP_NO_QUERY_MTU);
    if (identity) {
      EXPECT_EQ(SSL_CTX_use_certificate(context_, identity->certificate), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey(context_, identity->key), 1);
    }
    if (setup) setup(context_);
    ssl = SSL_new(context_);
    SSL_set_app_data(ssl, this);
    SSL_set_info_callback(ssl, [](const SSL* which, int where, int value) {
      if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
      static_cast<Foreigner*>(SSL_get_app_data(which))->alert =
          std::string(SSL_alert_type_string_long(value)) + " " + SSL_alert_desc_string_long(value);
    });
    SSL_set_mtu(ssl, 1200);
    BIO* const native = bio_.make();
    SSL_set_bio(ssl, native, native);
    role == Role::Client ? SSL_set_connect_state(ssl) : SSL_set_accept_state(ssl);
  }
  ~Foreigner() {
    SSL_free(ssl);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  Foreigner(const Foreigner&) = delete;

  // What came in goes to OpenSSL; false when it has failed.
  bool handle(Bytes datagram) {
    bio_.offer(datagram);
    const bool fine = go_on();
    bio_.withdraw();
    return fine;
  }
  bool go_on() {
    ERR_clear_error();
    std::array<char, 16'384> data;
    int result = SSL_do_handshake(ssl);
    while (result > 0) {
      result = SSL_read(ssl, data.data(), static_cast<int>(data.size()));
      if (result > 0) received.emplace_back(data.data(), static_cast<std::size_t>(result));
    }
    const int error = SSL_get_error(ssl, result);
    if (error == SSL_ERROR_SSL) failed = true;
    return !failed;
  }
  std::optional<Buffer> poll() {
    if (bio_.outgoing().empty()) return std::nullopt;
    Buffer out = bio_.outgoing().front();
    bio_.outgoing().pop_front();
    return out;
  }
  // Its retransmission timer, which we hold (openssl_bio.h).
  bool timer_runs() const { return !failed && bio_.timer_runs() && !SSL_is_init_finished(ssl); }
  void expire_timer() {
    bio_.expire_timer();
    ERR_clear_error();
    DTLSv1_handle_timeout(ssl);
    go_on();
  }
  bool is_connected() const { return !failed && SSL_is_init_finished(ssl); }

  SSL* ssl;
  std::vector<std::string> received;
  std::string alert;  // the last that came
  bool failed = false;

 private:
  SSL_CTX* context_;
  DatagramBio bio_;
};

}  // namespace specter::dtls
