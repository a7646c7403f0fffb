#include "cli/bench/link/trial.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <variant>

#include <fmt/format.h>

#include "simulation/link.h"

#include "specter/core.h"

namespace specter::cli::bench {
namespace {

using simulation::kStart;

constexpr std::size_t kUnsentBytes = 1 << 20;         // that the application keeps waiting
constexpr std::int64_t kUnixSeconds = 1'790'000'000;  // a date for the certificates

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

struct Tagged {
  std::size_t flow;
  Buffer bytes;
};
using Line = simulation::Link<Tagged>;

// One of a flow's two peer connections, and the way that what it sends takes.
class End {
 public:
  End(std::size_t flow, std::uint64_t seed, CongestionControl control, Endpoint address, Line& out)
      : flow_(flow),
        random_(seed),
        address_(address),
        out_(out),
        connection(configuration(random_, control), random_) {}

  void handle_datagram(Timestamp now, const Endpoint& from, MutableBytes bytes) {
    const Datagram datagram{{address_, from}, bytes};
    connection.handle_datagrams(now, {&datagram, 1});
    is_busy = true;
  }
  void handle_timeout(Timestamp now) {
    if (!next_ || *next_ > now) return;
    connection.handle_timeout(now);
    is_busy = true;
  }
  // All that it has to send goes on its way. True when there was something.
  bool transmit(Timestamp now) {
    bool any = false;
    while (auto transmit = connection.poll_transmit(now, memory_)) {
      any = true;
      Bytes rest = transmit->bytes;
      const std::size_t step = transmit->segment_size ? transmit->segment_size : rest.size();
      while (!rest.empty()) {
        const Bytes datagram = rest.first(std::min(step, rest.size()));
        rest = rest.subspan(datagram.size());
        out_.send(now, {flow_, Buffer(datagram.begin(), datagram.end())});
      }
      if (memory_.capacity() == 0) memory_ = std::move(transmit->bytes);
    }
    return any;
  }
  void rest(Timestamp now) {
    is_busy = false;
    next_ = connection.next_timeout();
    if (next_ && *next_ <= now) throw std::logic_error("a timeout is not later than now");
  }
  Deadline next_timeout() const { return next_; }
  const Endpoint& address() const { return address_; }

 private:
  static ConnectionOptions configuration(Random& random, CongestionControl control) {
    ConnectionOptions out;
    out.certificate = core::generate_certificate(random, kUnixSeconds);
    out.data.congestion_control = control;
    out.transport.path_mtu_discovery = false;  // what is measured here is not the size of packets
    return out;
  }

  const std::size_t flow_;
  simulation::SeededRandom random_;
  const Endpoint address_;
  Line& out_;
  Buffer memory_;
  Deadline next_;

 public:
  core::PeerConnection connection;
  bool is_busy = true;  // something was done to it: it is to be drained
};

// What a flow has come to at some time.
struct Tally {
  std::uint64_t received = 0, packets = 0, sent_again = 0;
};

class Flow {
 public:
  Flow(const Trial& trial, std::size_t index, Line& line, Line& back)
      : begins_(kStart + index * Trial::kBetweenFlows),
        message_(Trial::kMessageBytes),
        a(index, 1 + 4 * trial.seed + 1000 * index, trial.flows[index],
          *Endpoint::parse("192.0.2.1:5001"), line),
        b(index, 2 + 4 * trial.seed + 1000 * index, trial.flows[index],
          *Endpoint::parse("192.0.2.2:5002"), back) {}

  Deadline next_timeout() const {
    if (!has_begun_) return begins_;
    return soonest(a.next_timeout(), b.next_timeout());
  }
  Result<> handle_timeout(Timestamp now) {
    if (!has_begun_) return now < begins_ ? Result<>{} : begin(now);
    a.handle_timeout(now);
    b.handle_timeout(now);
    if (!opened_ && now > begins_ + Trial::kOpenWithin)
      return fail(ErrorCode::Timeout, fmt::format("the channel is not open after {:.0f} s",
                                                  seconds(Trial::kOpenWithin)));
    return {};
  }
  // Until neither end has anything left to say.
  Result<> settle(Timestamp now) {
    while (a.is_busy || b.is_busy) {
      for (End* end : {&a, &b}) {
        if (!end->is_busy) continue;
        do {
          if (auto drained = drain(*end, now); !drained) return drained;
          if (end == &a) fill(now);
        } while (end->transmit(now));
        end->rest(now);
      }
    }
    return {};
  }

  Timestamp begins() const { return begins_; }
  Deadline opened() const { return opened_; }
  Duration longest_silence(Timestamp now) const {
    return std::max(longest_silence_, opened_ ? now - last_delivery_ : Duration{});
  }
  Tally tally() const {
    const SctpStats sctp = a.connection.stats().sctp;
    return {received_, sctp.packets_sent, sctp.retransmissions};
  }

 private:
  Result<> begin(Timestamp now) {
    has_begun_ = a.is_busy = b.is_busy = true;
    const auto channel = a.connection.create_data_channel(now, "bulk");
    if (!channel) return fail(channel.error());
    channel_ = *channel;
    const auto offer = a.connection.create_offer();
    if (!offer) return fail(offer.error());
    if (auto set = a.connection.set_local_description(now, *offer); !set) return set;
    if (auto set = b.connection.set_remote_description(now, *offer); !set) return set;
    const auto answer = b.connection.create_answer();
    if (!answer) return fail(answer.error());
    if (auto set = b.connection.set_local_description(now, *answer); !set) return set;
    return a.connection.set_remote_description(now, *answer);
  }

  // Signalling takes no time.
  Result<> drain(End& end, Timestamp now) {
    End& other = &end == &a ? b : a;
    while (auto event = end.connection.poll_event()) {
      if (const auto* message = std::get_if<core::Message>(&*event)) {
        if (auto taken = take(message->data, now); !taken) return taken;
      } else if (std::holds_alternative<core::GatherCandidates>(*event)) {
        end.connection.add_local_endpoint(now, end.address());
        end.connection.end_of_local_endpoints(now);
      } else if (const auto* found = std::get_if<core::LocalCandidate>(&*event)) {
        (void)other.connection.add_ice_candidate(now, found->candidate);
        other.is_busy = true;
      } else if (std::holds_alternative<core::DataChannelOpen>(*event) && &end == &a) {
        opened_ = last_delivery_ = now;
      } else if (std::holds_alternative<core::DataChannelClosed>(*event) ||
                 std::holds_alternative<core::Closed>(*event)) {
        return fail(ErrorCode::Network, "the channel was closed");
      } else if (const auto* changed = std::get_if<core::ConnectionStateChange>(&*event);
                 changed && changed->state == ConnectionState::Failed) {
        return fail(ErrorCode::Network, fmt::format("the connection failed: {}", changed->reason));
      }
    }
    return {};
  }

  void fill(Timestamp now) {
    if (!opened_) return;
    while (a.connection.buffered_amount(channel_) < kUnsentBytes) {
      write_number(sent_messages_);
      if (!a.connection.send(now, channel_, MessageKind::Binary, message_)) return;
      ++sent_messages_;
    }
  }
  Result<> take(Bytes message, Timestamp now) {
    if (message.size() != Trial::kMessageBytes || read_number(message) != received_messages_)
      return fail(ErrorCode::Network,
                  fmt::format("message {} is not what was sent", received_messages_));
    ++received_messages_;
    received_ += message.size();
    longest_silence_ = std::max(longest_silence_, now - last_delivery_);
    last_delivery_ = now;
    return {};
  }
  void write_number(std::uint64_t number) {
    for (std::size_t i = 0; i < 8; ++i, number >>= 8)
      message_[i] = static_cast<std::uint8_t>(number);
  }
  static std::uint64_t read_number(Bytes message) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;) number = number << 8 | message[i];
    return number;
  }

  const Timestamp begins_;
  bool has_begun_ = false;
  ChannelId channel_{};
  Buffer message_;
  std::uint64_t sent_messages_ = 0, received_messages_ = 0, received_ = 0;
  Deadline opened_;
  Timestamp last_delivery_{};
  Duration longest_silence_{};

 public:
  End a, b;  // a sends
};

class TrialRun {
 public:
  explicit TrialRun(const Trial& trial)
      : trial_(trial),
        line_({.latency = trial.path.round_trip / 2,
               .loss = trial.path.loss,
               .seed = trial.seed,
               .rate_bits_per_second = trial.path.rate_bits_per_second,
               .queue_bytes = trial.path.queue_bytes,
               .overhead_bytes = Path::kHeaderBytes}),
        back_({.latency = trial.path.round_trip - trial.path.round_trip / 2,
               .loss = trial.path.loss,
               .seed = ~trial.seed}) {
    for (std::size_t i = 0; i < trial.flows.size(); ++i)
      flows_.push_back(std::make_unique<Flow>(trial, i, line_, back_));
  }

  Result<Measured> run() {
    while (!flows_.front()->opened()) {
      if (auto stepped = step(); !stepped) return fail(stepped.error());
    }
    const Timestamp begins = *flows_.front()->opened();
    const Timestamp middle = begins + trial_.time / 2, ends = begins + trial_.time;
    if (auto advanced = advance(middle); !advanced) return fail(advanced.error());
    const std::vector<Tally> before = tallies();
    line_.bottleneck().forget(now_);
    const std::uint64_t sent_before = line_.sent();
    if (auto advanced = advance(ends); !advanced) return fail(advanced.error());

    Measured out;
    out.steady_mean_queue = line_.bottleneck().mean_delay(ends);
    out.steady_largest_queue = line_.bottleneck().largest_delay();
    out.steady_dropped = share(line_.bottleneck().dropped(), line_.sent() - sent_before);
    const std::vector<Tally> after = tallies();
    for (std::size_t i = 0; i < flows_.size(); ++i)
      out.flows.push_back(measured(*flows_[i], before[i], after[i], ends - middle));
    return out;
  }

 private:
  static double share(std::uint64_t part, std::uint64_t whole) {
    return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  }
  static double rate(std::uint64_t bytes, Duration time) {
    return time > Duration{} ? 8 * static_cast<double>(bytes) / seconds(time) : 0;
  }
  FlowMeasured measured(const Flow& flow, const Tally& before, const Tally& after,
                        Duration steady) const {
    const Timestamp opened = flow.opened().value_or(now_);
    return {.opening = opened - flow.begins(),
            .steady_bits_per_second = rate(after.received - before.received, steady),
            .whole_bits_per_second = rate(after.received, now_ - opened),
            .steady_sent_again =
                share(after.sent_again - before.sent_again, after.packets - before.packets),
            .whole_sent_again = share(after.sent_again, after.packets),
            .longest_silence = flow.longest_silence(now_)};
  }
  std::vector<Tally> tallies() const {
    std::vector<Tally> out;
    out.reserve(flows_.size());
    for (const auto& flow : flows_) out.push_back(flow->tally());
    return out;
  }

  Deadline next_event() const {
    Deadline next = soonest(line_.next_arrival(), back_.next_arrival());
    for (const auto& flow : flows_) next = soonest(next, flow->next_timeout());
    return next;
  }
  Result<> advance(Timestamp end) {
    for (Deadline next = next_event(); next && *next <= end; next = next_event()) {
      if (auto stepped = step(); !stepped) return stepped;
    }
    now_ = end;
    return {};
  }
  // To the next time at which something happens, and all that happens then.
  Result<> step() {
    now_ = std::max(now_, next_event().value());
    while (auto packet = line_.receive(now_)) {
      Flow& flow = *flows_[packet->flow];
      flow.b.handle_datagram(now_, flow.a.address(), packet->bytes);
    }
    while (auto packet = back_.receive(now_)) {
      Flow& flow = *flows_[packet->flow];
      flow.a.handle_datagram(now_, flow.b.address(), packet->bytes);
    }
    for (const auto& flow : flows_) {
      if (auto handled = flow->handle_timeout(now_); !handled) return handled;
      if (auto settled = flow->settle(now_); !settled) return settled;
    }
    return {};
  }

  const Trial& trial_;
  Line line_, back_;
  std::vector<std::unique_ptr<Flow>> flows_;
  Timestamp now_ = kStart;
};

}  // namespace

double Measured::steady_bits_per_second() const {
  double sum = 0;
  for (const FlowMeasured& flow : flows) sum += flow.steady_bits_per_second;
  return sum;
}

double Measured::whole_bits_per_second() const {
  double sum = 0;
  for (const FlowMeasured& flow : flows) sum += flow.whole_bits_per_second;
  return sum;
}

double Measured::fairness() const {
  double sum = 0, squares = 0;
  for (const FlowMeasured& flow : flows) {
    sum += flow.steady_bits_per_second;
    squares += flow.steady_bits_per_second * flow.steady_bits_per_second;
  }
  return squares > 0 ? sum * sum / (static_cast<double>(flows.size()) * squares) : 0;
}

Result<Measured> run(const Trial& trial) { return TrialRun(trial).run(); }

std::string_view name_of(CongestionControl control) {
  switch (control) {
    case CongestionControl::Cubic: return "cubic";
    case CongestionControl::Bbr: return "bbr";
    case CongestionControl::Reno: return "reno";
  }
  return "";
}

}  // namespace specter::cli::bench
