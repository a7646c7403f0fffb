// For tests: bulk transfers over a bottleneck in virtual time: what SCTP makes of a path, by itself
// or beside others of its kind.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sctp/association.h"
#include "simulation/link.h"

namespace specter::sctp {

using namespace std::chrono_literals;

struct LinkTrial {
  struct Flow {
    CongestionControl control = CongestionControl::Cubic;
    Duration begins{};  // after the first
  };
  struct Options {
    Duration round_trip = 50ms;  // without what the queue adds
    std::uint64_t rate_bits_per_second = 100'000'000;
    std::size_t queue_bytes = 256 * 1024;
    double loss = 0;  // of the data, besides what the queue drops
    std::size_t overhead_bytes = 0;
    std::vector<Flow> flows = {Flow{}};
    Duration warm_up{};   // is not measured
    Duration time = 10s;  // is
    std::uint64_t seed = 1;
    Association::Config config = {.data = {.receive_buffer_bytes = 16 << 20}};
  };
  struct FlowResult {
    double goodput_bits_per_second = 0;  // of users' bytes that were delivered
    std::uint64_t retransmissions = 0;   // chunks
  };
  struct Result {
    std::vector<FlowResult> flows;
    double goodput_bits_per_second = 0;  // all together
    Duration mean_queue_delay{};         // over time
    Duration largest_queue_delay{};
    std::uint64_t dropped = 0;  // by the queue
    std::uint64_t packets = 0;  // that were sent into it

    // Jain's index: 1 when all have the same, 1/n when one has all.
    double fairness() const {
      double sum = 0, squares = 0;
      for (const FlowResult& flow : flows) {
        sum += flow.goodput_bits_per_second;
        squares += flow.goodput_bits_per_second * flow.goodput_bits_per_second;
      }
      return squares > 0 ? sum * sum / (static_cast<double>(flows.size()) * squares) : 0;
    }
  };

  static Result run(const Options& options);
};

namespace detail {

class TrialRun {
 public:
  explicit TrialRun(const LinkTrial::Options& options)
      : options_(options),
        line_({.latency = options.round_trip / 2,
               .loss = options.loss,
               .seed = options.seed,
               .rate_bits_per_second = options.rate_bits_per_second,
               .queue_bytes = options.queue_bytes,
               .overhead_bytes = options.overhead_bytes}),
        back_({.latency = options.round_trip - options.round_trip / 2, .seed = ~options.seed}),
        message_(kMessageBytes) {
    for (std::size_t i = 0; i < options.flows.size(); ++i)
      flows_.push_back(std::make_unique<Flow>(options, i));
  }

  LinkTrial::Result run() {
    const Timestamp begins = simulation::kStart + options_.warm_up;
    const Timestamp ends = begins + options_.time;
    advance(begins);
    std::vector<LinkTrial::FlowResult> before;
    for (const auto& flow : flows_) before.push_back(flow->so_far());
    line_.bottleneck().forget(now_);
    const std::uint64_t sent_before = line_.sent();
    advance(ends);

    LinkTrial::Result result;
    const double seconds = std::chrono::duration<double>(options_.time).count();
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      LinkTrial::FlowResult flow = flows_[i]->so_far();
      flow.goodput_bits_per_second =
          (flow.goodput_bits_per_second - before[i].goodput_bits_per_second) / seconds;
      flow.retransmissions -= before[i].retransmissions;
      result.goodput_bits_per_second += flow.goodput_bits_per_second;
      result.flows.push_back(flow);
    }
    result.mean_queue_delay = line_.bottleneck().mean_delay(ends);
    result.largest_queue_delay = line_.bottleneck().largest_delay();
    result.dropped = line_.bottleneck().dropped();
    result.packets = line_.sent() - sent_before;
    return result;
  }

 private:
  static constexpr std::size_t kMessageBytes = 16 * 1024;
  static constexpr std::size_t kUnsentBytes = 256 * 1024;
  static constexpr StreamId kStream{1};

  struct Tagged {
    std::size_t flow;
    Buffer bytes;
  };
  struct Flow {
    Flow(const LinkTrial::Options& options, std::size_t index)
        : begins(simulation::kStart + options.flows[index].begins),
          random_a(4 * options.seed + 2 * index + 1),
          random_b(4 * options.seed + 2 * index + 2),
          a(config(options, index), random_a),
          b(config(options, index), random_b) {}

    static Association::Config config(const LinkTrial::Options& options, std::size_t index) {
      Association::Config out = options.config;
      out.data.congestion_control = options.flows[index].control;
      return out;
    }
    // Bits in place of bits a second.
    LinkTrial::FlowResult so_far() const {
      return {8 * static_cast<double>(received), a.counters().retransmissions};
    }

    Timestamp begins;
    simulation::SeededRandom random_a, random_b;
    Association a, b;
    bool has_begun = false;
    std::uint64_t received = 0;
  };

  void advance(Timestamp end) {
    while (true) {
      Deadline next = soonest(line_.next_arrival(), back_.next_arrival());
      for (const auto& flow : flows_) {
        if (flow->has_begun)
          next = soonest(next, flow->a.next_timeout(), flow->b.next_timeout());
        else
          next = soonest(next, Deadline{flow->begins});
      }
      if (!next || *next > end) break;
      now_ = std::max(now_, *next);
      while (auto packet = line_.receive(now_)) {
        flows_[packet->flow]->b.handle_packet(now_, packet->bytes);
        drain(packet->flow);
      }
      while (auto packet = back_.receive(now_)) {
        flows_[packet->flow]->a.handle_packet(now_, packet->bytes);
        drain(packet->flow);
      }
      for (std::size_t i = 0; i < flows_.size(); ++i) turn(i);
    }
    now_ = end;
  }

  void turn(std::size_t index) {
    Flow& flow = *flows_[index];
    if (!flow.has_begun) {
      if (flow.begins > now_) return;
      flow.has_begun = true;
      flow.b.connect(now_);
      flow.a.connect(now_);
      return drain(index);
    }
    const auto due = [&](const Association& side) {
      const Deadline next = side.next_timeout();
      return next && *next <= now_;
    };
    bool any = false;
    if (due(flow.a)) flow.a.handle_timeout(now_), any = true;
    if (due(flow.b)) flow.b.handle_timeout(now_), any = true;
    if (!any) return;
    drain(index);
    if (due(flow.a) || due(flow.b))
      throw std::logic_error("an association's timeout is not later than now after a drain");
  }

  void drain(std::size_t index) {
    Flow& flow = *flows_[index];
    while (auto event = flow.b.poll_event())
      if (const auto* message = std::get_if<MessageReceived>(&*event))
        flow.received += message->bytes.size();
    while (flow.a.poll_event()) {
    }
    while (flow.a.buffered_amount(kStream) < kUnsentBytes &&
           flow.a.send(now_, kStream, Ppid{53}, message_)) {
    }
    while (auto packet = flow.a.poll_transmit(now_)) line_.send(now_, {index, std::move(*packet)});
    while (auto packet = flow.b.poll_transmit(now_)) back_.send(now_, {index, std::move(*packet)});
  }

  LinkTrial::Options options_;
  simulation::Link<Tagged> line_;
  simulation::Link<Tagged> back_;
  Buffer message_;
  std::vector<std::unique_ptr<Flow>> flows_;
  Timestamp now_ = simulation::kStart;
};

}  // namespace detail

inline LinkTrial::Result LinkTrial::run(const Options& options) {
  return detail::TrialRun(options).run();
}

}  // namespace specter::sctp
