// specter bench latency: one message at a time goes there and back.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "cli/bench/message.h"
#include "cli/bench/process.h"
#include "cli/bench/progress.h"
#include "cli/bench/side.h"
#include "cli/bench/two_sides.h"

namespace specter::cli::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWarmUpRounds = 200;

constexpr Duration kLook = std::chrono::milliseconds(200);  // how often the progress line moves

class EchoingPeer final : public TalkingPeer {
 public:
  using TalkingPeer::TalkingPeer;

 protected:
  void on_message(const DataChannel& channel, Bytes message) override {
    if (const auto sent = channel.send(message); !sent) on_failure(sent.error().message);
  }
};

class AskingPeer final : public TalkingPeer {
 public:
  AskingPeer(Conversation& conversation, std::size_t message_bytes)
      : TalkingPeer(conversation, 0), pool_(message_bytes) {}

  // From any thread, once "open" was told: so many rounds, then "rounds" is told. The first is not
  // in the times: it begins with a call from another thread.
  void go(std::size_t rounds) {
    times_us_.clear();
    times_us_.reserve(rounds);
    rounds_ = rounds;
    left_ = rounds + 1;
    ask();
  }
  // How many of them there were, for who looks on from another thread.
  std::size_t done() const { return done_.load(std::memory_order_relaxed); }
  const std::vector<double>& times_us() const { return times_us_; }  // once "rounds" was told

 protected:
  void on_open(const DataChannel& channel) override {
    channel_ = channel;
    conversation().post({{"op", "open"}});
  }

  void on_message(const DataChannel& /*channel*/, Bytes message) override {
    const auto now = Clock::now();
    if (const auto taken = check_.take(pool_, message); !taken) {
      return on_failure(taken.error().message);
    }
    if (left_ <= rounds_) {
      times_us_.push_back(std::chrono::duration<double, std::micro>(now - asked_).count());
    }
    done_.store(rounds_ + 1 - --left_, std::memory_order_relaxed);
    if (left_ > 0) return ask();
    conversation().post({{"op", "rounds"}});
  }

 private:
  void ask() {
    const Bytes message = pool_.message(0, asked_count_++);
    asked_ = Clock::now();
    if (const auto sent = channel_.send(message); !sent) on_failure(sent.error().message);
  }

  // Handed over with the calls and lines between: only one thread at a time has work to do.
  DataChannel channel_;
  MessagePool pool_;
  MessageCheck check_{0, Order::Kept};
  std::uint64_t asked_count_ = 0;
  std::size_t rounds_ = 0, left_ = 0;
  std::atomic<std::size_t> done_ = 0;
  Clock::time_point asked_{};
  std::vector<double> times_us_;
};

Result<> answer(const LatencyOptions& options, Conversation& conversation) {
  Side side(conversation, options.common.configuration());
  side.add(std::make_shared<EchoingPeer>(conversation, 0));
  conversation.send({{"op", "ready"}});
  while (true) {
    const auto asked = side.wait_for("usage", std::chrono::hours(24));
    if (!asked && asked.error().code == ErrorCode::Closed) return {};
    if (!asked) return fail(asked.error());
    conversation.send({{"op", "usage"}, {"cpu_s", cpu_seconds()}});
  }
}

class Asker {
 public:
  Asker(const LatencyOptions& options, Conversation& conversation)
      : options_(options),
        peer_(std::make_shared<AskingPeer>(conversation, options.message_bytes)),
        side_(conversation, options.common.configuration()) {}

  Result<Report> run() {
    const Duration patience = options_.common.timeout();
    if (const auto ready = side_.wait_for("ready", patience); !ready) {
      return fail(ready.error());
    }
    side_.add(peer_);
    peer_->offer(1, {});
    if (const auto open = side_.wait_for("open", patience); !open) {
      return fail(open.error());
    }
    if (auto warm = rounds(kWarmUpRounds); !warm) return fail(warm.error());
    const auto before = cpu_of_both();
    if (!before) return fail(before.error());
    if (auto done = rounds(options_.count); !done) return fail(done.error());
    const auto after = cpu_of_both();
    if (!after) return fail(after.error());
    return report(*after - *before);
  }

 private:
  // Each round has its share of the timeout; that of one suffices for many.
  Result<> rounds(std::size_t count) {
    peer_->go(count);
    const auto patience = options_.common.timeout() + count * std::chrono::milliseconds(10);
    const auto end = Clock::now() + patience;
    Progress progress;
    while (true) {
      const auto done = side_.wait_for("rounds", std::min<Duration>(patience, kLook));
      if (done) return {};
      if (done.error().code != ErrorCode::Timeout || Clock::now() >= end) return fail(done.error());
      progress.show(fmt::format(
          "{}  {} of {} round trips",
          progress_bar(static_cast<double>(peer_->done()) / static_cast<double>(count + 1)),
          peer_->done(), count));
    }
  }

  Result<double> cpu_of_both() {
    side_.conversation().send({{"op", "usage"}});
    const auto theirs = side_.wait_for("usage", options_.common.timeout());
    if (!theirs) return fail(theirs.error());
    const double ours = options_.sides.processes == 1 ? 0 : cpu_seconds();
    return ours + (*theirs)["cpu_s"].get<double>();
  }

  Report report(double cpu) const {
    Report report("latency", options_.parameters());
    const std::size_t rounds = options_.count + 1;
    const double cpu_us = cpu * 1e6 / static_cast<double>(rounds);
    report.add_percentiles("", "us", percentiles(peer_->times_us()), "round trip");
    report.add("rounds", options_.count);
    report.add("cpu_us_per_round_trip", cpu_us, "CPU",
               fmt::format("{:.1f} us a round trip, both sides together", cpu_us));
    report.tell("check", fmt::format("all {} messages came back as they were sent",
                                     options_.count + 1 + kWarmUpRounds + 1));
    return report;
  }

  const LatencyOptions& options_;
  std::shared_ptr<AskingPeer> peer_;
  Side side_;  // its end is the handlers' end, so it goes first
};

}  // namespace

Json LatencyOptions::parameters() const {
  return {{"size_bytes", message_bytes},     {"count", count},
          {"warm_up_rounds", kWarmUpRounds}, {"processes", sides.processes},
          {"loops", common.loops},           {"loopback", common.network.loopback}};
}

int run_latency(const LatencyOptions& options) {
  const FarSide far = [&](Conversation& conversation) { return answer(options, conversation); };
  if (options.sides.is_far_side) return run_far_side(far);
  const auto report = run_near_side(
      options.sides, [&](Conversation& conversation) { return Asker(options, conversation).run(); },
      far);
  return print("latency", report, options.common.json ? Format::Json : Format::Table);
}

}  // namespace specter::cli::bench
