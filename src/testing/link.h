// A simulated path: delay, loss, duplication, reordering, a bottleneck, all decided by a seed.
#pragma once

#include <algorithm>
#include <deque>
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
  // The bottleneck: a line that sends one packet after the other, at this rate, before the latency
  // begins. 0: every packet leaves at once.
  std::uint64_t rate_bits_per_second = 0;
  // What may wait for the line, the packet on it not counted; what comes beyond it is dropped.
  std::size_t queue_bytes = 256 * 1024;
  std::size_t overhead_bytes = 0;  // what each packet costs the line besides itself: its headers
};

// The line of a bottleneck and the queue before it. How long a packet waits shows at once when it
// comes, since nothing overtakes.
class Bottleneck {
 public:
  // When the packet's last bit will have left; empty: the queue is full and it is dropped.
  Deadline pass(Timestamp now, std::size_t bytes, const LinkOptions& options) {
    note_time(now);
    while (!waiting_.empty() && waiting_.front().leaves <= now) {
      waiting_bytes_ -= waiting_.front().bytes;
      waiting_.pop_front();
    }
    const Timestamp begins = std::max(now, free_at_);
    if (begins > now) {
      if (waiting_bytes_ + bytes > options.queue_bytes) {
        ++dropped_;
        return std::nullopt;
      }
      waiting_.push_back({begins, bytes});
      waiting_bytes_ += bytes;
    }
    largest_delay_ = std::max(largest_delay_, begins - now);
    free_at_ =
        begins +
        Duration(static_cast<Duration::rep>(static_cast<double>(bytes) * 8e9 /
                                            static_cast<double>(options.rate_bits_per_second)));
    return free_at_;
  }

  std::uint64_t dropped() const { return dropped_; }
  std::size_t waiting_bytes() const { return waiting_bytes_; }  // as of the last packet
  // How long a packet that comes now would wait.
  Duration delay(Timestamp now) const { return std::max(free_at_ - now, Duration{}); }
  Duration largest_delay() const { return largest_delay_; }  // that a packet has met
  // Over the time since the first packet or forget().
  Duration mean_delay(Timestamp now) {
    note_time(now);
    if (!since_ || now <= *since_) return Duration{};
    return Duration(static_cast<Duration::rep>(
        delay_seconds_squared_ / std::chrono::duration<double>(now - *since_).count() * 1e9));
  }
  // Measures anew from here on.
  void forget(Timestamp now) {
    note_time(now);
    since_ = now;
    delay_seconds_squared_ = 0;
    largest_delay_ = Duration{};
    dropped_ = 0;
  }

 private:
  // Between packets the delay falls as time passes: what it adds up to is a triangle, or the part
  // of one.
  void note_time(Timestamp now) {
    if (!since_) since_ = noted_ = now;
    const double before = seconds(delay(noted_));
    const double after = seconds(delay(now));
    delay_seconds_squared_ += (before * before - after * after) / 2;
    noted_ = std::max(noted_, now);
  }
  static double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

  struct Waiting {
    Timestamp leaves;  // the queue, for the line
    std::size_t bytes;
  };
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  Timestamp free_at_{};
  std::uint64_t dropped_ = 0;
  Duration largest_delay_{};
  Deadline since_;
  Timestamp noted_{};
  double delay_seconds_squared_ = 0;
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

  void put(Timestamp now, const Packet& packet) {
    Timestamp leaves = now;
    if (options_.rate_bits_per_second > 0) {
      const Deadline passed =
          bottleneck_.pass(now, size_of(packet) + options_.overhead_bytes, options_);
      if (!passed) return;
      leaves = *passed;
    }
    Duration delay = options_.latency;
    if (options_.jitter > 0ms) {
      delay += Duration(static_cast<Duration::rep>(
          random_.u64() % static_cast<std::uint64_t>(options_.jitter.count())));
    }
    on_the_way_.emplace_hint(on_the_way_.end(), leaves + delay, packet);
  }

  LinkOptions options_;
  SeededRandom random_;
  Bottleneck bottleneck_;
  std::multimap<Timestamp, Packet> on_the_way_;
  std::uint64_t sent_ = 0;
};

}  // namespace specter::testing
