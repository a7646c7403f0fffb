// Candidates of the peer's, told apart by section and user fragment. W3C §4.4.2,
// addIceCandidate(); RFC 9143 §7.4.
#include <algorithm>

#include <fmt/format.h>

#include "jsep/parts.h"

namespace specter::jsep {
namespace {

// Nothing: the candidate names no section.
Result<std::optional<std::size_t>> section_of(const RemoteSections& sections,
                                              const IceCandidate& candidate) {
  if (candidate.sdp_mid && !candidate.sdp_mid->empty()) {
    const auto section = sections.index_of(*candidate.sdp_mid);
    if (section) return section;
    return fail(ErrorCode::OperationFailed,
                fmt::format("the candidate is for sdpMid \"{}\", which no section of the remote "
                            "description has",
                            candidate.sdp_mid->substr(0, 40)));
  }
  if (!candidate.sdp_mline_index) return std::nullopt;
  const std::size_t index = *candidate.sdp_mline_index;
  if (index < sections.mids.size()) return index;
  // An index of 0 is what some peers write into every candidate, also when nothing is negotiated
  // yet.
  if (index == 0) return std::nullopt;
  return fail(ErrorCode::OperationFailed,
              fmt::format("the candidate is for sdpMLineIndex {}, but the remote description "
                          "has {} sections",
                          index, sections.mids.size()));
}

// Whether the section has this user fragment; for a candidate of no section, whether any has.
bool has_ufrag(const RemoteSections& sections, std::optional<std::size_t> section,
               const std::string& ufrag) {
  if (section && *section >= sections.ufrags.size()) return false;
  if (section && !sections.ufrags[*section].empty()) return sections.ufrags[*section] == ufrag;
  if (ufrag == sections.transport_ufrag) return true;
  return !section && std::ranges::find(sections.ufrags, ufrag) != sections.ufrags.end();
}

// Which of the remote descriptions a candidate is of.
struct Place {
  std::optional<std::size_t> section;
  bool in_latest = false;
  bool in_stable = false;  // the current one, while another is pending
};

Result<Place> place_of(const Session& session, const IceCandidate& candidate) {
  const RemoteSections& latest = session.now.remote_sections;
  const auto section = section_of(latest, candidate);
  if (!section) return fail(section.error());
  const std::string ufrag = candidate.username_fragment.value_or("");
  Place place{.section = *section};
  place.in_latest = ufrag.empty() || has_ufrag(latest, *section, ufrag);
  if (!session.stable || !session.stable->current_remote) return place;
  const RemoteSections& stable = session.stable->remote_sections;
  place.in_stable = ufrag.empty() ? stable.transport_ufrag == latest.transport_ufrag
                                  : has_ufrag(stable, *section, ufrag);
  return place;
}

bool is_on_transport(const RemoteSections& sections, std::optional<std::size_t> section) {
  return !section ||
         (*section < sections.is_on_transport.size() && sections.is_on_transport[*section]);
}

}  // namespace

Result<std::optional<Generation>> generation_of(const Session& session,
                                                const IceCandidate& candidate) {
  const auto place = place_of(session, candidate);
  if (!place) return fail(place.error());
  const Negotiated& now = session.now;
  if (place->in_latest) {
    if (!is_on_transport(now.remote_sections, place->section)) return std::nullopt;
    const bool is_offered =
        now.state == SignalingState::HaveRemoteOffer && (restart_asked(session) || !now.transport);
    return is_offered ? Generation::Offered : Generation::InForce;
  }
  if (place->in_stable) {
    if (!is_on_transport(session.stable->remote_sections, place->section)) return std::nullopt;
    return restart_answered(session) ? Generation::Former : Generation::InForce;
  }
  return fail(ErrorCode::OperationFailed,
              "the candidate's usernameFragment is not that of the remote description");
}

bool show_candidate(Session& session, const IceCandidate& candidate) {
  const auto place = place_of(session, candidate);
  if (!place) return false;
  bool is_new = false;
  if (place->in_latest) is_new = session.now.told.add(place->section, candidate.candidate);
  if (place->in_stable)
    is_new = session.stable->told.add(place->section, candidate.candidate) || is_new;
  return is_new;
}

}  // namespace specter::jsep
