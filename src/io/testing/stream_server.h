// For tests: a server on loopback for TCP, or TLS with a certificate of the test's own, that sends
// back what it hears. It lives on the loop under test.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace specter::io::testing {

struct KeyAndCertificate {
  std::string key, certificate;  // PEM
};

// What a certificate says. Of an authority when there is one, else of itself.
struct CertificateWish {
  std::string alternative_names;  // as openssl.cnf has it: "DNS:a.example,IP:127.0.0.1"
  bool is_authority = false;
  std::string name = "a server";
  long valid_from = -3600, valid_until = 3600;  // seconds from now
};

class CertificateMaker {
 public:
  explicit CertificateMaker(const CertificateMaker* by = nullptr, const CertificateWish& wish = {})
      : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free),
        certificate_(X509_new(), &X509_free) {
    X509* const x = certificate_.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), by ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(x), wish.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(x), wish.valid_until);
    X509_set_pubkey(x, key_.get());
    X509_NAME* const name = X509_get_subject_name(x);
    const auto* const text = reinterpret_cast<const unsigned char*>(wish.name.c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x, by ? X509_get_subject_name(by->certificate_.get()) : name);
    X509V3_CTX context{};
    X509V3_set_ctx(&context, by ? by->certificate_.get() : x, x, nullptr, nullptr, 0);
    add(context, NID_basic_constraints, wish.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!wish.alternative_names.empty())
      add(context, NID_subject_alt_name, wish.alternative_names.c_str());
    X509_sign(x, by ? by->key_.get() : key_.get(), EVP_sha256());
  }

  KeyAndCertificate pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> key(BIO_new(BIO_s_mem()), &BIO_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> certificate(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PrivateKey(key.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    PEM_write_bio_X509(certificate.get(), certificate_.get());
    return {text_of(key.get()), text_of(certificate.get())};
  }

 private:
  void add(X509V3_CTX& context, int what, const char* value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  static std::string text_of(BIO* from) {
    std::string text(static_cast<std::size_t>(BIO_pending(from)), '\0');
    BIO_read(from, text.data(), static_cast<int>(text.size()));
    return text;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

class StreamServer {
 public:
  // Without a certificate: TCP alone.
  explicit StreamServer(asio::io_context& context, std::optional<KeyAndCertificate> tls = {})
      : acceptor_(context, {asio::ip::address_v4::loopback(), 0}), socket_(context) {
    if (tls) {
      context_.use_certificate(asio::buffer(tls->certificate), asio::ssl::context::pem);
      context_.use_private_key(asio::buffer(tls->key), asio::ssl::context::pem);
      SSL_CTX_callback_ctrl(context_.native_handle(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                            reinterpret_cast<void (*)()>(note_name));
      SSL_CTX_set_tlsext_servername_arg(context_.native_handle(), this);
      has_tls_ = true;
    }
    accept();
  }
  StreamServer(const StreamServer&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  const asio::ip::tcp::endpoint& client() const { return client_; }

  bool echoes = true;
  bool reads = true;
  std::string heard;
  std::string asked_for;  // the name that the client gave, RFC 6066 §3
  bool is_at_end = false;

  void hang_up() {
    std::error_code ignored;
    socket_.close(ignored);
  }
  void say(std::string_view text) {
    said_ = std::string(text);
    with([this](auto& stream) { asio::write(stream, asio::buffer(said_)); });
  }
  void go_on() {
    reads = true;
    read();
  }

 private:
  template <class F>
  void with(F&& f) {
    if (has_tls_) {
      f(*tls_);
    } else {
      f(socket_);
    }
  }
  static int note_name(SSL* ssl, int*, void* server) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    static_cast<StreamServer*>(server)->asked_for = name ? name : "";
    return SSL_TLSEXT_ERR_OK;
  }
  void accept() {
    acceptor_.async_accept(socket_, client_, [this](const std::error_code& error) {
      if (error) return;
      if (!has_tls_) return read();
      tls_.emplace(socket_, context_);
      tls_->async_handshake(asio::ssl::stream_base::server, [this](const std::error_code& failure) {
        if (!failure) read();
      });
    });
  }
  void read() {
    if (!reads) return;
    with([this](auto& stream) {
      stream.async_read_some(asio::buffer(incoming_),
                             [this](const std::error_code& error, std::size_t size) {
                               heard.append(incoming_.data(), size);
                               if (echoes && size > 0) say({incoming_.data(), size});
                               is_at_end = static_cast<bool>(error);
                               if (!error) return read();
                               hang_up();
                             });
    });
  }

  asio::ip::tcp::acceptor acceptor_;
  asio::ip::tcp::endpoint client_;
  asio::ip::tcp::socket socket_;
  asio::ssl::context context_{asio::ssl::context::tls_server};
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  bool has_tls_ = false;
  std::string said_;
  std::array<char, 16'384> incoming_{};
};

}  // namespace specter::io::testing
