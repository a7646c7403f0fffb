// The client's side of a DTLS 1.2 handshake from the ServerHello on. RFC 6347 §4.2.4, figure 1.
//
//     ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone
//          -->  Certificate, ClientKeyExchange, CertificateVerify, [ChangeCipherSpec], Finished
//     [ChangeCipherSpec], Finished
#include "crypto/digest.h"
#include "dtls/handshake/answered_extensions.h"
#include "dtls/handshake/attempt.h"
#include "dtls/handshake/credentials.h"

namespace specter::dtls {

std::expected<std::unique_ptr<Attempt>, Refusal> Client12::make(Context& context,
                                                                const SentHello& sent,
                                                                const HandshakeMessage& message,
                                                                const ServerHello& hello) {
  using enum AlertDescription;
  const auto suite = suite_traits(hello.cipher_suite);
  if (!suite || suite->version != Version::Dtls12 ||
      !contains(sent.hello.cipher_suites, hello.cipher_suite) || hello.compression != 0)
    return std::unexpected(
        refuse(IllegalParameter, "the peer chose a cipher suite that was not offered"));
  if (const auto fault =
          fault_of(Answer::ServerHello12, sent.hello.extensions(), hello.extensions()))
    return std::unexpected(refuse(*fault, extension_fault(*fault)));
  // RFC 7627 §5.2, and exporters are sound only with it (§5.4).
  if (!hello.extended_master_secret)
    return std::unexpected(
        refuse(HandshakeFailure, "the peer does not support the extended master secret"));
  // RFC 5746 §3.4: of a first handshake it is empty.
  if (hello.renegotiation_info && !hello.renegotiation_info->empty())
    return std::unexpected(
        refuse(HandshakeFailure, "the peer claims to renegotiate in the first handshake"));
  // RFC 8446 §4.1.3: a peer that speaks 1.3 would have, if somebody had not changed our hello.
  if (hello.says_downgrade() &&
      contains(sent.hello.supported_versions.value_or(std::vector<std::uint16_t>{}),
               static_cast<std::uint16_t>(Version::Dtls13)))
    return std::unexpected(
        refuse(IllegalParameter, "the handshake was downgraded from DTLS 1.3 to 1.2"));
  const auto srtp = read_srtp(context.config, hello.use_srtp);
  if (!srtp.is_valid)
    return std::unexpected(
        refuse(IllegalParameter, "the peer chose an SRTP profile that was not offered"));

  auto attempt = std::unique_ptr<Client12>(new Client12(
      context, Role::Client, *suite, static_cast<std::uint16_t>(message.message_seq + 1),
      static_cast<std::uint16_t>(sent.message_seq + 1)));
  attempt->randoms_ = {sent.hello.random, hello.random};
  attempt->srtp_profile_ = srtp.profile;
  attempt->transcript_.add(HandshakeType::ClientHello, sent.message_seq, sent.body);
  attempt->record(message);
  attempt->set_checkpoint();
  return attempt;
}

// To after the ServerHello. What we sent since, the peer could not use either.
bool Client12::rewind() {
  rewind_to_checkpoint();
  next_send_seq_ = first_send_seq_;
  begin_flight();
  timer_.stop();
  schemes_.reset();
  schedule_.reset();
  wait_ = Wait::Certificate;
  return true;
}

bool Client12::expects(HandshakeType type, std::uint64_t epoch) const {
  using enum HandshakeType;
  if (wait_ == Wait::Finished) return type == Finished && epoch == 1;
  return epoch == 0 && (type == Certificate || type == ServerKeyExchange ||
                        type == CertificateRequest || type == ServerHelloDone);
}

Attempt::Step Client12::handle_message(Timestamp now, const HandshakeMessage& message) {
  using enum HandshakeType;
  switch (wait_) {
    case Wait::Certificate:
      if (message.type == Certificate) {
        wait_ = Wait::KeyExchange;
        return take_certificate(message, Empty::Refused);
      }
      break;
    case Wait::KeyExchange:
      if (message.type == ServerKeyExchange) return on_server_key_exchange(message);
      break;
    case Wait::RequestOrDone:
      if (message.type == CertificateRequest) return on_certificate_request(message);
      [[fallthrough]];
    case Wait::Done:
      if (message.type == ServerHelloDone) return on_hello_done(now, message);
      break;
    case Wait::Finished:
      if (message.type == Finished) return on_finished(message);
      break;
  }
  return refuse(AlertDescription::UnexpectedMessage,
                "the peer sent a message that is not expected");
}

Attempt::Step Client12::on_server_key_exchange(const HandshakeMessage& message) {
  auto exchange = ServerKeyExchange::parse(message.body);
  if (!exchange)
    return refuse(AlertDescription::DecodeError, "the peer's ServerKeyExchange is malformed");
  server_group_ = crypto::group(exchange->group);
  if (!server_group_ || !contains(numbers(context_.config.groups), exchange->group))
    return refuse(AlertDescription::IllegalParameter,
                  "the peer chose a key exchange group that was not offered");
  const Buffer content = signed_parameters12(randoms_, *exchange);
  if (!is_proof(
          {peer_certificate_, exchange->scheme, exchange->signature, content, Version::Dtls12}))
    return refuse(AlertDescription::DecryptError,
                  "the peer's signature does not match its certificate");
  // Who signed has our random and the certificate's key: no blind forger. Whether the certificate
  // is the one that was promised:
  auto identity = check_identity();
  if (!std::holds_alternative<Going>(identity)) return identity;
  proven_ = true;
  server_share_ = std::move(exchange->share);
  record(message);
  wait_ = Wait::RequestOrDone;
  return Going{};
}

Attempt::Step Client12::on_certificate_request(const HandshakeMessage& message) {
  auto request = CertificateRequest::parse(Version::Dtls12, message.body);
  if (!request)
    return refuse(AlertDescription::DecodeError, "the peer's CertificateRequest is malformed");
  schemes_ = std::move(request->signature_schemes);
  record(message);
  wait_ = Wait::Done;
  return Going{};
}

Attempt::Step Client12::on_hello_done(Timestamp now, const HandshakeMessage& message) {
  if (!message.body.empty())
    return refuse(AlertDescription::DecodeError, "the peer's ServerHelloDone is malformed");
  record(message);
  auto answer = crypto::answer_key_offer(*server_group_, server_share_, context_.random);
  if (!answer)
    return refuse(AlertDescription::IllegalParameter, "the peer's key share is not valid");
  group_ = *server_group_;

  begin_flight();
  const crypto::Certificate& certificate = *context_.config.certificate;
  std::optional<crypto::SignatureScheme> scheme;
  if (schemes_) {
    scheme = choose_scheme(certificate, *schemes_, Version::Dtls12);
    if (!scheme)
      return refuse(AlertDescription::HandshakeFailure,
                    "the peer accepts no signature scheme of our certificate");
    add_message(0, HandshakeType::Certificate,
                written(Version::Dtls12, CertificateMessage{{}, to_buffer(certificate.der())}));
  }
  add_message(0, HandshakeType::ClientKeyExchange,
              written(ClientKeyExchange{std::move(answer->share)}));
  // RFC 7627 §3: the session hash ends with the ClientKeyExchange.
  schedule_.emplace(suite_, answer->secret, transcript_hash());
  if (scheme) {
    add_message(0, HandshakeType::CertificateVerify,
                written(CertificateVerify{
                    static_cast<std::uint16_t>(*scheme),
                    crypto::sign(certificate, *scheme, transcript_.bytes(), context_.random)}));
  }
  exporter_ = schedule_->master();
  context_.log_key("CLIENT_RANDOM", randoms_.client, exporter_);
  install(schedule_->record_keys(randoms_.client, randoms_.server), 1, true, true);
  flight_.add_change_cipher_spec();
  add_message(1, HandshakeType::Finished,
              to_buffer(schedule_->finished("client finished", transcript_hash())));
  wait_ = Wait::Finished;
  send_flight(now);
  return Going{};
}

Attempt::Step Client12::on_finished(const HandshakeMessage& message) {
  const auto expected = schedule_->finished("server finished", transcript_hash());
  if (!crypto::equal_in_constant_time(expected, message.body))
    return Fatal{CloseReason::HandshakeFailed, AlertDescription::DecryptError,
                 "the peer's Finished does not match the handshake"};
  // It answers our flight: nothing is left to be sent again.
  begin_flight();
  timer_.stop();
  return Done{};
}

}  // namespace specter::dtls
