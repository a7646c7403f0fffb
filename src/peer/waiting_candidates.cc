#include "peer/waiting_candidates.h"

#include <string>

namespace specter::peer {

Result<AddedCandidate> read_candidate(const IceCandidate& text) {
  if (text.candidate.empty()) return AddedCandidate{};
  auto candidate = ice::Candidate::parse(text.candidate);
  // W3C §4.4.2: OperationError, whatever is wrong with it.
  if (!candidate) return fail(ErrorCode::OperationFailed, std::move(candidate).error().message);
  const std::string ufrag = text.username_fragment.value_or("");
  if (!ufrag.empty() && !candidate->extension("ufrag"))
    candidate->extensions.emplace_back("ufrag", ufrag);
  return AddedCandidate{std::move(*candidate)};
}

Result<> add_candidate(Timestamp now, ice::Agent& ice, const AddedCandidate& candidate) {
  if (candidate) return ice.add_remote_candidate(now, *candidate);
  ice.end_of_remote_candidates(now);
  return {};
}

Result<> WaitingCandidates::add(AddedCandidate candidate) {
  if (waiting_.size() == kMax)
    return fail(ErrorCode::OperationFailed, "too many candidates before the answer");
  waiting_.push_back(std::move(candidate));
  return {};
}

void WaitingCandidates::hand_over(Timestamp now, ice::Agent& ice) {
  for (const AddedCandidate& candidate : std::exchange(waiting_, {}))
    (void)add_candidate(now, ice, candidate);
}

}  // namespace specter::peer
