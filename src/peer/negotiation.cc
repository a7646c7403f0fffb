#include "peer/negotiation.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace specter::peer {
namespace {

// 63 random bits: RFC 9429 §5.2.1.
std::string random_session_id(Random& random) { return std::to_string(random.u64() >> 1); }

// RFC 8842 §4: 20 to 255 characters, 120 random bits at least.
std::string random_tls_id(Random& random) {
  return fmt::format("{:016x}{:016x}", random.u64(), random.u64());
}

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

}  // namespace

Negotiation::Negotiation(LocalParameters local, Random& random)
    : local_(std::move(local)),
      random_(random),
      session_id_(random_session_id(random)),
      tls_id_(random_tls_id(random)),
      credentials_(local_.credentials) {}

bool Negotiation::is_needed() const {
  if (state_ != SignalingState::Stable) return false;
  if (!credentials_to_replace_.empty()) return true;
  return data_wanted_ && std::ranges::none_of(sections_, is_data);
}

const std::optional<RemoteTransport>& Negotiation::remote_transport() const {
  return remote_offer_ && remote_offer_->transport ? remote_offer_->transport : transport_;
}

// Nothing: the candidate names no section.
Result<std::optional<std::size_t>> Negotiation::section_of(const IceCandidate& candidate) const {
  if (candidate.sdp_mid && !candidate.sdp_mid->empty()) {
    const auto section = remote_.sections.index_of(*candidate.sdp_mid);
    if (section) return section;
    return fail(ErrorCode::OperationFailed,
                fmt::format("the candidate is for sdpMid \"{}\", which no section of the remote "
                            "description has",
                            candidate.sdp_mid->substr(0, 40)));
  }
  if (!candidate.sdp_mline_index) return std::nullopt;
  const std::size_t index = *candidate.sdp_mline_index;
  if (index < remote_.sections.mids.size()) return index;
  // An index of 0 is what some peers write into every candidate, also when nothing is negotiated
  // yet.
  if (index == 0) return std::nullopt;
  return fail(ErrorCode::OperationFailed,
              fmt::format("the candidate is for sdpMLineIndex {}, but the remote description "
                          "has {} sections",
                          index, remote_.sections.mids.size()));
}

bool Negotiation::show_candidate(const IceCandidate& candidate) {
  const auto section = section_of(candidate);
  if (!section || !local_.shows_candidates) return false;
  bool is_new = false;
  if (is_latest_generation(candidate)) is_new = remote_.told.add(*section, candidate.candidate);
  if (stable_remote_ && current_remote_ && is_stable_generation(candidate))
    is_new = stable_remote_->told.add(*section, candidate.candidate) || is_new;
  return is_new;
}

std::optional<SessionDescription> Negotiation::shown_current_remote() const {
  if (!current_remote_) return std::nullopt;
  if (stable_remote_) return stable_remote_->told.shown_in(*current_remote_);
  return remote_.told.shown_in(*current_remote_);
}

std::optional<SessionDescription> Negotiation::shown_pending_remote() const {
  if (!pending_remote_) return std::nullopt;
  return remote_.told.shown_in(*pending_remote_);
}

Result<SignalingState> Negotiation::judge(Side side, const SessionDescription& description) const {
  const auto& [type, sdp] = description;
  if (state_ == SignalingState::Closed) return fail(ErrorCode::InvalidState, "connection closed");
  if (type == SdpType::Rollback && state_ == SignalingState::Stable) {
    return fail(ErrorCode::InvalidState, "can't rollback from stable state");
  }
  const auto to = next(state_, side, type);
  if (to) return *to;
  Error wrong_state{
      ErrorCode::InvalidState,
      fmt::format("invalid proposed signaling state transition from {} applying {} {}",
                  to_string(state_), side == Side::Local ? "local" : "remote", to_string(type))};
  // A rollback's text does not matter, and an empty one of ours stands for what was created.
  const bool has_text = type != SdpType::Rollback && (side == Side::Remote || !sdp.empty());
  if (!has_text) return fail(std::move(wrong_state));
  return fail(refusal(description, std::move(wrong_state)));
}

Result<Change> Negotiation::set_local(const SessionDescription& description) {
  const auto to = judge(Side::Local, description);
  if (!to) return fail(to.error());
  if (description.type == SdpType::Rollback) return rollback(Side::Local);

  // W3C §4.4.1.5: what is set is what was created; an empty text stands for it.
  const bool is_offer = description.type == SdpType::Offer;
  const auto& created = is_offer ? last_offer_ : last_answer_;
  if (!created || (!description.sdp.empty() && !same_text(description.sdp, *created))) {
    Error other_text{
        ErrorCode::InvalidModification,
        fmt::format("new sdp does not match previous {}", is_offer ? "offer" : "answer")};
    if (description.sdp.empty()) return fail(std::move(other_text));
    return fail(refusal(description, std::move(other_text)));
  }

  Change change{.state_changed = *to != state_};
  SessionDescription taken{description.type, description.sdp.empty() ? *created : description.sdp};
  if (is_offer) {
    pending_local_ = std::move(taken);
    offered_sections_ = created_sections_;
    note_candidate_section(offered_sections_);
    change.gather = std::ranges::any_of(offered_sections_, is_used);
    offer_credentials(change);
    // RFC 8445 §6.1.1: the side that offers first controls.
    if (!is_role_decided_) change.ice_role = ice::Role::Controlling;
    state_ = *to;
    return change;
  }

  change.gather = std::ranges::any_of(offered_sections_, is_used);
  offer_credentials(change);
  if (transport_ && transport_->data_section && !remote_offer_->sections.data)
    end_data("the peer's offer ends data channels", change);
  if (remote_offer_->transport) {
    if (!is_role_decided_) {
      // RFC 8445 §6.1.1: whoever talks to a lite agent controls.
      change.ice_role =
          remote_offer_->transport->ice_lite ? ice::Role::Controlling : ice::Role::Controlled;
    }
    take_transport(*remote_offer_->transport, says_sctp_init(true), change);
  }
  state_ = *to;
  if (description.type == SdpType::PrAnswer) {
    pending_local_ = std::move(taken);
  } else {
    settle(taken, *pending_remote_);
  }
  return change;
}

Result<Negotiation::Remote> Negotiation::read_remote(const SessionDescription& description) const {
  auto session = sdp::parse(description.sdp);
  if (!session) return fail(std::move(session).error());
  Remote remote{.session = std::move(*session)};

  const auto is_kept = [&](std::size_t i) {
    return transport_ && i < sections_.size() && sections_[i].use != Use::Rejected;
  };
  std::vector<Use> offered;
  offered.reserve(offered_sections_.size());
  for (const Section& section : offered_sections_) offered.push_back(section.use);
  auto sorted = description.type == SdpType::Offer ? sort_offer(remote.session, is_kept)
                                                   : sort_answer(remote.session, offered);
  if (!sorted) return fail(std::move(sorted).error());
  remote.sections = std::move(*sorted);
  if (!remote.sections.tagged) return remote;

  auto transport = read_remote_transport(remote.session, remote.sections, description.type);
  if (!transport) return fail(std::move(transport).error());
  const auto restarts = read_restart(*transport, description.type);
  if (!restarts) return fail(restarts.error());
  remote.restarts_ice = *restarts;
  if (auto same = check_same_peer(*transport); !same) return fail(same.error());
  if (remote.sections.data && !is_other_association(*transport)) {
    const sdp::Media& data = remote.session.media[*remote.sections.data];
    if (auto read = read_sctp_init(data, *transport); !read) {
      return fail(std::move(read).error());
    }
  }
  remote.transport = std::move(*transport);
  remote.sections.transport.reset();  // read, and kept as long as the connection otherwise
  return remote;
}

// What this version can't do is refused, and what runs goes on.
Result<> Negotiation::check_same_peer(const RemoteTransport& transport) const {
  if (!transport_) return {};
  if (transport_->fingerprints != transport.fingerprints) {
    // RFC 8842 §5.5 would make a new DTLS association of it; the old identity is never kept in
    // silence.
    return fail(ErrorCode::InvalidAccess,
                "the description changes the fingerprint of a running connection: make a new "
                "connection");
  }
  // RFC 8842 §5.1: another a=tls-id asks for another DTLS association. One that comes or goes
  // asks for nothing.
  if (transport_->tls_id && transport.tls_id && transport_->tls_id != transport.tls_id) {
    return fail(ErrorCode::NotSupported,
                "the description has another a=tls-id, which asks for a new DTLS association: this "
                "version can't, make a new connection");
  }
  return {};
}

// W3C §6.1, "closed" of RTCSctpTransportState; RFC 8841 §9.3: whether what runs ends with it.
bool Negotiation::is_other_association(const RemoteTransport& transport) const {
  if (!transport_ || !transport_->data_section || !transport.data_section) return false;
  return transport.data_section != transport_->data_section ||
         transport.sctp_port != transport_->sctp_port;
}

// A description with a section for us is in force.
void Negotiation::take_transport(RemoteTransport transport, bool says_sctp_init, Change& change) {
  if (!dtls_role_) {
    dtls_role_ = transport.setup == sdp::Setup::Active ? dtls::Role::Server : dtls::Role::Client;
  }
  is_role_decided_ = true;
  if (is_other_association(transport))
    end_data("the peer's description begins another SCTP association", change);
  if (transport.data_section) decide_snap(transport, says_sctp_init);
  if (!transport.tls_id && transport_) transport.tls_id = transport_->tls_id;
  change.remote_restarted = transport_ && transport_->credentials != transport.credentials;
  change.transport = transport;
  transport_ = std::move(transport);
  // Those below have what they need.
  std::exchange(transport_->candidates, {});
  transport_->sctp_init.reset();
  change.dtls_role = dtls_role_;
}

void Negotiation::end_data(std::string why, Change& change) {
  change.data_ended = std::move(why);
  data_wanted_ = false;  // its channels are closed; the next one asks anew
  if (transport_) transport_->data_section.reset();
  // An association that never began has its INIT still to be said.
  if (snap_ == Snap::Used) snap_ = Snap::Unused;
}

Result<> Negotiation::check_answer_fits(const Remote& answer) const {
  // RFC 3264 §6: a section for each of the offer's, in their order.
  const auto& media = answer.session.media;
  if (media.size() != offered_sections_.size()) {
    return fail(ErrorCode::InvalidAccess,
                fmt::format("the answer has {} m= sections, the offer {}: they must be the same",
                            media.size(), offered_sections_.size()));
  }
  for (std::size_t i = 0; i < media.size(); ++i) {
    const Section& offered = offered_sections_[i];
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

Result<Change> Negotiation::set_remote(const SessionDescription& description) {
  // W3C §4.4.1.5: an offer that meets ours takes its place.
  const bool is_glare =
      description.type == SdpType::Offer && state_ == SignalingState::HaveLocalOffer;
  Result<SignalingState> to = SignalingState::HaveRemoteOffer;
  if (!is_glare) to = judge(Side::Remote, description);
  if (!to) return fail(to.error());
  if (description.type == SdpType::Rollback) return rollback(Side::Remote);

  auto remote = read_remote(description);
  if (!remote) return fail(std::move(remote).error());
  if (description.type != SdpType::Offer) {
    if (auto fits = check_answer_fits(*remote); !fits) return fail(fits.error());
  }

  Change change{.state_changed = *to != state_};
  if (is_glare) {
    change = *rollback(Side::Local);
    change.state_changed = true;
  }
  if (!pending_remote_) stable_remote_ = std::move(remote_);
  remote_ = {.sections = remote->sections};
  state_ = *to;

  if (description.type == SdpType::Offer) {
    offered_sections_ = sections_to_answer(*remote);
    note_candidate_section(offered_sections_);
    pending_remote_ = description;
    remote_offer_ = std::move(*remote);
    last_answer_.reset();
    created_credentials_.reset();
    return change;
  }

  for (std::size_t i = 0; i < offered_sections_.size(); ++i) {
    Section& section = offered_sections_[i];
    if (!remote_.sections.says_mid[i]) remote_.sections.mids[i] = section.mid;
    if (remote_.sections.uses[i] != Use::Rejected) continue;
    if (section.use == Use::Data) end_data("the peer's answer rejects data channels", change);
    section.use = Use::Rejected;
  }
  if (remote->transport)
    take_transport(std::move(*remote->transport), says_sctp_init(false), change);
  if (change.remote_restarted) is_restart_answered_ = true;
  if (description.type == SdpType::Answer && !is_restart_answered_)
    drop_offered_credentials(change);
  note_candidate_section(offered_sections_);
  if (description.type == SdpType::PrAnswer) {
    pending_remote_ = description;
  } else {
    settle(SessionDescription(*pending_local_), description);
  }
  return change;
}

Result<Change> Negotiation::rollback(Side) {
  // RFC 9429 §4.1.10.2: back to the last stable state, as if the offer had never been.
  Change change{.state_changed = true, .rolled_back = true};
  change.candidates_dropped = pending_local_ && std::ranges::none_of(sections_, is_used);
  pending_local_.reset();
  pending_remote_.reset();
  remote_offer_.reset();
  std::exchange(created_sections_, {});
  std::exchange(offered_sections_, {});
  if (stable_remote_) remote_ = std::move(*stable_remote_);
  stable_remote_.reset();
  note_candidate_section(sections_);
  last_offer_.reset();
  last_answer_.reset();
  created_credentials_.reset();
  drop_offered_credentials(change);
  state_ = SignalingState::Stable;
  return change;
}

void Negotiation::settle(const SessionDescription& local, const SessionDescription& remote) {
  current_local_ = local;
  current_remote_ = remote;
  pending_local_.reset();
  pending_remote_.reset();
  remote_offer_.reset();
  last_offer_.reset();
  last_answer_.reset();
  std::exchange(created_sections_, {});
  sections_ = std::exchange(offered_sections_, {});
  stable_remote_.reset();
  settle_credentials();
  state_ = SignalingState::Stable;
}

void Negotiation::note_candidate_section(const std::vector<Section>& sections) {
  const auto is_taken = [&](std::size_t i) {
    return i < sections.size() && sections[i].use != Use::Rejected;
  };
  std::size_t at = remote_.sections.tagged.value_or(sections.size());
  if (!is_taken(at)) {
    for (at = 0; at < sections.size() && !is_taken(at);) ++at;
  }
  if (at == sections.size()) return;
  candidate_mid_ = sections[at].mid;
  candidate_index_ = static_cast<std::uint16_t>(at);
}

}  // namespace specter::peer
