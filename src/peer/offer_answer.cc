// The texts of offers and answers. RFC 9429 §5.2, §5.3.
#include <algorithm>

#include <fmt/format.h>

#include "base/base64.h"
#include "peer/negotiation.h"

namespace specter::peer {
namespace {

// RFC 9143 §7: the group names the sections that share the one transport; a rejected one is not
// among them.
std::string bundle_group(const std::vector<std::string>& mids) {
  std::string group = "BUNDLE";
  for (const std::string& mid : mids) group += " " + mid;
  return group;
}

}  // namespace

std::string Negotiation::free_mid(const std::vector<Section>& taken) const {
  for (std::size_t i = 0;; ++i) {
    std::string mid = std::to_string(i);
    if (std::ranges::none_of(taken, [&](const Section& s) { return s.mid == mid; })) return mid;
  }
}

std::vector<Negotiation::Section> Negotiation::sections_to_offer() const {
  // RFC 9429 §5.2.2: every section of before, in its place; new ones behind them.
  std::vector<Section> sections = sections_;
  const bool has_data =
      std::ranges::any_of(sections, [](const Section& s) { return s.is_data && !s.is_rejected; });
  if (data_wanted_ && !has_data) {
    sections.push_back({.mid = free_mid(sections),
                        .kind = "application",
                        .protocol = "UDP/DTLS/SCTP",
                        .formats = {"webrtc-datachannel"},
                        .is_data = true});
  }
  return sections;
}

sdp::Media Negotiation::write_section(const Section& section, sdp::Setup setup,
                                      bool is_answer) const {
  sdp::Media media{.kind = section.kind,
                   .port = static_cast<std::uint16_t>(section.is_rejected ? 0 : 9),
                   .protocol = section.protocol,
                   .formats = section.formats,
                   .other_lines = {"c=IN IP4 0.0.0.0"}};
  sdp::Attributes& a = media.attributes;
  a.add("mid", section.mid);
  if (section.is_rejected) {
    // RFC 9429 §5.3.1: nothing else is said of a section that is rejected.
    a.add("inactive");
    return media;
  }
  a.add("ice-ufrag", local_.credentials.ufrag);
  a.add("ice-pwd", local_.credentials.pwd);
  a.add("setup", std::string(sdp::to_string(setup)));
  a.add("tls-id", tls_id_);
  a.add("sctp-port", "5000");
  a.add("max-message-size", std::to_string(local_.max_message_bytes));
  if (says_sctp_init(is_answer)) a.add("sctp-init", to_base64(local_.sctp_init));
  return media;
}

std::string Negotiation::write(const std::vector<Section>& sections, sdp::Setup setup,
                               bool is_answer) {
  sdp::Session session;
  session.origin.session_id = session_id_;
  std::vector<std::string> bundled;
  for (const Section& section : sections) {
    // An answer's group holds no section that the offer's did not: RFC 9143 §7.3.
    const bool may_bundle = !is_answer || std::ranges::find(remote_mids_.bundle, section.mid) !=
                                              remote_mids_.bundle.end();
    if (!section.is_rejected && may_bundle) bundled.push_back(section.mid);
  }
  if (!bundled.empty()) session.attributes.add("group", bundle_group(bundled));
  std::string options = "trickle ice2";
  // An answer has it only when the offer had: RFC 8839 §5.6 leaves that to each option.
  const bool offer_has_sped =
      remote_offer_ && remote_offer_->transport && remote_offer_->transport->sped;
  if (local_.sped && (!is_answer || offer_has_sped))
    options += fmt::format(" {}", sdp::kSpedOptions);
  session.attributes.add("ice-options", std::move(options));
  session.attributes.add("fingerprint", local_.fingerprint);
  for (const Section& section : sections) {
    session.media.push_back(write_section(section, setup, is_answer));
  }

  // RFC 9429 §5.2.2: the version grows when what is said has changed.
  session.origin.session_version = "";
  const std::size_t bare = std::hash<std::string>{}(sdp::write(session));
  if (bare != last_written_) {
    last_written_ = bare;
    ++session_version_;
  }
  session.origin.session_version = std::to_string(session_version_);
  return sdp::write(session);
}

Result<SessionDescription> Negotiation::create_offer(const OfferOptions& options) {
  if (state_ == SignalingState::Closed) return fail(ErrorCode::InvalidState, "connection closed");
  if (state_ != SignalingState::Stable && state_ != SignalingState::HaveLocalOffer) {
    return fail(ErrorCode::InvalidState,
                fmt::format("an offer can't be created in state {}: answer the peer's first, or "
                            "roll it back",
                            to_string(state_)));
  }
  if (options.ice_restart) {
    if (!transport_) return fail(ErrorCode::InvalidState, "ICEAgent does not exist");
    return fail(ErrorCode::NotSupported,
                "ICE can't be restarted by this version: make a new connection");
  }
  last_offer_ = write(sections_to_offer(), sdp::Setup::ActPass, false);
  return SessionDescription{SdpType::Offer, *last_offer_};
}

Result<SessionDescription> Negotiation::create_answer() {
  if (state_ == SignalingState::Closed) return fail(ErrorCode::InvalidState, "connection closed");
  if (!remote_offer_) {
    if (!current_remote_ && !pending_remote_) {
      return fail(ErrorCode::InvalidState, "remote description is not set");
    }
    return fail(ErrorCode::InvalidState, "operation can not be run in current signaling state");
  }

  // RFC 8842 §5.3, RFC 9429 §5.3.1: active to actpass, so that the handshake begins a flight
  // earlier; a role once taken is kept.
  sdp::Setup setup = sdp::Setup::Active;
  if (dtls_role_) {
    setup = *dtls_role_ == dtls::Role::Client ? sdp::Setup::Active : sdp::Setup::Passive;
  } else if (remote_offer_->transport && remote_offer_->transport->setup == sdp::Setup::Active) {
    setup = sdp::Setup::Passive;
  }
  last_answer_ = write(offered_sections_, setup, true);
  return SessionDescription{SdpType::Answer, *last_answer_};
}

}  // namespace specter::peer
