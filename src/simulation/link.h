// A simulated path: delay, loss, duplication, reordering, a bottleneck, all decided by a seed.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "simulation/bottleneck.h"
#include "simulation/random.h"

#include "specter/time.h"

namespace specter::simulation {

using namespace std::chrono_literals;

// Where simulated time begins. Not zero, so that a forgotten initialisation shows.
inline constexpr Timestamp kStart{std::chrono::hours(1)};

struct LinkOptions {
  Duration latency = 10ms;  // one way
  Duration jitter = 0ms;    // up to so much more, drawn anew for each packet: reorders
  double loss = 0;          // probability of each packet's end
  double duplicate = 0;     // probability that a packet comes twice
  std::uint64_t seed = 1;
  // The bottleneck: a line that sends one packet after the other, at this rate, before the latency
  // begins. 0: every packet leaves at once.
  std::uint64_t rate_bits_per_second = 0;
  // What may wait for the line, the packet on it not counted; what comes beyond it is dropped.
  std::size_t queue_bytes = 256 * 1024;
  std::size_t overhead_bytes = 0;  // what each packet costs the line besides itself: its headers
};

// Packets on their way, of any type, delivered in the order of their arrival; equal times in the
// order of sending.
template <class Packet>
class Link {
 public:
  explicit Link(LinkOptions options) : options_(options), random_(options.seed) {}

  void send(Timestamp now, Packet packet) {
    ++sent_;
    if (options_.loss > 0 && random_.chance(options_.loss)) return;
    if (options_.duplicate <= 0) return put(now, std::move(packet));
    put(now, packet);
    if (random_.chance(options_.duplicate)) put(now, std::move(packet));
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
  Bottleneck& bottleneck() { return bottleneck_; }
  const Bottleneck& bottleneck() const { return bottleneck_; }

 private:
  static std::size_t size_of(const Packet& packet) {
    if constexpr (requires { packet.bytes.size(); })
      return packet.bytes.size();
    else if constexpr (requires { packet.size(); })
      return packet.size();
    else
      return sizeof(packet);
  }

  void put(Timestamp now, Packet packet) {
    Timestamp leaves = now;
    if (options_.rate_bits_per_second > 0) {
      const Deadline passed =
          bottleneck_.pass(now, size_of(packet) + options_.overhead_bytes,
                           {options_.rate_bits_per_second, options_.queue_bytes});
      if (!passed) return;
      leaves = *passed;
    }
    Duration delay = options_.latency;
    if (options_.jitter > 0ms) {
      delay += Duration(static_cast<Duration::rep>(
          random_.u64() % static_cast<std::uint64_t>(options_.jitter.count())));
    }
    on_the_way_.emplace_hint(on_the_way_.end(), leaves + delay, std::move(packet));
  }

  LinkOptions options_;
  SeededRandom random_;
  Bottleneck bottleneck_;
  std::multimap<Timestamp, Packet> on_the_way_;
  std::uint64_t sent_ = 0;
};

}  // namespace specter::simulation
