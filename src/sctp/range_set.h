// A set of numbers kept as ranges: what arrived beyond a gap, what was acknowledged beyond one,
// what is to be sent again.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace specter::sctp {

struct Range {  // both ends belong to it
  std::int64_t first = 0;
  std::int64_t last = 0;

  bool operator==(const Range&) const = default;
};

// Sorted, disjoint and not touching. Numbers come mostly at the end and go mostly at the front; in
// between an insertion moves what lies behind, so owners bound the number of ranges.
class RangeSet {
 public:
  bool add(std::int64_t value);  // false: it was there
  bool remove(std::int64_t value);
  void remove_up_to(std::int64_t value);
  void swap(std::vector<Range>& ranges) { ranges_.swap(ranges); }  // sorted, disjoint
  void clear() { ranges_.clear(); }

  bool contains(std::int64_t value) const;
  // Whether add() would need one range more.
  bool adds_range(std::int64_t value) const;

  bool empty() const { return ranges_.empty(); }
  std::int64_t lowest() const { return ranges_.front().first; }
  std::int64_t highest() const { return ranges_.back().last; }
  std::span<const Range> ranges() const { return ranges_; }

 private:
  // The first range that ends at `value` or after it.
  std::vector<Range>::iterator at_or_after(std::int64_t value);
  std::vector<Range>::const_iterator at_or_after(std::int64_t value) const;

  std::vector<Range> ranges_;
};

// Calls visit(first, last) for each maximal run of numbers in `from` and not in `without`; both
// sorted and disjoint. Time in the number of ranges, not of numbers.
template <class Visit>
void for_each_difference(std::span<const Range> from, std::span<const Range> without,
                         Visit&& visit) {
  auto other = without.begin();
  for (const Range& range : from) {
    std::int64_t next = range.first;
    while (other != without.end() && other->last < next) ++other;
    for (auto hole = other; hole != without.end() && hole->first <= range.last; ++hole) {
      if (hole->first > next) visit(next, hole->first - 1);
      next = hole->last + 1;
    }
    if (next <= range.last) visit(next, range.last);
  }
}

}  // namespace specter::sctp
