#include "cli/bench/statistics.h"

#include <algorithm>

namespace specter::cli::bench {

Percentiles percentiles(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto at = [&](std::size_t percent) {
    return values[(values.size() * percent + 99) / 100 - 1];
  };
  return {
      .count = values.size(), .p50 = at(50), .p90 = at(90), .p99 = at(99), .max = values.back()};
}

}  // namespace specter::cli::bench
