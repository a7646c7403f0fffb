// For tests: two sides that talk over a simulated path, and what happened on one of them as text.
#pragma once

#include <fmt/format.h>

#include "channel/data_channels.h"
#include "simulation/random.h"
#include "testing/pair.h"

namespace specter::channel {

using namespace std::chrono_literals;
using simulation::LinkOptions;

// "opened 1", "text 1 hello", …; the bytes of binary and of long messages are only counted.
inline std::string to_text(const DataChannels::Event& event) {
  struct Teller {
    static unsigned long number(ChannelId id) {
      return static_cast<unsigned long>(std::to_underlying(id));
    }
    std::string operator()(const IncomingDataChannel& e) const {
      return fmt::format("incoming {} {}", number(e.channel), e.label);
    }
    std::string operator()(const DataChannelOpen& e) const {
      return fmt::format("opened {}", number(e.channel));
    }
    std::string operator()(const Message& e) const {
      if (e.kind == MessageKind::Text && e.data.size() < 100)
        return fmt::format("text {} {}", number(e.channel), as_text(e.data));
      return fmt::format("{} {} of {} bytes", e.kind == MessageKind::Text ? "text" : "binary",
                         number(e.channel), e.data.size());
    }
    std::string operator()(const BufferedAmountLow& e) const {
      return fmt::format("low {}", number(e.channel));
    }
    std::string operator()(const DataChannelClosing& e) const {
      return fmt::format("closing {}", number(e.channel));
    }
    std::string operator()(const DataChannelError& e) const {
      return fmt::format("failed {} {}", number(e.channel), to_string(e.error.code));
    }
    std::string operator()(const DataChannelClosed& e) const {
      return fmt::format("closed {}", number(e.channel));
    }
    std::string operator()(const DataChannelRefused& e) const {
      return fmt::format("refused stream {}", e.stream);
    }
    std::string operator()(const AssociationEstablished&) const { return "established"; }
    std::string operator()(const AssociationClosed& e) const {
      return e.by_error ? "ended by an error" : "ended";
    }
  };
  return std::visit(Teller{}, event);
}

// What happened so far, which is then forgotten.
inline std::vector<std::string> take(std::vector<DataChannels::Event>& events) {
  std::vector<std::string> texts;
  for (const auto& event : events) texts.push_back(to_text(event));
  events.clear();
  return texts;
}

// A machine whose application may stop listening.
class Pausable {
 public:
  using Transmit = DataChannels::Transmit;
  using Event = DataChannels::Event;

  explicit Pausable(DataChannels& channels) : channels_(channels) {}
  Pausable(const Pausable&) = delete;

  void handle_packet(Timestamp now, Bytes packet) { channels_.handle_packet(now, packet); }
  void handle_timeout(Timestamp now) { channels_.handle_timeout(now); }
  std::optional<Transmit> poll_transmit(Timestamp now) { return channels_.poll_transmit(now); }
  std::optional<Event> poll_event() {
    return paused ? std::optional<Event>{} : channels_.poll_event();
  }
  WakeUp next_timeout() const { return channels_.next_timeout(); }

  bool paused = false;

 private:
  DataChannels& channels_;
};

inline constexpr std::size_t kPeerLimit = 256 * 1024;

struct TwoSides {
  explicit TwoSides(LinkOptions link = {}, DataChannels::Config config_a = {},
                    DataChannels::Config config_b = {})
      : random_a(link.seed * 2 + 1),
        random_b(link.seed * 2 + 2),
        a(config_a, random_a),
        b(config_b, random_b),
        pair(listener_a, listener_b, link) {}

  // The DTLS client is a.
  void connect() {
    a.connect(pair.now(), Parity::Even, kPeerLimit, 5000);
    b.connect(pair.now(), Parity::Odd, kPeerLimit, 5000);
  }
  void establish() {
    connect();
    pair.run_for(2s);
    take_a();
    take_b();
  }
  // A channel that is open on both sides; its number on each.
  std::pair<ChannelId, ChannelId> channel(const DataChannelOptions& options = {}) {
    const ChannelId here = *a.create(pair.now(), "channel", options);
    const bool found = pair.run_until(
        [&] {
          return a.state(here) == DataChannelState::Open && incoming(pair.events_b).has_value();
        },
        30s);
    if (!found) throw std::runtime_error("the channel did not open");
    const ChannelId there = *incoming(pair.events_b);
    pair.run_for(1s);
    take_a();
    take_b();
    return {here, there};
  }

  std::vector<std::string> take_a() { return shown(take(pair.events_a)); }
  std::vector<std::string> take_b() { return shown(take(pair.events_b)); }
  Result<> send_text(DataChannels& from, ChannelId channel, std::string_view text) {
    return from.send(pair.now(), channel, MessageKind::Text, as_bytes(text));
  }
  Result<> send_bytes(DataChannels& from, ChannelId channel, Bytes bytes) {
    return from.send(pair.now(), channel, MessageKind::Binary, bytes);
  }

  // BufferedAmountLow follows nearly every send() (the threshold is 0 at first): only those who
  // look for it want to see it.
  bool show_low = false;
  std::vector<std::string> shown(std::vector<std::string> texts) const {
    if (!show_low) std::erase_if(texts, [](const auto& text) { return text.starts_with("low "); });
    return texts;
  }

  static std::optional<ChannelId> incoming(const std::vector<DataChannels::Event>& events) {
    for (const auto& event : events) {
      if (const auto* found = std::get_if<IncomingDataChannel>(&event)) return found->channel;
    }
    return std::nullopt;
  }

  simulation::SeededRandom random_a, random_b;
  DataChannels a, b;
  Pausable listener_a{a}, listener_b{b};
  testing::Pair<Pausable> pair;
};

}  // namespace specter::channel
