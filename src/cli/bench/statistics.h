// What many measurements come to.
#pragma once

#include <cstddef>
#include <vector>

namespace specter::cli::bench {

struct Percentiles {
  std::size_t count = 0;
  double p50 = 0, p90 = 0, p99 = 0, max = 0;

  bool operator==(const Percentiles&) const = default;
};

// By nearest rank: each is one of the values. Zeros when there are none.
Percentiles percentiles(std::vector<double> values);

}  // namespace specter::cli::bench
