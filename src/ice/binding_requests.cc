// The peer's connectivity checks. RFC 8445 §7.3.
#include "ice/check_session.h"
#include "net/address_policy.h"
#include "stun/attributes.h"
#include "stun/integrity.h"

namespace specter::ice {

namespace {

constexpr stun::AttributeType kUnderstoodInRequests[] = {
    stun::AttributeType::Username, stun::AttributeType::MessageIntegrity,
    stun::AttributeType::MessageIntegritySha256, stun::AttributeType::Priority,
    stun::AttributeType::UseCandidate};

// RFC 8445 §7.3: "ours:theirs", and only ours is asked for; theirs may not be known yet. When it
// is, another one is of another generation.
bool names_us(std::string_view username, const Credentials& local,
              const std::optional<Credentials>& remote) {
  const std::size_t colon = username.find(':');
  if (colon == std::string_view::npos || username.substr(0, colon) != local.ufrag) return false;
  return !remote || username.substr(colon + 1) == remote->ufrag;
}

}  // namespace

bool names(const stun::Message& request, std::string_view ufrag) {
  const auto username = request.get<stun::Username>();
  return username && username->text.substr(0, username->text.find(':')) == ufrag;
}

void CheckSession::handle_request(Timestamp now, const Received& datagram,
                                  const stun::Message& message) {
  if (!shared_.gathering.base_of(datagram.path.local))
    return shared_.drop(shared_.counters.dropped_unexpected, "a check to an address that is gone",
                        datagram.path);
  if (!authenticate(now, datagram, message)) return;

  const auto unknown = message.unknown_required(kUnderstoodInRequests);
  if (!unknown.empty())
    return refuse(now, datagram, message, 420, "Unknown Attribute", true, unknown);
  const auto priority = message.get<stun::Priority>();
  if (!priority) return refuse(now, datagram, message, 400, "Bad Request", true);
  // RFC 7675: an answer is our consent, which we don't give to an address that we can't send to.
  Pair* pair = pair_of(datagram, message.id, priority->value);
  if (!pair)
    return shared_.drop(shared_.counters.dropped_unexpected,
                        "a check from an address that is not learned", datagram.path);
  handle_embedded(datagram, message);
  remote_in_play_ = true;
  if (!resolve_roles(message)) return refuse(now, datagram, message, 487, "Role Conflict", true);

  ++requests_taken_;
  answer(datagram, message);
  learn_from(now, *pair, message);
}

// RFC 8489 §9.1.3, but that a wrong integrity is met with silence: whoever forges requests learns
// nothing, and no state changes.
bool CheckSession::authenticate(Timestamp now, const Received& datagram,
                                const stun::Message& message) {
  const auto username = message.get<stun::Username>();
  if (!username || !message.has(stun::AttributeType::MessageIntegrity)) {
    shared_.drop(shared_.counters.dropped_integrity, "a check without USERNAME or integrity",
                 datagram.path);
    refuse(now, datagram, message, 400, "Bad Request", false);
    return false;
  }
  if (!names_us(username->text, local_, remote_)) {
    shared_.drop(shared_.counters.dropped_integrity, "a check with another USERNAME",
                 datagram.path);
    refuse(now, datagram, message, 401, "Unauthenticated", false);
    return false;
  }
  if (!stun::has_integrity(datagram.bytes, stun::short_term_key(local_.pwd))) {
    shared_.drop(shared_.counters.dropped_integrity, "a check with a wrong integrity",
                 datagram.path);
    return false;
  }
  return true;
}

// RFC 8445 §7.3.1.1. False: the peer is told to switch.
bool CheckSession::resolve_roles(const stun::Message& message) {
  if (role_ == Role::Controlling) {
    const auto theirs = message.get<stun::IceControlling>();
    if (!theirs) return true;
    if (tiebreaker_ >= theirs->tiebreaker) return false;
    switch_role(Role::Controlled);
  } else {
    const auto theirs = message.get<stun::IceControlled>();
    if (!theirs) return true;
    if (tiebreaker_ < theirs->tiebreaker) return false;
    switch_role(Role::Controlling);
  }
  return true;
}

// ---- responses

void CheckSession::answer(const Received& request, const stun::Message& message) {
  respond({.path = request.path, .success_of = message.id});
}

std::optional<Transmit> CheckSession::poll_response(Timestamp now) {
  if (responses_.empty()) return std::nullopt;
  Response response = responses_.take_front();
  if (!response.success_of) {
    const std::size_t size = response.error.size();
    return Transmit{response.path, std::move(response.error), size};
  }
  stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                             *response.success_of);
  writer.add(stun::XorMappedAddress{response.path.remote});
  // Whoever asked has just proved itself to be there.
  embed(now, writer, Carries::Datagram);
  writer.integrity(stun::short_term_key(local_.pwd)).fingerprint();
  Buffer bytes = writer.finish();
  const std::size_t size = bytes.size();
  return Transmit{response.path, std::move(bytes), size};
}

void CheckSession::refuse(Timestamp now, const Received& request, const stun::Message& message,
                          std::uint16_t code, ErrorText reason, bool authenticated,
                          const std::vector<stun::AttributeType>& unknown) {
  if (!(authenticated ? shared_.errors.take_for_peer(now)
                      : shared_.errors.take_for_stranger(now, request.path.remote.address))) {
    shared_.drop(shared_.counters.dropped_unexpected, "a check over the limit of error responses",
                 request.path);
    return;
  }
  stun::MessageWriter writer(stun::Class::ErrorResponse, stun::Method::Binding, message.id);
  writer.add(stun::ErrorCode{code, std::string(reason)});
  if (!unknown.empty()) writer.add(stun::UnknownAttributes{unknown});
  if (authenticated) writer.integrity(stun::short_term_key(local_.pwd));
  writer.fingerprint();
  // Who has not proven an address gets no more bytes sent to it than came from it.
  if (!authenticated && writer.size() > request.bytes.size()) return;
  respond({.path = request.path, .error = writer.finish()});
}

void CheckSession::respond(Response response) {
  if (responses_.size() == kMaxQueuedResponses) {
    shared_.drop(shared_.counters.dropped_unexpected, "a check over the limit of responses",
                 response.path);
    return;
  }
  responses_.push_back(std::move(response));
}

// ---- what an accepted check teaches

// RFC 8445 §7.3.1.3: an address that nobody told of is a peer-reflexive candidate. Nothing for one
// that we refuse to learn.
Pair* CheckSession::pair_of(const Received& request, const stun::TransactionId& id,
                            std::uint32_t priority) {
  const net::LoopbackPolicy loopback =
      shared_.config.allow_loopback ? net::LoopbackPolicy::Allow : net::LoopbackPolicy::Refuse;
  auto remote = checklist_.find_remote(request.path.remote);
  if (!remote) {
    if (!net::may_check(request.path.remote, loopback) ||
        !lessons_.may_teach(id, request.path.remote))
      return nullptr;
    remote = checklist_.learn_remote(request.path.remote, priority);
  }
  Pair* pair = checklist_.pair_for_check(*shared_.gathering.base_of(request.path.local), *remote);
  forget_removed_pairs();
  return pair;
}

void CheckSession::learn_from(Timestamp now, Pair& pair, const stun::Message& message) {
  ++pair.requests_received;
  ++pair.responses_sent;
  pair.consent.last_sign_of_life = now;
  pair.last_request_received = now;
  shared_.log.debug("check of the peer's on {}{}", shared_.log.shown(pair.path()),
                    message.has(stun::AttributeType::UseCandidate) ? ", to nominate" : "");

  // RFC 8445 §7.3.1.5. Aggressive nomination (RFC 5245 §8.1.1.2) sets it in every check, so it may
  // come for many pairs and before they are valid.
  if (!message.has(stun::AttributeType::UseCandidate)) {
    pair.peer_checked = true;
  } else if (role_ == Role::Controlled && !nominations_.contains(message.id)) {
    nominations_.add(message.id);
    pair.peer_nomination = ++peer_nominations_;
    // Of a peer that does not nominate all it checks, this is a choice, also of what it nominated
    // when it still did.
    if (pair.is_valid && (!pair.is_nominated || pair.peer_checked)) handle_nominated(now, pair);
  }
  note_request_over(now, pair);
  trigger_check(now, pair);
}

// RFC 8445 §7.3.1.4
void CheckSession::trigger_check(Timestamp now, Pair& pair) {
  if (pair.is_valid) return ask_consent_again(now, pair);
  if (pair.state == PairState::InProgress) supersede(now, pair);
  checklist_.trigger(pair);
}

}  // namespace specter::ice
