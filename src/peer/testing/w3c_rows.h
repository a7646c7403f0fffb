// For tests of the W3C's rows: two peers, and what each was told. docs/w3c-rows.md lists the rows.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jsep/testing/foreign_sdp.h"
#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::core::rows {

using namespace std::chrono_literals;
using jsep::with;
using testing::PeerHost;
using testing::PeerPair;

inline Buffer bytes_of(std::size_t size, std::uint8_t value = 0x5a) { return Buffer(size, value); }

// The name of the error that a call gave, as the W3C spells it; "" when it went well.
template <class T>
std::string name_of(const Result<T>& result) {
  return result ? "" : std::string(to_string(result.error().code));
}

// What a peer was told of one channel, in its order.
inline std::vector<std::string> told_of(const PeerHost& host, ChannelId channel) {
  std::vector<std::string> out;
  const auto note = [&](const auto* event, const char* name) {
    if (event && event->channel == channel) out.emplace_back(name);
  };
  for (const Event& event : host.events) {
    note(std::get_if<IncomingDataChannel>(&event), "incoming");
    note(std::get_if<DataChannelOpen>(&event), "open");
    note(std::get_if<Message>(&event), "message");
    note(std::get_if<BufferedAmountLow>(&event), "low");
    note(std::get_if<DataChannelClosing>(&event), "closing");
    note(std::get_if<DataChannelError>(&event), "error");
    note(std::get_if<DataChannelClosed>(&event), "close");
  }
  return out;
}

inline std::size_t count(const std::vector<std::string>& all, const std::string& one) {
  return static_cast<std::size_t>(std::ranges::count(all, one));
}

// The signaling states, and when negotiation was needed.
inline std::vector<std::string> signaling(const PeerHost& host) {
  std::vector<std::string> out;
  for (const auto& event : host.events) {
    if (std::holds_alternative<NegotiationNeeded>(event)) out.emplace_back("needed");
    if (const auto* e = std::get_if<SignalingStateChange>(&event))
      out.emplace_back(to_string(e->state));
  }
  return out;
}

template <class E>
std::vector<std::string> states(const PeerHost& host) {
  std::vector<std::string> out;
  for (const auto* e : host.all<E>()) out.emplace_back(to_string(e->state));
  return out;
}

// The line of a description that begins so, without its end; "" without one.
inline std::string line(const std::string& sdp, const std::string& begin) {
  const std::size_t at = ("\r\n" + sdp).find("\r\n" + begin);
  return at == std::string::npos ? "" : sdp.substr(at, sdp.find("\r\n", at) - at);
}

// Two peers that have nothing yet, and their calls at the network's time.
struct Two {
  explicit Two(simulation::LinkOptions link = {}, ConnectionOptions of_a = {},
               ConnectionOptions of_b = {})
      : pair(link, std::move(of_a), std::move(of_b)) {}

  Timestamp now() const { return pair.now(); }
  Result<ChannelId> create(PeerHost& host, std::string_view label = "data",
                           const DataChannelOptions& options = {}) {
    auto created = host.connection.create_data_channel(now(), label, options);
    // A turn of its own, in which it is told that negotiation is needed.
    while (host.drain_events(now())) {
    }
    return created;
  }
  Result<> set_local(PeerHost& host, const SessionDescription& description) {
    return host.connection.set_local_description(now(), description);
  }
  Result<> set_remote(PeerHost& host, const SessionDescription& description) {
    return host.connection.set_remote_description(now(), description);
  }
  // Created and set.
  SessionDescription offer_of(PeerHost& host) {
    auto offer = host.connection.create_offer().value();
    EXPECT_EQ(name_of(set_local(host, offer)), "");
    return offer;
  }
  SessionDescription answer_of(PeerHost& host) {
    auto answer = host.connection.create_answer().value();
    EXPECT_EQ(name_of(set_local(host, answer)), "");
    return answer;
  }
  void run(Duration time = 1s) { pair.network.run_for(time); }
  // a offers, candidates are carried both ways, and a second goes by.
  bool connect() {
    const bool connected = pair.connect();
    run();
    return connected;
  }

  PeerPair pair;
  PeerHost& a = pair.a;
  PeerHost& b = pair.b;
  PeerConnection& pc_a = pair.a.connection;
  PeerConnection& pc_b = pair.b.connection;
};

enum class Announced { InBand, Negotiated };

inline const Announced kBoth[] = {Announced::InBand, Announced::Negotiated};

// Connected, with a channel that is open on both sides.
struct Open : Two {
  explicit Open(Announced announced = Announced::InBand, DataChannelOptions options = {},
                ConnectionOptions of_a = {}, ConnectionOptions of_b = {})
      : Two({}, std::move(of_a), std::move(of_b)) {
    if (announced == Announced::Negotiated) {
      options.negotiated = true;
      options.id = 6;
      at_b = create(b, "data", options).value();
    }
    at_a = create(a, "data", options).value();
    EXPECT_TRUE(connect());
    if (announced == Announced::InBand) {
      const auto incoming = b.all<IncomingDataChannel>();
      EXPECT_EQ(incoming.size(), 1u);
      if (!incoming.empty()) at_b = incoming[0]->channel;
    }
    EXPECT_EQ(pc_a.data_channel_state(at_a), DataChannelState::Open);
    EXPECT_EQ(pc_b.data_channel_state(at_b), DataChannelState::Open);
  }

  Result<> send(Bytes message, MessageKind kind = MessageKind::Binary) {
    return pc_a.send(now(), at_a, kind, message);
  }
  Result<> send(std::string_view text) { return send(as_bytes(text), MessageKind::Text); }

  ChannelId at_a{}, at_b{};
};

}  // namespace specter::core::rows
