// For the tests of this folder: two connections on the loopback interface, each with a mailbox.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

#include <gmock/gmock.h>

#include "specter/specter.h"

namespace specter::testing {

using namespace std::chrono_literals;

inline constexpr Duration kSoon = 10s;  // far more than it ever takes, also under a sanitizer

inline Configuration on_loopback(Configuration configuration = {}) {
  configuration.defaults.ice.loopback = LoopbackPolicy::Only;
  return configuration;
}

inline Api default_api(const Specter& specter) {
  auto engine = MediaEngine::with_default_codecs();
  auto registry = Registry::with_default_interceptors(engine);
  return specter.new_api(std::move(engine), std::move(registry));
}

// Descriptors that this process has open.
inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

// The description of ours, when all candidates are in it.
inline SessionDescription gathered(Mailbox& inbox, const PeerConnection& pc) {
  auto complete = inbox.receive_if<event::IceGatheringStateChange>(
      [&](const event::IceGatheringStateChange& e) {
        return e.connection == pc && e.state == IceGatheringState::Complete;
      },
      kSoon);
  EXPECT_TRUE(complete.has_value());
  return pc.local_description().value_or(SessionDescription{});
}

// Negotiates what `a` has to offer; without a wait for the connection itself.
inline void negotiate(Mailbox& inbox_a, const PeerConnection& a, Mailbox& inbox_b,
                      const PeerConnection& b) {
  ASSERT_TRUE(a.create_offer().has_value());
  const auto offer = inbox_a.receive<event::Offer>(a, kSoon);
  ASSERT_TRUE(offer.has_value()) << offer.error().message;
  ASSERT_TRUE(a.set_local_description(offer->description).has_value());
  ASSERT_TRUE(inbox_a.receive<event::LocalDescriptionSet>(a, kSoon).has_value());
  ASSERT_TRUE(b.set_remote_description(gathered(inbox_a, a)).has_value());
  ASSERT_TRUE(inbox_b.receive<event::RemoteDescriptionSet>(b, kSoon).has_value());
  ASSERT_TRUE(b.create_answer().has_value());
  const auto answer = inbox_b.receive<event::Answer>(b, kSoon);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  ASSERT_TRUE(b.set_local_description(answer->description).has_value());
  ASSERT_TRUE(inbox_b.receive<event::LocalDescriptionSet>(b, kSoon).has_value());
  ASSERT_TRUE(a.set_remote_description(gathered(inbox_b, b)).has_value());
  const auto set = inbox_a.receive<event::RemoteDescriptionSet>(a, kSoon);
  ASSERT_TRUE(set.has_value()) << set.error().message;
}

// For the handler of a connection that answers `offerer`: when its candidates are all there.
inline void answer_from_handler(const Event& event, const PeerConnection& offerer) {
  const auto must = [](const auto& result) { EXPECT_TRUE(result.has_value()); };
  if (const auto* gathering = std::get_if<event::IceGatheringStateChange>(&event);
      gathering && gathering->state == IceGatheringState::Complete)
    must(offerer.set_remote_description(*gathering->connection.local_description()));
  if (std::holds_alternative<event::RemoteDescriptionSet>(event))
    must(connection_of(event).create_answer());
  if (const auto* answer = std::get_if<event::Answer>(&event))
    must(answer->connection.set_local_description(answer->description));
}

struct TwoPeers {
  explicit TwoPeers(Configuration configuration = {}) : specter(on_loopback(configuration)) {}

  // Until the channel is open on both sides.
  void connect(DataChannelOptions options = {}) {
    ASSERT_TRUE(inbox_a.receive<event::Ready>(a, kSoon).has_value());
    ASSERT_TRUE(inbox_b.receive<event::Ready>(b, kSoon).has_value());
    auto created = a.create_data_channel("data", options);
    ASSERT_TRUE(created.has_value());
    channel_a = *created;
    negotiate(inbox_a, a, inbox_b, b);
    ASSERT_TRUE(inbox_a.receive<event::DataChannelOpen>(a, kSoon).has_value());
    auto open = inbox_b.receive<event::DataChannelOpen>(b, kSoon);
    ASSERT_TRUE(open.has_value());
    channel_b = open->channel;
  }

  Specter specter;
  Mailbox inbox_a, inbox_b;
  Api api = default_api(specter);
  PeerConnection a = api.new_peer_connection(inbox_a);
  PeerConnection b = api.new_peer_connection(inbox_b);
  DataChannel channel_a, channel_b;
};

}  // namespace specter::testing
