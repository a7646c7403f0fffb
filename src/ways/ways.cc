// What is told and asked, and which relays there are; lifetimes.cc has what becomes of each,
// datagrams.cc what goes through them.
#include "ways/ways.h"

#include <algorithm>
#include <utility>

namespace specter::ways {

Ways::Ways(Options options, Random& random) : options_(options), random_(random) {}

Ways::~Ways() = default;

// ---- where from, and by whom

void Ways::add_base(Timestamp now, const Endpoint& base) {
  if (is_closed_ || std::ranges::find(bases_, base) != bases_.end()) return;
  if (bases_.size() == kMaxBases) {
    ++counters_.refused;
    return;
  }
  bases_.push_back(base);
  for (const KnownServer& known : servers_) add_relays(now, base, known);
}

void Ways::remove_base(Timestamp now, const Endpoint& base) {
  if (std::erase(bases_, base) == 0) return;
  const auto cut = [&](Flow& flow) {
    if (flow.base() == base) flow.end(now, "The local address is gone.");
  };
  for (const auto& relay : relays_) {
    if (relay->base != base) continue;
    if (relay->flow) cut(*relay->flow);
    if (relay->relayed) {
      by_relayed_.erase(*relay->relayed);
      events_.push_back(Lost{*relay->relayed, base, "The local address is gone."});
    }
    leave(now, *relay);
  }
  for (const auto& flow : leaving_) cut(*flow);
  std::erase_if(relays_, [&](const auto& relay) { return relay->base == base; });
  sweep();
}

ServerId Ways::add_server(Timestamp now, Server server) {
  for (const KnownServer& known : servers_) {
    if (*known.server != server) continue;
    for (std::size_t i = 0; i < relays_.size(); ++i) {
      Relay& relay = *relays_[i];
      if (relay.server_id != known.id || relay.flow || relay.retry_at) continue;
      relay.tries = 0;
      begin(now, relay, relay.remote, {}, From::Base);
    }
    return known.id;
  }
  if (is_closed_ || servers_.size() == kMaxServers) {
    ++counters_.refused;
    return {};
  }
  servers_.push_back({ServerId{++last_server_}, std::make_shared<const Server>(std::move(server))});
  for (const Endpoint& base : bases_) add_relays(now, base, servers_.back());
  return servers_.back().id;
}

void Ways::remove_server(Timestamp now, ServerId server) {
  std::erase_if(relays_, [&](const auto& relay) {
    if (relay->server_id != server) return false;
    if (relay->relayed) by_relayed_.erase(*relay->relayed);
    leave(now, *relay);
    return true;
  });
  std::erase_if(servers_, [&](const KnownServer& known) { return known.id == server; });
}

std::vector<Endpoint> Ways::relayed_by(ServerId server) const {
  std::vector<Endpoint> out;
  for (const auto& relay : relays_) {
    if (relay->server_id == server && relay->relayed) out.push_back(*relay->relayed);
  }
  return out;
}

void Ways::release(Timestamp now, const Endpoint& relayed) {
  std::erase_if(relays_, [&](const auto& relay) {
    if (relay->relayed != relayed) return false;
    by_relayed_.erase(relayed);
    leave(now, *relay);
    return true;
  });
}

void Ways::close(Timestamp now) {
  if (std::exchange(is_closed_, true)) return;
  for (const auto& relay : relays_) leave(now, *relay);
  relays_.clear();
  servers_.clear();
  by_relayed_.clear();
  peers_.clear();
  events_.clear();
}

// The one of the base's family that it can reach.
void Ways::add_relays(Timestamp now, const Endpoint& base, const KnownServer& known) {
  const auto& endpoints = known.server->endpoints;
  const auto found = std::ranges::find_if(endpoints, [&](const Endpoint& endpoint) {
    return net::can_pair(base.address, endpoint.address) &&
           net::may_check(endpoint, net::LoopbackPolicy::Allow) &&
           (!base.address.is_loopback() || endpoint.address.is_loopback());
  });
  if (found == endpoints.end()) return;
  // One server under two names is one server.
  const bool is_there = std::ranges::any_of(relays_, [&](const auto& relay) {
    if (relay->base != base || relay->remote != *found) return false;
    const Server& other = *relay->server;
    return other.protocol == known.server->protocol && other.username == known.server->username &&
           other.password == known.server->password && other.host == known.server->host;
  });
  if (is_there) return;
  Relay relay;
  relay.server_id = known.id;
  relay.server = known.server;
  relay.base = base;
  relay.remote = *found;
  add_relay(now, std::move(relay));
}

void Ways::add_relay(Timestamp now, Relay relay) {
  if (relays_.size() == kMaxRelays) {
    ++counters_.refused;
    return;
  }
  relays_.push_back(std::make_unique<Relay>(std::move(relay)));
  Relay& added = *relays_.back();
  begin(now, added, added.remote, {}, From::Base);
}

// ---- peers

void Ways::permit(Timestamp now, const IpAddress& peer) {
  if (is_closed_ || std::ranges::find(peers_, peer) != peers_.end()) return;
  if (peers_.size() == kMaxPeers) {
    ++counters_.refused;
    return;
  }
  peers_.push_back(peer);
  for (const auto& relay : relays_) {
    // A relay of the other family says no, and that is well.
    if (relay->flow && relay->flow->client()) (void)relay->flow->client()->permit(now, peer);
  }
}

void Ways::forget(const IpAddress& peer) {
  std::erase(peers_, peer);
  for (const auto& relay : relays_) {
    if (relay->flow && relay->flow->client()) relay->flow->client()->forget(peer);
  }
}

void Ways::bind(Timestamp now, const Path& path) {
  // Without a channel data go on in indications.
  if (Flow* flow = find_relayed(path.local)) (void)flow->client()->bind(now, path.remote);
}

void Ways::unbind(const Path& path) {
  if (Flow* flow = find_relayed(path.local)) flow->client()->unbind(path.remote);
}

// ---- answers

std::optional<Ways::Event> Ways::poll_event() {
  if (events_.empty()) return std::nullopt;
  return events_.take_front();
}

std::optional<Command> Ways::poll_command(Timestamp now) {
  if (commands_.empty()) {
    each_flow([&](Flow& flow) {
      if (!flow.is_stream() || !flow.client()) return;
      while (auto out = flow.client()->poll_transmit(now))
        commands_.push_back(SendBytes{*flow.id(), std::move(out->bytes), Weight::Control});
    });
    sweep();
  }
  if (commands_.empty()) return std::nullopt;
  Command command = commands_.take_front();
  const auto* data = std::get_if<SendBytes>(&command);
  if (data && data->weight == Weight::Data) queued_bytes_ -= data->bytes.size();
  return command;
}

WakeUp Ways::next_timeout() const {
  WakeUp out;
  each_flow([&](const Flow& flow) { out = soonest(out, flow.next_timeout()); });
  for (const auto& relay : relays_) {
    out = soonest(out, WakeUp(relay->give_up_at, "turn allocation"),
                  WakeUp(relay->retry_at, "turn retry"));
  }
  return out;
}

bool Ways::is_settled() const {
  return std::ranges::all_of(relays_, [](const auto& relay) { return relay->is_settled; });
}

bool Ways::is_over() const { return is_closed_ && leaving_.empty() && commands_.empty(); }

std::optional<turn::Client::Counters> Ways::counters(const Endpoint& relayed) const {
  const Flow* flow = find_relayed(relayed);
  if (!flow) return std::nullopt;
  return flow->client()->counters();
}

Flow* Ways::find(SocketId id) {
  Flow* found = nullptr;
  each_flow([&](Flow& flow) {
    if (flow.id() == id) found = &flow;
  });
  return found;
}

Flow* Ways::find_relayed(const Endpoint& relayed) const {
  const auto found = by_relayed_.find(relayed);
  return found == by_relayed_.end() ? nullptr : found->second;
}

}  // namespace specter::ways
