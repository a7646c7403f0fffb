// The texts of offers and answers. RFC 9429 §5.2, §5.3.
#include <algorithm>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "base/base64.h"
#include "jsep/parts.h"

namespace specter::jsep {
namespace {

// RFC 9143 §7: the group names the sections that share the one transport; a rejected one is not
// among them.
std::string bundle_group(const std::vector<std::string>& mids) {
  std::string group = "BUNDLE";
  for (const std::string& mid : mids) group += " " + mid;
  return group;
}

std::string free_mid(const std::vector<Section>& taken) {
  std::unordered_set<std::string_view> mids;
  for (const Section& section : taken) mids.insert(section.mid);
  for (std::size_t i = 0;; ++i) {
    std::string mid = std::to_string(i);
    if (!mids.contains(mid)) return mid;
  }
}

std::vector<Section> sections_to_offer(const Session& session) {
  // RFC 9429 §5.2.2: every section of before, in its place.
  std::vector<Section> sections = session.last_stable().sections;
  for (Section& section : sections) section.says_mid = true;
  if (!session.wanted.data ||
      std::ranges::find(sections, Use::Data, &Section::use) != sections.end())
    return sections;

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

// A description that is being written.
class Writer {
 public:
  Writer(const LocalParameters& local, const Session& session, In description, sdp::Setup setup,
         ice::Credentials credentials)
      : local_(local),
        session_(session),
        now_(session.now),
        description_(description),
        setup_(setup),
        credentials_(std::move(credentials)) {}

  Draft write(const std::vector<Section>& sections) const;

 private:
  sdp::Media write_section(const Section& section) const;
  std::string ice_options() const;
  std::vector<std::size_t> bundled(const std::vector<Section>& sections) const;

  const LocalParameters& local_;
  const Session& session_;
  const Negotiated& now_;
  const In description_;
  const sdp::Setup setup_;
  const ice::Credentials credentials_;
};

sdp::Media Writer::write_section(const Section& section) const {
  sdp::Media media{.kind = section.kind,
                   .port = static_cast<std::uint16_t>(section.is_used() ? 9 : 0),
                   .protocol = section.protocol,
                   .formats = section.formats,
                   .other_lines = {"c=IN IP4 0.0.0.0"}};
  sdp::Attributes& a = media.attributes;
  if (section.says_mid) a.add("mid", section.mid);
  if (section.use != Use::Data) a.add("inactive");
  a.lines.insert(a.lines.end(), section.format_lines.begin(), section.format_lines.end());
  // RFC 9429 §5.3.1: nothing else is said of a section that is rejected.
  if (!section.is_used()) return media;
  if (section.use == Use::Inactive) a.add("rtcp-mux");
  a.add("ice-ufrag", credentials_.ufrag);
  a.add("ice-pwd", credentials_.pwd);
  a.add("setup", std::string(sdp::to_string(setup_)));
  a.add("tls-id", local_.tls_id);
  if (section.use != Use::Data) return media;
  a.add("sctp-port", "5000");
  a.add("max-message-size", std::to_string(local_.max_message_bytes));
  if (says_sctp_init(local_, now_, description_)) a.add("sctp-init", to_base64(local_.sctp_init));
  return media;
}

// The sections that share our transport, by index, the tagged one first. RFC 9143 §7.3.1: an answer
// has the offer's order, and no section that was not in the offer's group; §7.5: a later offer
// keeps it.
std::vector<std::size_t> Writer::bundled(const std::vector<Section>& sections) const {
  const RemoteSections& remote =
      description_ == In::Answer ? now_.remote_sections : session_.last_stable().remote_sections;
  std::vector<std::size_t> out;
  std::vector<bool> is_in(sections.size(), false);
  for (const std::size_t i : remote.bundle) {
    if (i >= sections.size() || !sections[i].is_used()) continue;
    out.push_back(i);
    is_in[i] = true;
  }
  for (std::size_t i = 0; i < sections.size() && description_ == In::Offer; ++i) {
    if (sections[i].is_used() && !is_in[i]) out.push_back(i);
  }
  return out;
}

std::string Writer::ice_options() const {
  std::string options = "trickle ice2";
  // An answer has it only when the offer had: RFC 8839 §5.6 leaves that to each option.
  const bool offer_has_sped = now_.offered && now_.offered->sped;
  if (local_.sped && (description_ == In::Offer || offer_has_sped))
    options += fmt::format(" {}", sdp::kSpedOptions);
  return options;
}

Draft Writer::write(const std::vector<Section>& sections) const {
  sdp::Session text;
  text.origin.session_id = local_.session_id;
  std::vector<std::string> mids;
  for (const std::size_t i : bundled(sections)) mids.push_back(sections[i].mid);
  if (!mids.empty()) text.attributes.add("group", bundle_group(mids));
  text.attributes.add("ice-options", ice_options());
  text.attributes.add("fingerprint", local_.fingerprint);
  for (const Section& section : sections) text.media.push_back(write_section(section));

  // RFC 9429 §5.2.2: the version grows when what is said has changed.
  Draft draft{.version = session_.version, .credentials = credentials_};
  text.origin.session_version = "";
  draft.bare_hash = std::hash<std::string>{}(sdp::write(text));
  if (draft.bare_hash != session_.bare_hash) ++draft.version;
  text.origin.session_version = std::to_string(draft.version);
  draft.sdp = sdp::write(text);
  return draft;
}

}  // namespace

Result<Draft> write_offer(const LocalParameters& local, const Session& session,
                          const OfferOptions& options, Random& random) {
  const SignalingState state = session.now.state;
  if (state == SignalingState::Closed) return fail(ErrorCode::InvalidState, "connection closed");
  if (state != SignalingState::Stable && state != SignalingState::HaveLocalOffer) {
    return fail(ErrorCode::InvalidState,
                fmt::format("an offer can't be created in state {}: answer the peer's first, or "
                            "roll it back",
                            to_string(state)));
  }
  if (options.ice_restart && !session.now.transport)
    return fail(ErrorCode::InvalidState, "ICEAgent does not exist");
  std::vector<Section> sections = sections_to_offer(session);
  Draft draft = Writer(local, session, In::Offer, sdp::Setup::ActPass,
                       credentials_to_offer(session, options, random))
                    .write(sections);
  draft.sections = std::move(sections);
  return draft;
}

Result<Draft> write_answer(const LocalParameters& local, const Session& session, Random& random) {
  const Negotiated& now = session.now;
  if (now.state == SignalingState::Closed)
    return fail(ErrorCode::InvalidState, "connection closed");
  if (now.state != SignalingState::HaveRemoteOffer &&
      now.state != SignalingState::HaveLocalPrAnswer) {
    return fail(ErrorCode::InvalidState, now.current_remote || now.pending_remote
                                             ? "operation can not be run in current signaling state"
                                             : "remote description is not set");
  }
  // RFC 8842 §5.3, RFC 9429 §5.3.1: active to actpass, so that the handshake begins a flight
  // earlier; a role once taken is kept.
  sdp::Setup setup = sdp::Setup::Active;
  if (now.dtls_role) {
    setup = *now.dtls_role == dtls::Role::Client ? sdp::Setup::Active : sdp::Setup::Passive;
  } else if (now.offered && now.offered->setup == sdp::Setup::Active) {
    setup = sdp::Setup::Passive;
  }
  Draft draft = Writer(local, session, In::Answer, setup, credentials_to_answer(session, random))
                    .write(now.sections);
  draft.offer_hash = hash_of_pending_offer(session);
  return draft;
}

bool is_last_draft_good(const Session& session, SdpType type) {
  if (type == SdpType::Offer) {
    return session.last_offer && session.last_offer->sections == sections_to_offer(session) &&
           !wants_other_credentials(session, session.last_offer->credentials);
  }
  return session.last_answer && answers_pending_offer(session, *session.last_answer);
}

}  // namespace specter::jsep
