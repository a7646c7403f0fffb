// The server's side of a DTLS 1.3 handshake from the ClientHello on. RFC 8446 §4, RFC 9147 §5.
//
//     ClientHello          -->  [HelloRetryRequest, and a second ClientHello]
//                          -->  ServerHello; keys of epoch 2
//                               EncryptedExtensions, CertificateRequest, Certificate,
//                               CertificateVerify, Finished
//     Certificate, CertificateVerify, Finished  -->  keys of epoch 3
#include <algorithm>

#include "base/check.h"
#include "crypto/digest.h"
#include "dtls/handshake/attempt.h"
#include "dtls/handshake/credentials.h"

namespace specter::dtls {
namespace {

const KeyShareEntry* find_share(const ClientHello& hello, crypto::Group group) {
  const auto found = std::ranges::find(*hello.key_shares, static_cast<std::uint16_t>(group),
                                       &KeyShareEntry::group);
  return found == hello.key_shares->end() ? nullptr : &*found;
}

}  // namespace

std::expected<std::unique_ptr<Attempt>, Refusal> Server13::make(Timestamp now, Context& context,
                                                                const HandshakeMessage& message,
                                                                const ClientHello& hello) {
  using enum AlertDescription;
  const auto suite = choose_suite(context.config, hello.cipher_suites, Version::Dtls13);
  if (!suite)
    return std::unexpected(
        refuse(HandshakeFailure, "the peer offers no DTLS 1.3 cipher suite that we support"));
  // RFC 8446 §9.2.
  if (!hello.groups || !hello.key_shares || !hello.signature_schemes)
    return std::unexpected(refuse(MissingExtension, "the peer's ClientHello lacks an extension"));
  if (!choose_scheme(*context.config.certificate, *hello.signature_schemes, Version::Dtls13))
    return std::unexpected(
        refuse(HandshakeFailure, "the peer accepts no signature scheme of our certificate"));
  if (!hello.null_compression || hello.other_compression || !hello.cookie.empty())
    return std::unexpected(
        refuse(IllegalParameter, "the peer's ClientHello is not a DTLS 1.3 ClientHello"));

  auto attempt = std::unique_ptr<Server13>(
      new Server13(context, Role::Server, *suite,
                   static_cast<std::uint16_t>(message.message_seq + 1), std::uint16_t{0}));
  attempt->first_hello_ = hello;
  attempt->offered_ = {ExtensionType::SignatureAlgorithms};  // CertificateRequest::write()
  attempt->record(message);
  // Of our groups the best that it has sent a share of; else the best that it has at all.
  for (const auto group : context.config.groups) {
    const auto* const share = find_share(hello, group);
    if (!share || !contains(*hello.groups, share->group)) continue;
    auto step = attempt->answer(now, hello, *share, group);
    if (auto* failed = std::get_if<Failed>(&step)) return std::unexpected(std::move(*failed));
    return attempt;
  }
  for (const auto group : context.config.groups) {
    if (!contains(*hello.groups, static_cast<std::uint16_t>(group))) continue;
    attempt->send_retry(now, group);
    return attempt;
  }
  return std::unexpected(
      refuse(HandshakeFailure, "the peer offers no key exchange group that we support"));
}

void Server13::send_retry(Timestamp now, crypto::Group group) {
  group_ = group;
  transcript_.replace_by_hash(suite_.hash);
  ServerHello retry;
  retry.random = ServerHello::kRetryRandom;
  retry.session_id = first_hello_.session_id;
  retry.cipher_suite = static_cast<std::uint16_t>(suite_.suite);
  retry.supported_version = static_cast<std::uint16_t>(Version::Dtls13);
  retry.selected_group = static_cast<std::uint16_t>(group);
  // RFC 9147 §5.1, not done: no cookie. ICE has validated the address.
  begin_flight();
  add_message(0, HandshakeType::ServerHello, written(retry));
  wait_ = Wait::SecondHello;
  retried_ = true;
  set_checkpoint();
  send_flight(now);
}

// A second ClientHello comes in the clear: to before it, as long as nothing came under its keys.
bool Server13::rewind() {
  if (!retried_ || proven_) return false;
  rewind_to_checkpoint();
  if (wait_ != Wait::SecondHello) {
    begin_flight();
    timer_.stop();
    schedule_.reset();
    next_send_seq_ = 1;
    wait_ = Wait::SecondHello;
  }
  return true;
}

Attempt::Step Server13::on_second_hello(Timestamp now, const HandshakeMessage& message) {
  const auto hello = ClientHello::parse(message.body);
  // RFC 8446 §4.1.2: the same but for the share.
  if (!hello || hello->random != first_hello_.random || !hello->key_shares ||
      hello->cipher_suites != first_hello_.cipher_suites || hello->groups != first_hello_.groups ||
      hello->signature_schemes != first_hello_.signature_schemes)
    return refuse(AlertDescription::IllegalParameter,
                  "the peer's second ClientHello does not match its first");
  const auto* const share = find_share(*hello, group_);
  if (!share || hello->key_shares->size() != 1)
    return refuse(AlertDescription::IllegalParameter,
                  "the peer's second ClientHello lacks the requested key share");
  record(message);
  return answer(now, *hello, *share, group_);
}

Attempt::Step Server13::answer(Timestamp now, const ClientHello& hello, const KeyShareEntry& share,
                               crypto::Group group) {
  const auto exchange = crypto::answer_key_offer(group, share.key, context_.random);
  if (!exchange)
    return refuse(AlertDescription::IllegalParameter, "the peer's key share is not valid");
  group_ = group;
  const crypto::Certificate& certificate = *context_.config.certificate;
  const auto scheme = choose_scheme(certificate, *hello.signature_schemes, Version::Dtls13);
  SPECTER_CHECK(scheme);

  ServerHello answer;
  context_.random.fill(answer.random);
  answer.session_id = hello.session_id;
  answer.cipher_suite = static_cast<std::uint16_t>(suite_.suite);
  answer.supported_version = static_cast<std::uint16_t>(Version::Dtls13);
  answer.key_share = KeyShareEntry{static_cast<std::uint16_t>(group), exchange->share};
  randoms_ = {hello.random, answer.random};

  begin_flight();
  add_message(0, HandshakeType::ServerHello, written(answer));
  schedule_.emplace(suite_, exchange->secret);
  handshake_traffic_ = schedule_->handshake_traffic(transcript_hash());
  install13(handshake_traffic_, 2, true, true);
  log_handshake_keys(handshake_traffic_);

  srtp_profile_ = choose_srtp(context_.config, hello.use_srtp);
  add_message(2, HandshakeType::EncryptedExtensions,
              written(EncryptedExtensions{srtp_answer(srtp_profile_)}));
  add_message(2, HandshakeType::CertificateRequest,
              written(Version::Dtls13, CertificateRequest{{}, {}, accepted_schemes(false)}));
  add_message(2, HandshakeType::Certificate,
              written(Version::Dtls13, CertificateMessage{{}, to_buffer(certificate.der())}));
  const Buffer content = signed_content13(Role::Server, transcript_hash());
  add_message(
      2, HandshakeType::CertificateVerify,
      written(CertificateVerify{static_cast<std::uint16_t>(*scheme),
                                crypto::sign(certificate, *scheme, content, context_.random)}));
  const auto finished = finished13(suite_.hash, handshake_traffic_.server, transcript_hash());
  add_message(2, HandshakeType::Finished, to_buffer(finished));

  schedule_->enter_master();
  application_traffic_ = schedule_->application_traffic(transcript_hash());
  exporter_ = schedule_->exporter_master(transcript_hash());
  log_application_keys(*application_traffic_);
  wait_ = Wait::Certificate;
  send_flight(now);
  return Going{};
}

bool Server13::expects(HandshakeType type, std::uint64_t epoch) const {
  using enum HandshakeType;
  if (wait_ == Wait::SecondHello) return epoch == 0 && type == ClientHello;
  return epoch == 2 && (type == Certificate || type == CertificateVerify || type == Finished);
}

Attempt::Step Server13::handle_message(Timestamp now, const HandshakeMessage& message) {
  using enum HandshakeType;
  switch (wait_) {
    case Wait::SecondHello: return on_second_hello(now, message);
    case Wait::Certificate:
      if (message.type == Certificate) {
        auto taken = take_certificate(message, Empty::Taken);
        if (!std::holds_alternative<Going>(taken)) return taken;
        // It answers our flight, all of which it has.
        begin_flight();
        timer_.stop();
        wait_ = peer_certificate_.empty() ? Wait::Finished : Wait::Verify;
        return Going{};
      }
      break;
    case Wait::Verify:
      if (message.type == CertificateVerify) {
        wait_ = Wait::Finished;
        return take_proof(message, signed_content13(Role::Client, transcript_hash()));
      }
      break;
    case Wait::Finished:
      if (message.type == Finished) return on_finished(message);
      break;
  }
  return refuse(AlertDescription::UnexpectedMessage,
                "the peer sent a message that is not expected");
}

Attempt::Step Server13::on_finished(const HandshakeMessage& message) {
  const auto expected = finished13(suite_.hash, handshake_traffic_.client, transcript_hash());
  if (!crypto::equal_in_constant_time(expected, message.body))
    return refuse(AlertDescription::DecryptError,
                  "the peer's Finished does not match the handshake");
  // Without a certificate the CertificateVerify, and its judgement, never came.
  auto identity = check_identity();
  if (!std::holds_alternative<Going>(identity)) return identity;
  install13(*application_traffic_, 3, true, true);
  return Done{};
}

}  // namespace specter::dtls
