// Which paths are tried: each of a few round-trip times with each of a few losses, and so on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/link/trial.h"

namespace specter::cli::bench {

// How much may wait before the line: so many bandwidth-delay products of the path, or bytes.
struct QueueSize {
  // A path has as many packets under way as this at least, when its queue is laid out by them.
  static constexpr std::size_t kLeastProductBytes = 20 * (1200 + Path::kHeaderBytes);

  double products = 0;    // when bytes is 0
  std::size_t bytes = 0;  // with headers

  // "0.5", or "256kB" (of 1000 bytes; "B", "kB" or "MB"). Error: InvalidArgument.
  static Result<QueueSize> parse(std::string_view text);
  std::size_t on(std::uint64_t rate_bits_per_second, Duration round_trip) const;
  std::string name() const;  // "½ BDP", "256 kB"

  bool operator==(const QueueSize&) const = default;
};

// Of one flow, or of two that share a path.
struct Matrix {
  std::vector<double> round_trips_ms;
  std::vector<double> losses_percent;
  std::vector<double> rates_mbit_per_s;
  std::vector<QueueSize> queues;
  std::vector<CongestionControl> controls;

  bool operator==(const Matrix&) const = default;
};

// One place of the matrix, in the units that people give it in.
struct Case {
  double round_trip_ms = 0, loss_percent = 0, rate_mbit_per_s = 0;
  QueueSize queue;
  Trial trial;

  std::string name() const;  // "50 ms, 1 % lost, 100 Mbit/s, queue ½ BDP, cubic and bbr"
};

// In the order of rates, queues, round-trip times, losses, controllers. The time is `seconds`, or,
// when that is 0, 10 s or 100 round trips, whichever is longer.
std::vector<Case> cases_of_one(const Matrix& matrix, double seconds, std::uint64_t seed);
// Two flows: each controller beside its own kind and each of the others. Their time: three times as
// long.
std::vector<Case> cases_of_two(const Matrix& matrix, double seconds, std::uint64_t seed);

}  // namespace specter::cli::bench
