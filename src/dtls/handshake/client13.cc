// The client's side of a DTLS 1.3 handshake from the ServerHello on. RFC 8446 §4, RFC 9147 §5.
//
//     ServerHello          -->  keys of epoch 2
//     EncryptedExtensions, [CertificateRequest,] Certificate, CertificateVerify, Finished
//                          -->  Certificate, CertificateVerify, Finished; keys of epoch 3
#include "crypto/digest.h"
#include "dtls/handshake/answered_extensions.h"
#include "dtls/handshake/attempt.h"
#include "dtls/handshake/credentials.h"

namespace specter::dtls {

std::expected<std::unique_ptr<Attempt>, Refusal> Client13::make(
    Context& context, const SentHello& sent, std::span<const crypto::KeyOffer> offers,
    const HandshakeMessage& message, const ServerHello& hello, const SentHello* first,
    const HandshakeMessage* retry) {
  using enum AlertDescription;
  const auto suite = suite_traits(hello.cipher_suite);
  if (!suite || suite->version != Version::Dtls13 ||
      !contains(sent.hello.cipher_suites, hello.cipher_suite))
    return std::unexpected(
        refuse(IllegalParameter, "the peer chose a cipher suite that was not offered"));
  if (const auto fault =
          fault_of(Answer::ServerHello13, sent.hello.extensions(), hello.extensions()))
    return std::unexpected(refuse(*fault, extension_fault(*fault)));
  if (hello.session_id != sent.hello.session_id || hello.compression != 0)
    return std::unexpected(
        refuse(IllegalParameter, "the peer's ServerHello does not answer our ClientHello"));
  if (!hello.key_share)
    return std::unexpected(refuse(MissingExtension, "the peer's ServerHello has no key share"));
  const auto offer = std::ranges::find_if(offers, [&](const crypto::KeyOffer& known) {
    return static_cast<std::uint16_t>(known.group()) == hello.key_share->group;
  });
  if (offer == offers.end())
    return std::unexpected(
        refuse(IllegalParameter, "the peer's key share is of a group that was not offered"));
  const auto shared = offer->finish(hello.key_share->key);
  if (!shared)
    return std::unexpected(refuse(IllegalParameter, "the peer's key share is not valid"));

  auto attempt = std::unique_ptr<Client13>(new Client13(
      context, Role::Client, *suite, static_cast<std::uint16_t>(message.message_seq + 1),
      static_cast<std::uint16_t>(sent.message_seq + 1)));
  attempt->randoms_ = {sent.hello.random, hello.random};
  attempt->group_ = offer->group();
  attempt->offered_ = sent.hello.extensions();
  if (first && retry) {
    attempt->transcript_.add(HandshakeType::ClientHello, first->message_seq, first->body);
    attempt->transcript_.replace_by_hash(suite->hash);
    attempt->transcript_.add(HandshakeType::ServerHello, retry->message_seq, retry->body);
  }
  attempt->transcript_.add(HandshakeType::ClientHello, sent.message_seq, sent.body);
  attempt->record(message);
  attempt->schedule_.emplace(*suite, *shared);
  attempt->handshake_traffic_ = attempt->schedule_->handshake_traffic(attempt->transcript_hash());
  attempt->install13(attempt->handshake_traffic_, 2, true, true);
  attempt->log_handshake_keys(attempt->handshake_traffic_);
  return attempt;
}

bool Client13::expects(HandshakeType type, std::uint64_t epoch) const {
  if (epoch != 2) return false;
  // What comes earlier than due is put aside, so all of the flight is expected.
  using enum HandshakeType;
  return type == EncryptedExtensions || type == CertificateRequest || type == Certificate ||
         type == CertificateVerify || type == Finished;
}

Attempt::Step Client13::handle_message(Timestamp now, const HandshakeMessage& message) {
  using enum HandshakeType;
  switch (wait_) {
    case Wait::EncryptedExtensions:
      if (message.type == EncryptedExtensions) return on_encrypted_extensions(message);
      break;
    case Wait::RequestOrCertificate:
      if (message.type == CertificateRequest) {
        auto request = dtls::CertificateRequest::parse(Version::Dtls13, message.body);
        // RFC 8446 §4.3.2: in a handshake the context is empty.
        if (!request || !request->request_context.empty())
          return refuse(AlertDescription::DecodeError,
                        "the peer's CertificateRequest is malformed");
        request_ = std::move(*request);
        record(message);
        wait_ = Wait::Certificate;
        return Going{};
      }
      [[fallthrough]];
    case Wait::Certificate:
      if (message.type == Certificate) {
        wait_ = Wait::Verify;
        return take_certificate(message, Empty::Refused);
      }
      break;
    case Wait::Verify:
      if (message.type == CertificateVerify) {
        wait_ = Wait::Finished;
        return take_proof(message, signed_content13(Role::Server, transcript_hash()));
      }
      break;
    case Wait::Finished:
      if (message.type == Finished) return on_finished(now, message);
      break;
  }
  return refuse(AlertDescription::UnexpectedMessage,
                "the peer sent a message that is not expected");
}

Attempt::Step Client13::on_encrypted_extensions(const HandshakeMessage& message) {
  const auto extensions = EncryptedExtensions::parse(message.body);
  if (!extensions)
    return refuse(AlertDescription::DecodeError, "the peer's extensions are malformed");
  if (const auto fault = fault_of(Answer::EncryptedExtensions, offered_, extensions->extensions()))
    return refuse(*fault, extension_fault(*fault));
  const auto srtp = read_srtp(context_.config, extensions->use_srtp);
  if (!srtp.is_valid)
    return refuse(AlertDescription::IllegalParameter,
                  "the peer chose an SRTP profile that was not offered");
  srtp_profile_ = srtp.profile;
  record(message);
  wait_ = Wait::RequestOrCertificate;
  return Going{};
}

Attempt::Step Client13::on_finished(Timestamp now, const HandshakeMessage& message) {
  const auto expected = finished13(suite_.hash, handshake_traffic_.server, transcript_hash());
  if (!crypto::equal_in_constant_time(expected, message.body))
    return Fatal{CloseReason::HandshakeFailed, AlertDescription::DecryptError,
                 "the peer's Finished does not match the handshake"};
  record(message);
  schedule_->enter_master();
  const auto application = schedule_->application_traffic(transcript_hash());
  exporter_ = schedule_->exporter_master(transcript_hash());
  log_application_keys(application);

  begin_flight();
  // RFC 8446 §4.4: Certificate and CertificateVerify only when asked; in WebRTC one always is, and
  // a server that doesn't ask could not know whom it talks to (RFC 8827 §6.5).
  if (request_) {
    const auto scheme =
        choose_scheme(*context_.config.certificate, request_->signature_schemes, Version::Dtls13);
    if (!scheme)
      return Fatal{CloseReason::HandshakeFailed, AlertDescription::HandshakeFailure,
                   "the peer accepts no signature scheme of our certificate"};
    add_message(2, HandshakeType::Certificate,
                written(Version::Dtls13,
                        CertificateMessage{{}, to_buffer(context_.config.certificate->der())}));
    const Buffer content = signed_content13(Role::Client, transcript_hash());
    add_message(2, HandshakeType::CertificateVerify,
                written(CertificateVerify{static_cast<std::uint16_t>(*scheme),
                                          crypto::sign(*context_.config.certificate, *scheme,
                                                       content, context_.random)}));
  }
  const auto finished = finished13(suite_.hash, handshake_traffic_.client, transcript_hash());
  add_message(2, HandshakeType::Finished, to_buffer(finished));
  install13(application, 3, true, true);
  application_traffic_ = application;
  send_flight(now);
  return Done{};
}

}  // namespace specter::dtls
