#include "sctp/range_set.h"

#include <algorithm>

namespace specter::sctp {

std::vector<Range>::iterator RangeSet::at_or_after(std::int64_t value) {
  return std::ranges::lower_bound(ranges_, value, {}, &Range::last);
}

std::vector<Range>::const_iterator RangeSet::at_or_after(std::int64_t value) const {
  return std::ranges::lower_bound(ranges_, value, {}, &Range::last);
}

bool RangeSet::add(std::int64_t value) {
  if (ranges_.empty() || value > ranges_.back().last + 1) {
    ranges_.push_back({value, value});
    return true;
  }
  // The range that ends just before `value` is found too, by asking one lower.
  auto range = at_or_after(value - 1);
  if (range->last == value - 1) {
    range->last = value;
    const auto next = range + 1;
    if (next != ranges_.end() && next->first == value + 1) {
      range->last = next->last;
      ranges_.erase(next);
    }
    return true;
  }
  if (range->first <= value) return false;
  if (range->first == value + 1)
    range->first = value;
  else
    ranges_.insert(range, {value, value});
  return true;
}

bool RangeSet::remove(std::int64_t value) {
  const auto range = at_or_after(value);
  if (range == ranges_.end() || range->first > value) return false;
  if (range->first == value && range->last == value) {
    ranges_.erase(range);
  } else if (range->first == value) {
    ++range->first;
  } else if (range->last == value) {
    --range->last;
  } else {
    const Range behind{value + 1, range->last};
    range->last = value - 1;
    ranges_.insert(range + 1, behind);
  }
  return true;
}

void RangeSet::remove_up_to(std::int64_t value) {
  if (ranges_.empty() || ranges_.front().first > value) return;
  const auto range = at_or_after(value + 1);
  if (range != ranges_.end() && range->first <= value) range->first = value + 1;
  ranges_.erase(ranges_.begin(), range);
}

bool RangeSet::contains(std::int64_t value) const {
  const auto range = at_or_after(value);
  return range != ranges_.end() && range->first <= value;
}

bool RangeSet::adds_range(std::int64_t value) const {
  if (ranges_.empty()) return true;
  const auto range = at_or_after(value - 1);
  return range == ranges_.end() || range->first > value + 1;
}

}  // namespace specter::sctp
