#include "peer/local_candidates.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "sdp/sections.h"
#include "sdp/session.h"

namespace specter::peer {

void LocalCandidates::gather(Timestamp now, const CandidateSection& section, Events& events) {
  is_told_ = true;
  if (std::exchange(has_gathered_, true)) return tell(section, events);
  ice_.start_gathering(now);
  events.emplace_back(core::GatherCandidates{});
}

void LocalCandidates::gather_anew(Events& events) {
  has_gathered_ = true;
  told_.clear();
  enter(IceGatheringState::Gathering, events);
  events.emplace_back(core::GatherCandidates{});
}

void LocalCandidates::drop(Events& events) {
  is_told_ = false;
  told_.clear();
  enter(IceGatheringState::New, events);
}

void LocalCandidates::tell(const CandidateSection& section, Events& events) {
  if (!is_told_ || ice_.gathering_state() == IceGatheringState::New) return;
  if (told_state_ == IceGatheringState::New) enter(IceGatheringState::Gathering, events);
  std::vector<std::size_t> found;
  for (const ice::Candidate& candidate : ice_.local_candidates()) {
    std::string text = candidate.to_string();
    found.push_back(std::hash<std::string>{}(text));
    if (std::ranges::find(told_, found.back()) == told_.end())
      tell_one(std::move(text), section, events);
  }
  told_ = std::move(found);
  if (ice_.gathering_state() != IceGatheringState::Complete ||
      told_state_ == IceGatheringState::Complete)
    return;
  // W3C §4.8.2: that no more will come is told while the state is still `gathering`.
  tell_one("", section, events);
  enter(IceGatheringState::Complete, events);
}

void LocalCandidates::tell_one(std::string candidate, const CandidateSection& section,
                               Events& events) const {
  events.emplace_back(
      core::LocalCandidate{IceCandidate{.candidate = std::move(candidate),
                                        .sdp_mid = std::string(section.mid),
                                        .sdp_mline_index = section.index,
                                        .username_fragment = ice_.local_credentials().ufrag}});
}

void LocalCandidates::enter(IceGatheringState state, Events& events) {
  if (std::exchange(told_state_, state) != state)
    events.emplace_back(core::IceGatheringStateChange{state});
}

IceGatheringState LocalCandidates::gathering_state() const {
  return is_told_ ? ice_.gathering_state() : IceGatheringState::New;
}

std::uint32_t LocalCandidates::revision() const {
  const bool is_complete = ice_.gathering_state() == IceGatheringState::Complete;
  return static_cast<std::uint32_t>(ice_.local_candidates().size()) << 1 |
         static_cast<std::uint32_t>(is_complete);
}

std::optional<SessionDescription> LocalCandidates::shown_in(
    const std::optional<SessionDescription>& description, std::size_t section) const {
  if (!description || ice_.local_candidates().empty() || description->sdp.empty())
    return description;
  const auto sections = sdp::split(description->sdp);
  if (!sections) {  // once more, with the ends of lines that we write
    const auto session = sdp::parse(description->sdp);
    if (!session) return description;
    return shown_in(SessionDescription{description->type, sdp::write(*session)}, section);
  }
  if (section >= sections->media.size() || sdp::is_rejected(sections->media[section]))
    return description;
  const std::string added = lines();
  const std::string_view whole = description->sdp;
  const auto end = static_cast<std::size_t>(sections->media[section].end() - whole.begin());
  std::string out;
  out.reserve(whole.size() + added.size());  // it is kept as long as the connection
  out.append(whole.substr(0, end)).append(added).append(whole.substr(end));
  return SessionDescription{description->type, std::move(out)};
}

std::string LocalCandidates::lines() const {
  std::string out;
  out.reserve((ice_.local_candidates().size() + 1) * kUsualBytes);
  for (const ice::Candidate& candidate : ice_.local_candidates())
    out.append("a=").append(candidate.to_string()).append("\r\n");
  if (gathering_state() == IceGatheringState::Complete) out += "a=end-of-candidates\r\n";
  return out;
}

}  // namespace specter::peer
