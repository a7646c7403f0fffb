#include "dtls/handshake/negotiation.h"

#include <algorithm>

#include <fmt/format.h>

namespace specter::dtls {
namespace {

constexpr int kMaxAlertsInClear = 3;

template <class T>
bool is(const Attempt::Step& step) {
  return std::holds_alternative<T>(step);
}

}  // namespace

void Negotiation::handle_record(Timestamp now, const RecordView& record) {
  dispatch(now, record);
  replay_early(now);
}

void Negotiation::dispatch(Timestamp now, const RecordView& record) {
  if (winner_ || failure_) return keep_early(record);
  const bool in_clear = record.plain && record.plain->epoch == 0;
  if (in_clear && record.plain->type == static_cast<std::uint8_t>(ContentType::Alert)) {
    // Anybody could have sent it. It is believed when nothing else comes.
    const auto alert = Alert::parse(record.fragment);
    context_.drop("an alert that anybody may have sent");
    // Nor can it be about anything before we have said something.
    if (alert && !trouble_ && has_spoken())
      trouble_ = {CloseReason::PeerAlert,
                  fmt::format("the peer ended the handshake with the alert {}, unencrypted",
                              alert_name(alert->description)),
                  now + kGrace};
    return;
  }
  if (in_clear && record.plain->type == static_cast<std::uint8_t>(ContentType::Handshake)) {
    ByteReader in(record.fragment);
    const auto first = HandshakeFragment::read(in);
    if (!in.ok()) return context_.drop("a malformed handshake message");
    if (is_hello(first)) handle_hello(now, first);
    if (attempts_.empty()) {
      // The rest of a flight whose hello is not here yet.
      if (!is_hello(first)) keep_early(record);
      return;
    }
  } else if (in_clear) {
    // ChangeCipherSpec says nothing that the epoch of the next record doesn't.
    if (record.plain->type != static_cast<std::uint8_t>(ContentType::ChangeCipherSpec))
      context_.drop("a record in the clear of a type that is not for now");
    return;
  }
  bool readable = false;
  // Each attempt sees it: only one can make sense of it. Backwards, since one may be dropped.
  for (std::size_t i = attempts_.size(); i-- > 0 && !winner_ && !failure_;) {
    Attempt& it = *attempts_[i].attempt;
    if (!it.can_read(record)) continue;
    readable = true;
    const auto dropped = context_.counters.records_dropped;
    auto step = it.handle_record(now, record);
    // A sign of the true peer: what went wrong before may have been somebody else's doing.
    if (it.is_proven() && !in_clear && context_.counters.records_dropped == dropped)
      progressed(now);
    conclude(now, i, std::move(step));
  }
  if (!readable) keep_early(record);
}

void Negotiation::conclude(Timestamp now, std::size_t index, Attempt::Step step) {
  Attempt& it = *attempts_[index].attempt;
  const auto drop = [&] {
    if (hopeless_.size() == kMaxHopeless) hopeless_.pop_front();
    hopeless_.push_back(std::move(attempts_[index].hello));
    attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(index));
  };
  if (is<Attempt::Going>(step)) return;
  if (is<Attempt::Done>(step)) {
    winner_ = std::move(attempts_[index].attempt);
    attempts_.clear();
    return;
  }
  if (const auto* fatal = std::get_if<Attempt::Fatal>(&step)) {
    it.send_alert(fatal->alert);
    // With another attempt alive this one may be a forger's.
    if (attempts_.size() == 1) return fail(fatal->reason, fatal->detail);
    return drop();
  }
  const auto& failed = std::get<Attempt::Failed>(step);
  context_.drop("what an attempt at a handshake fails with");
  const bool has_keys = it.is_proven();
  if (has_keys && failed.alert) it.send_alert(*failed.alert);
  if (!it.peer_certificate().empty()) refused_certificate_ = it.peer_certificate();
  // Of several attempts all but one see what is not for them.
  refused(now, failed, has_keys || attempts_.size() > 1 ? Tell::Nobody : Tell::Peer);
  if (!it.rewind()) drop();
}

void Negotiation::refused(Timestamp now, const Refusal& refusal, Tell tell) {
  // The first is the cause of the others, unless it says who the peer is.
  const bool is_telling =
      refusal.reason == CloseReason::BadFingerprint || refusal.reason == CloseReason::NoCertificate;
  if (!trouble_ || is_telling) context_.log.debug("refused: {}", refusal.detail);
  if (!trouble_) {
    trouble_ = {refusal.reason, refusal.detail, now + kGrace};
  } else if (is_telling) {
    trouble_ = {refusal.reason, refusal.detail, trouble_->deadline};
  }
  // RFC 6347 §4.1.2.7 leaves it to us whether to say so; a peer that means well learns why.
  if (tell == Tell::Nobody || !refusal.alert || alerts_in_clear_ == kMaxAlertsInClear) return;
  ++alerts_in_clear_;
  RecordWriter writer(context_.outbox);
  writer.write(0, ContentType::Alert,
               written(Alert{true, static_cast<std::uint8_t>(*refusal.alert)}));
  context_.outbox.end_datagram();
}

bool Negotiation::is_hopeless(const Buffer& hello) const {
  return std::ranges::find(hopeless_, hello) != hopeless_.end();
}

void Negotiation::progressed(Timestamp now) {
  trouble_.reset();
  begin_waiting(now);
}

void Negotiation::fail(CloseReason reason, std::string detail) {
  failure_ = Closed{reason, std::move(detail)};
}

// ---- what came before its keys

void Negotiation::keep_early(const RecordView& record) {
  const std::size_t size = record.header.size() + record.fragment.size();
  if (size > kMaxEarlyBytes) return;
  // Anybody can send what looks like one: the latest are kept.
  while (early_.size() == kMaxEarlyRecords || early_bytes_ + size > kMaxEarlyBytes) {
    early_bytes_ -= early_.front().size();
    early_.pop_front();
    context_.drop("more records than are kept until their keys are there");
  }
  early_bytes_ += size;
  Buffer& kept = early_.emplace_back(to_buffer(record.header));
  kept.insert(kept.end(), record.fragment.begin(), record.fragment.end());
}

void Negotiation::replay_early(Timestamp now) {
  if (replaying_ || attempts_.empty()) return;
  replaying_ = true;
  // Once more, as long as a record gives the keys for another.
  for (bool again = true; again && !early_.empty() && !winner_ && !failure_;) {
    Queue<Buffer> waiting = std::exchange(early_, {});
    early_bytes_ = 0;
    const std::size_t before = waiting.size();
    for (const Buffer& kept : waiting) {
      Bytes rest = kept;
      if (const auto record = next_record(rest)) dispatch(now, *record);
    }
    again = early_.size() < before;
  }
  replaying_ = false;
}

// ---- time

std::string Negotiation::why_given_up() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience()).count();
  if (attempts_.empty())
    return fmt::format("the peer has not {} for {} s: it never began DTLS", first_turn(), seconds);
  return fmt::format("the peer began the DTLS handshake, and then sent nothing for {} s", seconds);
}

void Negotiation::handle_timeout(Timestamp now) {
  if (winner_ || failure_) return;
  if (trouble_ && now >= trouble_->deadline) return fail(trouble_->reason, trouble_->detail);
  if (give_up_ && now >= *give_up_) return fail(CloseReason::TimedOut, why_given_up());
  handle_flight_timeout(now);
  for (std::size_t i = attempts_.size(); i-- > 0;) {
    auto step = attempts_[i].attempt->handle_timeout(now);
    if (!is<Attempt::Going>(step)) conclude(now, i, std::move(step));
  }
}

WakeUp Negotiation::next_timeout() const {
  WakeUp out =
      soonest(WakeUp(give_up_, "dtls give up"), WakeUp(next_flight_timeout(), "dtls flight"));
  if (trouble_) out = soonest(out, WakeUp(trouble_->deadline, "dtls trouble"));
  for (const Live& live : attempts_) out = soonest(out, live.attempt->next_timeout());
  return out;
}

}  // namespace specter::dtls
