// One direction of an access line: what becomes of each datagram on it, and when it comes out.
#pragma once

#include <array>
#include <cstdint>

#include "simulation/bottleneck.h"
#include "simulation/random.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::simulation {

// How a line is just now. Probabilities are of each datagram.
struct Conditions {
  Duration latency{};
  Duration jitter{};        // up to so much more
  double loss = 0;          // of each alone
  double burst_begins = 0;  // Gilbert's model: from the good state into the bad one,
  double burst_ends = 1;    // and back; in the bad one
  double burst_loss = 0;    // so many are lost
  double duplicates = 0;
  double late = 0;                         // reordered:
  Duration late_by{};                      // up to so much later than their turn
  double corrupt = 0;                      // a few bits are others
  double truncate = 0;                     // cut short
  std::uint64_t rate_bits_per_second = 0;  // 0: no limit
  std::size_t queue_bytes = 64 * 1024;
  std::size_t mtu = 1500;  // of an IP packet; larger ones end here,
  bool icmp = false;       // and whoever sent one is told
  bool cut = false;        // nothing passes

  bool operator==(const Conditions&) const = default;
};

class Line {
 public:
  explicit Line(std::uint64_t seed) : random_(seed) {}

  // When a datagram that enters now comes out: not at all, once or twice. It may be changed.
  struct Passage {
    std::array<Timestamp, 2> out{};
    std::size_t count = 0;
  };
  Passage pass(Timestamp now, Buffer& bytes);

  Conditions& conditions() { return conditions_; }
  const Conditions& conditions() const { return conditions_; }

 private:
  bool is_lost();
  Duration some(Duration most);
  void damage(Buffer& bytes);

  Conditions conditions_;
  SeededRandom random_;
  Bottleneck bottleneck_;
  bool in_burst_ = false;
};

}  // namespace specter::simulation
