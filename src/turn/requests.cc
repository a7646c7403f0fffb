#include "turn/requests.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace specter::turn {

namespace {

stun::Method method_of(Kind kind) {
  switch (kind) {
    case Kind::Allocate: return stun::Method::Allocate;
    case Kind::Refresh:
    case Kind::Release: return stun::Method::Refresh;
    case Kind::Permit: return stun::Method::CreatePermission;
    case Kind::Bind: return stun::Method::ChannelBind;
  }
  return stun::Method::Allocate;
}

// Refusals that servers leave unsigned where the request was signed: 300 is said before anybody
// looks at credentials, 401 and 438 by RFC 8489 §9.2.4, 437 and 441 by coturn.
bool may_be_unsigned(std::uint16_t code) {
  return code == 300 || code == 401 || code == 437 || code == 438 || code == 441;
}

}  // namespace

Requests::Attempt Requests::attempt() const {
  return {stun::TransactionId::generate(random_), credentials_};
}

Buffer Requests::written(const Question& question, const Attempt& attempt) const {
  stun::MessageWriter writer(stun::Class::Request, method_of(question.kind), attempt.id);
  switch (question.kind) {
    case Kind::Allocate:
      writer.add(stun::RequestedTransport{});
      if (question.family) writer.add(stun::RequestedAddressFamily{*question.family});
      break;
    case Kind::Refresh: break;
    case Kind::Release: writer.add(stun::Lifetime{0}); break;
    case Kind::Permit:
      for (const IpAddress& peer : question.peers) writer.add(stun::XorPeerAddress{{peer, 0}});
      break;
    case Kind::Bind:
      writer.add(stun::ChannelNumber{question.channel}).add(stun::XorPeerAddress{question.peer});
      break;
  }
  attempt.credentials.sign(writer);
  return writer.finish();
}

stun::ClientTransaction Requests::transaction(Timestamp now, const Question& question,
                                              const Attempt& attempt) const {
  auto schedule = protocol_ == Protocol::Udp ? schedule_ : kStream;
  if (question.kind == Kind::Release) {
    schedule = kGoodbye;
    if (protocol_ != Protocol::Udp) schedule.rc = 1;
  }
  stun::ClientTransaction out(written(question, attempt), schedule);
  out.start(now);
  return out;
}

void Requests::start(Timestamp now, Question question) {
  SPECTER_CHECK(has_room());
  Attempt first = attempt();
  auto sending = transaction(now, question, first);
  Open open{std::move(question), now, {}, std::move(sending), {}, false, 0};
  open.attempts.push_back(std::move(first));
  open_.push_back(std::move(open));
  ++counters_.started;
}

void Requests::cancel_all() { open_.clear(); }

bool Requests::handle_response(Timestamp now, const stun::Message& message, Bytes bytes) {
  for (Open& open : open_) {
    const auto found = std::ranges::find(open.attempts, message.id, &Attempt::id);
    if (found == open.attempts.end() || open.transaction.is_over()) continue;
    if (message.method != method_of(open.question.kind)) return false;
    const Attempt attempt = *found;
    const bool is_signed = attempt.is_signed() && attempt.credentials.key().signed_message(bytes);
    const bool has_integrity = message.has(stun::AttributeType::MessageIntegrity) ||
                               message.has(stun::AttributeType::MessageIntegritySha256);
    // Who has a password asks for its proof: a server that wants none is told of none.
    const bool lacks_proof =
        !is_signed && !credentials_.are_none() && message.cls == stun::Class::SuccessResponse;
    if (lacks_proof || (attempt.is_signed() && !is_signed && has_integrity)) {
      forged(open);
      std::erase_if(open_, [](const Open& one) { return one.transaction.is_over(); });
      return true;
    }
    if (message.cls == stun::Class::SuccessResponse) {
      if (is_signed) {
        are_proven_ = true;
        credentials_ = attempt.credentials;
      }
      finish(open, {.answer = message});
    } else if (message.cls == stun::Class::ErrorResponse) {
      handle_error(now, open, attempt, message, is_signed);
    }
    std::erase_if(open_, [](const Open& one) { return one.transaction.is_over(); });
    return true;
  }
  return false;
}

// RFC 8489 §9.2.5: over UDP it is as if nothing had come; over a stream nothing else will come.
void Requests::forged(Open& open) {
  ++counters_.bad_answers;
  open.saw_forgery = true;
  if (protocol_ != Protocol::Udp) finish(open, {.fault = {Reason::Forged, 0}});
}

void Requests::handle_error(Timestamp now, Open& open, const Attempt& attempt,
                            const stun::Message& message, bool is_signed) {
  const auto error = message.get<stun::ErrorCode>();
  // RFC 8489 §9.2.5: a 400 without integrity is as if it had never come.
  if (!error || (error->code == 400 && !is_signed)) {
    ++counters_.bad_answers;
    return;
  }
  Fault fault{Reason::Refused, error->code};
  if (error->code == 401 || error->code == 438) {
    if (follow(now, open, attempt, message, fault)) return;
  } else if (attempt.is_signed() && !is_signed && !may_be_unsigned(error->code)) {
    forged(open);
    return;
  }
  if (attempt.is_signed() && !is_signed) {
    if (!open.doubt) open.doubt = Doubt{now + kDoubt, fault, message};
    return;
  }
  finish(open, {.fault = fault, .refusal = message, .is_signed = is_signed});
}

bool Requests::follow(Timestamp now, Open& open, const Attempt& attempt,
                      const stun::Message& message, Fault& fault) {
  const bool is_latest = attempt.id == open.attempts.back().id;
  // A second Allocate that goes on beside the first would be met with 437.
  if (!is_latest && open.question.kind == Kind::Allocate) return true;
  const auto realm = message.get<stun::Realm>();
  const auto nonce = message.get<stun::Nonce>();
  const auto is_same = [&](const Attempt& one) {
    return one.is_signed() && realm && nonce && one.credentials.realm() == realm->text &&
           one.credentials.nonce() == nonce->text;
  };
  if (!is_latest && std::ranges::any_of(open.attempts, is_same)) return true;  // followed before
  // RFC 8489 §9.2.5: the same credentials are not tried again. Those that were good before are, for
  // another nonce: a server that was started anew says 401 where it means 438.
  if (fault.code == 401 && attempt.is_signed() && realm &&
      realm->text == attempt.credentials.realm() && (!are_proven_ || is_same(attempt))) {
    return false;
  }
  if (open.attempts.size() > kMaxChallenges) {
    if (!attempt.is_signed() || fault.code == 401) return false;
    open.unbelieved = fault.code;
    return true;  // RFC 8489 §9.2.5 has no end; the transaction has
  }
  switch (credentials_.take(message)) {
    case Credentials::Verdict::Taken: break;
    case Credentials::Verdict::Malformed: fault.reason = Reason::Malformed; return false;
    case Credentials::Verdict::BidDown:
    case Credentials::Verdict::NoAlgorithm: fault.reason = Reason::BidDown; return false;
  }
  ++counters_.challenges;
  open.attempts.push_back(this->attempt());
  open.transaction = transaction(now, open.question, open.attempts.back());
  return true;
}

void Requests::finish(Open& open, Outcome outcome) {
  outcome.question = std::move(open.question);
  outcome.asked_at = open.asked_at;
  open.transaction.cancel();
  outcomes_.push_back(std::move(outcome));
}

void Requests::handle_timeout(Timestamp now) {
  for (Open& open : open_) {
    open.transaction.handle_timeout(now);
    const bool timed_out = open.transaction.is_over();
    if (open.doubt && (timed_out || now >= open.doubt->until)) {
      finish(open, {.fault = open.doubt->fault, .refusal = std::move(open.doubt->refusal)});
    } else if (timed_out) {
      Fault fault{open.saw_forgery ? Reason::Forged : Reason::Silent, 0};
      if (open.unbelieved != 0) fault = {Reason::Refused, open.unbelieved};
      finish(open, {.fault = fault});
    }
  }
  std::erase_if(open_, [](const Open& open) { return open.transaction.is_over(); });
}

std::optional<Buffer> Requests::poll_transmit(Timestamp now) {
  for (Open& open : open_) {
    if (auto request = open.transaction.poll_transmit(now)) return request;
  }
  return std::nullopt;
}

std::optional<Outcome> Requests::poll_outcome() {
  if (outcomes_.empty()) return std::nullopt;
  return outcomes_.take_front();
}

WakeUp Requests::next_timeout() const {
  WakeUp out;
  for (const Open& open : open_) {
    out = soonest(out, open.transaction.next_timeout());
    if (open.doubt) out = soonest(out, WakeUp(open.doubt->until, "turn doubt"));
  }
  return out;
}

bool Requests::has(Kind kind) const {
  return std::ranges::any_of(open_,
                             [kind](const Open& open) { return open.question.kind == kind; });
}

bool Requests::has_signed(Kind kind) const {
  return std::ranges::any_of(open_, [kind](const Open& open) {
    return open.question.kind == kind && open.attempts.back().is_signed();
  });
}

}  // namespace specter::turn
