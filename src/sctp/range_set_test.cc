#include "sctp/range_set.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::sctp {
namespace {

std::vector<Range> ranges_of(const std::set<std::int64_t>& numbers) {
  std::vector<Range> out;
  for (const std::int64_t n : numbers) {
    if (!out.empty() && out.back().last + 1 == n)
      out.back().last = n;
    else
      out.push_back({n, n});
  }
  return out;
}

TEST(RangeSet, BehavesAsASetOfNumbers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    simulation::SeededRandom random(seed);
    RangeSet set;
    std::set<std::int64_t> model;
    for (int step = 0; step < 2000; ++step) {
      const std::int64_t n = random.below(120);
      switch (random.below(8)) {
        case 0:
          set.remove_up_to(n / 4);
          model.erase(model.begin(), model.upper_bound(n / 4));
          break;
        case 1:
        case 2: ASSERT_EQ(set.remove(n), model.erase(n) == 1); break;
        default: {
          const std::size_t before = set.ranges().size();
          const bool adds = set.adds_range(n);
          ASSERT_EQ(set.add(n), model.insert(n).second);
          ASSERT_EQ(adds, set.ranges().size() > before);
        }
      }
      const auto expected = ranges_of(model);
      ASSERT_TRUE(std::ranges::equal(set.ranges(), expected));
      ASSERT_EQ(set.contains(n), model.contains(n));
      ASSERT_EQ(set.empty(), model.empty());
    }
  }
}

TEST(RangeSet, DifferencesAreThoseOfTheNumbers) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    simulation::SeededRandom random(seed);
    std::set<std::int64_t> from, without, expected, got;
    for (int i = 0; i < 40; ++i) {
      from.insert(random.below(60));
      without.insert(random.below(60));
    }
    std::ranges::set_difference(from, without, std::inserter(expected, expected.end()));
    for_each_difference(ranges_of(from), ranges_of(without),
                        [&](std::int64_t first, std::int64_t last) {
                          for (std::int64_t n = first; n <= last; ++n) got.insert(n);
                        });
    ASSERT_EQ(got, expected) << seed;
  }
}

}  // namespace
}  // namespace specter::sctp
