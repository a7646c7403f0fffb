#include "ice/priority.h"

#include <algorithm>

namespace specter::ice {

namespace {

// RFC 8445 §5.1.2.2's recommendations.
std::uint32_t type_preference(CandidateType type) {
  switch (type) {
    case CandidateType::Host: return 126;
    case CandidateType::PeerReflexive: return 110;
    case CandidateType::ServerReflexive: return 100;
    case CandidateType::Relayed:
    case CandidateType::Other: return 0;
  }
  return 0;
}

}  // namespace

std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                 std::uint16_t component) {
  return type_preference(type) << 24 | std::uint32_t{local_preference} << 8 |
         (256 - std::uint32_t{component});
}

std::uint16_t local_preference(bool is_v6, std::uint16_t index) {
  const std::uint32_t rank = 2u * index + (is_v6 ? 0 : 1);
  return static_cast<std::uint16_t>(65'535 - std::min(rank, 65'535u));
}

std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled) {
  const std::uint64_t low = std::min(controlling, controlled);
  const std::uint64_t high = std::max(controlling, controlled);
  return (low << 32) + 2 * high + (controlling > controlled ? 1 : 0);
}

}  // namespace specter::ice
