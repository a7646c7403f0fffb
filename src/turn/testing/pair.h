// For tests: a client and its server, with a path between them that loses, delays and reorders.
#pragma once

#include <map>
#include <vector>

#include "simulation/random.h"
#include "turn/client.h"
#include "turn/testing/server.h"

namespace specter::turn {

inline const Endpoint kClientAt = at("192.0.2.1:5000"), kServerAt = at("192.0.2.53:3478");
inline const Endpoint kPeer = at("203.0.113.77:6000"), kOtherPeer = at("203.0.113.78:6000");

struct Pair {
  explicit Pair(TestServer::Options options = {}, Client::Config config = {},
                std::uint64_t seed = 1)
      : random(seed),
        chance(seed + 1),
        server(with(options, config)),
        client(full(config, options), random) {}

  static TestServer::Options with(TestServer::Options options, const Client::Config& config) {
    options.protocol = config.path.protocol;
    return options;
  }
  static Client::Config full(Client::Config config, const TestServer::Options& options) {
    config.path.local = kClientAt;
    config.path.remote = kServerAt;
    if (options.asks_nobody) return config;
    if (config.username.empty()) config.username = "user";
    if (config.password.empty()) config.password = "secret";
    return config;
  }

  // Lets time pass, event by event.
  void run(Duration time) {
    const Timestamp end = now + time;
    settle();
    while (true) {
      Deadline next = client.next_timeout();
      if (!flying.empty()) next = soonest(next, Deadline(flying.begin()->first));
      if (!next || *next > end) break;
      now = std::max(now, *next);
      if (const auto due = client.next_timeout(); due && *due <= now) client.handle_timeout(now);
      arrive();
      settle();
      const auto after = client.next_timeout();
      if (after && *after <= now) throw std::logic_error("the client would spin");
    }
    now = end;
  }

  void settle() {
    while (auto event = client.poll_event()) events.push_back(std::move(*event));
    while (auto transmit = client.poll_transmit(now)) {
      ++transmits;
      if (transmit->path != client.path()) throw std::logic_error("another path");
      fly(std::move(transmit->bytes), true);
    }
  }

  void say(const Endpoint& peer, Bytes payload) {
    const Room room = client.room(now, peer);
    Buffer segment(room.before + payload.size() + room.after);
    std::ranges::copy(payload, segment.begin() + static_cast<std::ptrdiff_t>(room.before));
    if (const auto dressed = client.dress(now, peer, segment, room)) fly(to_buffer(*dressed), true);
  }

  // From a peer to us.
  void relay(const Endpoint& peer, Bytes payload) {
    server.relay(now, peer, payload);
    flush_server();
  }

  // To the client, as it came from somewhere.
  void inject(Buffer bytes, const Endpoint& from = kServerAt) {
    Path path = client.path();
    path.remote = from;
    if (const auto data = client.undress(now, Datagram{path, bytes}))
      heard.push_back({data->path.remote, to_buffer(data->bytes)});
    settle();
  }

  void fly(Buffer bytes, bool to_server) {
    if (chance.chance(loss)) return;
    Duration delay = latency;
    if (jitter > Duration{})
      delay += Duration(chance.below(static_cast<std::uint32_t>(jitter.count())));
    flying.insert({now + delay, {std::move(bytes), to_server}});
  }

  void arrive() {
    while (!flying.empty() && flying.begin()->first <= now) {
      auto node = flying.extract(flying.begin());
      auto& [bytes, to_server] = node.mapped();
      if (to_server) {
        if (on_request) on_request(bytes);
        server.handle(now, bytes);
        flush_server();
      } else {
        inject(std::move(bytes));
      }
    }
  }
  void flush_server() {
    for (; !server.out.empty(); server.out.pop_front()) fly(std::move(server.out.front()), false);
  }

  bool allocate() {
    client.start(now);
    run(5s);
    return client.state() == Client::State::Allocated;
  }
  template <class E>
  std::vector<E> all() const {
    std::vector<E> out;
    for (const auto& event : events) {
      if (const auto* found = std::get_if<E>(&event)) out.push_back(*found);
    }
    return out;
  }

  Timestamp now{1000s};
  simulation::SeededRandom random, chance;
  double loss = 0;
  Duration latency = 20ms, jitter{};
  TestServer server;
  Client client;
  std::multimap<Timestamp, std::pair<Buffer, bool>> flying;
  std::function<void(Bytes)> on_request;  // an attacker on the path
  std::vector<Client::Event> events;
  std::vector<TestServer::Sent> heard;  // from peers
  int transmits = 0;
};

}  // namespace specter::turn
