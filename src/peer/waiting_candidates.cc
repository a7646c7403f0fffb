#include "peer/waiting_candidates.h"

#include <string>

namespace specter::peer {

Result<AddedCandidate> read_candidate(const IceCandidate& text) {
  const std::string ufrag = text.username_fragment.value_or("");
  if (text.candidate.empty()) return AddedCandidate{{}, ufrag};
  auto candidate = ice::Candidate::parse(text.candidate);
  // W3C §4.4.2: OperationError, whatever is wrong with it.
  if (!candidate) return fail(ErrorCode::OperationFailed, std::move(candidate).error().message);
  if (!ufrag.empty() && !candidate->extension("ufrag"))
    candidate->extensions.emplace_back("ufrag", ufrag);
  return AddedCandidate{std::move(*candidate), {}};
}

Result<> add_candidate(Timestamp now, ice::Agent& ice, const AddedCandidate& added) {
  if (!added.is_end()) return ice.add_remote_candidate(now, *added.candidate);
  ice.end_of_remote_candidates(now, added.ufrag);
  return {};
}

namespace {

// ICE has one component over UDP, and no names.
bool may_be_used(const ice::Candidate& one) {
  return one.is_resolved() && one.protocol == ice::TransportProtocol::Udp && one.component == 1 &&
         one.type != ice::CandidateType::Other;
}

// Bundled sections tell of the same ones, each once.
bool is_same(const AddedCandidate& a, const AddedCandidate& b) {
  if (a.is_end() || b.is_end()) return a == b;
  const ice::Candidate &x = *a.candidate, &y = *b.candidate;
  return x.protocol == y.protocol && x.type == y.type && x.component == y.component &&
         x.host == y.host && x.endpoint == y.endpoint &&
         x.extension("ufrag") == y.extension("ufrag");
}

}  // namespace

void WaitingCandidates::add(AddedCandidate added) {
  std::size_t usable = 0, unusable = 0;
  for (const AddedCandidate& known : waiting_) {
    if (is_same(known, added)) return;
    if (!known.is_end()) ++(may_be_used(*known.candidate) ? usable : unusable);
  }
  if (!added.is_end()) {
    const bool is_usable = may_be_used(*added.candidate);
    if (is_usable ? usable == kMax : unusable == kMaxUnusable) return;
  }
  waiting_.push_back(std::move(added));
}

void WaitingCandidates::hand_over(Timestamp now, ice::Agent& ice) {
  for (const AddedCandidate& candidate : std::exchange(waiting_, {}))
    (void)add_candidate(now, ice, candidate);
}

}  // namespace specter::peer
