#include "dtls/handshake/attempt.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "dtls/handshake/answered_extensions.h"
#include "dtls/handshake/credentials.h"
#include "dtls/identity.h"

namespace specter::dtls {
namespace {

constexpr std::size_t kMaxFragmentsARecord = 16;
// RFC 9147 §7.1: an ACK of part of a flight waits a quarter of the retransmission time.
constexpr int kAckFraction = 4;
constexpr Duration kMinAckDelay = std::chrono::milliseconds(10);

}  // namespace

Attempt::Attempt(Context& context, Role role, const SuiteTraits& suite,
                 std::uint16_t first_receive_seq, std::uint16_t first_send_seq)
    : context_(context),
      role_(role),
      suite_(suite),
      transcript_(suite.version),
      writer_(context.outbox),
      first_send_seq_(first_send_seq),
      next_send_seq_(first_send_seq),
      assembly_(first_receive_seq) {}

// ---- what comes in

bool Attempt::can_read(const RecordView& record) const {
  if (record.plain && record.plain->epoch == 0) return true;
  // Data of 1.2 that overtook the Finished: for the association, which is not here yet. In 1.3 it
  // has keys of its own.
  if (record.plain && record.plain->type == static_cast<std::uint8_t>(ContentType::ApplicationData))
    return false;
  return std::ranges::any_of(openers_,
                             [&](const Opener& opener) { return opener.is_of_epoch(record); });
}

Attempt::Step Attempt::handle_record(Timestamp now, const RecordView& record) {
  if (record.plain && record.plain->epoch == 0) {
    if (record.plain->type != static_cast<std::uint8_t>(ContentType::Handshake)) return Going{};
    return take_fragments(now, 0, record.fragment, std::nullopt);
  }
  const auto opener = std::ranges::find_if(
      openers_, [&](const Opener& known) { return known.is_of_epoch(record); });
  if (opener == openers_.end()) return Going{};
  Buffer out(record.fragment.size());
  const auto opened = opener->open(record, out);
  if (!opened) {
    context_.drop("a record that is forged, or came before");
    return Going{};
  }
  proven_ = true;
  switch (opened->type) {
    case ContentType::Handshake:
      return take_fragments(now, opened->number.epoch, opened->payload, opened->number);
    case ContentType::Ack: {
      const auto ack = Ack::parse(opened->payload);
      if (!ack || !is13()) break;
      context_.log.debug("ACK of {} records", ack->records.size());
      if (flight_.acknowledge(ack->records)) {
        if (flight_.acknowledged()) {
          timer_.stop();
        } else if (timer_.may_answer_ack(now)) {
          repeat(now);  // RFC 9147 §7.2: the rest was lost
        }
      }
      return Going{};
    }
    case ContentType::Alert: {
      const auto alert = Alert::parse(opened->payload);
      if (!alert || (!alert->fatal && alert->description != 0 && !is13())) break;
      return Failed{std::nullopt,
                    fmt::format("the peer ended the handshake with the alert {}",
                                alert_name(alert->description)),
                    CloseReason::PeerAlert};
    }
    default: break;
  }
  context_.drop("a record of a type that is not for now");
  return Going{};
}

Attempt::Step Attempt::take_fragments(Timestamp now, std::uint64_t epoch, Bytes payload,
                                      std::optional<RecordNumber> number) {
  bool is_new = false, is_old = false;
  ByteReader in(payload);
  for (std::size_t i = 0; i < kMaxFragmentsARecord && in.remaining() > 0; ++i) {
    const auto fragment = HandshakeFragment::read(in);
    if (!in.ok()) break;
    if (fragment.message_seq < assembly_.next_seq()) {
      if (epoch == 0 && contradicts(now, fragment))
        return Failed{std::nullopt, "two different unencrypted messages have the same number"};
      is_old = true;
      continue;
    }
    if (!expects(HandshakeType{fragment.type}, epoch)) {
      context_.drop("a handshake message that is not for now");
      return Going{};
    }
    const auto taken = assembly_.take(fragment, epoch);
    if (taken == Assembly::Taken::Refused) {
      context_.drop("a handshake message that is too large, or too early");
      return Going{};
    }
    is_new |= taken == Assembly::Taken::New;
    is_old |= taken == Assembly::Taken::Old;
  }
  if (is13() && number && (is_new || is_old)) {
    if (received_.size() == Ack::kMaxRecords) received_.erase(received_.begin());
    received_.push_back(*number);
  }
  while (auto message = assembly_.next()) {
    context_.log.debug("received {}", to_string(message->type));
    if (!expects(message->type, message->epoch))
      return refuse(AlertDescription::UnexpectedMessage,
                    "the peer's handshake messages come in the wrong order");
    if (message->epoch == 0 && is12() == proven_) unproven_[message->message_seq] = *message;
    auto step = handle_message(now, *message);
    if (!std::holds_alternative<Going>(step)) return step;
  }
  if (is13() && number && !ack_deadline_) {
    ack_deadline_ = now + std::max(context_.first_timeout / kAckFraction, kMinAckDelay);
  }
  // Only old ones: the peer sends its flight again because it has not seen ours. In the clear that
  // is anybody's guess, and heard no more often than the timer allows.
  if (is_old && !is_new && timer_.may_repeat(now)) repeat(now);
  return Going{};
}

// One of the two is forged, and the peer's is the one that comes again. (A fragment tells only when
// it is a whole message.)
bool Attempt::contradicts(Timestamp now, const HandshakeFragment& fragment) {
  using enum HandshakeType;
  const auto taken = unproven_.find(fragment.message_seq);
  const HandshakeType type{fragment.type};
  const bool may_stand_here = is13() ? type == ClientHello && !proven_
                                     : type == CertificateRequest || type == ServerHelloDone;
  if (taken == unproven_.end() || fragment.body.size() != fragment.message_size ||
      !may_stand_here ||
      (type == taken->second.type && std::ranges::equal(fragment.body, taken->second.body)))
    return false;
  Buffer whole{fragment.type};
  whole.insert(whole.end(), fragment.body.begin(), fragment.body.end());
  return other_.again(now, whole);
}

void Attempt::set_checkpoint() { checkpoint_.emplace(transcript_, assembly_.next_seq()); }

void Attempt::rewind_to_checkpoint() {
  SPECTER_CHECK(checkpoint_);
  transcript_ = checkpoint_->first;
  assembly_ = Assembly(checkpoint_->second);
  unproven_.clear();
  other_ = {};
  received_.clear();
  ack_deadline_.reset();
  proven_ = false;
  peer_certificate_.clear();
  writer_ = RecordWriter(context_.outbox);
  openers_.clear();
}

// ---- what goes out

void Attempt::add_message(std::uint64_t epoch, HandshakeType type, Bytes body) {
  transcript_.add(type, next_send_seq_, body);
  flight_.add_message(epoch, type, next_send_seq_++, to_buffer(body));
}

void Attempt::send_flight(Timestamp now) {
  flight_.send(writer_, false);
  context_.tell(flight_);
  timer_.start(now, context_.first_timeout);
  // Ours answers the peer's: it is acknowledged by that. RFC 9147 §7.1.
  ack_deadline_.reset();
}

void Attempt::repeat(Timestamp now) {
  if (flight_.empty() || flight_.acknowledged()) return;
  ++context_.counters.retransmissions;
  // What had to be repeated goes out twice: at 40 % loss a flight and its answer then get through
  // 70 times in a hundred rather than 36, and the waits only grow longer.
  flight_.send(writer_, true);
  context_.tell(flight_);
  timer_.back_off(now, context_.config.max_timeout);
}

bool Attempt::acknowledge_part() {
  ack_deadline_.reset();
  if (received_.empty() || writer_.epoch() == 0) return false;
  write_ack(writer_, received_);
  context_.log.debug("a part of the peer's flight is acknowledged");
  return true;
}

Attempt::Step Attempt::handle_timeout(Timestamp now) {
  if (ack_deadline_ && now >= *ack_deadline_) acknowledge_part();
  if (timer_.is_due(now)) {
    if (flight_.acknowledged()) {
      timer_.stop();
    } else if (context_.timers_held) {
      timer_.start(now, context_.first_timeout);
    } else {
      repeat(now);
    }
  }
  return Going{};
}

WakeUp Attempt::next_timeout() const {
  return soonest(WakeUp(timer_.deadline(), "dtls flight"), WakeUp(ack_deadline_, "dtls ack"));
}

// ---- keys

void Attempt::install(const BothWays<RecordKeys>& keys, std::uint64_t epoch, bool send,
                      bool receive) {
  const bool is_client = role_ == Role::Client;
  if (send)
    writer_.add(Sealer(context_.cipher, suite_, epoch, is_client ? keys.client : keys.server));
  if (receive)
    openers_.emplace_back(context_.cipher, suite_, epoch, is_client ? keys.server : keys.client);
}

void Attempt::install13(const BothWays<crypto::Secret>& secrets, std::uint64_t epoch, bool send,
                        bool receive) {
  install({record_keys13(suite_, secrets.client), record_keys13(suite_, secrets.server)}, epoch,
          send, receive);
}

// ---- judgements

// Anybody has a certificate, and can make a handshake with it: that it is the wrong one says
// nothing about the true peer.
Attempt::Step Attempt::check_identity() const {
  if (peer_certificate_.empty()) {
    return Failed{is13() ? AlertDescription::CertificateRequired : AlertDescription::BadCertificate,
                  "the peer sent no certificate", CloseReason::NoCertificate};
  }
  auto mismatch = identity_mismatch(peer_certificate_, context_.config.remote_fingerprints);
  if (!mismatch) return Going{};
  return Failed{AlertDescription::BadCertificate, std::move(*mismatch),
                CloseReason::BadFingerprint};
}

Attempt::Step Attempt::take_certificate(const HandshakeMessage& message, Empty empty) {
  auto certificate = CertificateMessage::parse(suite_.version, message.body);
  // RFC 8446 §4.4.2: in a handshake the context is empty.
  if (!certificate || !certificate->request_context.empty() ||
      (certificate->certificate.empty() && empty == Empty::Refused))
    return refuse(AlertDescription::DecodeError, "the peer's certificate is malformed");
  if (const auto fault = fault_of(Answer::Certificate13, offered_, certificate->extensions))
    return refuse(*fault, extension_fault(*fault));
  peer_certificate_ = std::move(certificate->certificate);
  record(message);
  return Going{};
}

Attempt::Step Attempt::take_proof(const HandshakeMessage& message, Bytes content) {
  const auto verify = CertificateVerify::parse(message.body);
  if (!verify)
    return refuse(AlertDescription::DecodeError, "the peer's CertificateVerify is malformed");
  if (!is_proof({peer_certificate_, verify->scheme, verify->signature, content, suite_.version}))
    return refuse(AlertDescription::DecryptError,
                  "the peer's signature does not match its certificate");
  // It holds the certificate's key. Whether it is the certificate that was promised:
  auto identity = check_identity();
  if (std::holds_alternative<Going>(identity)) record(message);
  return identity;
}

void Attempt::log_handshake_keys(const BothWays<crypto::Secret>& traffic) const {
  context_.log_key("CLIENT_HANDSHAKE_TRAFFIC_SECRET", randoms_.client, traffic.client);
  context_.log_key("SERVER_HANDSHAKE_TRAFFIC_SECRET", randoms_.client, traffic.server);
}

void Attempt::log_application_keys(const BothWays<crypto::Secret>& traffic) const {
  context_.log_key("CLIENT_TRAFFIC_SECRET_0", randoms_.client, traffic.client);
  context_.log_key("SERVER_TRAFFIC_SECRET_0", randoms_.client, traffic.server);
  context_.log_key("EXPORTER_SECRET", randoms_.client, exporter_);
}

void Attempt::send_alert(AlertDescription alert) {
  writer_.write(writer_.epoch(), ContentType::Alert,
                written(Alert{true, static_cast<std::uint8_t>(alert)}));
  context_.outbox.end_datagram();
}

Agreement Attempt::agreement() {
  Agreement out{
      .role = role_,
      .suite = suite_,
      .group = group_,
      .srtp_profile = srtp_profile_,
      .peer_certificate = std::move(peer_certificate_),
      .writer = std::move(writer_),
      .openers = std::move(openers_),
      .exporter = exporter_,
      .randoms = randoms_,
      .traffic = application_traffic_,
      .last_flight = std::move(flight_),
      .timer = timer_,
      .to_acknowledge = std::move(received_),
      .next_send_seq = next_send_seq_,
      .next_receive_seq = assembly_.next_seq(),
  };
  return out;
}

}  // namespace specter::dtls
