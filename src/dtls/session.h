// OpenSSL's DTLS 1.2 for one connection, each call in its cage: the error queue emptied before
// (others leave dirt in it), randomness from the Random, time from nobody.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dtls/connection.h"
#include "dtls/datagram_bio.h"

struct ssl_st;             // SSL
struct x509_store_ctx_st;  // X509_STORE_CTX

namespace specter::dtls {

class Session {
 public:
  // A failure says why the association is over.
  template <class T>
  using Outcome = std::expected<T, Closed>;

  Session(const Connection::Config& config, DatagramBio& bio, Random& random);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Goes on with what the BIO offers. True: done, and the peer is who it should be. This is the one
  // way to that answer.
  Outcome<bool> handshake();
  Outcome<std::optional<Buffer>> read();  // the next application record; none: read it all
  bool write(Bytes application_data);
  Outcome<void> resend();  // the last flight; the BIO's timer must have been expired
  void shut_down();        // close_notify

  std::optional<Buffer> export_keying_material(std::string_view label, std::size_t size) const;
  std::string srtp_profile() const;
  std::string version() const;
  std::string cipher_suite() const;
  const Buffer& peer_certificate() const { return peer_certificate_; }

 private:
  friend int judge_certificate(x509_store_ctx_st* store, void* unused);

  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  enum class Verdict { None, Accepted, Refused };

  static void note_alert(const ssl_st* ssl, int where, int value);
  bool judge(Bytes certificate);
  bool clock_is_ours() const;
  // What a call's result means: nothing when it only wants more to read.
  std::optional<Closed> failure(int result) const;

  const std::vector<crypto::Fingerprint> promised_;
  Random& random_;
  Verdict verdict_ = Verdict::None;
  std::string refusal_;
  Buffer peer_certificate_;
  std::optional<std::uint8_t> fatal_alert_;  // of the peer
  std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace specter::dtls
