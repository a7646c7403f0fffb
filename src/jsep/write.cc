// The texts of offers and answers. RFC 9429 §5.2, §5.3.
#include <algorithm>
#include <string_view>
#include <utility>

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
  void write_transport(sdp::Attributes& a) const;
  std::string ice_options() const;
  std::string tls_id() const;
  std::vector<std::size_t> bundled(const std::vector<Section>& sections) const;

  const LocalParameters& local_;
  const Session& session_;
  const Negotiated& now_;
  const In description_;
  const sdp::Setup setup_;
  const ice::Credentials credentials_;
};

// Of media: the transceivers may have been made anew by the same offer.
bool says_the_same(const std::vector<Section>& one, const std::vector<Section>& other) {
  return std::ranges::equal(one, other, [](const Section& a, const Section& b) {
    if (static_cast<bool>(a.media) != static_cast<bool>(b.media) || a.use != b.use) return false;
    return !a.media || a.media->local == b.media->local;
  });
}

// RFC 8842 §5.3: another one for each DTLS association, which here the peer asks for.
std::string Writer::tls_id() const {
  const bool is_new = description_ == In::Answer && new_peer_asked(session_);
  const std::uint32_t number = session_.last_stable().tls_ids + (is_new ? 1 : 0);
  return number == 0 ? local_.tls_id : fmt::format("{}{:08x}", local_.tls_id, number);
}

void Writer::write_transport(sdp::Attributes& a) const {
  a.add("ice-ufrag", credentials_.ufrag);
  a.add("ice-pwd", credentials_.pwd);
  a.add("setup", std::string(sdp::to_string(setup_)));
  a.add("tls-id", tls_id());
}

sdp::Media Writer::write_section(const Section& section) const {
  sdp::Media media{.kind = section.kind,
                   .port = static_cast<std::uint16_t>(section.is_used() ? 9 : 0),
                   .protocol = section.protocol,
                   .formats = section.formats,
                   .other_lines = {"c=IN IP4 0.0.0.0"}};
  sdp::Attributes& a = media.attributes;
  if (section.says_mid) a.add("mid", section.mid);
  if (section.use == Use::Media) {
    media.formats.clear();
    write_media(media, section.media->local);
    write_transport(a);
    return media;
  }
  if (section.use != Use::Data) a.add("inactive");
  a.lines.insert(a.lines.end(), section.format_lines.begin(), section.format_lines.end());
  // RFC 9429 §5.3.1: nothing else is said of a section that is rejected.
  if (!section.is_used()) return media;
  if (section.use == Use::Inactive) a.add("rtcp-mux");
  write_transport(a);
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
  // The agent embeds in its first generation alone.
  const bool offer_has_sped = now_.offered && now_.offered->sped && !new_peer_asked(session_);
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
  Rare<MediaNumbers> numbers = session.numbers;
  std::vector<Section> sections = sections_to_offer(local, session, numbers);
  Draft draft = Writer(local, session, In::Offer, sdp::Setup::ActPass,
                       credentials_to_offer(session, options, random))
                    .write(sections);
  draft.sections = std::move(sections);
  draft.numbers = std::move(numbers);
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
  if (now.dtls_role && !new_peer_asked(session)) {
    setup = *now.dtls_role == dtls::Role::Client ? sdp::Setup::Active : sdp::Setup::Passive;
  } else if (now.offered && now.offered->setup == sdp::Setup::Active) {
    setup = sdp::Setup::Passive;
  }
  std::vector<Section> sections = sections_to_answer(local, session);
  Draft draft = Writer(local, session, In::Answer, setup, credentials_to_answer(session, random))
                    .write(sections);
  draft.sections = std::move(sections);
  draft.numbers = session.numbers;
  draft.offer_hash = hash_of_pending_offer(session);
  return draft;
}

bool is_last_draft_good(const LocalParameters& local, const Session& session, SdpType type) {
  if (type != SdpType::Offer) {
    return session.last_answer && answers_pending_offer(session, *session.last_answer) &&
           says_the_same(session.last_answer->sections, sections_to_answer(local, session));
  }
  if (!session.last_offer) return false;
  Rare<MediaNumbers> numbers = session.numbers;
  return session.last_offer->sections == sections_to_offer(local, session, numbers) &&
         !wants_other_credentials(session, session.last_offer->credentials);
}

void keep(Session& session, SdpType type, Draft draft) {
  session.version = draft.version;
  session.bare_hash = draft.bare_hash;
  session.numbers = std::exchange(draft.numbers, {});
  (type == SdpType::Offer ? session.last_offer : session.last_answer) = std::move(draft);
}

}  // namespace specter::jsep
