#include "dtls/association.h"

#include <algorithm>

#include <fmt/format.h>

#include "dtls/wire/messages.h"

namespace specter::dtls {
namespace {

constexpr std::uint64_t kHandshakeEpoch13 = 2;
// RFC 9147 §4.5.3: so many forgeries, and the key is worth nothing any more.
constexpr std::uint64_t kMaxForgeries = std::uint64_t{1} << 36;
constexpr std::uint8_t kHelloRequest = 0;  // RFC 5246 §7.4.1.1

}  // namespace

Association::Association(Timestamp now, Context& context, Agreement agreement)
    : context_(context), agreed_(std::move(agreement)) {
  if (is13() && agreed_.role == Role::Server) {
    // RFC 9147 §7.1: nothing else would tell the client that its last flight came.
    agreed_.last_flight = {};
    agreed_.timer.stop();
    context_.outbox.forget_flight();
    to_acknowledge_ = std::exchange(agreed_.to_acknowledge, {});
    say_acknowledgements();
    agreed_.writer.drop_before(kHandshakeEpoch13 + 1);
  }
  agreed_.to_acknowledge = std::vector<RecordNumber>();
  if (is13()) forget_old_keys_ = now + kRetention;
  if (is13() && agreed_.role == Role::Client) give_up_ = now + kGiveUp;
  if (!is13() && agreed_.role == Role::Client) context_.outbox.forget_flight();
}

// ---- in

std::optional<MutableBytes> Association::handle_record(Timestamp now, const RecordView& record,
                                                       MutableBytes place) {
  if (end_) return std::nullopt;
  std::string_view cause = "a record of keys that are not there";
  // The newest keys first: nearly all records are theirs.
  for (auto opener = agreed_.openers.rbegin(); opener != agreed_.openers.rend(); ++opener) {
    if (!opener->is_of_epoch(record)) continue;
    const auto opened = opener->open(record, place);
    if (!opened) {
      cause = "a record that is forged, or came before";
      if (opener->forgeries() > kMaxForgeries)
        end_with_alert(AlertDescription::BadRecordMac, "too many forged records arrived");
      break;
    }
    const bool is_old = is13() && opened->number.epoch == kHandshakeEpoch13;
    if (!is_old) heard_ = true;
    if (opened->type == ContentType::ApplicationData && !is_old) {
      // RFC 6347 §4.2.4: a client that sends data has our last flight.
      if (!is13() && !agreed_.last_flight.empty()) forget_last_flight();
      return opened->payload;
    }
    switch (opened->type) {
      case ContentType::Handshake: handle_handshake(now, *opened); return std::nullopt;
      case ContentType::Alert: handle_alert(opened->payload); return std::nullopt;
      case ContentType::Ack:
        if (is13()) handle_ack(now, opened->payload);
        return std::nullopt;
      default: break;
    }
    cause = "a record of a type that is not for now";
    break;
  }
  context_.drop(cause);
  return std::nullopt;
}

void Association::handle_handshake(Timestamp now, const OpenedRecord& record) {
  if (!is13() || record.number.epoch == kHandshakeEpoch13) return handle_old_flight(now, record);
  handle_post_handshake(now, record);
}

// The peer's last flight comes again: it has not seen our answer.
void Association::handle_old_flight(Timestamp now, const OpenedRecord& record) {
  ByteReader in(record.payload);
  const auto fragment = HandshakeFragment::read(in);
  if (!in.ok()) return;
  if (is13()) {
    if (agreed_.role == Role::Server) return acknowledge(record.number);
    if (agreed_.timer.may_repeat(now)) repeat(now);
    return;
  }
  if (HandshakeType{fragment.type} == HandshakeType::Finished) {
    if (agreed_.role == Role::Server && agreed_.timer.may_repeat(now)) repeat(now);
    return;
  }
  // RFC 5746 §4.5, RFC 8827 §6.5: never. Said once.
  if (fragment.type == kHelloRequest ||
      HandshakeType{fragment.type} == HandshakeType::ClientHello) {
    if (!std::exchange(refused_renegotiation_, true))
      send_alert(false, AlertDescription::NoRenegotiation);
  }
}

void Association::handle_post_handshake(Timestamp now, const OpenedRecord& record) {
  if (!post_) post_.reset(new PostHandshake{Assembly(agreed_.next_receive_seq), {}, {}});
  ByteReader in(record.payload);
  bool taken = false;
  while (in.remaining() > 0) {
    const auto fragment = HandshakeFragment::read(in);
    if (!in.ok()) break;
    if (fragment.message_seq >= agreed_.next_receive_seq &&
        post_->assembly.take(fragment, record.number.epoch) == Assembly::Taken::Refused)
      return;
    taken = true;
  }
  // RFC 9147 §7.1: what has no answer of its own is acknowledged at once.
  if (taken) acknowledge(record.number);
  while (auto message = post_->assembly.next()) {
    agreed_.next_receive_seq = post_->assembly.next_seq();
    if (!handle_message(now, *message)) return;
  }
}

bool Association::handle_message(Timestamp now, const HandshakeMessage& message) {
  switch (message.type) {
    case HandshakeType::NewSessionTicket: return true;  // nothing is ever resumed
    case HandshakeType::KeyUpdate: {
      const auto update = KeyUpdate::parse(message.body);
      if (!update) {
        end_with_alert(AlertDescription::IllegalParameter, "the peer's KeyUpdate is malformed");
        return false;
      }
      on_key_update(now, update->update_requested);
      return true;
    }
    default:
      // RFC 8446 §4.6.2: no authentication was offered for later.
      end_with_alert(AlertDescription::UnexpectedMessage,
                     "the peer sent a handshake message that is not allowed after the handshake");
      return false;
  }
}

void Association::handle_alert(Bytes payload) {
  const auto alert = Alert::parse(payload);
  if (!alert) return;
  const AlertDescription description{alert->description};
  if (description == AlertDescription::CloseNotify) {
    send_alert(false, AlertDescription::CloseNotify);  // RFC 5246 §7.2.1
    return end(CloseReason::CloseNotify, "the peer closed the association");
  }
  // RFC 8446 §6: in 1.3 all others are fatal whatever their level.
  if (description == AlertDescription::UserCanceled || (!is13() && !alert->fatal)) return;
  end(CloseReason::PeerAlert, fmt::format("the peer ended the association with the alert {}",
                                          alert_name(alert->description)));
}

void Association::handle_ack(Timestamp now, Bytes payload) {
  const auto ack = Ack::parse(payload);
  if (!ack) return;
  if (!agreed_.last_flight.empty() && agreed_.last_flight.acknowledge(ack->records)) {
    if (agreed_.last_flight.acknowledged()) {
      forget_last_flight();
      forget_old_keys();  // the server has all that it would say anything again for
    } else if (agreed_.timer.may_answer_ack(now)) {
      repeat(now);  // RFC 9147 §7.2: the rest was lost
    }
  }
  if (post_ && !post_->flight.empty() && post_->flight.acknowledge(ack->records) &&
      post_->flight.acknowledged()) {
    post_->flight = {};
    post_->timer.stop();
    // RFC 9147 §8: the peer is ready for our new keys.
    auto& secret = agreed_.role == Role::Client ? agreed_.traffic->client : agreed_.traffic->server;
    secret = next_traffic(agreed_.suite.hash, secret);
    const std::uint64_t epoch = agreed_.writer.epoch() + 1;
    agreed_.writer.add(
        Sealer(context_.cipher, agreed_.suite, epoch, record_keys13(agreed_.suite, secret)));
    agreed_.writer.drop_before(epoch);
  }
}

// ---- key updates, RFC 8446 §4.6.3, RFC 9147 §8

void Association::on_key_update(Timestamp now, bool requested) {
  context_.log.debug("the peer has new keys");
  // RFC 9147 §8: the peer's handshake is over, so it has our last flight.
  if (!agreed_.last_flight.empty()) forget_last_flight();
  auto& secret = agreed_.role == Role::Client ? agreed_.traffic->server : agreed_.traffic->client;
  secret = next_traffic(agreed_.suite.hash, secret);
  const std::uint64_t epoch = agreed_.openers.back().epoch() + 1;
  agreed_.openers.emplace_back(context_.cipher, agreed_.suite, epoch,
                               record_keys13(agreed_.suite, secret));
  // Those of the epoch before stay, for what is still under way.
  std::erase_if(agreed_.openers, [&](const Opener& old) { return old.epoch() + 1 < epoch; });
  if (requested) send_key_update(now);
}

void Association::prepare(Timestamp now) {
  say_acknowledgements();
  if (!is13() || agreed_.suite.aead == crypto::PacketAlgorithm::ChaCha20Poly1305) return;
  if (agreed_.writer.current().sealed() >= context_.config.records_a_key) send_key_update(now);
}

void Association::send_key_update(Timestamp now) {
  // One at a time, and none before the handshake is known to be over: RFC 9147 §8.
  if (!agreed_.last_flight.empty()) return;
  if (!post_) post_.reset(new PostHandshake{Assembly(agreed_.next_receive_seq), {}, {}});
  if (!post_->flight.empty()) return;
  say_acknowledgements();
  post_->flight.add_message(agreed_.writer.epoch(), HandshakeType::KeyUpdate,
                            agreed_.next_send_seq++, written(KeyUpdate{false}));
  post_->flight.send(agreed_.writer, false);
  context_.tell(post_->flight);
  post_->timer.start(now, context_.first_timeout);
}

// ---- out

void Association::send(Bytes data) {
  context_.outbox.end_datagram();
  agreed_.writer.write(agreed_.writer.epoch(), ContentType::ApplicationData, data);
  context_.outbox.end_datagram();
}

void Association::acknowledge(RecordNumber record) {
  if (to_acknowledge_.size() == Ack::kMaxRecords) to_acknowledge_.erase(to_acknowledge_.begin());
  to_acknowledge_.push_back(record);
}

void Association::say_acknowledgements() {
  if (!to_acknowledge_.empty()) write_ack(agreed_.writer, std::exchange(to_acknowledge_, {}));
}

void Association::send_alert(bool fatal, AlertDescription description) {
  agreed_.writer.write(agreed_.writer.epoch(), ContentType::Alert,
                       written(Alert{fatal, static_cast<std::uint8_t>(description)}));
  context_.outbox.end_datagram();
}

void Association::repeat(Timestamp now) {
  if (agreed_.last_flight.empty()) return;
  ++context_.counters.retransmissions;
  agreed_.last_flight.send(agreed_.writer, true);
  context_.tell(agreed_.last_flight);
  agreed_.timer.back_off(now, context_.config.max_timeout);
  if (!is13()) agreed_.timer.stop();
}

void Association::forget_last_flight() {
  agreed_.last_flight = {};
  agreed_.timer.stop();
  give_up_.reset();
  context_.outbox.forget_flight();
  if (is13()) agreed_.writer.drop_before(kHandshakeEpoch13 + 1);
}

void Association::forget_old_keys() {
  forget_old_keys_.reset();
  std::erase_if(agreed_.openers,
                [](const Opener& old) { return old.epoch() == kHandshakeEpoch13; });
  agreed_.openers.shrink_to_fit();
}

void Association::end(CloseReason reason, std::string detail) {
  end_ = Closed{reason, std::move(detail)};
}

void Association::end_with_alert(AlertDescription alert, std::string detail) {
  send_alert(true, alert);
  end(CloseReason::HandshakeFailed, std::move(detail));
}

// ---- time

void Association::handle_timeout(Timestamp now) {
  if (end_) return;
  if (forget_old_keys_ && now >= *forget_old_keys_) forget_old_keys();
  if (give_up_ && now >= *give_up_) {
    give_up_.reset();
    if (!heard_)
      return end(CloseReason::TimedOut, "the peer did not acknowledge the end of the handshake");
    forget_last_flight();
  }
  if (agreed_.timer.is_due(now)) {
    if (context_.timers_held) {
      agreed_.timer.start(now, context_.first_timeout);
    } else {
      repeat(now);
    }
  }
  if (post_ && post_->timer.is_due(now)) {
    post_->flight.send(agreed_.writer, false);
    context_.tell(post_->flight);
    post_->timer.back_off(now, context_.config.max_timeout);
  }
}

void Association::give_time(Timestamp now) {
  if (give_up_) give_up_ = now + kGiveUp;
}

WakeUp Association::next_timeout() const {
  return soonest(WakeUp(agreed_.timer.deadline(), "dtls last flight"),
                 WakeUp(give_up_, "dtls give up"), WakeUp(forget_old_keys_, "dtls old keys"),
                 WakeUp(post_ ? post_->timer.deadline() : Deadline{}, "dtls key update"));
}

Buffer Association::export_keying_material(std::string_view label, std::size_t size) const {
  if (is13()) return export13(agreed_.suite.hash, agreed_.exporter, label, size);
  return export12(agreed_.suite.hash, agreed_.exporter, agreed_.randoms.client,
                  agreed_.randoms.server, label, size);
}

}  // namespace specter::dtls
