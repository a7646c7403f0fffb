#include "dtls/session.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/time.h>

#include "base/check.h"
#include "crypto/library.h"
#include "dtls/context.h"
#include "dtls/identity.h"
#include "dtls/wire/numbers.h"

namespace specter::dtls {
namespace {

constexpr std::size_t kMaxRecord = 16'384;

// OpenSSL keeps a flight's records in a buffer of 4 KiB; it must not have to cut one.
constexpr std::size_t kMinMtu = 256;
constexpr std::size_t kMaxMtu = 4096;

constexpr std::int64_t kYearSeconds = 365 * 24 * 60 * 60;

std::string library_error() {
  const unsigned long code = ERR_peek_error();
  const char* const reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "no reason given";
}

// The cage of one call. The error queue is the thread's, and SSL_get_error looks into it: dirt of
// others must not end this connection, nor ours theirs.
class Call {
 public:
  explicit Call(Random& random) : scope_(random) { ERR_clear_error(); }
  ~Call() {
    if (ERR_peek_error()) ERR_clear_error();
  }
  Call(const Call&) = delete;

 private:
  const crypto::RandomScope scope_;
};

Session& session_of(const SSL* ssl) { return *static_cast<Session*>(SSL_get_app_data(ssl)); }

}  // namespace

void Session::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Session::Session(const Connection::Config& config, DatagramBio& bio, Random& random)
    : promised_(config.remote_fingerprints), random_(random) {
  const Call call(random_);
  ssl_.reset(SSL_new(shared_context()));
  SSL* const ssl = ssl_.get();
  SPECTER_CHECK(ssl != nullptr);
  SSL_set_app_data(ssl, this);
  SSL_set_info_callback(ssl, note_alert);
  SPECTER_CHECK(
      SSL_use_certificate(ssl, static_cast<X509*>(config.certificate->native_certificate())) == 1 &&
      SSL_use_PrivateKey(ssl, static_cast<EVP_PKEY*>(config.certificate->native_key())) == 1);
  SPECTER_CHECK(SSL_set_mtu(ssl, static_cast<long>(std::clamp(config.mtu, kMinMtu, kMaxMtu))) != 0);
  BIO* const native = bio.make();
  SSL_set_bio(ssl, native, native);
  if (config.role == Role::Client) {
    SSL_set_connect_state(ssl);
  } else {
    SSL_set_accept_state(ssl);
  }
}

// RFC 8827 §6.5: the fingerprint is what is trusted; chains, names and dates are not looked at.
int judge_certificate(x509_store_ctx_st* store, void*) {
  auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(X509_STORE_CTX_get0_cert(store), &der);
  bool accepted = false;
  if (size > 0) {
    try {  // No exception may pass through C.
      accepted = session_of(ssl).judge(Bytes(der, static_cast<std::size_t>(size)));
    } catch (...) {
      accepted = false;
    }
    OPENSSL_free(der);
  }
  // Refused: OpenSSL makes this a fatal bad_certificate.
  X509_STORE_CTX_set_error(store, accepted ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return accepted ? 1 : 0;
}

bool Session::judge(Bytes certificate) {
  peer_certificate_.assign(certificate.begin(), certificate.end());
  const auto mismatch = identity_mismatch(certificate, promised_);
  verdict_ = mismatch ? Verdict::Refused : Verdict::Accepted;
  refusal_ = mismatch.value_or("");
  return verdict_ == Verdict::Accepted;
}

void Session::note_alert(const ssl_st* ssl, int where, int value) {
  constexpr int kFatal = 2;
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == kFatal)
    session_of(ssl).fatal_alert_ = static_cast<std::uint8_t>(value & 0xff);
}

std::optional<Closed> Session::failure(int result) const {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return std::nullopt;
  if (verdict_ == Verdict::Refused) return Closed{CloseReason::BadFingerprint, refusal_};
  if (error == SSL_ERROR_ZERO_RETURN)
    return Closed{CloseReason::CloseNotify, "The peer closed the association."};
  if (fatal_alert_) {
    return Closed{CloseReason::PeerAlert,
                  fmt::format("The peer ended the association with the alert {}.",
                              alert_name(*fatal_alert_))};
  }
  const int reason = ERR_GET_REASON(ERR_peek_error());
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return Closed{CloseReason::NoCertificate, "The peer sent no certificate."};
  if (reason == SSL_R_READ_TIMEOUT_EXPIRED)
    return Closed{CloseReason::TimedOut, "The peer did not answer."};
  return Closed{CloseReason::HandshakeFailed,
                fmt::format("The DTLS association failed: {}.", library_error())};
}

// DatagramBio puts OpenSSL's timer far away; an OpenSSL that doesn't let it would live by its own
// clock.
bool Session::clock_is_ours() const {
  timeval left{};
  return DTLSv1_get_timeout(ssl_.get(), &left) != 1 || left.tv_sec > kYearSeconds;
}

Session::Outcome<bool> Session::handshake() {
  const Call call(random_);
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) {
    if (auto closed = failure(result)) return std::unexpected(std::move(*closed));
    SPECTER_CHECK(clock_is_ours());
    return false;
  }
  switch (verdict_) {
    case Verdict::Accepted: return true;
    case Verdict::Refused: return std::unexpected(Closed{CloseReason::BadFingerprint, refusal_});
    case Verdict::None: break;
  }
  return std::unexpected(Closed{CloseReason::NoCertificate, "The peer sent no certificate."});
}

Session::Outcome<std::optional<Buffer>> Session::read() {
  const Call call(random_);
  std::array<std::uint8_t, kMaxRecord> record;
  const int size = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
  if (size > 0) return Buffer(record.begin(), record.begin() + size);
  if (auto closed = failure(size)) return std::unexpected(std::move(*closed));
  return std::nullopt;
}

bool Session::write(Bytes data) {
  const Call call(random_);
  const int size = static_cast<int>(data.size());
  return SSL_write(ssl_.get(), data.data(), size) == size;
}

Session::Outcome<void> Session::resend() {
  const Call call(random_);
  const long result = DTLSv1_handle_timeout(ssl_.get());
  if (result == 1) return {};
  // 0 would say that its timer isn't due, which it is; asked again, it would say so again.
  if (auto closed = result < 0 ? failure(static_cast<int>(result)) : std::nullopt)
    return std::unexpected(std::move(*closed));
  return std::unexpected(
      Closed{CloseReason::HandshakeFailed, "The last flight could not be sent again."});
}

void Session::shut_down() {
  const Call call(random_);
  SSL_shutdown(ssl_.get());
}

std::optional<Buffer> Session::export_keying_material(std::string_view label,
                                                      std::size_t size) const {
  const Call call(random_);
  Buffer out(size);
  if (SSL_export_keying_material(ssl_.get(), out.data(), size, label.data(), label.size(), nullptr,
                                 0, 0) != 1) {
    return std::nullopt;
  }
  return out;
}

// By the names of the registry "DTLS-SRTP Protection Profiles"; empty when there is none.
std::string Session::srtp_profile() const {
  const SRTP_PROTECTION_PROFILE* const profile = SSL_get_selected_srtp_profile(ssl_.get());
  if (!profile) return "";
  if (profile->id == SRTP_AES128_CM_SHA1_80) return "SRTP_AES128_CM_HMAC_SHA1_80";
  return profile->name;
}

std::string Session::version() const {
  return SSL_version(ssl_.get()) == DTLS1_2_VERSION ? "DTLS 1.2" : "";
}

std::string Session::cipher_suite() const {
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl_.get());
  return cipher ? SSL_CIPHER_standard_name(cipher) : "";
}

}  // namespace specter::dtls
