// Two agents on the simulated network, and signalling between them. For the tests of this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ice/agent.h"
#include "simulation/random.h"
#include "testing/network.h"

namespace specter::ice {

using specter::simulation::kStart;
using specter::simulation::LinkOptions;
using specter::simulation::SeededRandom;
using specter::testing::Flight;
using specter::testing::Network;
using namespace std::chrono_literals;

inline Endpoint at(std::string_view text) {
  const auto endpoint = Endpoint::parse(text);
  if (!endpoint) throw std::invalid_argument(std::string(text));
  return *endpoint;
}

template <class T>
std::vector<T> all(const std::vector<Agent::Event>& events) {
  std::vector<T> found;
  for (const auto& event : events) {
    if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
  }
  return found;
}

// An agent as a host, whose candidates go to its peer when `trickle` is set.
class AgentHost final : public testing::Host {
 public:
  AgentHost(Agent::Config config, std::uint64_t seed) : random(seed), agent(config, random) {}

  void handle_datagram(Timestamp now, const Datagram& datagram) override {
    if (is_dead) return;
    agent.handle_datagram(now, datagram.path, datagram.bytes);
  }
  void handle_timeout(Timestamp now) override {
    if (!is_dead) agent.handle_timeout(now);
  }
  std::optional<Transmit> poll_transmit(Timestamp now) override {
    return is_dead ? std::nullopt : agent.poll_transmit(now);
  }
  bool drain_events(Timestamp now) override {
    auto event = agent.poll_event();
    if (!event) return false;
    if (const auto* state = std::get_if<ConnectionStateChanged>(&*event)) {
      states.push_back(state->state);
      if (state->state == IceConnectionState::Connected && !connected_at) connected_at = now;
    }
    if (const auto* found = std::get_if<LocalCandidateFound>(&*event); found && trickle_to) {
      EXPECT_TRUE(trickle_to->agent.add_remote_candidate(now, found->candidate));
    }
    events.push_back(std::move(*event));
    return true;
  }
  Deadline next_timeout() const override { return is_dead ? Deadline{} : agent.next_timeout(); }

  IceConnectionState state() const { return agent.connection_state(); }
  bool is_connected() const {
    return state() == IceConnectionState::Connected || state() == IceConnectionState::Completed;
  }
  std::string reason() const {
    const auto changes = all<ConnectionStateChanged>(events);
    return changes.empty() ? "" : changes.back().reason;
  }

  SeededRandom random;
  Agent agent;
  AgentHost* trickle_to = nullptr;
  std::vector<Agent::Event> events;
  std::vector<IceConnectionState> states;
  Deadline connected_at;
  bool is_dead = false;  // the process ended: no packet in, none out
};

// Alice (controlling, 10.0.0.1) and Bob (controlled, 10.0.0.2), attached but not yet started.
struct TwoAgents {
  static Agent::Config controlling(Agent::Config config) {
    config.role = Role::Controlling;
    return config;
  }
  static Agent::Config controlled(Agent::Config config) {
    config.role = Role::Controlled;
    return config;
  }

  explicit TwoAgents(LinkOptions link = {.latency = 10ms}, const Agent::Config& config = {})
      : alice(controlling(config), link.seed * 2 + 1),
        bob(controlled(config), link.seed * 2 + 2),
        network(link) {
    network.attach(alice, a.address);
    network.attach(bob, b.address);
  }

  Timestamp now() const { return network.now(); }

  void gather(AgentHost& host, const Endpoint& base) {
    host.agent.start_gathering(now());
    host.agent.add_local_endpoint(now(), base);
    host.agent.end_of_local_endpoints(now());
  }
  void exchange_credentials() {
    alice.agent.set_remote_credentials(now(), bob.agent.local_credentials());
    bob.agent.set_remote_credentials(now(), alice.agent.local_credentials());
  }
  void exchange_candidates() {
    for (const Candidate& c : bob.agent.local_candidates())
      EXPECT_TRUE(alice.agent.add_remote_candidate(now(), c));
    for (const Candidate& c : alice.agent.local_candidates())
      EXPECT_TRUE(bob.agent.add_remote_candidate(now(), c));
    alice.agent.end_of_remote_candidates(now());
    bob.agent.end_of_remote_candidates(now());
  }
  // All that signalling has to say, at once.
  void start() {
    gather(alice, a);
    gather(bob, b);
    exchange_credentials();
    exchange_candidates();
  }
  bool both_connected() const { return alice.is_connected() && bob.is_connected(); }
  bool both_completed() const {
    return alice.state() == IceConnectionState::Completed &&
           bob.state() == IceConnectionState::Completed;
  }
  bool connect(Duration limit = 5s) {
    start();
    return network.run_until([&] { return both_completed(); }, limit);
  }

  Endpoint a = at("10.0.0.1:5000");
  Endpoint b = at("10.0.0.2:6000");
  AgentHost alice;
  AgentHost bob;
  Network network;
};

}  // namespace specter::ice
