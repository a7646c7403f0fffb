// The peer's candidates between addIceCandidate() and ICE: those of an offer wait until our answer
// is set. W3C §4.4.2.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ice/agent.h"

#include "specter/description.h"
#include "specter/result.h"
#include "specter/time.h"

namespace specter::peer {

// One of the peer's, or that no more will come.
struct AddedCandidate {
  std::optional<ice::Candidate> candidate{};
  std::string ufrag{};  // of the end: whose it is, where that is told

  bool is_end() const { return !candidate; }
  bool operator==(const AddedCandidate&) const = default;
};

// With its user fragment, where it is told beside it: of two generations of ICE it says which one
// it is for. Error: OperationFailed for what is none.
Result<AddedCandidate> read_candidate(const IceCandidate& text);
// Errors: as ice::Agent::add_remote_candidate().
Result<> add_candidate(Timestamp now, ice::Agent& ice, const AddedCandidate& candidate);

class WaitingCandidates {
 public:
  // Of those that may be used, more than ICE has places for: it chooses among kinds. Of the others,
  // which only reasons need, so many; ends and what was told before take no place.
  static constexpr std::size_t kMax = 256;
  static constexpr std::size_t kMaxUnusable = 64;

  // Past the limit it is passed over, as by ICE: whoever tells of so many has been heard.
  void add(AddedCandidate candidate);
  // ICE may have them. Whoever gave one has had their answer: what it refuses is passed over.
  void hand_over(Timestamp now, ice::Agent& ice);
  void clear() { waiting_.clear(); }

 private:
  std::vector<AddedCandidate> waiting_;
};

}  // namespace specter::peer
