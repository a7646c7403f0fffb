#include "world/turn_server.h"

#include <algorithm>

namespace specter::world {
namespace {

constexpr std::uint16_t kFirstRelayedPort = 49'152;
// More than any life asks for: one that asks for ever is seen by what it does not get.
constexpr std::size_t kMostSessions = 1'000;
constexpr Duration kNonceLife = std::chrono::seconds(20);

enum Failure : std::int64_t { kRestarts, kForgetsNonces, kDies };

RelayWay way_of(const Step& step) { return static_cast<RelayWay>(step.a); }

}  // namespace

bool has_good_relay(const Plan& plan, Side side) {
  const Step* const step = plan.find(Kind::Relay, side);
  return step && step->a <= static_cast<std::int64_t>(RelayWay::AlsoGood) &&
         !plan.has(Kind::RelayFails, side);
}

TurnServer::TurnServer(const Plan& plan, Side side, simulation::Internet& internet,
                       simulation::HostId host, std::vector<Endpoint> at)
    : step_(plan.find(Kind::Relay, side)),
      internet_(internet),
      host_(host),
      at_(std::move(at)),
      relays_ipv6_(plan.has(Kind::Ipv6Only)) {}

// b: seconds of an allocation; c: bit 0 nonces go stale, bit 1 SHA-256.
TurnServer::Session& TurnServer::session(const Endpoint& at, const Endpoint& client) {
  for (const auto& known : sessions_) {
    if (known->at == at && known->client == client) return *known;
  }
  turn::TestServer::Options options;
  options.username = kUsername;
  options.password = way_of(*step_) == RelayWay::Refusing ? "another" : std::string(kPassword);
  options.algorithms = (step_->c & 2) != 0 ? turn::TestServer::Algorithms::Sha256
                                           : turn::TestServer::Algorithms::None;
  if ((step_->c & 1) != 0) options.nonce_life = kNonceLife;
  options.lifetime = static_cast<std::uint32_t>(step_->b);
  options.mapped = client;
  const auto own = std::ranges::find_if(
      at_, [&](const Endpoint& each) { return each.address.is_v6() == relays_ipv6_; });
  options.relayed = {own->address,
                     static_cast<std::uint16_t>(kFirstRelayedPort + sessions_.size())};
  sessions_.push_back(
      std::make_unique<Session>(Session{at, client, turn::TestServer(std::move(options))}));
  if (way_of(*step_) == RelayWay::Busy)
    sessions_.back()->server.tricks[stun::Method::Allocate] = {.code = 486, .times = 2};
  return *sessions_.back();
}

void TurnServer::handle(Timestamp now, const simulation::Arrival& arrival) {
  if (!step_ || is_dead_ || way_of(*step_) == RelayWay::Silent) return;
  if (std::ranges::find(at_, arrival.local) != at_.end()) {
    if (sessions_.size() >= kMostSessions) return;
    Session& of = session(arrival.local, arrival.remote);
    Buffer bytes = arrival.bytes;
    of.server.handle(now, bytes);
    return send(now, of);
  }
  for (const auto& each : sessions_) {
    if (!each->server.allocation_until || each->server.relayed != arrival.local) continue;
    each->server.relay(now, arrival.remote, arrival.bytes);
    send(now, *each);
  }
}

// RFC 8656 §14, §15: without DONT-FRAGMENT what it sends may be cut in fragments.
void TurnServer::send(Timestamp now, Session& from) {
  for (const Buffer& bytes : std::exchange(from.server.out, {}))
    internet_.send(now, host_, from.at, from.client, bytes, true);
  for (; from.relayed < from.server.sent.size(); ++from.relayed) {
    const auto& sent = from.server.sent[from.relayed];
    internet_.send(now, host_, from.server.relayed, sent.peer, sent.data, true);
  }
  from.server.sent.clear();
  from.relayed = 0;
}

void TurnServer::fail(const Step& step) {
  if (step.a == kDies) is_dead_ = true;
  for (const auto& each : sessions_) {
    if (step.a == kRestarts) each->server.restart();
    if (step.a == kForgetsNonces) each->server.forget_nonces();
  }
}

}  // namespace specter::world
