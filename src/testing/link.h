// A simulated path: delay, loss, duplication, reordering, all decided by a seed.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "testing/random.h"

#include "specter/time.h"

namespace specter::testing {

using namespace std::chrono_literals;

// Where simulated time begins. Not zero, so that a forgotten initialisation shows.
inline constexpr Timestamp kStart{std::chrono::hours(1)};

struct LinkOptions {
  Duration latency = 10ms;  // one way
  Duration jitter = 0ms;    // up to so much more, drawn anew for each packet: reorders
  double loss = 0;          // probability of each packet's end
  double duplicate = 0;     // probability that a packet comes twice
  std::uint64_t seed = 1;
};

// Packets on their way, of any type, delivered in the order of their arrival; equal times in the
// order of sending.
template <class Packet>
class Link {
 public:
  explicit Link(LinkOptions options) : options_(options), random_(options.seed) {}

  void send(Timestamp now, const Packet& packet) {
    ++sent_;
    if (options_.loss > 0 && random_.chance(options_.loss)) return;
    put(now, packet);
    if (options_.duplicate > 0 && random_.chance(options_.duplicate)) put(now, packet);
  }

  // The next packet that has arrived by `now`.
  std::optional<Packet> receive(Timestamp now) {
    if (on_the_way_.empty() || on_the_way_.begin()->first > now) return std::nullopt;
    auto node = on_the_way_.extract(on_the_way_.begin());
    return std::move(node.mapped());
  }

  Deadline next_arrival() const {
    return on_the_way_.empty() ? Deadline{} : Deadline{on_the_way_.begin()->first};
  }

  LinkOptions& options() { return options_; }  // may be turned while it runs
  std::uint64_t sent() const { return sent_; }

 private:
  void put(Timestamp now, const Packet& packet) {
    Duration delay = options_.latency;
    if (options_.jitter > 0ms) {
      delay += Duration(static_cast<Duration::rep>(
          random_.u64() % static_cast<std::uint64_t>(options_.jitter.count())));
    }
    on_the_way_.emplace(now + delay, packet);
  }

  LinkOptions options_;
  SeededRandom random_;
  std::multimap<Timestamp, Packet> on_the_way_;
  std::uint64_t sent_ = 0;
};

}  // namespace specter::testing
