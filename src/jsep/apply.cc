// Descriptions that are set: what they bring about, and what they ask of the layers below.
// W3C §4.4.1.5; RFC 9429 §5.5 to §5.11.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "jsep/parts.h"
#include "sdp/session.h"

namespace specter::jsep {
namespace {

bool same_text(std::string_view a, std::string_view b) {
  // Signalling may have turned CRLF into LF; nothing else may change.
  std::string x(a), y(b);
  std::erase(x, '\r');
  std::erase(y, '\r');
  return x == y;
}

// Why a description is refused: text that is no SDP is told before all else, whatever the state, as
// users of the Elixir package know it.
Error refusal(const SessionDescription& description, Error otherwise) {
  auto parsed = sdp::parse(description.sdp);
  return parsed ? std::move(otherwise) : std::move(parsed).error();
}

// A description that leads away from the stable state leaves that behind, for a rollback.
void leave_stable(Session& session) {
  if (!session.stable) session.stable = session.now;
}

void note_candidate_section(Negotiated& now) {
  const auto is_taken = [&](std::size_t i) {
    return i < now.sections.size() && now.sections[i].is_used();
  };
  std::size_t at = now.remote_sections.tagged.value_or(now.sections.size());
  if (!is_taken(at)) {
    for (at = 0; at < now.sections.size() && !is_taken(at);) ++at;
  }
  if (at == now.sections.size()) return;
  now.candidate_mid = now.sections[at].mid;
  now.candidate_index = static_cast<std::uint16_t>(at);
}

void end_data(Outcome& out, std::string why) {
  out.change.data_ended = std::move(why);
  out.session.wanted.data = false;  // its channels are closed; the next one asks anew
}

// W3C §6.1, "closed" of RTCSctpTransportState; RFC 8841 §9.3: whether what runs ends with it.
bool is_other_association(const Negotiated& now, const RemoteTransport& transport) {
  if (!now.transport || !now.transport->data_section || !transport.data_section) return false;
  return transport.data_section != now.transport->data_section ||
         transport.sctp_port != now.transport->sctp_port;
}

// A description with a section for us is agreed on.
void take_transport(Outcome& out, RemoteTransport transport, bool says_sctp_init) {
  Negotiated& now = out.session.now;
  if (!now.dtls_role) {
    now.dtls_role = transport.setup == sdp::Setup::Active ? dtls::Role::Server : dtls::Role::Client;
  }
  if (is_other_association(now, transport))
    end_data(out, "the peer's description begins another SCTP association");
  if (transport.data_section) decide_snap(now, transport, says_sctp_init);
  if (!transport.tls_id && now.transport) transport.tls_id = now.transport->tls_id;
  out.change.remote_restarted =
      now.transport && now.transport->credentials != transport.credentials;
  out.change.transport = transport;
  out.change.dtls_role = now.dtls_role;
  // Those below have what they need.
  std::exchange(transport.candidates, {});
  transport.sctp_init.reset();
  now.transport = std::move(transport);
}

// Both sides have agreed: what was pending is in force.
void settle(Session& session, SessionDescription local, SessionDescription remote) {
  Negotiated& now = session.now;
  now.current_local = std::move(local);
  now.current_remote = std::move(remote);
  now.pending_local.reset();
  now.pending_remote.reset();
  now.offered.reset();
  now.state = SignalingState::Stable;
  session.stable.reset();
  session.last_offer.reset();
  session.last_answer.reset();
  auto& replaced = session.wanted.credentials_to_replace;
  const bool is_kept =
      has_used(now.sections) && std::ranges::find(replaced, now.credentials) != replaced.end();
  if (!is_kept) std::exchange(replaced, {});
}

// RFC 9429 §4.1.10.2: back to the last stable state, as if the offer had never been.
Outcome roll_back(const Session& before) {
  Outcome out{before, {.state_changed = true, .rolled_back = true}};
  out.change.candidates_dropped = before.now.pending_local && !has_used(before.stable->sections);
  out.change.generation_dropped = restart_offered(before);
  out.session.now = *before.stable;
  out.session.stable.reset();
  return out;
}

// What this version can't do is refused, and what runs goes on.
Result<> check_same_peer(const Negotiated& now, const RemoteTransport& transport) {
  if (!now.transport) return {};
  if (now.transport->fingerprints != transport.fingerprints) {
    // RFC 8842 §5.5 would make a new DTLS association of it; the old identity is never kept in
    // silence.
    return fail(ErrorCode::InvalidAccess,
                "the description changes the fingerprint of a running connection: make a new "
                "connection");
  }
  // RFC 8842 §5.1: another a=tls-id asks for another DTLS association. One that comes or goes
  // asks for nothing.
  if (now.transport->tls_id && transport.tls_id && now.transport->tls_id != transport.tls_id) {
    return fail(ErrorCode::NotSupported,
                "the description has another a=tls-id, which asks for a new DTLS association: this "
                "version can't, make a new connection");
  }
  return {};
}

// A remote description, understood.
struct Remote {
  sdp::Session session;
  RemoteSections sections{};
  std::optional<RemoteTransport> transport{};  // when any section is ours
};

Result<RemoteSections> sort(const Session& session, const sdp::Session& text, SdpType type) {
  if (type == SdpType::Offer) {
    const Negotiated& stable = session.last_stable();
    return sort_offer(text, [&](std::size_t i) {
      return stable.transport && i < stable.sections.size() && stable.sections[i].is_used();
    });
  }
  std::vector<Use> offered;
  offered.reserve(session.now.sections.size());
  for (const Section& section : session.now.sections) offered.push_back(section.use);
  return sort_answer(text, offered);
}

Result<Remote> read_remote(const LocalParameters& local, const Session& session,
                           const SessionDescription& description) {
  auto text = sdp::parse(description.sdp);
  if (!text) return fail(std::move(text).error());
  Remote remote{.session = std::move(*text)};
  auto sorted = sort(session, remote.session, description.type);
  if (!sorted) return fail(std::move(sorted).error());
  remote.sections = std::move(*sorted);
  if (!remote.sections.tagged) return remote;

  auto transport = read_remote_transport(remote.session, remote.sections, description.type);
  if (!transport) return fail(std::move(transport).error());
  if (auto good = check_restart(session, *transport, description.type); !good)
    return fail(good.error());
  if (auto same = check_same_peer(session.now, *transport); !same) return fail(same.error());
  if (remote.sections.data && !is_other_association(session.now, *transport)) {
    const sdp::Media& data = remote.session.media[*remote.sections.data];
    if (auto read = read_sctp_init(local, session.now, data, *transport); !read)
      return fail(std::move(read).error());
  }
  remote.transport = std::move(*transport);
  remote.sections.transport.reset();  // read, and kept as long as the connection otherwise
  return remote;
}

std::vector<Section> sections_to_answer(const Remote& offer) {
  std::vector<Section> sections;
  for (std::size_t i = 0; i < offer.session.media.size(); ++i) {
    const sdp::Media& media = offer.session.media[i];
    const Use use = offer.sections.uses[i];
    auto [formats, lines] = formats_to_answer(media, use);
    sections.push_back({.mid = offer.sections.mids[i],
                        .says_mid = offer.sections.says_mid[i],
                        .kind = media.kind,
                        .protocol = media.protocol,
                        .formats = std::move(formats),
                        .format_lines = std::move(lines),
                        .use = use});
  }
  return sections;
}

Result<> check_answer_fits(const Negotiated& now, const Remote& answer) {
  // RFC 3264 §6: a section for each of the offer's, in their order.
  const auto& media = answer.session.media;
  if (media.size() != now.sections.size()) {
    return fail(ErrorCode::InvalidAccess,
                fmt::format("the answer has {} m= sections, the offer {}: they must be the same",
                            media.size(), now.sections.size()));
  }
  for (std::size_t i = 0; i < media.size(); ++i) {
    const Section& offered = now.sections[i];
    // RFC 9429 §5.10: without a=mid it is the one in that place.
    if (media[i].kind != offered.kind || sdp::mid(media[i]).value_or(offered.mid) != offered.mid) {
      return fail(Error{
          ErrorCode::InvalidAccess,
          fmt::format("section {} of the answer is {} with mid \"{}\", but {} with mid "
                      "\"{}\" was offered",
                      i, media[i].kind, sdp::mid(media[i]).value_or(""), offered.kind, offered.mid),
          media[i].line});
    }
  }
  if (answer.transport && answer.transport->setup == sdp::Setup::ActPass) {
    // RFC 8842 §5.3: an answer decides.
    return fail(Error{ErrorCode::InvalidAccess,
                      "a=setup:actpass can't stand in an answer: active or passive",
                      media[*answer.sections.tagged].line});
  }
  return {};
}

void take_offer(Outcome& out, Remote remote, const SessionDescription& description) {
  Negotiated& now = out.session.now;
  now.sections = sections_to_answer(remote);
  note_candidate_section(now);
  now.pending_remote = description;
  now.offered.reset();
  if (remote.transport) now.offered = std::move(*remote.transport);
}

void take_answer(const LocalParameters& local, Outcome& out, Remote remote,
                 const SessionDescription& description) {
  Negotiated& now = out.session.now;
  for (std::size_t i = 0; i < now.sections.size(); ++i) {
    Section& section = now.sections[i];
    if (!now.remote_sections.says_mid[i]) now.remote_sections.mids[i] = section.mid;
    if (now.remote_sections.uses[i] != Use::Rejected) continue;
    if (section.use == Use::Data) end_data(out, "the peer's answer rejects data channels");
    section.use = Use::Rejected;
  }
  if (remote.transport) {
    take_transport(out, std::move(*remote.transport), says_sctp_init(local, now, In::Offer));
  }
  note_candidate_section(now);
  if (description.type == SdpType::PrAnswer) {
    now.pending_remote = description;
    return;
  }
  if (!restart_answered(out.session)) drop_offered_credentials(out);
  settle(out.session, *now.pending_local, description);
}

}  // namespace

bool negotiation_needed(const Session& session) {
  if (session.now.state != SignalingState::Stable) return false;
  if (!session.wanted.credentials_to_replace.empty()) return true;
  return session.wanted.data && std::ranges::find(session.now.sections, Use::Data, &Section::use) ==
                                    session.now.sections.end();
}

Result<SignalingState> next_state(const Session& session, Side side,
                                  const SessionDescription& description) {
  const auto& [type, sdp] = description;
  const SignalingState state = session.now.state;
  if (state == SignalingState::Closed) return fail(ErrorCode::InvalidState, "connection closed");
  if (type == SdpType::Rollback && state == SignalingState::Stable) {
    return fail(ErrorCode::InvalidState, "can't rollback from stable state");
  }
  const auto to = next(state, side, type);
  if (to) return *to;
  Error wrong_state{
      ErrorCode::InvalidState,
      fmt::format("invalid proposed signaling state transition from {} applying {} {}",
                  to_string(state), side == Side::Local ? "local" : "remote", to_string(type))};
  // A rollback's text does not matter, and an empty one of ours stands for what was created.
  const bool has_text = type != SdpType::Rollback && (side == Side::Remote || !sdp.empty());
  if (!has_text) return fail(std::move(wrong_state));
  return fail(refusal(description, std::move(wrong_state)));
}

namespace {

// W3C §4.4.2, setLocalDescription(): what is set is what was created.
Result<const Draft*> draft_of(const Session& session, const SessionDescription& description) {
  const bool is_offer = description.type == SdpType::Offer;
  const Rare<Draft>& draft = is_offer ? session.last_offer : session.last_answer;
  // An answer to another offer answers this one as little as anybody's.
  const bool fits = draft && (is_offer || answers_pending_offer(session, *draft));
  if (fits && (description.sdp.empty() || same_text(description.sdp, draft->sdp))) return &*draft;
  Error other_text{ErrorCode::InvalidModification, fmt::format("new sdp does not match previous {}",
                                                               is_offer ? "offer" : "answer")};
  if (description.sdp.empty()) return fail(std::move(other_text));
  return fail(refusal(description, std::move(other_text)));
}

void set_local_offer(Outcome& out, const Draft& draft, SessionDescription taken) {
  Negotiated& now = out.session.now;
  now.pending_local = std::move(taken);
  now.sections = draft.sections;
  note_candidate_section(now);
  offer_credentials(out, draft.credentials);
  // RFC 8445 §6.1.1: the side that offers first controls.
  if (!now.dtls_role) out.change.ice_role = ice::Role::Controlling;
}

void set_local_answer(const LocalParameters& local, Outcome& out, const Draft& draft,
                      SessionDescription taken) {
  Negotiated& now = out.session.now;
  offer_credentials(out, draft.credentials);
  if (now.transport && now.transport->data_section && !now.remote_sections.data)
    end_data(out, "the peer's offer ends data channels");
  if (now.offered) {
    if (!now.dtls_role) {
      // RFC 8445 §6.1.1: whoever talks to a lite agent controls.
      out.change.ice_role = now.offered->ice_lite ? ice::Role::Controlling : ice::Role::Controlled;
    }
    take_transport(out, *now.offered, says_sctp_init(local, now, In::Answer));
  }
  if (taken.type == SdpType::PrAnswer)
    now.pending_local = std::move(taken);
  else
    settle(out.session, std::move(taken), *now.pending_remote);
}

}  // namespace

Result<Outcome> set_local(const LocalParameters& local, const Session& session,
                          const SessionDescription& description) {
  const auto to = next_state(session, Side::Local, description);
  if (!to) return fail(to.error());
  if (description.type == SdpType::Rollback) return roll_back(session);
  const auto draft = draft_of(session, description);
  if (!draft) return fail(draft.error());

  Outcome out{session, {.state_changed = *to != session.now.state}};
  leave_stable(out.session);
  out.session.now.state = *to;
  SessionDescription taken = description;
  if (taken.sdp.empty()) taken.sdp = (*draft)->sdp;
  if (description.type == SdpType::Offer)
    set_local_offer(out, **draft, std::move(taken));
  else
    set_local_answer(local, out, **draft, std::move(taken));
  out.change.gather = has_used(out.session.now.sections);
  return out;
}

Result<Outcome> set_remote(const LocalParameters& local, const Session& session,
                           const SessionDescription& description) {
  // W3C §4.4.1.5: an offer that meets ours takes its place.
  const bool is_glare =
      description.type == SdpType::Offer && session.now.state == SignalingState::HaveLocalOffer;
  Result<SignalingState> to = SignalingState::HaveRemoteOffer;
  if (!is_glare) to = next_state(session, Side::Remote, description);
  if (!to) return fail(to.error());
  if (description.type == SdpType::Rollback) return roll_back(session);

  Outcome out = is_glare ? roll_back(session) : Outcome{session};
  auto remote = read_remote(local, out.session, description);
  if (!remote) return fail(std::move(remote).error());
  if (description.type != SdpType::Offer) {
    if (auto fits = check_answer_fits(session.now, *remote); !fits) return fail(fits.error());
  }
  out.change.state_changed = *to != session.now.state;
  leave_stable(out.session);
  out.session.now.state = *to;
  out.session.now.remote_sections = remote->sections;
  out.session.now.told = {};
  if (description.type == SdpType::Offer)
    take_offer(out, std::move(*remote), description);
  else
    take_answer(local, out, std::move(*remote), description);
  return out;
}

}  // namespace specter::jsep
