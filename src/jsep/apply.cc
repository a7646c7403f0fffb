// Descriptions that are set: what they bring about, and what they ask of the layers below.
// W3C §4.4.1.5; RFC 9429 §5.5 to §5.11.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "jsep/media_negotiation.h"
#include "jsep/parts.h"
#include "sdp/line.h"
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
  // RFC 9143 §7.3.1: where the tagged one has gone, the next of the group is tagged.
  std::size_t at = now.remote_sections.tagged.value_or(now.sections.size());
  for (const std::size_t bundled : now.remote_sections.bundle) {
    if (!is_taken(at)) at = bundled;
  }
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
  Negotiated& now = out.session.now;
  if (now.transport) now.transport->data_section.reset();
  // An association that never began has its INIT still to be said.
  if (now.snap == Snap::Used) now.snap = Snap::Unused;
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
  if (is_other_peer(now, transport)) {
    out.change.new_peer = true;
    // With the last section of a transport its channels have ended: those of now are for this one.
    if (!now.transport_ended)
      end_data(out, "the description is another peer's: the channels of the one before end");
    now.dtls_role.reset();
    now.snap = Snap::Unused;
    now.remote_sctp_init.clear();
  }
  if (!now.dtls_role) {
    now.dtls_role = transport.setup == sdp::Setup::Active ? dtls::Role::Server : dtls::Role::Client;
  }
  if (!out.change.new_peer && is_other_association(now, transport))
    end_data(out, "the peer's description begins another SCTP association");
  if (transport.data_section) decide_snap(now, transport, says_sctp_init);
  if (!transport.tls_id && now.transport) transport.tls_id = now.transport->tls_id;
  now.transport_ended = false;
  out.change.remote_restarted =
      now.transport && now.transport->credentials != transport.credentials;
  out.change.transport = transport;
  out.change.dtls_role = now.dtls_role;
  // Those below have what they need.
  std::exchange(transport.candidates, {});
  transport.sctp_init.reset();
  now.transport = std::move(transport);
}

// What an offer of the peer's calls codecs and extensions.
void adopt_numbers(const LocalParameters& local, Session& session,
                   const std::vector<std::optional<MediaDescription>>& said) {
  if (local.media.codecs.empty()) return;
  if (!session.numbers) session.numbers = MediaNumbers{};
  for (const auto& media : said) {
    if (!media) continue;
    session.numbers->payload_types.adopt(*media, local.media.codecs);
    session.numbers->extension_ids.adopt(*media);
  }
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
  // RFC 9429 §5.11: with the last section that used it the transport is discarded.
  if (now.transport && !has_used(now.sections)) now.transport_ended = true;
  session.stable.reset();
  session.last_offer.reset();
  session.last_answer.reset();
  settle_transceivers(session);
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
  roll_back_transceivers(out.session);
  return out;
}

// RFC 9429 §5.3.1, §5.11: a section is used anew for another kind only after it was rejected. A
// section of a transceiver: pairing.cc.
Result<> check_data_section(const Negotiated& stable, const sdp::Session& offer) {
  for (std::size_t i = 0; stable.transport && i < stable.sections.size(); ++i) {
    if (stable.sections[i].use != Use::Data) continue;
    if (i < offer.media.size() && offer.media[i].kind == stable.sections[i].kind) continue;
    return fail(ErrorCode::InvalidAccess,
                fmt::format("section {} is in use for data channels: the offer must have it in its "
                            "place",
                            i));
  }
  return {};
}

// A remote description, understood.
struct Remote {
  sdp::Session session;
  RemoteSections sections{};
  std::vector<std::optional<MediaDescription>> media{};  // of each section that can be media
  std::optional<RemoteTransport> transport{};            // when any section is ours
};

// RFC 9429 §5.8.2. Only what we may take is read.
Result<> read_media_sections(const LocalParameters& local, const Session& session, SdpType type,
                             Remote& remote) {
  const auto& media = remote.session.media;
  remote.media.resize(media.size());
  for (std::size_t i = 0; i < media.size() && !local.media.codecs.empty(); ++i) {
    const auto& sections = session.now.sections;
    const bool is_media = media[i].kind == "audio" || media[i].kind == "video";
    const bool is_asked_for =
        type == SdpType::Offer || (i < sections.size() && sections[i].use == Use::Media);
    if (!is_media || !is_asked_for || !is_live(media[i]) || !is_rtp(media[i])) continue;
    auto said = read_media(remote.session, media[i]);
    if (!said) return fail(std::move(said).error());
    remote.media[i] = std::move(*said);
  }
  return {};
}

// Of an offer.
MediaTaking media_to_take(const LocalParameters& local, const Negotiated& stable,
                          const std::vector<std::optional<MediaDescription>>& said) {
  MediaTaking out{.can_take = std::vector<bool>(said.size(), false),
                  .is_running = std::vector<bool>(said.size(), false)};
  for (std::size_t i = 0; i < said.size(); ++i) {
    out.is_running[i] =
        stable.transport && i < stable.sections.size() &&
        (stable.sections[i].use == Use::Data || stable.sections[i].use == Use::Media);
    if (!said[i]) continue;
    // Whether RTCP is multiplexed, a group decides.
    MediaDescription offered = *said[i];
    offered.rtcp_mux = true;
    out.can_take[i] =
        answer_media(local.media, {.kind = offered.kind, .cname = local.cname}, offered)
            .has_value();
  }
  return out;
}

// RFC 9429 §5.10: a section without a=mid has the one that it had.
void keep_mids(const Negotiated& stable, RemoteSections& sections) {
  for (std::size_t i = 0; i < std::min(stable.sections.size(), sections.mids.size()); ++i) {
    const Section& before = stable.sections[i];
    if (!before.media || sections.says_mid[i] || sections.mids[i] == before.mid) continue;
    // Another that has it by chance was made up as well, or is no section of before.
    if (const auto other = sections.index_of(before.mid); other && !sections.says_mid[*other])
      std::swap(sections.mids[*other], sections.mids[i]);
    else if (!other)
      sections.mids[i] = before.mid;
  }
}

Result<RemoteSections> sort(const LocalParameters& local, const Session& session,
                            const Remote& remote, SdpType type) {
  if (type == SdpType::Offer) {
    const Negotiated& stable = session.last_stable();
    const auto is_kept = [&](std::size_t i) {
      return stable.transport && i < stable.sections.size() && stable.sections[i].is_used();
    };
    const MediaTaking taking = media_to_take(local, stable, remote.media);
    auto sorted =
        sort_offer(remote.session, is_kept, local.media.codecs.empty() ? nullptr : &taking);
    if (sorted) keep_mids(stable, *sorted);
    return sorted;
  }
  std::vector<Use> offered;
  offered.reserve(session.now.sections.size());
  for (const Section& section : session.now.sections) offered.push_back(section.use);
  return sort_answer(remote.session, offered);
}

Result<Remote> read_remote(const LocalParameters& local, const Session& session,
                           const SessionDescription& description) {
  auto text = sdp::parse(description.sdp);
  if (!text) return fail(std::move(text).error());
  Remote remote{.session = std::move(*text)};
  if (description.type == SdpType::Offer) {
    if (auto good = check_data_section(session.last_stable(), remote.session); !good)
      return fail(good.error());
  }
  if (auto read = read_media_sections(local, session, description.type, remote); !read)
    return fail(std::move(read).error());
  auto sorted = sort(local, session, remote, description.type);
  if (!sorted) return fail(std::move(sorted).error());
  remote.sections = std::move(*sorted);
  if (!remote.sections.tagged) return remote;

  auto transport = read_remote_transport(remote.session, remote.sections, description.type);
  if (!transport) return fail(std::move(transport).error());
  if (auto good = check_restart(session, *transport, description.type); !good)
    return fail(good.error());
  if (auto same = check_same_peer(session.now, *transport); !same) return fail(same.error());
  if (remote.sections.data && !is_other_association(session.now, *transport) &&
      !is_other_peer(session.now, *transport)) {
    const sdp::Media& data = remote.session.media[*remote.sections.data];
    if (auto read = read_sctp_init(local, session.now, data, *transport); !read)
      return fail(std::move(read).error());
  }
  remote.transport = std::move(*transport);
  remote.sections.transport.reset();  // read, and kept as long as the connection otherwise
  return remote;
}

std::vector<Section> offered_sections(const Remote& offer) {
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

enum class Family : std::uint8_t { Rtp, Sctp, Other };

// RFC 9429 §5.1.3: an answer repeats the offer's profile, and some peers mean the same by another.
Family family_of(std::string_view protocol) {
  if (protocol.find("RTP/") != protocol.npos) return Family::Rtp;
  return protocol.ends_with("DTLS/SCTP") ? Family::Sctp : Family::Other;
}

// RFC 3264 §6: a section that is accepted has the offer's protocol.
Result<> check_protocol(const Section& offered, const sdp::Media& answer) {
  if (!offered.is_used() || !is_live(answer) ||
      family_of(answer.protocol) == family_of(offered.protocol))
    return {};
  return fail(Error{ErrorCode::InvalidAccess,
                    fmt::format("the section with mid \"{}\" is answered with the protocol {}, but "
                                "{} was offered",
                                offered.mid, sdp::shown(answer.protocol), offered.protocol),
                    answer.line});
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
    if (auto good = check_protocol(offered, media[i]); !good) return good;
  }
  if (auto good = check_answered_media(now, answer.session, answer.media); !good) return good;
  if (answer.transport && answer.transport->setup == sdp::Setup::ActPass) {
    // RFC 8842 §5.3: an answer decides.
    return fail(Error{ErrorCode::InvalidAccess,
                      "a=setup:actpass can't stand in an answer: active or passive",
                      media[*answer.sections.tagged].line});
  }
  return {};
}

Result<> take_offer(const LocalParameters& local, Outcome& out, Remote remote,
                    const SessionDescription& description, Random& random) {
  Negotiated& now = out.session.now;
  adopt_numbers(local, out.session, remote.media);
  auto sections = offered_sections(remote);
  if (auto paired =
          pair_sections(local, out.session, std::move(sections), std::move(remote.media), random);
      !paired)
    return paired;
  note_candidate_section(now);
  now.pending_remote = description;
  now.offered.reset();
  if (remote.transport) now.offered = std::move(*remote.transport);
  return {};
}

void take_answer(const LocalParameters& local, Outcome& out, Remote remote,
                 const SessionDescription& description, Random& random) {
  Negotiated& now = out.session.now;
  for (std::size_t i = 0; i < now.sections.size(); ++i) {
    Section& section = now.sections[i];
    if (!now.remote_sections.says_mid[i]) now.remote_sections.mids[i] = section.mid;
    if (is_used(now.remote_sections.uses[i])) continue;
    if (section.use == Use::Data) end_data(out, "the peer's answer rejects data channels");
    section.use = now.remote_sections.uses[i];
    remote.media[i].reset();
  }
  take_answered_media(out.session, std::move(remote.media), random);
  agree_on_media(local, out.session, Side::Remote);
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

Outcome rolled_back(const Session& session) {
  Outcome out = roll_back(session);
  note_media_changes(session, out);
  return out;
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
  take_our_answer(out.session, draft);
  note_candidate_section(now);
  if (now.transport && now.transport->data_section && !now.remote_sections.data)
    end_data(out, "the peer's offer ends data channels");
  if (now.offered && has_used(now.sections)) {
    if (!now.dtls_role) {
      // RFC 8445 §6.1.1: whoever talks to a lite agent controls.
      out.change.ice_role = now.offered->ice_lite ? ice::Role::Controlling : ice::Role::Controlled;
    }
    take_transport(out, *now.offered, says_sctp_init(local, now, In::Answer));
    if (out.change.new_peer) ++now.tls_ids;
  }
  agree_on_media(local, out.session, Side::Local);
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
  if (description.type == SdpType::Rollback) return rolled_back(session);
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
  note_media_changes(session, out);
  return out;
}

Result<Outcome> set_remote(const LocalParameters& local, const Session& session,
                           const SessionDescription& description, Random& random) {
  // W3C §4.4.1.5: an offer that meets ours takes its place.
  const bool is_glare =
      description.type == SdpType::Offer && session.now.state == SignalingState::HaveLocalOffer;
  Result<SignalingState> to = SignalingState::HaveRemoteOffer;
  if (!is_glare) to = next_state(session, Side::Remote, description);
  if (!to) return fail(to.error());
  if (description.type == SdpType::Rollback) return rolled_back(session);

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
  if (description.type != SdpType::Offer) {
    take_answer(local, out, std::move(*remote), description, random);
  } else if (auto taken = take_offer(local, out, std::move(*remote), description, random); !taken) {
    return fail(std::move(taken).error());
  }
  note_media_changes(session, out);
  return out;
}

}  // namespace specter::jsep
