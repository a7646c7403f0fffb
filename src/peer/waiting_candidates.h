// The peer's candidates between addIceCandidate() and ICE: those of an offer wait until our answer
// is set. W3C §4.4.2.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "ice/agent.h"

#include "specter/description.h"
#include "specter/result.h"
#include "specter/time.h"

namespace specter::peer {

// One of the peer's; nothing: no more will come.
using AddedCandidate = std::optional<ice::Candidate>;

// With its user fragment, where it is told beside it: of two generations of ICE it says which one
// it is for. Error: OperationFailed for what is none.
Result<AddedCandidate> read_candidate(const IceCandidate& text);
// Errors: as ice::Agent::add_remote_candidate().
Result<> add_candidate(Timestamp now, ice::Agent& ice, const AddedCandidate& candidate);

class WaitingCandidates {
 public:
  static constexpr std::size_t kMax = 64;

  // Error: OperationFailed past kMax.
  Result<> add(AddedCandidate candidate);
  // ICE may have them. Whoever gave one has had their answer: what it refuses is passed over.
  void hand_over(Timestamp now, ice::Agent& ice);
  void clear() { waiting_.clear(); }

 private:
  std::vector<AddedCandidate> waiting_;
};

}  // namespace specter::peer
