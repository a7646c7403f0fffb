// A whole sans-IO peer connection as a host of the simulated network, and two of them with their
// signalling.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "simulation/random.h"
#include "testing/network.h"

#include "specter/core.h"

namespace specter::testing {

// A certificate costs a third of a millisecond: tests that don't care share one for each seed.
inline std::shared_ptr<const core::Certificate> test_certificate(std::uint64_t seed) {
  simulation::SeededRandom random(seed);
  return core::generate_certificate(random, 1'790'000'000);
}

class PeerHost : public Host {
 public:
  struct Options {
    std::vector<Endpoint> endpoints;  // what the driver would have bound
    std::uint64_t seed = 1;
    ConnectionOptions configuration{};
  };

  explicit PeerHost(Options options)
      : options_(std::move(options)),
        random_(options_.seed),
        connection(with_certificate(), random_) {}

  void handle_datagram(Timestamp now, const Datagram& datagram) override {
    connection.handle_datagrams(now, {&datagram, 1});
  }
  void handle_timeout(Timestamp now) override { connection.handle_timeout(now); }
  std::optional<Transmit> poll_transmit(Timestamp now) override {
    return connection.poll_transmit(now);
  }
  void handle_too_large(Timestamp now, const Endpoint& local, const Endpoint& remote,
                        std::size_t most) override {
    connection.handle_too_large(now, local, remote, most);
  }
  Deadline next_timeout() const override { return connection.next_timeout(); }

  bool drain_events(Timestamp now) override {
    if (is_paused) return false;
    auto event = connection.poll_event();
    if (!event) return false;
    if (std::holds_alternative<core::GatherCandidates>(*event)) {
      for (const Endpoint& endpoint : options_.endpoints)
        connection.add_local_endpoint(now, endpoint);
      connection.end_of_local_endpoints(now);
    }
    if (const auto* found = std::get_if<core::LocalCandidate>(&*event)) {
      candidates.push_back(found->candidate);
    }
    events.push_back(std::move(*event));
    return true;
  }

  template <class E>
  std::vector<const E*> all() const {
    std::vector<const E*> out;
    for (const auto& event : events) {
      if (const auto* e = std::get_if<E>(&event)) out.push_back(e);
    }
    return out;
  }
  template <class E>
  bool has() const {
    return !all<E>().empty();
  }

 private:
  ConnectionOptions with_certificate() const {
    ConnectionOptions configuration = options_.configuration;
    if (!configuration.certificate) configuration.certificate = test_certificate(options_.seed);
    return configuration;
  }

  Options options_;
  simulation::SeededRandom random_;

 public:
  core::PeerConnection connection;
  std::vector<core::Event> events;
  std::vector<IceCandidate> candidates;  // found, and not yet told
  bool is_paused = false;                // an owner that takes no events
};

// Two peers on one network, with signalling that takes no time.
class PeerPair {
 public:
  explicit PeerPair(simulation::LinkOptions link = {}, ConnectionOptions configuration = {})
      : PeerPair(link, configuration, configuration) {}
  PeerPair(simulation::LinkOptions link, ConnectionOptions of_a, ConnectionOptions of_b,
           std::vector<Endpoint> as_endpoints = {*Endpoint::parse("192.0.2.1:5001")},
           std::vector<Endpoint> bs_endpoints = {*Endpoint::parse("192.0.2.2:5002")})
      : network(link),
        a({as_endpoints, link.seed * 2 + 1, std::move(of_a)}),
        b({bs_endpoints, link.seed * 2 + 2, std::move(of_b)}) {
    for (const Endpoint& endpoint : as_endpoints) network.attach(a, endpoint.address);
    for (const Endpoint& endpoint : bs_endpoints) network.attach(b, endpoint.address);
  }

  Timestamp now() const { return network.now(); }

  // `from` offers, the other answers; false when a step failed.
  bool negotiate(PeerHost& from, PeerHost& to) {
    const auto offer = from.connection.create_offer();
    if (!offer || !from.connection.set_local_description(now(), *offer)) return false;
    if (!to.connection.set_remote_description(now(), *offer)) return false;
    const auto answer = to.connection.create_answer();
    if (!answer || !to.connection.set_local_description(now(), *answer)) return false;
    if (!from.connection.set_remote_description(now(), *answer)) return false;
    network.settle();
    trickle();
    return true;
  }
  bool negotiate() { return negotiate(a, b); }

  void trickle() {
    for (const auto& candidate : std::exchange(a.candidates, {})) {
      (void)b.connection.add_ice_candidate(now(), candidate);
    }
    for (const auto& candidate : std::exchange(b.candidates, {})) {
      (void)a.connection.add_ice_candidate(now(), candidate);
    }
    network.settle();
  }

  bool both_connected() const {
    return a.connection.connection_state() == ConnectionState::Connected &&
           b.connection.connection_state() == ConnectionState::Connected;
  }
  bool connect(Duration limit = 10s) {
    return negotiate() && network.run_until([&] { return both_connected(); }, limit);
  }

  Network network;
  PeerHost a, b;
};

}  // namespace specter::testing
