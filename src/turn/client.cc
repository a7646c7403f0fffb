#include "turn/client.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace specter::turn {

namespace {

constexpr std::uint16_t kAnyPort = 1;  // a permission has none

}  // namespace

Client::Client(Config config, Random& random)
    : config_(std::move(config)),
      random_(random),
      requests_(random, Credentials(config_.username, config_.password), config_.path.protocol,
                config_.schedule),
      permissions_(random),
      channels_(random) {}

void Client::start(Timestamp now) {
  SPECTER_CHECK(state_ == State::Idle);
  state_ = State::Allocating;
  requests_.start(now, {.kind = Kind::Allocate, .family = config_.family});
}

std::optional<Refusal> Client::why_not(const IpAddress& peer) const {
  if (state_ == State::Releasing || state_ == State::Over) return Refusal::Over;
  if (!net::may_check({peer, kAnyPort}, net::LoopbackPolicy::Allow)) return Refusal::BadAddress;
  if (relayed_ && relayed_->address.is_v6() != peer.is_v6()) return Refusal::WrongFamily;
  return std::nullopt;
}

std::expected<void, Refusal> Client::permit(Timestamp now, const IpAddress& peer) {
  if (const auto refusal = why_not(peer)) return std::unexpected(*refusal);
  if (!permissions_.add(now, peer)) return std::unexpected(Refusal::TooMany);
  ask(now);
  return {};
}

void Client::forget(const IpAddress& peer) {
  permissions_.remove(peer);
  channels_.remove_all_of(peer);
}

std::expected<void, Refusal> Client::bind(Timestamp now, const Endpoint& peer) {
  if (peer.port == 0) return std::unexpected(Refusal::BadAddress);
  if (const auto refusal = why_not(peer.address)) return std::unexpected(*refusal);
  if (!permissions_.add(now, peer.address) || !channels_.add(now, peer))
    return std::unexpected(Refusal::TooMany);
  ask(now);
  return {};
}

void Client::unbind(const Endpoint& peer) { channels_.remove(peer); }

void Client::close(Timestamp now) {
  switch (state_) {
    case State::Idle: end(Closed{}); break;
    case State::Allocating:
      // The server may have made it already. One that is made later is given back then.
      if (!requests_.has_signed(Kind::Allocate)) {
        end(Closed{});
        break;
      }
      requests_.start(now, {.kind = Kind::Release});
      state_ = State::Releasing;
      break;
    case State::Allocated: release(now); break;
    case State::Releasing:
    case State::Over: break;
  }
}

void Client::release(Timestamp now) {
  requests_.cancel_all();
  requests_.start(now, {.kind = Kind::Release});
  state_ = State::Releasing;
}

void Client::end(Event last) {
  requests_.cancel_all();
  state_ = State::Over;
  refresh_at_.reset();
  events_.push_back(std::move(last));
}

void Client::handle_disconnect(Timestamp) {
  const Fault fault{Reason::Disconnected, 0};
  switch (state_) {
    case State::Idle:
    case State::Allocating: end(Failed{fault}); break;
    case State::Allocated: end(Lost{fault}); break;
    case State::Releasing: end(Closed{}); break;
    case State::Over: break;
  }
}

void Client::handle_timeout(Timestamp now) {
  requests_.handle_timeout(now);
  learn(now);
  if (state_ == State::Allocated && now >= until_) {
    end(Lost{last_refusal_});
    return;
  }
  ask(now);
}

void Client::ask(Timestamp now) {
  if (state_ != State::Allocated) return;
  if (silence_.take_due(now)) doubt_allocation(now);
  if (refresh_at_ && now >= *refresh_at_ && requests_.has_room()) {
    refresh_at_.reset();
    requests_.start(now, {.kind = Kind::Refresh});
  }
  while (requests_.has_room()) {
    auto peers = permissions_.take_due(now);
    if (peers.empty()) break;
    requests_.start(now, {.kind = Kind::Permit, .peers = std::move(peers)});
  }
  while (requests_.has_room()) {
    const auto due = channels_.take_due(now);
    if (!due) break;
    requests_.start(now, {.kind = Kind::Bind, .peer = due->peer, .channel = due->number});
  }
}

std::optional<Transmit> Client::poll_transmit(Timestamp now) {
  auto bytes = requests_.poll_transmit(now);
  if (!bytes) {
    const bool is_due = state_ == State::Allocated && config_.path.protocol == Protocol::Udp &&
                        now >= last_sent_ + kKeepalive;
    if (!is_due) return std::nullopt;
    // RFC 8656 §23: it needs no answer, only to pass the NAT.
    bytes = stun::MessageWriter(stun::Class::Indication, stun::Method::Binding,
                                stun::TransactionId::generate(random_))
                .fingerprint()
                .finish();
  }
  last_sent_ = now;
  const std::size_t size = bytes->size();
  return Transmit{config_.path, std::move(*bytes), size};
}

std::optional<Client::Event> Client::poll_event() {
  if (events_.empty()) return std::nullopt;
  return events_.take_front();
}

WakeUp Client::next_timeout() const {
  WakeUp out = requests_.next_timeout();
  if (state_ != State::Allocated) return out;
  out = soonest(out, WakeUp(until_, "turn lifetime"),
                WakeUp(silence_.next_timeout(), "turn silence"));
  if (config_.path.protocol == Protocol::Udp)
    out = soonest(out, WakeUp(last_sent_ + kKeepalive, "turn keepalive"));
  // Without room a request that ends asks for the next one.
  if (!requests_.has_room()) return out;
  return soonest(out, WakeUp(refresh_at_, "turn refresh"),
                 WakeUp(permissions_.next_timeout(), "turn permission"),
                 WakeUp(channels_.next_timeout(), "turn channel"));
}

Client::Counters Client::counters() const {
  Counters out = counters_;
  out.requests = requests_.counters();
  return out;
}

}  // namespace specter::turn
