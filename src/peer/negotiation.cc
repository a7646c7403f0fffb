#include "peer/negotiation.h"

#include <algorithm>
#include <set>

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

bool is_live(const sdp::Media& media) { return media.port != 0 || sdp::bundle_only(media); }

}  // namespace

Negotiation::Negotiation(LocalParameters local, Random& random)
    : local_(std::move(local)),
      session_id_(random_session_id(random)),
      tls_id_(random_tls_id(random)) {}

bool Negotiation::is_needed() const {
  if (state_ != SignalingState::Stable || !data_wanted_) return false;
  return std::ranges::none_of(sections_, [](const Section& s) { return s.is_data; });
}

const std::optional<RemoteTransport>& Negotiation::remote_transport() const {
  return remote_offer_ && remote_offer_->transport ? remote_offer_->transport : transport_;
}

Result<bool> Negotiation::concerns_us(const std::optional<std::string>& mid,
                                      std::optional<std::uint16_t> index) const {
  std::string wanted;
  if (mid && !mid->empty()) {
    if (std::ranges::find(remote_mids_.all, *mid) == remote_mids_.all.end()) {
      return fail(ErrorCode::OperationFailed,
                  fmt::format("the candidate is for sdpMid \"{}\", which no section of the remote "
                              "description has",
                              mid->substr(0, 40)));
    }
    wanted = *mid;
  } else if (index) {
    // An index of 0 is what some peers write into every candidate, also when nothing is negotiated
    // yet.
    if (*index >= remote_mids_.all.size() && *index != 0) {
      return fail(ErrorCode::OperationFailed,
                  fmt::format("the candidate is for sdpMLineIndex {}, but the remote description "
                              "has {} sections",
                              *index, remote_mids_.all.size()));
    }
    if (*index < remote_mids_.all.size()) wanted = remote_mids_.all[*index];
  }
  if (wanted.empty() || wanted == data_mid_) return true;
  // RFC 9143 §7.4: candidates of any section of the group are candidates of the group's transport.
  const auto in_bundle = [&](const std::string& m) {
    return std::ranges::find(remote_mids_.bundle, m) != remote_mids_.bundle.end();
  };
  return in_bundle(wanted) && in_bundle(data_mid_);
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
  if (!has_text) return std::unexpected(std::move(wrong_state));
  return std::unexpected(refusal(description, std::move(wrong_state)));
}

Result<Change> Negotiation::set_local(const SessionDescription& description) {
  const auto to = judge(Side::Local, description);
  if (!to) return std::unexpected(to.error());
  if (description.type == SdpType::Rollback) return rollback(Side::Local);

  // W3C §4.4.1.5: what is set is what was created; an empty text stands for it.
  const bool is_offer = description.type == SdpType::Offer;
  const auto& created = is_offer ? last_offer_ : last_answer_;
  if (!created || (!description.sdp.empty() && !same_text(description.sdp, *created))) {
    Error other_text{
        ErrorCode::InvalidModification,
        fmt::format("new sdp does not match previous {}", is_offer ? "offer" : "answer")};
    if (description.sdp.empty()) return std::unexpected(std::move(other_text));
    return std::unexpected(refusal(description, std::move(other_text)));
  }

  Change change{.state_changed = *to != state_};
  SessionDescription taken{description.type, description.sdp.empty() ? *created : description.sdp};
  if (is_offer) {
    pending_local_ = std::move(taken);
    offered_sections_ = sections_to_offer();
    note_data_section(offered_sections_);
    change.gather = std::ranges::any_of(
        offered_sections_, [](const Section& s) { return s.is_data && !s.is_rejected; });
    // RFC 8445 §6.1.1: the side that offers first controls.
    if (!is_role_decided_) change.ice_role = ice::Role::Controlling;
    state_ = *to;
    return change;
  }

  change.gather = remote_offer_->data.has_value();
  if (remote_offer_->transport) {
    if (!dtls_role_) {
      dtls_role_ = remote_offer_->transport->setup == sdp::Setup::Active ? dtls::Role::Server
                                                                         : dtls::Role::Client;
    }
    if (!is_role_decided_) {
      // RFC 8445 §6.1.1: whoever talks to a lite agent controls.
      change.ice_role =
          remote_offer_->transport->ice_lite ? ice::Role::Controlling : ice::Role::Controlled;
      is_role_decided_ = true;
    }
    decide_snap(*remote_offer_->transport, says_sctp_init(true));
    transport_ = remote_offer_->transport;
    change.transport = transport_;
    change.dtls_role = dtls_role_;
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
  if (!session) return std::unexpected(std::move(session).error());
  Remote remote{.session = std::move(*session)};

  std::set<std::string_view> mids;
  for (std::size_t i = 0; i < remote.session.media.size(); ++i) {
    const sdp::Media& media = remote.session.media[i];
    const auto mid = sdp::mid(media);
    if (!mid || mid->empty()) {
      return std::unexpected(Error{ErrorCode::InvalidAccess,
                                   "remoteDescription contained media section without mid value",
                                   media.line});
    }
    if (!mids.insert(*mid).second) {
      return std::unexpected(Error{ErrorCode::InvalidAccess,
                                   fmt::format("two sections have the mid \"{}\"", *mid),
                                   media.line});
    }
    if (!remote.data && is_data_section(media) && is_live(media)) remote.data = i;
  }
  if (!remote.data) return remote;

  auto transport = read_remote_transport(remote.session, remote.session.media[*remote.data]);
  if (!transport) return std::unexpected(std::move(transport).error());
  if (transport_ && transport_->credentials != transport->credentials) {
    return fail(ErrorCode::NotSupported,
                "the description restarts ICE (a new ice-ufrag and ice-pwd), which this version "
                "can't: make a new connection");
  }
  if (transport_ && transport_->fingerprints != transport->fingerprints) {
    // RFC 8842 §5.5 would make a new DTLS association of it; the old identity is never kept in
    // silence.
    return fail(ErrorCode::InvalidAccess,
                "the description changes the fingerprint of a running connection: make a new "
                "connection");
  }
  if (auto read = read_sctp_init(remote.session.media[*remote.data], *transport); !read) {
    return std::unexpected(std::move(read).error());
  }
  remote.transport = std::move(*transport);
  return remote;
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
    if (media[i].kind != offered.kind || sdp::mid(media[i]) != offered.mid) {
      return std::unexpected(Error{
          ErrorCode::InvalidAccess,
          fmt::format("section {} of the answer is {} with mid \"{}\", but {} with mid "
                      "\"{}\" was offered",
                      i, media[i].kind, sdp::mid(media[i]).value_or(""), offered.kind, offered.mid),
          media[i].line});
    }
  }
  if (answer.transport && answer.transport->setup == sdp::Setup::ActPass) {
    // RFC 8842 §5.3: an answer decides.
    return std::unexpected(Error{ErrorCode::InvalidAccess,
                                 "a=setup:actpass can't stand in an answer: active or passive",
                                 media[*answer.data].line});
  }
  return {};
}

Result<Change> Negotiation::set_remote(const SessionDescription& description) {
  // W3C §4.4.1.5: an offer that meets ours takes its place.
  const bool is_glare =
      description.type == SdpType::Offer && state_ == SignalingState::HaveLocalOffer;
  Result<SignalingState> to = SignalingState::HaveRemoteOffer;
  if (!is_glare) to = judge(Side::Remote, description);
  if (!to) return std::unexpected(to.error());
  if (description.type == SdpType::Rollback) return rollback(Side::Remote);

  auto remote = read_remote(description);
  if (!remote) return std::unexpected(std::move(remote).error());
  if (description.type != SdpType::Offer) {
    if (auto fits = check_answer_fits(*remote); !fits) return std::unexpected(fits.error());
  }

  Change change{.state_changed = *to != state_};
  if (is_glare) {
    change = *rollback(Side::Local);
    change.state_changed = true;
  }
  note_remote_sections(*remote);
  state_ = *to;

  if (description.type == SdpType::Offer) {
    offered_sections_.clear();
    for (std::size_t i = 0; i < remote->session.media.size(); ++i) {
      const sdp::Media& media = remote->session.media[i];
      const bool is_ours = remote->data == i;
      offered_sections_.push_back({.mid = remote_mids_.all[i],
                                   .kind = media.kind,
                                   .protocol = media.protocol,
                                   .formats = media.formats,
                                   .is_data = is_ours,
                                   .is_rejected = !is_ours});
    }
    note_data_section(offered_sections_);
    pending_remote_ = description;
    remote_offer_ = std::move(*remote);
    last_answer_.reset();
    return change;
  }

  for (std::size_t i = 0; i < offered_sections_.size(); ++i) {
    const bool was_rejected = offered_sections_[i].is_rejected;
    offered_sections_[i].is_rejected = was_rejected || !is_live(remote->session.media[i]);
    if (offered_sections_[i].is_data && offered_sections_[i].is_rejected && !was_rejected) {
      change.data_rejected = true;
    }
  }
  if (remote->transport) {
    if (!dtls_role_) {
      dtls_role_ =
          remote->transport->setup == sdp::Setup::Active ? dtls::Role::Server : dtls::Role::Client;
    }
    is_role_decided_ = true;
    decide_snap(*remote->transport, says_sctp_init(false));
    transport_ = std::move(remote->transport);
    change.transport = transport_;
    change.dtls_role = dtls_role_;
  }
  if (description.type == SdpType::PrAnswer) {
    pending_remote_ = description;
  } else {
    settle(SessionDescription(*pending_local_), description);
  }
  return change;
}

Result<Change> Negotiation::rollback(Side) {
  // RFC 9429 §4.1.10.2: back to the last stable state, as if the offer had never been.
  pending_local_.reset();
  pending_remote_.reset();
  remote_offer_.reset();
  offered_sections_ = sections_;
  remote_mids_ = stable_remote_mids_;
  note_data_section(sections_);
  last_offer_.reset();
  last_answer_.reset();
  state_ = SignalingState::Stable;
  return Change{.state_changed = true, .rolled_back = true};
}

void Negotiation::settle(const SessionDescription& local, const SessionDescription& remote) {
  current_local_ = local;
  current_remote_ = remote;
  pending_local_.reset();
  pending_remote_.reset();
  remote_offer_.reset();
  last_offer_.reset();
  last_answer_.reset();
  sections_ = offered_sections_;
  stable_remote_mids_ = remote_mids_;
  state_ = SignalingState::Stable;
}

void Negotiation::note_data_section(const std::vector<Section>& sections) {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (!sections[i].is_data || sections[i].is_rejected) continue;
    data_mid_ = sections[i].mid;
    data_index_ = static_cast<std::uint16_t>(i);
  }
}

void Negotiation::note_remote_sections(const Remote& remote) {
  remote_mids_ = {};
  for (const sdp::Media& media : remote.session.media) {
    remote_mids_.all.emplace_back(*sdp::mid(media));
  }
  // Of several groups, the one that the data section is in.
  for (auto& group : sdp::bundle_groups(remote.session)) {
    const bool has_data =
        remote.data && std::ranges::find(group, remote_mids_.all[*remote.data]) != group.end();
    if (has_data || remote_mids_.bundle.empty()) remote_mids_.bundle = std::move(group);
    if (has_data) break;
  }
}

}  // namespace specter::peer
