// One simulated path and what goes over it, for so long. In virtual time, decided by a seed: no
// socket, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "specter/options.h"
#include "specter/result.h"
#include "specter/time.h"

namespace specter::cli::bench {

// Both ways; the bottleneck is on the way of the data alone.
struct Path {
  // What a datagram costs the line besides itself: the headers of IPv4 and UDP.
  static constexpr std::size_t kHeaderBytes = 28;

  Duration round_trip{};  // without what the queue adds
  double loss = 0;        // probability, of each datagram in each direction
  std::uint64_t rate_bits_per_second = 0;
  std::size_t queue_bytes = 0;  // headers included

  bool operator==(const Path&) const = default;
};

// Flows that share a path, each between two peer connections of its own, which send as much as they
// can in one reliable ordered channel with default settings.
struct Trial {
  static constexpr std::size_t kMessageBytes = 16 * 1024;
  static constexpr Duration kBetweenFlows =
      std::chrono::seconds(1);  // from one's start to the next
  static constexpr Duration kOpenWithin = std::chrono::seconds(30);

  Path path;
  std::vector<CongestionControl> flows;
  Duration time{};  // from when the first flow's channel is open
  std::uint64_t seed = 1;

  bool operator==(const Trial&) const = default;
};

// Steady is the second half of the time.
struct FlowMeasured {
  Duration opening{};  // from its start until its channel was open
  double steady_bits_per_second = 0, whole_bits_per_second = 0;  // of users' bytes, delivered
  double steady_sent_again = 0, whole_sent_again = 0;            // DATA chunks a packet sent
  Duration longest_silence{};  // between two deliveries, or until the first or after the last

  bool operator==(const FlowMeasured&) const = default;
};

struct Measured {
  std::vector<FlowMeasured> flows;
  Duration steady_mean_queue{}, steady_largest_queue{};  // how long one waits before the line
  double steady_dropped = 0;                             // by the queue, of what came to it

  double steady_bits_per_second() const;  // all flows together
  double whole_bits_per_second() const;
  // Jain's index over the steady part: 1 when all have the same, 1/n when one has all.
  double fairness() const;

  bool operator==(const Measured&) const = default;
};

// Errors: Timeout when a channel does not open, Network when a connection ends or a message is not
// the one that was sent.
Result<Measured> run(const Trial& trial);

std::string_view name_of(CongestionControl control);  // "cubic"

}  // namespace specter::cli::bench
