// Whether the peer still wants what we send. RFC 7675. Every valid pair asks, so that a second one
// is known to be alive when the first falls silent; and all ask at one time, since being woken
// costs either side more than what it is woken for.
//
//            response                      no sign of life for
//          +----------+                    disconnected_timeout
//          v          |                    after a request
//       Granted ------+------> unanswered ----------------------> silent (Disconnected)
//          ^                       |                                  |
//          +------ response -------+----------------------------------+
//                                  | consent_timeout since the last response
//                                  v
//                               Expired: the pair is not valid any more; so it is at once when
//                               the peer answers 403 (Forbidden)
#include <algorithm>

#include "base/check.h"
#include "ice/check_session.h"

namespace specter::ice {

namespace {
constexpr Duration kConsentLife = std::chrono::seconds(10);  // an answer is taken for so long
// A request that was not answered for so long is followed by another when the peer is heard.
constexpr Duration kAskAgain = std::chrono::milliseconds(500);
}  // namespace

// When the valid pairs ask next. RFC 7675 §5.1: randomized between 0.8 and 1.2 times the interval,
// anew each time.
Timestamp CheckSession::next_consent(Timestamp now) {
  if (next_consent_ <= now) {
    next_consent_ = now + shared_.config.options.consent_interval *
                              (800 + static_cast<int>(shared_.random.below(401))) / 1000;
  }
  return next_consent_;
}

void CheckSession::start_consent(Timestamp now, Pair& pair) {
  pair.consent = {
      .next_request = next_consent(now), .last_response = now, .last_sign_of_life = now};
}

std::optional<Transmit> CheckSession::poll_consent(Timestamp now) {
  for (const auto& pair : checklist_.pairs()) {
    if (!pair->is_valid || now < pair->consent.next_request) continue;
    // RFC 7675 §5.1: each request is a transaction of its own and is sent once.
    const auto id = stun::TransactionId::generate(shared_.random);
    stun::ClientTransaction transaction(build_request(now, id, *pair, false),
                                        {.rto = kConsentLife, .rc = 1, .rm = 1});
    transaction.start(now);
    auto bytes = transaction.poll_transmit(now);
    SPECTER_CHECK(bytes.has_value());
    Check check{
        .path = pair->path(), .kind = Check::Kind::Consent, .role = role_, .last_sent = now};
    check.transaction.emplace(std::move(transaction));
    remember(id, std::move(check));

    pair->consent.next_request = next_consent(now);
    if (!pair->consent.unanswered_since) pair->consent.unanswered_since = now;
    pair->consent.last_request = now;
    pair->note_request(now);
    ++pair->consent_requests_sent;
    shared_.log.debug("consent is asked on {}", shared_.log.shown(pair->path()));
    const std::size_t size = bytes->size();
    return Transmit{{pair->base.endpoint, pair->remote}, std::move(*bytes), size};
  }
  return std::nullopt;
}

void CheckSession::handle_consent(Timestamp now, Pair& pair) {
  pair.consent.last_response = now;
  pair.consent.last_sign_of_life = now;
  pair.consent.unanswered_since.reset();
}

// The peer's request has just opened the way through its NAT, which may have been shut each time
// that we asked.
void CheckSession::ask_consent_again(Timestamp now, Pair& pair) {
  if (!pair.consent.unanswered_since || now < pair.consent.last_request + kAskAgain) return;
  pair.consent.next_request = now;
}

void CheckSession::expire_consent(Timestamp now) {
  bool lost_any = false;
  for (const auto& pair : checklist_.pairs()) {
    if (!pair->is_valid || now < consent_ends(*pair)) continue;
    lost_any = true;
    shared_.log.info("consent has expired on {}", shared_.log.shown(pair->path()));
    better_.note_failure(now, *pair);
    lose(*pair);
  }
  if (!lost_any) return;
  choose_path();
  if (!current_) consent_expired_ = true;
}

void CheckSession::lose(Pair& pair) {
  checklist_.untrigger(pair);
  if (pair.active) {
    checks_.erase(*pair.active);
    pair.active.reset();
  }
  if (nominating_ == &pair) nominating_ = nullptr;
  pair.is_valid = false;
  pair.is_nominated = false;
  pair.nominate = false;
  pair.peer_nomination = 0;
  pair.state = PairState::Failed;
}

// Silence counts from a request on, not from the last response: between two requests nobody has to
// say anything.
Deadline CheckSession::disconnect_at(const Pair& pair) const {
  if (!pair.consent.unanswered_since) return std::nullopt;
  return std::max(*pair.consent.unanswered_since, pair.consent.last_sign_of_life) +
         shared_.config.options.disconnected_timeout;
}

bool CheckSession::is_disconnected(const Pair& pair, Timestamp now) const {
  const Deadline at = disconnect_at(pair);
  return at && now >= *at;
}

Deadline CheckSession::consent_deadline() const {
  Deadline next;
  for (const auto& pair : checklist_.pairs()) {
    if (!pair->is_valid) continue;
    next = soonest(next, pair->consent.next_request, consent_ends(*pair));
    if (pair.get() == current_ && state_ != IceConnectionState::Disconnected)
      next = soonest(next, disconnect_at(*pair));
  }
  return next;
}

}  // namespace specter::ice
