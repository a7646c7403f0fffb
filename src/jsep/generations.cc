// ICE restart: whose credentials stand in which description. RFC 9429 §5.2.2, §5.2.3.1, §5.3.1,
// §5.10; RFC 8839 §4.4.1.1.1; W3C §4.4.2, restartIce().
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "jsep/parts.h"

namespace specter::jsep {

void want_restart(Session& session) {
  std::vector<ice::Credentials>& replaced = session.wanted.credentials_to_replace;
  replaced.clear();
  const Negotiated& stable = session.last_stable();
  const Negotiated& now = session.now;
  if (stable.current_local && has_used(stable.sections)) replaced.push_back(stable.credentials);
  if (now.pending_local && has_used(now.sections)) replaced.push_back(now.credentials);
}

bool restart_offered(const Session& session) {
  return session.stable && session.now.credentials != session.stable->credentials;
}

bool restart_answered(const Session& session) {
  return session.stable && session.stable->transport && session.now.transport &&
         session.now.transport->credentials != session.stable->transport->credentials;
}

bool restart_asked(const Session& session) {
  const Negotiated& stable = session.last_stable();
  return session.now.offered && stable.transport &&
         session.now.offered->credentials != stable.transport->credentials;
}

bool is_other_peer(const Negotiated& stable, const RemoteTransport& transport) {
  if (!stable.transport || stable.transport->credentials == transport.credentials) return false;
  if (stable.transport_ended) return true;
  const RemoteTransport& before = *stable.transport;
  if (before.fingerprints != transport.fingerprints) return true;
  // A tls-id that comes or goes asks for nothing. Nor does a=setup, against RFC 8842 §5.3: Firefox
  // answers a restart as if it were its first answer, and keeps its association and role.
  return before.tls_id && transport.tls_id && before.tls_id != transport.tls_id;
}

bool new_peer_asked(const Session& session) {
  return session.now.offered && is_other_peer(session.last_stable(), *session.now.offered);
}

namespace {

bool is_to_be_replaced(const Session& session, const ice::Credentials& credentials) {
  const auto& replaced = session.wanted.credentials_to_replace;
  return std::ranges::find(replaced, credentials) != replaced.end();
}

}  // namespace

bool wants_other_credentials(const Session& session, const ice::Credentials& than) {
  // What has no peer can't restart: another first offer is as good as the first.
  if (!session.now.transport) return false;
  // The peer has forgotten the transport that had them, and makes another one.
  const Negotiated& stable = session.last_stable();
  if (stable.transport_ended && stable.credentials == than) return true;
  return is_to_be_replaced(session, than);
}

// Those of the latest local description go on unless somebody wants others: RFC 9429 §5.2.2.
ice::Credentials credentials_to_offer(const Session& session, const OfferOptions& options,
                                      Random& random) {
  const ice::Credentials& ours = session.now.credentials;
  const bool restarts = options.ice_restart || wants_other_credentials(session, ours);
  return restarts ? ice::Credentials::generate(random) : ours;
}

// RFC 9429 §5.3.1: new ones answer new ones. All answers to one offer have the same.
ice::Credentials credentials_to_answer(const Session& session, Random& random) {
  if (!restart_asked(session) || restart_offered(session)) return session.now.credentials;
  if (session.last_answer && answers_pending_offer(session, *session.last_answer))
    return session.last_answer->credentials;
  return ice::Credentials::generate(random);
}

void offer_credentials(Outcome& out, const ice::Credentials& credentials) {
  if (credentials == out.session.now.credentials) return;
  drop_offered_credentials(out);
  if (credentials == out.session.now.credentials) return;
  out.session.now.credentials = credentials;
  out.change.local_credentials = credentials;
}

void drop_offered_credentials(Outcome& out) {
  if (!restart_offered(out.session)) return;
  out.change.generation_dropped = true;
  out.session.now.credentials = out.session.stable->credentials;
}

// RFC 8842 §5.1: a new DTLS association, for which another fingerprint or a=tls-id asks, needs new
// credentials of ICE. The old identity is never kept in silence.
Result<> check_same_peer(const Negotiated& now, const RemoteTransport& transport) {
  if (!now.transport || now.transport->credentials != transport.credentials) return {};
  const auto refuse = [](std::string_view what) {
    return fail(ErrorCode::InvalidAccess,
                fmt::format("the description changes {} and keeps ice-ufrag and ice-pwd: another "
                            "peer has others (RFC 8842 §5.1)",
                            what));
  };
  if (now.transport->fingerprints != transport.fingerprints) return refuse("the fingerprint");
  // One that comes or goes asks for nothing.
  if (now.transport->tls_id && transport.tls_id && now.transport->tls_id != transport.tls_id)
    return refuse("a=tls-id");
  return {};
}

Result<> check_restart(const Session& session, const RemoteTransport& transport, SdpType type) {
  if (!session.now.transport) return {};
  const ice::Credentials& before = session.now.transport->credentials;
  const ice::Credentials& after = transport.credentials;
  const bool is_answer = type != SdpType::Offer;
  const bool is_due = is_answer && restart_offered(session) && !restart_answered(session);
  if (before == after) {
    if (!is_due) return {};
    return fail(ErrorCode::InvalidAccess,
                "the answer has the ice-ufrag and ice-pwd of before, but the offer restarts ICE: "
                "both must be new");
  }
  if (before.ufrag == after.ufrag || before.pwd == after.pwd) {
    return fail(ErrorCode::InvalidAccess,
                "the description changes one of ice-ufrag and ice-pwd: an ICE restart changes both "
                "(RFC 8839 §4.4.1.1.1)");
  }
  if (is_answer && restart_answered(session)) {
    return fail(ErrorCode::InvalidAccess,
                "the answer has another ice-ufrag and ice-pwd than the provisional one");
  }
  if (is_answer && !is_due) {
    return fail(ErrorCode::InvalidAccess,
                "the answer has a new ice-ufrag and ice-pwd, but the offer did not restart ICE: it "
                "must repeat those of before; to reach another peer, offer with ice_restart");
  }
  return {};
}

}  // namespace specter::jsep
