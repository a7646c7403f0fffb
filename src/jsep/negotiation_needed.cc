// Whether something that is wanted stands in no description yet. W3C §4.7.3, step by step.
#include <algorithm>

#include "jsep/parts.h"

namespace specter::jsep {
namespace {

// RFC 8830 §2: their order says nothing.
bool is_same_set(const std::vector<Msid>& said, const std::vector<std::string>& wanted) {
  std::vector<std::string> streams;
  for (const Msid& msid : said) {
    if (msid.stream != "-") streams.push_back(msid.stream);
  }
  std::vector<std::string> sorted = wanted;
  std::ranges::sort(streams);
  std::ranges::sort(sorted);
  return streams == sorted;
}

bool says_what_is_wanted(const Negotiated& now, const MediaSection& media,
                         const Transceiver& transceiver) {
  const sdp::Direction wanted = direction_in_sdp(transceiver.direction);
  const sdp::Direction said = media.local.direction;
  // An answer to a side that does not receive has no a=msid, whatever is wanted.
  if (sends(wanted) && sends(said) && !is_same_set(media.local.msids, transceiver.streams))
    return false;
  if (now.current_local && now.current_local->type == SdpType::Offer)
    return said == wanted || reversed(media.remote.direction) == wanted;
  return said == answered(media.remote.direction, wanted);
}

}  // namespace

bool negotiation_needed(const Session& session) {
  const Negotiated& now = session.now;
  if (now.state != SignalingState::Stable) return false;
  if (!session.wanted.credentials_to_replace.empty()) return true;
  if (session.wanted.data &&
      std::ranges::find(now.sections, Use::Data, &Section::use) == now.sections.end())
    return true;
  return std::ranges::any_of(session.wanted.transceivers, [&](const Transceiver& transceiver) {
    const Section* section = find_section(now.sections, transceiver.id);
    // One that was stopped before any section had it has nothing to say.
    if (!section || transceiver.is_stopping()) return !section != transceiver.is_stopping();
    return !says_what_is_wanted(now, *section->media, transceiver);
  });
}

}  // namespace specter::jsep
