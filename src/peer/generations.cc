// ICE restart: whose credentials stand in which description, and what that makes of a candidate.
// RFC 9429 §5.2.2, §5.2.3.1, §5.3.1, §5.10; RFC 8839 §4.4.1.1.1; W3C §4.4.2, restartIce().
#include <algorithm>

#include "peer/negotiation.h"

namespace specter::peer {

void Negotiation::restart_ice() {
  credentials_to_replace_.clear();
  const auto note = [&](const std::optional<SessionDescription>& description,
                        const std::vector<Section>& sections, const ice::Credentials& credentials) {
    if (description && std::ranges::any_of(sections, is_used))
      credentials_to_replace_.push_back(credentials);
  };
  note(current_local_, sections_, credentials_);
  note(pending_local_, offered_sections_, local_credentials());
}

// Ours of the last stable state go on unless somebody wants others: RFC 9429 §5.2.2. A pending
// offer of ours has those that the next one repeats.
ice::Credentials Negotiation::credentials_to_offer(const OfferOptions& options) {
  created_credentials_.reset();
  const bool is_replaced = std::ranges::find(credentials_to_replace_, local_credentials()) !=
                           credentials_to_replace_.end();
  // What has no peer can't restart: another first offer is as good as the first.
  if (transport_ && (options.ice_restart || is_replaced))
    created_credentials_ = ice::Credentials::generate(random_);
  else if (offered_credentials_)
    created_credentials_ = offered_credentials_;
  return created_credentials_ ? *created_credentials_ : credentials_;
}

// RFC 9429 §5.3.1: new ones answer new ones. All answers to one offer have the same.
ice::Credentials Negotiation::credentials_to_answer() {
  if (!remote_offer_->restarts_ice) return credentials_;
  if (!created_credentials_) created_credentials_ = ice::Credentials::generate(random_);
  return *created_credentials_;
}

// A local description is set: its credentials are those of created_credentials_.
void Negotiation::offer_credentials(Change& change) {
  if (!created_credentials_ || created_credentials_ == offered_credentials_) return;
  drop_offered_credentials(change);
  offered_credentials_ = created_credentials_;
  change.local_credentials = *offered_credentials_;
}

void Negotiation::drop_offered_credentials(Change& change) {
  if (offered_credentials_) change.generation_dropped = true;
  offered_credentials_.reset();
  is_restart_answered_ = false;
}

// Both sides have agreed on what the pending descriptions say. W3C §4.4.1.5.
void Negotiation::settle_credentials() {
  if (offered_credentials_) credentials_ = *offered_credentials_;
  offered_credentials_.reset();
  created_credentials_.reset();
  is_restart_answered_ = false;
  const bool is_kept =
      std::ranges::any_of(sections_, is_used) &&
      std::ranges::find(credentials_to_replace_, credentials_) != credentials_to_replace_.end();
  if (!is_kept) std::exchange(credentials_to_replace_, {});
}

// Whether a remote description restarts ICE.
Result<bool> Negotiation::read_restart(const RemoteTransport& transport, SdpType type) const {
  if (!transport_) return false;
  const ice::Credentials& before = transport_->credentials;
  const ice::Credentials& after = transport.credentials;
  const bool expected = type == SdpType::Offer || (offered_credentials_ && !is_restart_answered_);
  if (before == after) {
    if (type == SdpType::Offer || !expected) return false;
    return fail(ErrorCode::InvalidAccess,
                "the answer has the ice-ufrag and ice-pwd of before, but the offer restarts ICE: "
                "both must be new");
  }
  if (before.ufrag == after.ufrag || before.pwd == after.pwd) {
    return fail(ErrorCode::InvalidAccess,
                "the description changes one of ice-ufrag and ice-pwd: an ICE restart changes both "
                "(RFC 8839 §4.4.1.1.1)");
  }
  if (!expected) {
    return fail(ErrorCode::InvalidAccess,
                is_restart_answered_
                    ? "the answer has another ice-ufrag and ice-pwd than the provisional one"
                    : "the answer has a new ice-ufrag and ice-pwd, but the offer did not restart "
                      "ICE: it must repeat those of before");
  }
  return true;
}

namespace {

// Whether the section has this user fragment, or without one any section.
bool has_ufrag(const RemoteSections& sections, std::optional<std::size_t> section,
               std::string_view ufrag) {
  if (section && *section >= sections.ufrags.size()) return false;
  if (section && !sections.ufrags[*section].empty()) return sections.ufrags[*section] == ufrag;
  if (ufrag == sections.transport_ufrag) return true;
  return !section && std::ranges::find(sections.ufrags, ufrag) != sections.ufrags.end();
}

}  // namespace

bool Negotiation::is_latest_generation(const IceCandidate& candidate) const {
  const std::string ufrag = candidate.username_fragment.value_or("");
  const auto section = section_of(candidate);
  return section && (ufrag.empty() || has_ufrag(remote_.sections, *section, ufrag));
}

// Of the current remote description, while another is pending.
bool Negotiation::is_stable_generation(const IceCandidate& candidate) const {
  if (!stable_remote_) return false;
  const std::string ufrag = candidate.username_fragment.value_or("");
  const RemoteSections& stable = stable_remote_->sections;
  if (ufrag.empty()) return stable.transport_ufrag == remote_.sections.transport_ufrag;
  const auto section = section_of(candidate);
  return section && has_ufrag(stable, *section, ufrag);
}

Result<std::optional<Generation>> Negotiation::generation_of(const IceCandidate& candidate) const {
  const auto section = section_of(candidate);
  if (!section) return fail(section.error());
  const auto is_ours = [&](const Known& known) {
    return !*section || (**section < known.sections.is_on_transport.size() &&
                         known.sections.is_on_transport[**section]);
  };
  if (is_latest_generation(candidate)) {
    if (!is_ours(remote_)) return std::nullopt;
    const bool is_offered = remote_offer_ && (remote_offer_->restarts_ice || !transport_) &&
                            state_ == SignalingState::HaveRemoteOffer;
    return is_offered ? Generation::Offered : Generation::InForce;
  }
  if (is_stable_generation(candidate)) {
    if (!is_ours(*stable_remote_)) return std::nullopt;
    const bool is_former = is_restart_answered_ || state_ == SignalingState::HaveLocalPrAnswer;
    return is_former ? Generation::Former : Generation::InForce;
  }
  return fail(ErrorCode::OperationFailed,
              "the candidate's usernameFragment is not that of the remote description");
}

}  // namespace specter::peer
