// For tests: TURN servers as hosts of the simulated network, and whole connections with a Ways
// below them, as src/io has them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/peer_host.h"
#include "turn/testing/server.h"
#include "ways/ways.h"

namespace specter::ways {

// A TURN server over UDP: each 5-tuple has a TestServer of its own, whose relayed address is one
// more port of the server's.
class TurnSite final : public testing::Host {
 public:
  using Options = turn::TestServer::Options;
  struct Session {
    Path path;  // the server's end first
    turn::TestServer server;
    std::size_t relayed = 0;  // of `sent`
  };

  TurnSite(testing::Network& network, const Endpoint& at, Options options)
      : at_(at), options_(std::move(options)) {
    network.attach(*this, at.address);
  }

  void handle_datagram(Timestamp now, const Datagram& datagram) override {
    if (is_dead) return;
    if (datagram.path.local == at_) {
      Session& one = session(datagram.path);
      one.server.handle(now, datagram.bytes);
      return collect(one);
    }
    for (const auto& one : sessions) {
      if (!one->server.allocation_until || one->server.relayed != datagram.path.local) continue;
      one->server.relay(now, datagram.path.remote, datagram.bytes);
      collect(*one);
    }
  }
  void handle_timeout(Timestamp) override {}
  std::optional<Transmit> poll_transmit(Timestamp) override {
    if (out_.empty()) return std::nullopt;
    Transmit next = std::move(out_.front());
    out_.pop_front();
    return next;
  }
  bool drain_events(Timestamp) override { return false; }
  Deadline next_timeout() const override { return std::nullopt; }

  bool is_dead = false;
  std::map<stun::Method, turn::TestServer::Trick> tricks;  // of each new 5-tuple
  std::vector<std::unique_ptr<Session>> sessions;

 private:
  Session& session(const Path& path) {
    for (const auto& one : sessions) {
      if (one->path == path) return *one;
    }
    Options options = options_;
    options.mapped = path.remote;
    options.relayed = {at_.address, static_cast<std::uint16_t>(49'152 + sessions.size())};
    sessions.push_back(std::make_unique<Session>(Session{path, turn::TestServer(options)}));
    sessions.back()->server.tricks = tricks;
    return *sessions.back();
  }
  void collect(Session& one) {
    for (Buffer& bytes : std::exchange(one.server.out, {})) send(one.path, std::move(bytes));
    for (; one.relayed < one.server.sent.size(); ++one.relayed) {
      const auto& sent = one.server.sent[one.relayed];
      send({one.server.relayed, sent.peer}, sent.data);
    }
  }
  void send(const Path& path, Buffer bytes) {
    const std::size_t size = bytes.size();
    out_.push_back({path, std::move(bytes), size});
  }

  const Endpoint at_;
  const Options options_;
  std::deque<Transmit> out_;
};

// A connection with TURN servers, of which each is asked over UDP.
class RelayedHost final : public testing::PeerHost {
 public:
  RelayedHost(Options options, std::vector<Server> servers)
      : PeerHost(options),
        options_(std::move(options)),
        servers_(std::move(servers)),
        chance_(options_.seed + 1000),
        ways_({.wants_both_families = false}, chance_) {}  // that would take further ports

  void handle_datagram(Timestamp now, const Datagram& datagram) override {
    if (const auto undressed = ways_.undress(now, datagram))
      PeerHost::handle_datagram(now, *undressed);
  }
  void handle_timeout(Timestamp now) override {
    ways_.handle_timeout(now);
    PeerHost::handle_timeout(now);
  }
  Deadline next_timeout() const override {
    return soonest(Deadline(PeerHost::next_timeout()), Deadline(ways_.next_timeout()));
  }
  std::optional<Transmit> poll_transmit(Timestamp now) override {
    if (auto asked = ways_.poll_transmit(now)) return asked;
    if (waiting_) return std::exchange(waiting_, std::nullopt);
    while (auto sent = PeerHost::poll_transmit(now)) {
      if (!ways_.is_relayed(sent->path)) return sent;
      ways_.permit(now, sent->path.remote.address);
      auto dressed = ways_.dress(now, std::move(*sent), {});
      if (!dressed) continue;
      auto asked = ways_.poll_transmit(now);
      if (!asked) return dressed;
      waiting_ = std::move(dressed);
      return asked;
    }
    return std::nullopt;
  }
  bool drain_events(Timestamp now) override {
    if (permits) {
      for (const IpAddress& remote : connection.remote_addresses()) ways_.permit(now, remote);
    }
    bool busy = false;
    while (const auto event = ways_.poll_event()) {
      tell(now, *event);
      busy = true;
    }
    if (is_gathering_ && ways_.is_settled()) {
      is_gathering_ = false;
      connection.end_of_local_endpoints(now);
    }
    auto event = connection.poll_event();
    if (!event) return busy;
    if (std::holds_alternative<core::GatherCandidates>(*event)) gather(now);
    if (const auto* found = std::get_if<core::LocalCandidate>(&*event))
      candidates.push_back(found->candidate);
    events.push_back(std::move(*event));
    return true;
  }

  bool permits = true;  // as remote candidates come; else as datagrams go to them
  Ways& ways() { return ways_; }

 private:
  void gather(Timestamp now) {
    is_gathering_ = true;
    for (const Endpoint& endpoint : options_.endpoints) {
      ways_.add_base(now, endpoint);
      if (options_.configuration.ice.transport_policy == IceTransportPolicy::All)
        connection.add_local_endpoint(now, endpoint);
    }
    for (const Server& server : servers_) {
      connection.note_server(now, {server.url, true, server.protocol});
      ways_.add_server(now, server);
    }
  }
  void tell(Timestamp now, const Event& event) {
    if (const auto* up = std::get_if<Relayed>(&event))
      connection.add_relayed_endpoint(now, up->endpoint, up->base, up->url);
    else if (const auto* lost = std::get_if<Lost>(&event))
      connection.remove_local_endpoint(now, lost->endpoint);
    else if (const auto* failed = std::get_if<ServerFailed>(&event))
      connection.handle_server_failure(now,
                                       {failed->url, failed->base, failed->code, failed->text});
    else if (const auto* refused = std::get_if<PeerRefused>(&event))
      connection.handle_peer_refused(refused->relayed, refused->code);
  }

  const Options options_;
  const std::vector<Server> servers_;
  simulation::SeededRandom chance_;
  Ways ways_;
  std::optional<Transmit> waiting_;
  bool is_gathering_ = false;
};

}  // namespace specter::ways
