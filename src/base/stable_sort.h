#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace specter {

// Sorts by what `key` gives of each value (a function or a member); of equal keys, the earlier
// value stays first. (Not std::ranges::stable_sort: GCC 12's uses what clang 19 calls deprecated.)
template <typename Value, typename Key>
void stable_sort(std::vector<Value>& values, Key key) {
  if (values.size() < 2) return;
  using Sorted = std::pair<std::decay_t<std::invoke_result_t<Key&, Value&>>, std::size_t>;
  std::vector<Sorted> order;
  order.reserve(values.size());
  for (Value& value : values) order.emplace_back(std::invoke(key, value), order.size());
  if (std::ranges::is_sorted(order)) return;
  std::ranges::sort(order);
  std::vector<Value> sorted;
  sorted.reserve(values.size());
  for (const Sorted& place : order) sorted.push_back(std::move(values[place.second]));
  values = std::move(sorted);
}

}  // namespace specter
