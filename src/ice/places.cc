#include "ice/places.h"

#include <algorithm>
#include <array>
#include <compare>

#include "net/address_policy.h"

namespace specter::ice {

namespace {

// So many remote candidates of a kind the preferred base is paired with before others have their
// second turn.
constexpr std::size_t kPreferredShare = 32;
constexpr std::size_t kKinds = 4;

enum class Hope { Near, Preferred, AcrossNats, Elsewhere };  // best first

struct Ranked {
  std::size_t round;
  Hope hope;
  std::size_t turn;  // within the round, of one base and kind
  std::uint32_t remote_priority;
  std::uint32_t base_priority;
  Place place;

  // Less is better.
  auto key() const {
    return std::tuple(round, hope, turn, ~remote_priority, ~base_priority, place.base,
                      place.remote);
  }
};

}  // namespace

std::vector<Place> rank_places(std::span<const Base> bases, const RemoteCandidates& remotes,
                               std::size_t limit) {
  std::vector<const RemoteCandidates::value_type*> best_first;
  for (const auto& entry : remotes) {
    if (!entry.second.is_learned) best_first.push_back(&entry);
  }
  std::ranges::sort(best_first, [](const auto* x, const auto* y) {
    const auto of = [](const auto& entry) { return entry.second.candidate.priority; };
    return of(*x) != of(*y) ? of(*x) > of(*y) : x->first < y->first;
  });

  std::vector<Ranked> ranked;
  std::array<bool, 2> has_family{};
  for (std::size_t i = 0; i < bases.size(); ++i) {
    const Base& base = bases[i];
    const bool is_preferred = !std::exchange(has_family[base.endpoint.address.is_v6()], true);
    std::array<std::array<std::size_t, kKinds>, 4> turns{};
    for (const auto* entry : best_first) {
      const Candidate& remote = entry->second.candidate;
      if (base.endpoint == remote.endpoint) continue;
      if (!net::can_pair(base.endpoint.address, remote.endpoint.address)) continue;
      const Hope hope = net::is_near(base.endpoint.address, remote.endpoint.address) ? Hope::Near
                        : is_preferred                       ? Hope::Preferred
                        : remote.type == CandidateType::Host ? Hope::Elsewhere
                                                             : Hope::AcrossNats;
      const std::size_t turn =
          turns[static_cast<std::size_t>(hope)][static_cast<std::size_t>(remote.type)]++;
      ranked.push_back({.round = hope == Hope::Preferred ? turn / kPreferredShare : turn,
                        .hope = hope,
                        .turn = turn,
                        .remote_priority = remote.priority,
                        .base_priority = base.priority,
                        .place = {i, entry->first}});
    }
  }
  const std::size_t count = std::min(limit, ranked.size());
  std::ranges::partial_sort(ranked, ranked.begin() + static_cast<std::ptrdiff_t>(count), {},
                            &Ranked::key);
  std::vector<Place> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(ranked[i].place);
  return places;
}

}  // namespace specter::ice
