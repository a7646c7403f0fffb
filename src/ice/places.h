// Which pairs are checked, and in which turn, when there may be more than a checklist holds: places
// are given by what a pair is likely to be good for, not by priority alone, which would give all of
// them to the addresses of bridges and tunnels. RFC 8445 §6.1.2.5 leaves the choice to us.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "ice/candidate.h"
#include "ice/gathering.h"

namespace specter::ice {

// A remote candidate, by a number that is its own for good.
struct RemoteCandidate {
  Candidate candidate;
  bool is_learned = false;  // from a check of the peer's, not from signalling
};
using RemoteCandidates = std::map<std::size_t, RemoteCandidate>;

struct Place {
  std::size_t base;    // in the order in which bases were told
  std::size_t remote;  // its number
};

// The best `limit` pairs that can be made of the bases and the signalled candidates, in the order
// in which they are to be checked:
//
//   1. both in one network, each base with its best first;
//   2. the first base of its family (the driver tells the default route's first) with each remote
//      candidate, their kinds in turn;
//   3. each other base with the best candidate that is not a host's, then with the best host's;
//   4. the next best of each, and so on.
std::vector<Place> rank_places(std::span<const Base> bases, const RemoteCandidates& remotes,
                               std::size_t limit);

}  // namespace specter::ice
