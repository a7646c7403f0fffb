// The same inputs in the same order give the same output, byte for byte: architecture.md §2.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::Flight;
using testing::PeerPair;

struct Trace {
  std::vector<Flight> flights;      // every datagram, with its time
  std::vector<std::string> events;  // every event of both sides
  std::size_t delivered_bytes = 0;

  bool operator==(const Trace&) const = default;
};

std::string describe(const core::Event& event) {
  std::string text = fmt::format("{}", event.index());
  if (const auto* m = std::get_if<core::Message>(&event)) {
    text += fmt::format(" {} {}", static_cast<std::uint64_t>(m->channel), as_text(m->data));
  }
  if (const auto* c = std::get_if<core::LocalCandidate>(&event)) text += c->candidate.candidate;
  if (const auto* s = std::get_if<core::ConnectionStateChange>(&event)) {
    text += fmt::format(" {} {}", to_string(s->state), s->reason);
  }
  return text;
}

// A life of two peers, from a seed: connecting, talking over a bad path, closing.
Trace live(std::uint64_t seed) {
  Trace trace;
  PeerPair pair({.latency = 15ms, .jitter = 10ms, .loss = 0.1, .duplicate = 0.05, .seed = seed});
  pair.network.filter = [&](Flight& flight) {
    trace.flights.push_back(flight);
    return true;
  };
  const auto ordered = pair.a.connection.create_data_channel(pair.now(), "ordered").value();
  const auto loose =
      pair.a.connection
          .create_data_channel(pair.now(), "loose", {.ordered = false, .max_retransmits = 1})
          .value();
  EXPECT_TRUE(pair.negotiate());
  const bool is_open =
      pair.network.run_until([&] { return pair.a.all<core::DataChannelOpen>().size() == 2; }, 60s);
  EXPECT_TRUE(is_open) << "seed " << seed;

  simulation::SeededRandom random(seed);
  for (int i = 0; i < 50; ++i) {
    Buffer message(1 + random.below(20'000));
    random.fill(message);
    (void)pair.a.connection.send(pair.now(), i % 2 ? ordered : loose, MessageKind::Binary, message);
    pair.network.run_for(20ms);
  }
  pair.network.run_for(30s);
  pair.a.connection.close(pair.now());
  pair.network.run_for(1s);
  pair.b.connection.close(pair.now());
  pair.network.run_for(1s);

  for (const auto* host : {&pair.a, &pair.b}) {
    for (const auto& event : host->events) trace.events.push_back(describe(event));
  }
  for (const auto* m : pair.b.all<core::Message>()) trace.delivered_bytes += m->data.size();
  return trace;
}

TEST(Determinism, TheSameSeedGivesTheSameTrace) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Trace first = live(seed);
    const Trace second = live(seed);
    ASSERT_EQ(first.flights.size(), second.flights.size()) << "seed " << seed;
    for (std::size_t i = 0; i < first.flights.size(); ++i) {
      ASSERT_EQ(first.flights[i], second.flights[i]) << "seed " << seed << ", datagram " << i;
    }
    EXPECT_EQ(first.events, second.events) << "seed " << seed;
    EXPECT_GT(first.delivered_bytes, 100'000u);
  }
}

TEST(Determinism, AnotherSeedGivesAnotherTrace) { EXPECT_NE(live(1), live(2)); }

}  // namespace
}  // namespace specter
