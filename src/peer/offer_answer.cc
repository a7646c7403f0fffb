// The texts of offers and answers. RFC 9429 §5.2, §5.3.
#include <algorithm>
#include <string_view>
#include <unordered_set>

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
  std::unordered_set<std::string_view> mids;
  for (const Section& section : taken) mids.insert(section.mid);
  for (std::size_t i = 0;; ++i) {
    std::string mid = std::to_string(i);
    if (!mids.contains(mid)) return mid;
  }
}

std::vector<Negotiation::Section> Negotiation::sections_to_offer() const {
  // RFC 9429 §5.2.2: every section of before, in its place.
  std::vector<Section> sections = sections_;
  for (Section& section : sections) section.says_mid = true;
  if (!data_wanted_ || std::ranges::any_of(sections, is_data)) return sections;

  Section data{.mid = free_mid(sections),
               .kind = "application",
               .protocol = "UDP/DTLS/SCTP",
               .formats = {"webrtc-datachannel"},
               .use = Use::Data};
  // A new one stands behind them, or where one of its kind was rejected: they do not become more
  // with each time that the peer says no.
  const auto is_free = [&](const Section& s) {
    return s.use == Use::Rejected && s.kind == data.kind && s.protocol == data.protocol &&
           s.formats == data.formats;
  };
  const auto place = std::ranges::find_if(sections, is_free);
  if (place == sections.end())
    sections.push_back(std::move(data));
  else
    *place = std::move(data);
  return sections;
}

std::vector<Negotiation::Section> Negotiation::sections_to_answer(const Remote& offer) {
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

sdp::Media Negotiation::write_section(const Section& section, const Common& common) const {
  sdp::Media media{.kind = section.kind,
                   .port = static_cast<std::uint16_t>(section.use == Use::Rejected ? 0 : 9),
                   .protocol = section.protocol,
                   .formats = section.formats,
                   .other_lines = {"c=IN IP4 0.0.0.0"}};
  sdp::Attributes& a = media.attributes;
  if (section.says_mid) a.add("mid", section.mid);
  if (section.use != Use::Data) a.add("inactive");
  a.lines.insert(a.lines.end(), section.format_lines.begin(), section.format_lines.end());
  // RFC 9429 §5.3.1: nothing else is said of a section that is rejected.
  if (section.use == Use::Rejected) return media;
  if (section.use == Use::Inactive) a.add("rtcp-mux");
  a.add("ice-ufrag", common.credentials.ufrag);
  a.add("ice-pwd", common.credentials.pwd);
  a.add("setup", std::string(sdp::to_string(common.setup)));
  a.add("tls-id", tls_id_);
  if (section.use != Use::Data) return media;
  a.add("sctp-port", "5000");
  a.add("max-message-size", std::to_string(local_.max_message_bytes));
  if (says_sctp_init(common.is_answer)) a.add("sctp-init", to_base64(local_.sctp_init));
  return media;
}

// The sections that share our transport, by index, the tagged one first. RFC 9143 §7.3.1: an answer
// has the offer's order, and no section that was not in the offer's group; §7.5: a later offer
// keeps it.
std::vector<std::size_t> Negotiation::bundled(const std::vector<Section>& sections,
                                              bool is_answer) const {
  std::vector<std::size_t> out;
  std::vector<bool> is_in(sections.size(), false);
  for (const std::size_t i : remote_.sections.bundle) {
    if (i >= sections.size() || sections[i].use == Use::Rejected) continue;
    out.push_back(i);
    is_in[i] = true;
  }
  for (std::size_t i = 0; i < sections.size() && !is_answer; ++i) {
    if (sections[i].use != Use::Rejected && !is_in[i]) out.push_back(i);
  }
  return out;
}

std::string Negotiation::write(const std::vector<Section>& sections, const Common& common) {
  sdp::Session session;
  session.origin.session_id = session_id_;
  std::vector<std::string> mids;
  for (const std::size_t i : bundled(sections, common.is_answer)) mids.push_back(sections[i].mid);
  if (!mids.empty()) session.attributes.add("group", bundle_group(mids));
  std::string options = "trickle ice2";
  // An answer has it only when the offer had: RFC 8839 §5.6 leaves that to each option.
  const bool offer_has_sped =
      remote_offer_ && remote_offer_->transport && remote_offer_->transport->sped;
  if (local_.sped && (!common.is_answer || offer_has_sped))
    options += fmt::format(" {}", sdp::kSpedOptions);
  session.attributes.add("ice-options", std::move(options));
  session.attributes.add("fingerprint", local_.fingerprint);
  for (const Section& section : sections) {
    session.media.push_back(write_section(section, common));
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
  if (options.ice_restart && !transport_)
    return fail(ErrorCode::InvalidState, "ICEAgent does not exist");
  created_sections_ = sections_to_offer();
  last_offer_ = write(created_sections_, {.credentials = credentials_to_offer(options),
                                          .setup = sdp::Setup::ActPass,
                                          .is_answer = false});
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
  last_answer_ = write(offered_sections_,
                       {.credentials = credentials_to_answer(), .setup = setup, .is_answer = true});
  return SessionDescription{SdpType::Answer, *last_answer_};
}

}  // namespace specter::peer
