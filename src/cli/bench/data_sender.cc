// The near side of specter bench data: keeps the send buffers filled.
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "cli/bench/data.h"
#include "cli/bench/message.h"
#include "cli/bench/process.h"
#include "cli/bench/side.h"

namespace specter::cli::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kForGood = 24h;

class SendingPeer final : public TalkingPeer {
 public:
  SendingPeer(Conversation& conversation, std::size_t index, const DataOptions& options)
      : TalkingPeer(conversation, index),
        options_(options),
        pool_(options.message_bytes),
        sent_(options.channels) {}

  // From then on nothing is sent; what was is told by a line "sent".
  void stop() {
    is_stopped_ = true;
    if (auto asked = connection().get_stats(); !asked) on_failure(asked.error().message);
  }
  // Once "sent" was told.
  const std::vector<std::uint64_t>& sent() const { return sent_; }
  const Stats& stats() const { return stats_; }

 protected:
  void on_open(const DataChannel& channel) override {
    const std::size_t stream = channel.id().value_or(0);
    if (by_stream_.size() <= stream) by_stream_.resize(stream + 1);
    by_stream_[stream] = static_cast<ChannelIndex>(std::stoul(channel.label()));
    channel.set_buffered_amount_low_threshold(options_.low_threshold());
    fill(channel);
  }
  void on_low(const DataChannel& channel) override { fill(channel); }

  // On the loop, as the sending is: so nothing is sent after it.
  void on_stats(const Stats& stats) override {
    stats_ = stats;
    conversation().post({{"op", "sent"}});
  }

 private:
  // As a good user does: until the buffer is full, and on at BufferedAmountLow. It ends above the
  // threshold, or that event would not come again.
  void fill(const DataChannel& channel) {
    const ChannelIndex index = by_stream_.at(channel.id().value_or(0));
    std::size_t waiting = channel.buffered_amount();
    while (!is_stopped_.load(std::memory_order_relaxed) &&
           (waiting <= options_.low_threshold() ||
            waiting + options_.message_bytes <= options_.buffer_bytes)) {
      const auto done = channel.send(pool_.message(index, sent_[index]));
      if (!done) {
        if (done.error().code != ErrorCode::WouldBlock) on_failure(done.error().message);
        return;
      }
      ++sent_[index];
      waiting += options_.message_bytes;
    }
  }

  const DataOptions& options_;
  MessagePool pool_;
  std::vector<ChannelIndex> by_stream_;
  std::vector<std::uint64_t> sent_;  // on each channel
  Stats stats_;
  std::atomic<bool> is_stopped_ = false;
};

class Sender {
 public:
  Sender(const DataOptions& options, Conversation& conversation)
      : options_(options), side_(conversation, options.common.configuration()) {}

  Result<Report> run() {
    const Duration patience = options_.common.timeout();
    if (const auto ready = side_.wait_for("ready", patience); !ready) {
      return fail(ready.error());
    }
    for (std::size_t i = 0; i < options_.connections; ++i) {
      peers_.push_back(std::make_shared<SendingPeer>(side_.conversation(), i, options_));
      side_.add(peers_.back());
    }
    for (const auto& peer : peers_)
      peer->offer(options_.channels, {.ordered = !options_.unordered});

    // How long it may take is the receiver's to say from here on; it sees what arrives.
    if (const auto measuring = side_.wait_for("measuring", kForGood); !measuring) {
      return fail(measuring.error());
    }
    const double cpu_before = cpu_seconds();
    auto measured = side_.wait_for("measured", kForGood);
    if (!measured) return fail(measured.error());
    const double cpu = cpu_seconds() - cpu_before;

    if (auto stopped = stop(); !stopped) return fail(stopped.error());
    const auto end = side_.wait_for("end", kForGood);
    if (!end) return fail(end.error());
    return report(*measured, cpu, (*end)["messages"].get<std::uint64_t>());
  }

 private:
  Result<> stop() {
    for (const auto& peer : peers_) peer->stop();
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      const auto told = side_.wait_for("sent", options_.common.timeout());
      if (!told) return fail(told.error());
    }
    Json messages = Json::array();
    for (const auto& peer : peers_) {
      for (const std::uint64_t sent : peer->sent()) messages.push_back(sent);
    }
    side_.conversation().send({{"op", "sent"}, {"messages", std::move(messages)}});
    return {};
  }

  Report report(const Json& measured, double sender_cpu, std::uint64_t checked) const {
    Report report("data", options_.parameters());
    const auto channels = measured["messages"].get<std::vector<std::uint64_t>>();
    std::uint64_t messages = 0, least = channels.front(), greatest = 0;
    for (const std::uint64_t count : channels) {
      messages += count;
      least = std::min(least, count);
      greatest = std::max(greatest, count);
    }
    const double seconds = measured["seconds"].get<double>();
    const double receiver_cpu = measured["cpu_s"].get<double>();
    // One process: either clock is that of both sides.
    const bool alone = options_.sides.processes == 1;
    const double cpu = alone ? receiver_cpu : sender_cpu + receiver_cpu;
    const double bytes = static_cast<double>(messages * options_.message_bytes);
    const double gigabytes = bytes * 1e-9;

    report.add("seconds", seconds, "measured",
               fmt::format("{:.3f} s, {} messages, {:.1f} MB", seconds, messages, bytes * 1e-6));
    report.add("messages", messages);
    report.add("bytes", messages * options_.message_bytes);
    report.add("gbit_per_s", gigabytes * 8 / seconds, "throughput",
               fmt::format("{:.3f} Gbit/s", gigabytes * 8 / seconds));
    report.add("messages_per_s", static_cast<double>(messages) / seconds, "messages",
               fmt::format("{:.0f} a second", static_cast<double>(messages) / seconds));
    const double cpu_per_gb = gigabytes > 0 ? cpu / gigabytes : 0;
    report.add("cpu_s_per_gb", cpu_per_gb, "CPU",
               fmt::format("{:.2f} s a GB, both sides together{}", cpu_per_gb,
                           alone ? std::string()
                                 : fmt::format(" (sender {:.0f} %)", 100 * sender_cpu / cpu)));
    report.add("cores_busy", cpu / seconds, "cores busy", fmt::format("{:.2f}", cpu / seconds));
    if (!alone) {
      report.add("sender_cpu_s", sender_cpu);
      report.add("receiver_cpu_s", receiver_cpu);
    }
    if (channels.size() > 1 && messages > 0) {
      const double fair = static_cast<double>(messages) / static_cast<double>(channels.size());
      const double low = static_cast<double>(least) / fair;
      const double high = static_cast<double>(greatest) / fair;
      report.add("least_channel_share", low);
      report.add("greatest_channel_share", high, "shares",
                 fmt::format("a channel had {:.2f} to {:.2f} times its fair share", low, high));
    }
    std::uint64_t retransmissions = 0;
    for (const auto& peer : peers_) retransmissions += peer->stats().sctp.retransmissions;
    const auto& transport = peers_.front()->stats().transport;
    report.add("retransmissions", retransmissions);
    report.add("dtls", transport.tls_version);
    report.add("cipher", transport.dtls_cipher, "transport",
               fmt::format("{}, {}, {} SCTP retransmissions", transport.tls_version,
                           transport.dtls_cipher, retransmissions));
    report.add("checked_messages", checked, "check",
               fmt::format("all {} messages came, each once, as it was sent{}", checked,
                           options_.unordered ? "" : " and in order"));
    return report;
  }

  const DataOptions& options_;
  std::vector<std::shared_ptr<SendingPeer>> peers_;
  Side side_;  // its end is the handlers' end, so it goes first
};

}  // namespace

Result<Report> send_data(const DataOptions& options, Conversation& conversation) {
  return Sender(options, conversation).run();
}

}  // namespace specter::cli::bench
