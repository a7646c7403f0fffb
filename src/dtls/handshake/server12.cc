// The server's side of a DTLS 1.2 handshake from the ClientHello on. RFC 6347 §4.2.4, figure 1.
//
//     ClientHello
//          -->  ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone
//     Certificate, ClientKeyExchange, CertificateVerify, [ChangeCipherSpec], Finished
//          -->  [ChangeCipherSpec], Finished
#include <algorithm>

#include "base/check.h"
#include "crypto/digest.h"
#include "dtls/handshake/attempt.h"
#include "dtls/handshake/credentials.h"

namespace specter::dtls {
namespace {

constexpr std::uint8_t kEcdsaSign = 64, kRsaSign = 1;  // RFC 8422 §5.5, RFC 5246 §7.4.4

}  // namespace

std::expected<std::unique_ptr<Attempt>, Refusal> Server12::make(Timestamp now, Context& context,
                                                                const HandshakeMessage& message,
                                                                const ClientHello& hello) {
  using enum AlertDescription;
  const crypto::Certificate& certificate = *context.config.certificate;
  const auto suite = choose_suite(context.config, hello.cipher_suites, Version::Dtls12);
  if (!suite)
    return std::unexpected(refuse(
        HandshakeFailure, "the peer offers no DTLS 1.2 cipher suite that fits our certificate"));
  if (!hello.null_compression || !hello.uncompressed_points)
    return std::unexpected(
        refuse(IllegalParameter, "the peer's ClientHello lacks a mandatory extension"));
  if (!hello.extended_master_secret)
    return std::unexpected(
        refuse(HandshakeFailure, "the peer does not support the extended master secret"));
  if (hello.renegotiation_info && !hello.renegotiation_info->empty())
    return std::unexpected(
        refuse(HandshakeFailure, "the peer claims to renegotiate in the first handshake"));
  std::optional<crypto::Group> group;
  for (const auto candidate : context.config.groups) {
    // RFC 8422 §4: without the extension any group will do.
    if (!hello.groups || contains(*hello.groups, static_cast<std::uint16_t>(candidate))) {
      group = candidate;
      break;
    }
  }
  const auto scheme = hello.signature_schemes
                          ? choose_scheme(certificate, *hello.signature_schemes, Version::Dtls12)
                          : std::nullopt;
  if (!group || !scheme)
    return std::unexpected(refuse(
        HandshakeFailure, "the peer offers no key exchange group or signature that we support"));

  auto attempt = std::unique_ptr<Server12>(
      new Server12(context, Role::Server, *suite,
                   static_cast<std::uint16_t>(message.message_seq + 1), std::uint16_t{0}));
  attempt->group_ = *group;
  attempt->offer_ = crypto::KeyOffer::generate(*group, context.random);
  attempt->srtp_profile_ = choose_srtp(context.config, hello.use_srtp);
  attempt->record(message);

  ServerHello answer;
  context.random.fill(answer.random);
  if (speaks(context.config, Version::Dtls13))
    std::ranges::copy(ServerHello::kDowngrade12, answer.random.end() - 8);  // RFC 8446 §4.1.3
  answer.cipher_suite = static_cast<std::uint16_t>(suite->suite);
  answer.extended_master_secret = true;
  answer.ec_point_formats = true;
  if (hello.renegotiation_info || contains(hello.cipher_suites, 0x00ff))  // RFC 5746 §3.6
    answer.renegotiation_info = Buffer{};
  answer.use_srtp = srtp_answer(attempt->srtp_profile_);
  attempt->randoms_ = {hello.random, answer.random};
  attempt->begin_flight();
  attempt->add_message(0, HandshakeType::ServerHello, written(answer));

  attempt->add_message(
      0, HandshakeType::Certificate,
      written(Version::Dtls12, CertificateMessage{{}, to_buffer(certificate.der())}));
  ServerKeyExchange exchange;
  exchange.group = static_cast<std::uint16_t>(*group);
  exchange.share = to_buffer(attempt->offer_->share());
  exchange.scheme = static_cast<std::uint16_t>(*scheme);
  exchange.signature = crypto::sign(
      certificate, *scheme, signed_parameters12(attempt->randoms_, exchange), context.random);
  attempt->add_message(0, HandshakeType::ServerKeyExchange, written(exchange));
  attempt->add_message(
      0, HandshakeType::CertificateRequest,
      written(Version::Dtls12,
              CertificateRequest{{}, {kEcdsaSign, kRsaSign}, accepted_schemes(true)}));
  attempt->add_message(0, HandshakeType::ServerHelloDone, {});
  attempt->set_checkpoint();
  attempt->send_flight(now);
  return attempt;
}

// To after our ServerHelloDone.
bool Server12::rewind() {
  rewind_to_checkpoint();
  schedule_.reset();
  wait_ = Wait::Certificate;
  return true;
}

bool Server12::expects(HandshakeType type, std::uint64_t epoch) const {
  using enum HandshakeType;
  if (wait_ == Wait::Finished) {
    // A proof where there is no certificate: the empty one was not the peer's.
    if (type == CertificateVerify && epoch == 0) return peer_certificate_.empty();
    return type == Finished && epoch == 1;
  }
  return epoch == 0 &&
         (type == Certificate || type == ClientKeyExchange || type == CertificateVerify);
}

Attempt::Step Server12::handle_message(Timestamp now, const HandshakeMessage& message) {
  using enum HandshakeType;
  switch (wait_) {
    case Wait::Certificate:
      if (message.type == Certificate) {
        wait_ = Wait::KeyExchange;
        return take_certificate(message, Empty::Taken);
      }
      break;
    case Wait::KeyExchange:
      if (message.type == ClientKeyExchange) return on_client_key_exchange(message);
      break;
    case Wait::Verify:
      if (message.type == CertificateVerify) return on_certificate_verify(message);
      break;
    case Wait::Finished:
      if (message.type == Finished) return on_finished(now, message);
      break;
  }
  return refuse(AlertDescription::UnexpectedMessage,
                "the peer sent a message that is not expected");
}

Attempt::Step Server12::on_client_key_exchange(const HandshakeMessage& message) {
  const auto exchange = ClientKeyExchange::parse(message.body);
  if (!exchange)
    return refuse(AlertDescription::DecodeError, "the peer's ClientKeyExchange is malformed");
  const auto secret = offer_->finish(exchange->share);
  if (!secret)
    return refuse(AlertDescription::IllegalParameter, "the peer's key share is not valid");
  record(message);
  schedule_.emplace(suite_, *secret, transcript_hash());
  if (!peer_certificate_.empty()) {
    wait_ = Wait::Verify;
    return Going{};
  }
  // RFC 5246 §7.4.6: no certificate, so no proof; judged when the Finished shows that it is the
  // peer who said so.
  install(schedule_->record_keys(randoms_.client, randoms_.server), 1, true, true);
  wait_ = Wait::Finished;
  return Going{};
}

Attempt::Step Server12::on_certificate_verify(const HandshakeMessage& message) {
  auto proof = take_proof(message, transcript_.bytes());
  if (!std::holds_alternative<Going>(proof)) return proof;
  install(schedule_->record_keys(randoms_.client, randoms_.server), 1, true, true);
  wait_ = Wait::Finished;
  return Going{};
}

Attempt::Step Server12::on_finished(Timestamp now, const HandshakeMessage& message) {
  const auto expected = schedule_->finished("client finished", transcript_hash());
  if (!crypto::equal_in_constant_time(expected, message.body))
    return refuse(AlertDescription::DecryptError,
                  "the peer's Finished does not match the handshake");
  auto identity = check_identity();
  if (!std::holds_alternative<Going>(identity)) return identity;
  record(message);
  exporter_ = schedule_->master();
  context_.log_key("CLIENT_RANDOM", randoms_.client, exporter_);
  begin_flight();
  flight_.add_change_cipher_spec();
  add_message(1, HandshakeType::Finished,
              to_buffer(schedule_->finished("server finished", transcript_hash())));
  send_flight(now);
  timer_.stop();  // RFC 6347 §4.2.4: the last flight comes again only when the peer asks
  return Done{};
}

}  // namespace specter::dtls
