// What becomes of each relay: its port or stream, its allocation, other servers, another try.
// RFC 8656 §7.3, §7.4; RFC 8489 §10.
#include <algorithm>
#include <utility>

#include "ways/ways.h"

namespace specter::ways {

void Ways::begin(Timestamp now, Relay& relay, const Endpoint& remote, std::vector<Endpoint> visited,
                 From from) {
  const Server& server = *relay.server;
  turn::Client::Config config;
  config.path = {relay.base, remote,
                 server.protocol == RelayProtocol::Udp ? Protocol::Udp : Protocol::Tcp};
  config.username = server.username;
  config.password = server.password;
  config.family = relay.family;
  config.visited = std::move(visited);
  config.loopback = options_.loopback;
  config.schedule = options_.schedule;

  relay.retry_at.reset();
  relay.give_up_at = now + options_.open_timeout;
  const auto make = [&](std::optional<SocketId> id) {
    relay.flow = std::make_unique<Flow>(relay, server.protocol, id, std::move(config));
  };
  if (server.protocol != RelayProtocol::Udp) {
    const SocketId id{++last_socket_};
    make(id);
    commands_.push_back(OpenStream{
        id, relay.base, remote,
        server.protocol == RelayProtocol::Tls ? std::optional(server.host) : std::nullopt});
  } else if (from == From::NewPort || by_path_.contains(config.path)) {
    const SocketId id{++last_socket_};
    make(id);
    commands_.push_back(OpenPort{id, relay.base});
  } else {
    make(std::nullopt);
    start(now, *relay.flow, relay.base);
  }
}

void Ways::start(Timestamp now, Flow& flow, const Endpoint& local) {
  flow.relay->give_up_at = now + options_.allocate_timeout;
  flow.start(now, local, random_);
  if (!flow.is_stream()) by_path_[flow.path()] = &flow;
  last_plain_.reset();
  for (const IpAddress& peer : peers_) (void)flow.client()->permit(now, peer);
}

void Ways::handle_opened(Timestamp now, SocketId id, const Endpoint& local) {
  Flow* flow = find(id);
  if (!flow || !flow->relay || flow->client()) return;
  if (flow->is_stream()) return start(now, *flow, {flow->base().address, 0});
  ports_.push_back({id, local});
  start(now, *flow, local);
}

void Ways::handle_closed(Timestamp now, SocketId id, std::string reason, turn::Cure cure) {
  Flow* flow = find(id);
  if (!flow) return;
  flow->handle_socket_closed();
  flow->end(now, reason);
  if (flow->client()) return learn(now, *flow);
  if (flow->relay) failed(now, *flow->relay, {701, std::move(reason), cure});
}

void Ways::handle_timeout(Timestamp now) {
  each_flow([&](Flow& flow) {
    flow.handle_timeout(now);
    learn(now, flow);
  });
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    Relay& relay = *relays_[i];
    if (relay.give_up_at && now >= *relay.give_up_at) {
      const bool has_begun = relay.flow->client() != nullptr;
      failed(now, relay,
             {701, has_begun ? std::string(turn::Fault{turn::Reason::Silent, 0}.sentence())
                             : "There was no connection to the server in time."});
    }
    if (relay.retry_at && now >= *relay.retry_at) begin(now, relay, relay.remote, {}, From::Base);
  }
  sweep();
}

namespace {

// In the words of whoever had the socket, where it is the socket that ended.
std::pair<std::uint16_t, std::string> said_of(const turn::Fault& fault, const Flow& flow) {
  if (fault.reason == turn::Reason::Disconnected && !flow.reason().empty())
    return {701, flow.reason()};
  return {fault.code >= 300 ? fault.code : 701, std::string(fault.sentence())};
}

}  // namespace

void Ways::learn(Timestamp now, Flow& flow) {
  turn::Client* client = flow.client();
  while (client) {
    const auto event = client->poll_event();
    if (!event) return;
    Relay* relay = flow.relay;
    if (!relay) continue;
    if (const auto* news = std::get_if<turn::Allocated>(&*event)) {
      allocated(now, flow, *news);
    } else if (const auto* elsewhere = std::get_if<turn::Redirected>(&*event)) {
      auto visited = flow.visited();
      visited.push_back(flow.path().remote);
      leave(now, *relay);
      begin(now, *relay, elsewhere->server, std::move(visited), From::Base);
    } else if (const auto* no = std::get_if<turn::PermissionRefused>(&*event)) {
      // That peers of the other family are not for this relay is known.
      if (relay->relayed && relay->relayed->address.is_v6() == no->peer.is_v6())
        events_.push_back(PeerRefused{*relay->relayed, no->peer, no->fault.code});
    } else if (std::holds_alternative<turn::Failed>(*event) ||
               std::holds_alternative<turn::Lost>(*event)) {
      const auto* failure = std::get_if<turn::Failed>(&*event);
      const turn::Fault& fault = failure ? failure->fault : std::get<turn::Lost>(*event).fault;
      auto [code, text] = said_of(fault, flow);
      failed(now, *relay, {code, std::move(text), fault.cure()});
    }
  }
}

void Ways::allocated(Timestamp now, Flow& flow, const turn::Allocated& event) {
  Relay& relay = *flow.relay;
  const bool is_ours = by_relayed_.contains(event.relayed) ||
                       std::ranges::find(bases_, event.relayed) != bases_.end();
  if (is_ours) {
    const turn::Fault fault{turn::Reason::BadAddress, 0};
    return failed(now, relay, {701, std::string(fault.sentence()), fault.cure()});
  }
  relay.give_up_at.reset();
  relay.relayed = event.relayed;
  relay.up_since = now;
  relay.was_up = relay.is_settled = true;
  relay.is_told = false;
  relay.new_ports = 0;
  by_relayed_[event.relayed] = &flow;
  const Server& server = *relay.server;
  events_.push_back(Relayed{event.relayed, relay.base, server.url, server.protocol});
  if (!flow.id() && event.mapped && *event.mapped != relay.base)
    events_.push_back(Reflexive{*event.mapped, relay.base, server.url});

  if (!options_.wants_both_families || relay.is_second() || relay.has_second) return;
  relay.has_second = true;
  Relay second;
  second.server_id = relay.server_id;
  second.server = relay.server;
  second.base = relay.base;
  second.remote = relay.remote;
  second.family =
      event.relayed.address.is_v6() ? stun::AddressFamily::Ipv4 : stun::AddressFamily::Ipv6;
  add_relay(now, std::move(second));
}

void Ways::failed(Timestamp now, Relay& relay, const Failure& failure) {
  const bool is_lost = relay.relayed.has_value();
  const bool moves = failure.cure == turn::Cure::NewPort && relay.new_ports < Relay::kMaxNewPorts;
  const Deadline next = moves ? Deadline() : relay.next_try(now, failure.cure, random_);
  if (is_lost) {
    by_relayed_.erase(*relay.relayed);
    events_.push_back(Lost{*relay.relayed, relay.base, failure.text});
    relay.relayed.reset();
  }
  leave(now, relay);
  if (moves) {
    ++relay.new_ports;
    begin(now, relay, relay.remote, {}, From::NewPort);
    return;
  }
  relay.is_settled = true;
  // A second family that a server has not got is no failure of the server's.
  if (!is_lost && !relay.is_second() && !std::exchange(relay.is_told, true))
    events_.push_back(ServerFailed{relay.server->url, relay.base, failure.code, failure.text});
  relay.retry_at = next;
}

void Ways::leave(Timestamp now, Relay& relay) {
  relay.give_up_at.reset();
  if (!relay.flow) return;
  relay.flow->leave(now);
  leaving_.push_back(std::move(relay.flow));
}

// What is over goes, and the oldest where too many say goodbye.
void Ways::sweep() {
  std::size_t too_many = leaving_.size() > kMaxLeaving ? leaving_.size() - kMaxLeaving : 0;
  std::erase_if(leaving_, [&](const auto& flow) {
    if (!flow->is_over() && too_many == 0) return false;
    if (too_many > 0) --too_many;
    if (reading_ == flow.get()) reading_ = nullptr;
    if (const auto found = by_path_.find(flow->path());
        found != by_path_.end() && found->second == flow.get())
      by_path_.erase(found);
    if (flow->id()) std::erase_if(ports_, [&](const Port& port) { return port.id == *flow->id(); });
    if (flow->has_socket() && flow->is_stream()) commands_.push_back(CloseStream{*flow->id()});
    if (flow->has_socket() && !flow->is_stream()) commands_.push_back(ClosePort{*flow->id()});
    return true;
  });
}

}  // namespace specter::ways
