// One direction of a path: a link of some rate behind a drop-tail queue, a fixed delay, random
// loss. Time comes in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace relay {

using Clock = std::chrono::steady_clock;

struct PathOptions {
  Clock::duration delay{};      // one way
  double loss = 0;              // probability of each packet, before the queue
  double bits_per_second = 0;   // 0: no limit
  std::size_t queue_bytes = 0;  // of the link; 0: no limit
  std::uint64_t seed = 1;
};

struct PathCounts {
  std::uint64_t forwarded = 0, lost = 0, dropped = 0;  // lost: at random; dropped: by the queue
  std::size_t most_queued_bytes = 0;
};

class Path {
 public:
  // What a datagram weighs beyond its payload on the link: IPv4's and UDP's headers.
  static constexpr std::size_t kHeaderBytes = 28;

  explicit Path(const PathOptions& options) : options_(options), random_(options.seed) {}

  void push(Clock::time_point now, const std::uint8_t* data, std::size_t size);

  // The oldest packet, once its time has come; it stays until pop().
  const std::vector<std::uint8_t>* front(Clock::time_point now) const { return at(0, now); }
  // The one that many places behind it.
  const std::vector<std::uint8_t>* at(std::size_t index, Clock::time_point now) const {
    if (index >= packets_.size() || packets_[index].due > now) return nullptr;
    return &packets_[index].bytes;
  }
  void pop(std::size_t count);
  std::optional<Clock::time_point> next() const {
    if (packets_.empty()) return std::nullopt;
    return packets_.front().due;
  }

  const PathCounts& counts() const { return counts_; }

 private:
  struct Packet {
    Clock::time_point due;
    std::vector<std::uint8_t> bytes;
  };

  PathOptions options_;
  std::mt19937_64 random_;
  Clock::time_point busy_until_{};
  std::deque<Packet> packets_;
  PathCounts counts_;
};

}  // namespace relay
