// The far side of specter bench data: takes messages, checks and counts them.
#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "cli/bench/data.h"
#include "cli/bench/message.h"
#include "cli/bench/process.h"
#include "cli/bench/progress.h"
#include "cli/bench/side.h"

namespace specter::cli::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kTick = 20ms;     // of looking at the clock
constexpr auto kFineTick = 1ms;  // of looking whether all has come
constexpr auto kForGood = 24h;

// One channel. The loop counts, the waiting thread reads.
struct Flow {
  Flow(ChannelIndex index, Order order) : check(index, order) {}

  // Whoever sees a count sees the check as it was then; past the last message it stays so.
  void count() { messages.store(check.received(), std::memory_order_release); }

  MessageCheck check;
  std::atomic<std::uint64_t> messages = 0;
};

class ReceivingPeer final : public TalkingPeer {
 public:
  ReceivingPeer(Conversation& conversation, std::size_t index, const DataOptions& options)
      : TalkingPeer(conversation, index), pool_(options.message_bytes) {
    const Order order = options.unordered ? Order::Free : Order::Kept;
    for (std::size_t i = 0; i < options.channels; ++i) {
      flows_.push_back(std::make_unique<Flow>(static_cast<ChannelIndex>(i), order));
    }
  }

  const std::vector<std::unique_ptr<Flow>>& flows() const { return flows_; }

 protected:
  void on_open(const DataChannel& channel) override {
    const std::size_t index = std::stoul(channel.label());
    const std::size_t stream = channel.id().value_or(0);
    if (index >= flows_.size()) return on_failure("there is a channel that nobody opened");
    if (by_stream_.size() <= stream) by_stream_.resize(stream + 1);
    by_stream_[stream] = flows_[index].get();
    conversation().post({{"op", "open"}});
  }

  void on_message(const DataChannel& channel, Bytes message) override {
    if (failed_) return;
    Flow& flow = *by_stream_.at(channel.id().value_or(0));
    if (const auto taken = flow.check.take(pool_, message); !taken) {
      failed_ = true;
      return on_failure(taken.error().message);
    }
    flow.count();
  }

 private:
  MessagePool pool_;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<Flow*> by_stream_;
  bool failed_ = false;
};

// What had come on each channel, and when.
struct Snapshot {
  Clock::time_point at;
  double cpu = 0;
  std::vector<std::uint64_t> messages;
  std::uint64_t total = 0;
};

class Receiver {
 public:
  Receiver(const DataOptions& options, Conversation& conversation)
      : options_(options), side_(conversation, options.common.configuration()) {
    for (std::size_t i = 0; i < options.connections; ++i) {
      peers_.push_back(std::make_shared<ReceivingPeer>(conversation, i, options));
      side_.add(peers_.back());
    }
  }

  Result<> run() {
    side_.conversation().send({{"op", "ready"}});
    for (std::size_t i = 0; i < options_.connections * options_.channels; ++i) {
      if (const auto open = side_.wait_for("open", options_.common.timeout()); !open) {
        return fail(open.error());
      }
    }
    if (auto warm = wait_until(Clock::now() + to_duration(options_.warm_up_seconds)); !warm) {
      return warm;
    }
    const Snapshot begin = look();
    side_.conversation().send({{"op", "measuring"}});
    const auto end = measure(begin);
    if (!end) return fail(end.error());
    progress_.clear();
    tell(begin, *end);

    const auto sent = side_.wait_for("sent", options_.common.timeout());
    if (!sent) return fail(sent.error());
    return take_the_rest((*sent)["messages"].get<std::vector<std::uint64_t>>());
  }

 private:
  Snapshot look() const {
    Snapshot now{.at = Clock::now(), .cpu = cpu_seconds(), .messages = {}};
    for (const auto& peer : peers_) {
      for (const auto& flow : peer->flows()) {
        now.messages.push_back(flow->messages.load(std::memory_order_acquire));
        now.total += now.messages.back();
      }
    }
    return now;
  }

  // Errors: what went wrong meanwhile.
  Result<> wait_until(Clock::time_point end) {
    const auto line = side_.wait_for("", std::max(Duration{}, Duration(end - Clock::now())));
    if (!line && line.error().code == ErrorCode::Timeout) return {};
    return line ? Result<>() : fail(line.error());
  }

  Result<Snapshot> measure(const Snapshot& begin) {
    const auto end =
        options_.bytes > 0 ? begin.at + kForGood : begin.at + to_duration(options_.seconds);
    const Duration tick = options_.bytes > 0 ? Duration(kFineTick) : Duration(kTick);
    Clock::time_point last_arrival = begin.at;
    std::uint64_t last_total = begin.total;
    while (true) {
      if (auto waited = wait_until(std::min(end, Clock::now() + tick)); !waited) {
        return fail(waited.error());
      }
      Snapshot now = look();
      const std::uint64_t bytes = (now.total - begin.total) * options_.message_bytes;
      if (now.at >= end || (options_.bytes > 0 && bytes >= options_.bytes)) return now;
      if (now.total > last_total) {
        last_total = now.total;
        last_arrival = now.at;
      } else if (now.at - last_arrival > options_.common.timeout()) {
        return fail(ErrorCode::Timeout,
                    fmt::format("nothing arrived for {} s", options_.common.timeout_seconds));
      }
      if (progress_.is_due()) show(begin, now, bytes);
    }
  }

  void show(const Snapshot& begin, const Snapshot& now, std::uint64_t bytes) {
    const double seconds = std::chrono::duration<double>(now.at - begin.at).count();
    const double share = options_.bytes > 0
                             ? static_cast<double>(bytes) / static_cast<double>(options_.bytes)
                             : seconds / options_.seconds;
    progress_.show(fmt::format("{}  {:.1f} s, {:.1f} MB, {:.3f} Gbit/s", progress_bar(share),
                               seconds, static_cast<double>(bytes) / 1e6,
                               static_cast<double>(bytes) * 8e-9 / seconds));
  }

  void tell(const Snapshot& begin, const Snapshot& end) {
    Json channels = Json::array();
    for (std::size_t i = 0; i < end.messages.size(); ++i) {
      channels.push_back(end.messages[i] - begin.messages[i]);
    }
    side_.conversation().send(
        {{"op", "measured"},
         {"seconds", std::chrono::duration<double>(end.at - begin.at).count()},
         {"cpu_s", end.cpu - begin.cpu},
         {"messages", std::move(channels)}});
  }

  Result<> take_the_rest(const std::vector<std::uint64_t>& sent) {
    const std::uint64_t all = std::accumulate(sent.begin(), sent.end(), std::uint64_t{0});
    // A busy machine is given time as long as anything arrives.
    Snapshot last = look();
    while (last.total < all && Clock::now() - last.at < options_.common.timeout()) {
      if (auto waited = wait_until(Clock::now() + kFineTick); !waited) return waited;
      if (Snapshot now = look(); now.total > last.total) last = std::move(now);
    }
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const std::uint64_t came = last.messages.at(i);
      if (came == sent[i]) continue;
      return fail(ErrorCode::Internal,
                  fmt::format("channel {} of {}: {} messages were sent, {} came within {} s", i,
                              sent.size(), sent[i], came, options_.common.timeout_seconds));
    }
    std::size_t at = 0;
    for (const auto& peer : peers_) {
      for (const auto& flow : peer->flows()) {
        if (auto complete = flow->check.end(sent.at(at++)); !complete) return complete;
      }
    }
    side_.conversation().send({{"op", "end"}, {"messages", all}});
    return {};
  }

  const DataOptions& options_;
  Progress progress_;
  std::vector<std::shared_ptr<ReceivingPeer>> peers_;
  Side side_;  // its end is the handlers' end, so it goes first
};

}  // namespace

Result<> receive_data(const DataOptions& options, Conversation& conversation) {
  return Receiver(options, conversation).run();
}

}  // namespace specter::cli::bench
